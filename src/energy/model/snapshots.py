"""Snapshots of a scenario: horizon, resolution, and where typical days must be cut."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pandas as pd

from energy.case.case import Case
from energy.case.rules import LevelRule, LimitRule, RuleBook, StorageRule, VolumeRule
from energy.model.axis import Axis, hours_of, make_axis, month_day, own_axis
from energy.model.base_inputs import BaseInputs, base_inputs_of
from energy.model.disruption import event_cuts
from energy.scenario import Scenario


def axis_of(case: Case, scenario: Scenario) -> Axis:
    """Return the snapshots of a scenario; the same choice gives the same object, so that what hangs on it is shared."""
    if case.weightings is not None:
        own_start, _ = scenario.asked_horizon()
        return _own_axis(case, own_start)
    start, _ = scenario.horizon()
    resolution = scenario.time.resolution
    cuts: set[pd.Timestamp] = set()
    if resolution.startswith("typical"):  # every other resolution has all hours, and nothing to cut
        base = base_inputs_of(case, scenario)
        cuts |= _rule_cuts(base, start, scenario.time.years)
        cuts.update(event_cuts(scenario, start))
    return _axis(scenario.horizon(), resolution, tuple(sorted(cuts)))


@lru_cache(maxsize=2)
def _own_axis(case: Case, start: pd.Timestamp) -> Axis:
    assert case.weightings is not None
    return own_axis(case.weightings, start)


@lru_cache(maxsize=32)
def _axis(
    horizon: tuple[pd.Timestamp, pd.Timestamp],
    resolution: str,
    cuts: tuple[pd.Timestamp, ...],
) -> Axis:
    return make_axis(hours_of(None, horizon), resolution, cuts)


@lru_cache(maxsize=16)
def _rule_cuts(
    base: BaseInputs,
    start: pd.Timestamp,
    years: int,
) -> frozenset[pd.Timestamp]:
    return frozenset(_cuts_of(base.book, start, years))


def _cuts_of(
    book: RuleBook,
    start: pd.Timestamp,
    years: int,
) -> Iterator[pd.Timestamp]:
    """Yield the instants at which a window of a rule or the contract's season begins or ends, and dates of levels."""
    windows = []
    dates = []
    for rule in book.rules.values():
        if isinstance(rule, VolumeRule | LimitRule | StorageRule) and rule.window:
            windows.append(rule.window)
        elif isinstance(rule, LevelRule):
            dates.append(rule.date)
    if book.contract:
        windows.append(book.contract.season)
    for year in range(start.year, start.year + years + 1):
        for window in windows:
            yield month_day(year, window.start)
            yield month_day(year, window.end) + pd.Timedelta(days=1)
        for date in dates:
            yield month_day(year, date)
