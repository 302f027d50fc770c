"""Energy that a hazard is expected to take, without sampling: its rate times what an outage takes by month and length.

Rare events hardly occur in a few draws. To first order, one outage at a time, the expected loss of a year is

    rate · Σ over months of (share of the month's occurrences) · mean over lengths of (loss of such an outage)

which leaves out that outages overlap, and that crews are kept out (closures of a hazard).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from energy.analysis.closure import delivered_and_unserved, refuse_failed
from energy.analysis.parallel import solve_points
from energy.case import Case
from energy.metrics.labelled_table import labelled_table
from energy.scenario import HazardSet, Scenario
from energy.scenario.duration_law import Empirical, Exponential, Law
from energy.scenario.hazard import Hazard

PARTS = 3
"""Equally likely parts of a duration law; the median of each part stands for it."""
YEAR_HOURS = 8760.0
LONGEST = 8700.0
"""Longest outage that a horizon of a year can show [h]."""


def expected_losses(
    case: Case,
    scenario: Scenario,
    laws: Mapping[str, HazardSet],
    hazards: tuple[str, ...],
    country: str = "",
) -> pd.DataFrame:
    """Return what some hazards are expected to take in a year, under several sets of laws.

    Parameters
    ----------
    case, scenario
        What exists and what is asked.
    laws
        Name → hazards: as they are, and as an action would make them.
    hazards
        Names of the hazards that count.
    country
        Whose unserved demand is counted; all countries by default.

    Returns
    -------
    pandas.DataFrame
        Index (laws, hazard); ``occurrences`` a year, ``lost a time`` [GWh], ``lost``, ``lost, low``, ``lost, high``
        [GWh a year] at the base, low and high rate; ``unserved a time`` [GWh] and ``unserved`` [GWh a year]: demand
        that is not served because of it.

    Raises
    ------
    InputError, SolverError
        When an outage is refused or has no optimum.
    """
    unserved = f"unserved {country}".strip()
    undisturbed = _measured(case, [scenario], unserved)[0]
    rows = {}
    for label, hazard_set in laws.items():
        for name in hazards:
            hazard = hazard_set.hazards[name]
            lost, dark = _loss_of_one(case, scenario, hazard, undisturbed, unserved)
            rate = _yearly_rate(hazard, hazard_set)
            own = hazard.rate.per_year or 1.0
            rows[label, name] = {
                "occurrences": rate,
                "lost a time": lost,
                "lost": rate * lost,
                "lost, low": rate * lost * _ratio(hazard.rate.low, own),
                "lost, high": rate * lost * _ratio(hazard.rate.high, own),
                "unserved a time": dark,
                "unserved": rate * dark,
            }
    return labelled_table(rows, ["laws", "hazard"], "GWh a year; occurrences 1 a year, a time GWh")


def _ratio(end: float | None, rate: float) -> float:
    return 1.0 if end is None else end / rate


def _yearly_rate(hazard: Hazard, hazards: HazardSet) -> float:
    """Return the occurrences a year at all its places, in the mean of the states that it needs."""
    places = len(hazard.where) if hazard.each else 1
    share = 1.0
    if hazard.when is not None and hazards.chain is not None:
        first, second = hazards.chain.states
        shares = {first: 1.0 - hazards.chain.share, second: hazards.chain.share}
        if hazards.state is not None:
            shares = {state: float(state == hazards.state) for state in shares}
        share = shares[hazard.when]
    return hazard.per_year * places * share


def _loss_of_one(
    case: Case,
    scenario: Scenario,
    hazard: Hazard,
    undisturbed: np.ndarray,
    unserved: str,
) -> tuple[float, float]:
    """Return what one occurrence takes, and leaves unserved, in the mean over months and lengths [GWh].

    Parameters
    ----------
    undisturbed
        Delivered and unserved without an outage [GWh].
    unserved
        Name of the unserved demand that counts, as of ``delivered_and_unserved``.
    """
    lengths = _representative_hours(hazard.law)
    factors = hazard.by_month or (1.0,) * 12
    weights, points = [], []
    for month, factor in enumerate(factors, start=1):
        share = factor / sum(factors)
        for hours in lengths:
            disturbed = _with_outage(scenario, hazard, month, hours)
            if share > 0 and disturbed is not None:
                weights.append(share / len(lengths))
                points.append(disturbed)
    if not points:
        return 0.0, 0.0
    change = undisturbed - _measured(case, points, unserved)
    lost, served = np.array(weights) @ change
    return float(lost), float(-served)


def _with_outage(scenario: Scenario, hazard: Hazard, month: int, hours: float) -> Scenario | None:
    """Return the scenario with an outage from the middle of a month; None where it ends before the horizon begins.

    A month that comes after the horizon's season stands for the one a year before: what is left of the outage at the
    start of the horizon counts.
    """
    start, end = scenario.horizon()
    middle = pd.Timestamp(start.year, month, 15)
    if middle < start:
        middle = middle.replace(year=start.year + 1)
    is_winter = middle > start + (end - start) / 2
    left = hours
    if is_winter:
        middle = middle.replace(year=middle.year - 1)
        left = hours - (start - middle) / pd.Timedelta(hours=1)
        middle = start
    if left < 1:
        return None
    event = {
        "name": f"outage of {left:.0f} h in month {month}",
        "kind": "derating",
        "cause": hazard.cause,
        "where": [hazard.where[0]] if hazard.each else list(hazard.where),
        "start": f"{middle:%Y-%m-%dT%H:%M}",
        "duration": f"{left:.0f}h",
        "depth": 1.0 if hazard.depth is None else hazard.depth,
    }
    return scenario.replace(events=[*scenario.plain()["events"], event])


def _representative_hours(law: Law) -> list[float]:
    """Return lengths that stand for equally likely parts of a duration law [h], at most nearly a year.

    Examples
    --------
    >>> [round(hours) for hours in _representative_hours(Exponential(law="exponential", mean=10.0))]
    [2, 7, 18]
    """
    chances = (np.arange(PARTS) + 0.5) / PARTS
    if isinstance(law, Exponential):
        hours = -law.mean * np.log1p(-chances)
    elif isinstance(law, Empirical):
        hours = np.quantile(law.hours, chances)
    else:
        hours = law.median * np.exp(law.sigma * stats.norm.ppf(chances))
    shortest = np.maximum(hours, 1.0)
    lengths: list[float] = np.minimum(shortest, LONGEST).tolist()
    return lengths


def _measured(case: Case, points: list[Scenario], unserved: str) -> np.ndarray:
    """Return what each scenario delivers and leaves unserved [GWh]; shape (scenarios, 2), in their order."""
    answers = sorted(solve_points(case, points, delivered_and_unserved), key=lambda answer: answer.index)
    refuse_failed(answers, points)
    return np.array([[answer.values["delivered"], answer.values[unserved]] for answer in answers], dtype=float)
