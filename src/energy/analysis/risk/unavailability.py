"""Unavailability of two like components, independent or by a common cause, in closed form."""

from __future__ import annotations

from typing import Literal

import numpy as np

from energy.errors import Fault, InputError
from energy.scenario import HazardSet
from energy.scenario.hazard import YEAR, Process

Strikes = Literal["always", "both up"]
WITH_STATE = {"by_month", "when", "duration", "campaign", "spreads", "closed", "closed_by"}
"""Fields that make a law no Markov chain of constant rates."""


def hours_both_out(hazards: HazardSet, alone: str, both: str, strikes: Strikes = "always") -> float:
    """Return the hours a year in which both of two components are out, in the long run.

    λ, μ are the rates of failure and repair of each by itself, λc, μc those of the common cause.

    - ``always``, as ``draw_outages`` draws: the common cause strikes whatever stands, and each goes on failing by
      itself. The three processes are independent, and with U = λ/(λ + μ), C = λc/(λc + μc) both are out for
      C + (1 − C)·U² of the time.
    - ``both up``, as in the reliability texts (Billinton and Allan 1992, *Reliability Evaluation of Power Systems*,
      ch. 8, the common cause with a repair of its own): it strikes only while both stand, nothing else fails until its
      repair, and that brings both back. A Markov chain of four states: both up, one out (2λ, μ), both out by themselves
      (λ, 2μ), both out by the cause (λc, μc).

    Parameters
    ----------
    hazards
        Laws of constant rates with exponential repair.
    alone, both
        The hazard by which each component fails by itself (``each``, two places), and that of the common cause.
    strikes
        When the common cause strikes.

    Returns
    -------
    float
        Hours a year.

    Raises
    ------
    InputError
        When a hazard is unknown, or its law is none of constant rates.

    Examples
    --------
    >>> law = {"kind": "line_out", "cause": "failure", "where": ["links.a", "links.b"]}
    >>> each = law | {"each": True, "rate": {"mttf": 5840, "mttr": 10}}
    >>> pair = law | {"rate": {"mttf": 58400, "mttr": 16}}
    >>> found = HazardSet.model_validate({"name": "pair", "hazards": {"each": each, "pair": pair}})
    >>> round(hours_both_out(found, "each", "pair", "both up"), 4), round(hours_both_out(found, "each", "pair"), 4)
    (2.4167, 2.4249)
    """
    fail, repair = _rates(hazards, alone, each=True)
    strike, restore = _rates(hazards, both, each=False)
    if strikes == "always":
        own, common = fail / (fail + repair), strike / (strike + restore)
        return float(YEAR * (common + (1 - common) * own**2))
    moves = {(0, 1): 2 * fail, (1, 0): repair, (1, 2): fail, (2, 1): 2 * repair, (0, 3): strike, (3, 0): restore}
    share = _stationary(moves, 4)
    return float(YEAR * (share[2] + share[3]))


def _rates(hazards: HazardSet, name: str, each: bool) -> tuple[float, float]:
    """Return failures and repairs an hour."""
    hazard = hazards.hazards.get(name)
    if hazard is None:
        raise InputError(Fault(f"no hazard {name!r} in set {hazards.name}", allowed=", ".join(hazards.hazards)))
    if hazard.each is not each or len(hazard.where) != 2:
        kind = "each: true" if each else "each: false"
        raise InputError(Fault(f"hazard {name!r} is not one of two places with {kind}"))
    changing = sorted(field for field in WITH_STATE & hazard.model_fields_set if getattr(hazard, field))
    if changing:
        what = f"hazard {name!r} has {', '.join(changing)}: its rates are not constant"
        raise InputError(Fault(what, repair="sample it with: energy adequacy"))
    return _inverse(hazard)


def _inverse(process: Process) -> tuple[float, float]:
    mttf, mttr = process.times
    return 1 / mttf, 1 / mttr


def _stationary(moves: dict[tuple[int, int], float], states: int) -> np.ndarray:
    """Return the long-run share of the time in each state of a Markov chain: π·Q = 0, Σπ = 1."""
    rates = np.zeros((states, states))
    for (start, end), rate in moves.items():
        rates[start, end] += rate
        rates[start, start] -= rate
    system = np.vstack([rates.T[:-1], np.ones(states)])
    found: np.ndarray = np.linalg.solve(system, np.eye(states)[-1])
    return found
