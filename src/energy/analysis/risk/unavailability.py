"""Unavailability of two like components, independent or by a common cause, in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from energy.errors import Fault, InputError
from energy.scenario import HazardSet
from energy.scenario.hazard import YEAR, Hazard

Strikes = Literal["always", "both up"]
WITH_STATE = {
    "by_month",
    "when",
    "duration",
    "campaign",
    "spreads",
    "closed",
    "closed_by",
}
"""Fields that make a law no Markov chain of constant rates."""
BOTH_UP, ONE_OUT, BOTH_OUT, COMMON_CAUSE = range(4)  # states of the Markov chain


def hours_both_out(
    hazards: HazardSet,
    alone: str,
    both: str,
    strikes: Strikes = "always",
) -> float:
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
    >>> hazards = HazardSet.model_validate({"name": "pair", "hazards": {"each": each, "pair": pair}})
    >>> round(hours_both_out(hazards, "each", "pair", "both up"), 4)
    2.4167
    >>> round(hours_both_out(hazards, "each", "pair"), 4)
    2.4249
    """
    fail, repair = _rates(hazards, alone, each=True)
    strike, restore = _rates(hazards, both, each=False)
    if strikes == "always":
        own = fail / (fail + repair)
        common = strike / (strike + restore)
        return float(YEAR * (common + (1 - common) * own**2))
    rates = {
        (BOTH_UP, ONE_OUT): 2 * fail,
        (ONE_OUT, BOTH_UP): repair,
        (ONE_OUT, BOTH_OUT): fail,
        (BOTH_OUT, ONE_OUT): 2 * repair,
        (BOTH_UP, COMMON_CAUSE): strike,
        (COMMON_CAUSE, BOTH_UP): restore,
    }
    share = _stationary(rates, states=4)
    return float(YEAR * (share[BOTH_OUT] + share[COMMON_CAUSE]))


def _rates(
    hazards: HazardSet,
    name: str,
    each: bool,
) -> tuple[float, float]:
    """Return failures and repairs an hour of a hazard of two places."""
    hazard = hazards.hazards.get(name)
    if hazard is None:
        what = f"no hazard {name!r} in set {hazards.name}"
        raise InputError(Fault(what, allowed=", ".join(hazards.hazards)))
    if hazard.each is not each or len(hazard.where) != 2:
        kind = "each: true" if each else "each: false"
        raise InputError(Fault(f"hazard {name!r} is not one of two places with {kind}"))
    changing = _changing_fields(hazard)
    if changing:
        what = f"hazard {name!r} has {', '.join(changing)}: its rates are not constant"
        raise InputError(Fault(what, repair="sample it with: energy adequacy"))
    mttf, mttr = hazard.times
    return 1 / mttf, 1 / mttr


def _changing_fields(hazard: Hazard) -> list[str]:
    """Return the fields of a hazard that make its rates change with time or state."""
    given = WITH_STATE & hazard.model_fields_set
    return sorted(field for field in given if getattr(hazard, field))


def _stationary(rates: Mapping[tuple[int, int], float], states: int) -> np.ndarray:
    """Return the long-run share of the time in each state of a Markov chain: π·Q = 0, Σπ = 1.

    Parameters
    ----------
    rates
        (from state, to state) → transitions an hour.
    states
        How many states there are.
    """
    generator = np.zeros((states, states))
    for (start, end), rate in rates.items():
        generator[start, end] += rate
        generator[start, start] -= rate
    total = np.ones(states)
    system = np.vstack([generator.T[:-1], total])
    right_side = np.eye(states)[-1]
    shares: np.ndarray = np.linalg.solve(system, right_side)
    return shares
