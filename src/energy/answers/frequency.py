"""Answers about frequency: what loss of exchange both ends of the line stand, and what holding to it costs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from energy.analysis.frequency_limit import (
    FrequencyLimit,
    frequency_limit,
    limited_scenario,
    refuse_unknown_area,
)
from energy.analysis.frequency_ranges import exchange_within_limit, limits_by_constants
from energy.answers.answer import Answer, marks_of, solved, water_labels
from energy.case import Case
from energy.case.stability import Frequency
from energy.errors import Fault, InputError
from energy.scenario import Scenario
from energy.scenario.model import NOT_WRITTEN

WITHIN = "Exchange within the limit, by water"
_FIGURES = ["load", "running", "stored", "slope", "deviation", "largest loss"]
_LIMITS = (
    "angles, the loading of the Kazakh transit after the loss, protection, dead bands and limits of governors",
    "fast tripping of plants, which would raise the limit of the sending end",
)


def frequency_of(case: Case) -> Frequency:
    """Return the case's section ``frequency``.

    Raises
    ------
    InputError
        When it has none.
    """
    if case.rules.frequency is None:
        repair = "add a section `frequency:` (docs/case-format.md)"
        raise InputError(
            Fault(
                "the case says nothing of frequency",
                case.path / "rules.yaml",
                repair=repair,
            )
        )
    return case.rules.frequency


def frequency_answer(
    case: Case,
    scenario: Scenario,
    loss: float | None = None,
    areas: dict[str, str] | None = None,
) -> tuple[Answer, FrequencyLimit]:
    """Return what loss of exchange the frequency of both ends stands, and what a limit by it would cost.

    Parameters
    ----------
    loss
        Loss that slope and deviation are shown for [MW]; the line's rating by default.
    areas
        ``receiving`` or ``sending`` → synchronous area.
    """
    frequency = frequency_of(case)
    for name in (areas or {}).values():
        refuse_unknown_area(frequency, name)
    result = solved(case, scenario)
    limit = frequency_limit(result, frequency, loss, areas)
    by_constants = limits_by_constants(case, result, frequency, loss, areas)
    waters = {label: solved(case, changed) for label, changed in water_labels(case, scenario).items()}
    within = exchange_within_limit(waters, frequency, areas)
    tables = {
        WITHIN: within,
        "By what is known of inertia, governors and load relief": by_constants,
        "Both ends": _both_ends(limit),
        "Largest loss by month": _by_month(limit),
    }
    answer = Answer(
        (_deviation_sentence(limit, frequency), _exchange_sentence(within)),
        tables,
        span=_span(by_constants),
        marks=marks_of(case, "rules.frequency"),
        limits=_LIMITS,
    )
    return answer, limit


def _both_ends(limit: FrequencyLimit) -> pd.DataFrame:
    ends = limit.table[_FIGURES].groupby(level="end").agg(["min", "mean", "max"])
    table = ends.T.rename_axis(["figure", "over the snapshots"])
    table.attrs["units"] = "MW, MW·s, Hz/s, Hz"
    return table


def _by_month(limit: FrequencyLimit) -> pd.DataFrame:
    months = pd.DatetimeIndex(limit.limit.index).to_period("M")
    table = limit.limit.groupby(months).agg(["min", "mean", "max"]).rename_axis("month")
    table.attrs["units"] = "MW"
    return table


def _deviation_sentence(limit: FrequencyLimit, frequency: Frequency) -> str:
    worst = limit.table.groupby(level="end")[["slope", "deviation"]].max()
    texts = []
    for end, name in limit.areas.items():
        deviation, slope = float(worst["deviation"][end]), float(worst["slope"][end])
        texts.append(f"{name} ({end}) moves by up to {deviation:.2f} Hz, at first {slope:.2f} Hz/s")
    return (
        f"At the loss of {limit.loss:,.0f} MW {'; '.join(texts)}. Thresholds: {frequency.under:g} and "
        f"{frequency.over or float('inf'):g} Hz, {frequency.slope or float('inf'):g} Hz/s. "
        f"The largest loss within the thresholds is {limit.limit.min():,.0f} to {limit.limit.max():,.0f} MW."
    )


def _exchange_sentence(within: pd.DataFrame) -> str:
    """Return in which water the line carries more than the limit, and what holding it below costs."""
    texts = []
    for water, row in within.iterrows():
        texts.append(
            f"{water}: {row['hours above']:,.0f} h above it, {row['delivered within the limit']:,.0f} GWh held to it "
            f"instead of {row['delivered']:,.0f}"
        )
    return f"By water {'; '.join(texts)}."


def _span(by_constants: pd.DataFrame) -> str:
    deviation = by_constants["deviation receiving"]
    least = by_constants["largest loss, weakest"]
    return (
        f"receiving end {deviation.min():.2f} to {deviation.max():.2f} Hz, largest loss in the weakest hour "
        f"{least.min():,.0f} to {least.max():,.0f} MW, by what is known of inertia, governors and load relief"
    )


def write_limited_scenario(scenario: Scenario, limit: FrequencyLimit, path: Path) -> None:
    """Write the scenario with the frequency limit of each month as events, as a YAML file that `energy run` takes.

    Raises
    ------
    InputError
        When the file exists already, or its folder does not.
    """
    from ruamel.yaml import YAML

    if path.exists() or not path.parent.is_dir():
        what = "there is a file already" if path.exists() else "there is no such folder"
        raise InputError(
            Fault(
                what,
                path,
                repair="name a new file in a folder that exists",
            )
        )
    where = tuple(f"links.{name}" for name in limit.links)
    limited = limited_scenario(scenario, limit.limit, limit.rating, where)
    written = {key: value for key, value in limited.plain().items() if key not in NOT_WRITTEN}
    plain = {key: value for key, value in written.items() if value not in (None, {}, [])}
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(plain, file)
