"""The water that a scenario asks for, hour by hour."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from energy.case import Case, read_case
from energy.errors import InputError
from energy.model.hydrology.inflow import HM3_AN_HOUR, inflow
from energy.model.hydrology.statistics import water_statistics
from energy.model.hydrology.years import draw_years, shifted
from energy.scenario import Scenario
from energy.scenario.hydrology import Drawn, Shift, Shifted

BASE = Scenario(name="x", year=2028)
DRAWN = {"seed": 1, "draw": 7}


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case("networks/casa1000")


def hours(scenario: Scenario) -> pd.DatetimeIndex:
    start, end = scenario.horizon()
    return pd.date_range(start, end, freq="h", inclusive="left")


def monthly(flow: np.ndarray, at: pd.DatetimeIndex) -> pd.Series:
    return pd.Series(flow / HM3_AN_HOUR, index=at).groupby([at.year, at.month]).mean()


def test_drawn_water_is_read_and_travels() -> None:
    scenario = BASE.replace(hydrology={**DRAWN, "dependence": 0.3, "shift": {"melt_days": 15, "volume": 0.95}})
    assert scenario.hydrology == Drawn(seed=1, draw=7, dependence=0.3, shift=Shift(melt_days=15, volume=0.95))
    assert scenario.replace() == scenario
    assert hash(scenario.replace()) == hash(scenario)
    other = scenario.replace(**{"hydrology.draw": 8, "hydrology.shift.melt_days": 10})
    assert other.hydrology == Drawn(seed=1, draw=8, dependence=0.3, shift=Shift(melt_days=10, volume=0.95))
    assert len({BASE.digest(), scenario.digest(), other.digest()}) == 3


@pytest.mark.parametrize(
    ("hydrology", "said"),
    [
        ({"seed": 1}, "'hydrology.draw' is missing"),
        ({"seed": 1, "drw": 2}, "did you mean 'draw'"),
        ({**DRAWN, "seed": -1}, "hydrology.seed is -1"),
        ({**DRAWN, "dependence": 2}, "hydrology.dependence is 2; allowed: from 0 to 1"),
        ({**DRAWN, "shift": {"melt_days": 90}}, "hydrology.shift.melt_days is 90; allowed: from 0"),
        (
            ["1974", "1975"],
            "2 water years for a horizon of 1; allowed: one label for each year; do: set time.years to 2",
        ),
        ([], "no water year is named"),
    ],
)
def test_faulty_water_is_explained(hydrology: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        BASE.replace(hydrology=hydrology)


def test_drawn_trace_runs_through_calendar_years(case: Case) -> None:
    scenario = BASE.replace(**{"hydrology": DRAWN, "time.years": 2})
    at = hours(scenario)
    rivers = water_statistics(case.profiles["water_statistics"])
    trace = draw_years(rivers, 1, 7, years=3)
    for site, flow in inflow(case, at, scenario.hydrology).items():
        found = monthly(flow, at)
        assert list(found.index[[0, -1]]) == [(2028, 4), (2030, 3)]
        expected = [trace[year - 2028, rivers.sites.index(site), month - 1] for year, month in found.index]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_years_of_record_follow_each_other(case: Case) -> None:
    """1974-1978, the driest five years on the Naryn, each from April to March."""
    years = ["1974", "1975", "1976", "1977", "1978"]
    scenario = BASE.replace(**{"hydrology": years, "time.years": 5})
    at = hours(scenario)
    found = monthly(inflow(case, at, scenario.hydrology)["Naryn inflow"], at)
    record = case.profiles["inflow"].xs("Naryn inflow", level="site")
    for number, year in enumerate(years):
        assert found[2028 + number, 7] == pytest.approx(record.loc[year, "7"])
        assert found[2029 + number, 2] == pytest.approx(record.loc[year, "2"])


def test_one_label_fills_every_year(case: Case) -> None:
    scenario = BASE.replace(**{"hydrology": {"Naryn inflow": "dry"}, "time.years": 2})
    at = hours(scenario)
    flows = inflow(case, at, scenario.hydrology)
    assert set(monthly(flows["Naryn inflow"], at).round(6)[:, 7]) == {608.0}
    assert set(monthly(flows["Vakhsh inflow"], at).round(6)[:, 7]) == {1550.0}


def test_water_that_the_case_has_not_is_explained(case: Case) -> None:
    at = hours(BASE)
    with pytest.raises(InputError, match="no hydrology '1947'"):
        inflow(case, at, "1947")
    bare = {name: table for name, table in case.profiles.items() if name != "water_statistics"}
    with pytest.raises(InputError, match="no statistics to draw water from"):
        inflow(replace(case, profiles=bare), at, Drawn(seed=1, draw=1))
    fewer = case.profiles["water_statistics"].drop(("Indus", "share", "Tarbela inflow"))
    fewer.attrs = {}
    with pytest.raises(InputError, match="no river gives a share to site 'Tarbela inflow'"):
        inflow(replace(case, profiles={**bare, "water_statistics": fewer}), at, Drawn(seed=1, draw=1))


NO_SHIFT = {"melt_days": 0, "volume": 1, "late_summer": 1}


@pytest.mark.parametrize("label", ["dry", "median", "wet", "2001"])
def test_no_change_of_climate_is_the_label_bit_for_bit(case: Case, label: str) -> None:
    plain = BASE.replace(hydrology=label)
    same = BASE.replace(hydrology={"label": label, "shift": NO_SHIFT})
    at = hours(plain)
    expected = inflow(case, at, plain.hydrology)
    for site, flow in inflow(case, at, same.hydrology).items():
        assert flow.tobytes() == expected[site].tobytes()


@pytest.mark.parametrize("draw", range(4))
def test_no_change_of_climate_is_the_draw_bit_for_bit(case: Case, draw: int) -> None:
    rivers = water_statistics(case.profiles["water_statistics"])
    plain = draw_years(rivers, 1, draw, years=2)
    assert draw_years(rivers, 1, draw, years=2, shift=Shift(**NO_SHIFT)).tobytes() == plain.tobytes()
    scenario = BASE.replace(hydrology={"seed": 1, "draw": draw, "shift": NO_SHIFT})
    at = hours(scenario)
    expected = inflow(case, at, BASE.replace(hydrology={"seed": 1, "draw": draw}).hydrology)
    for site, flow in inflow(case, at, scenario.hydrology).items():
        assert flow.tobytes() == expected[site].tobytes()


def test_a_shifted_label_keeps_its_volume_and_moves_its_melt(case: Case) -> None:
    """Thirty days earlier of a year that comes again each year: as much water, more of it before the peak."""
    at = hours(BASE)
    median = inflow(case, at, "median")
    early = inflow(case, at, Shifted(label="median", shift=Shift(melt_days=30)))
    naryn = "Naryn inflow"
    days = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    before = monthly(median[naryn], at).droplevel(0).sort_index() * days
    after = monthly(early[naryn], at).droplevel(0).sort_index() * days
    assert after.sum() == pytest.approx(before.sum(), rel=1e-9)
    assert after[5] > 1.2 * before[5]
    assert after[8] < 0.8 * before[8]


def test_glaciers_take_from_july_to_september_by_the_melt_of_the_river(case: Case) -> None:
    """A fifth less where melt is 1; the regulated Syr Darya (melt 0) has what it had."""
    at = hours(BASE)
    median = inflow(case, at, "median")
    less = inflow(case, at, Shifted(label="median", shift=Shift(late_summer=0.8)))
    rivers = water_statistics(case.profiles["water_statistics"])
    is_late = np.isin(at.month, (7, 8, 9))
    melts = set()
    for river in rivers.rivers:
        for site, _ in river.sites:
            expected = median[site] * np.where(is_late, 1 - 0.2 * river.melt, 1.0)
            np.testing.assert_allclose(less[site], expected, rtol=1e-12)
            melts.add(river.melt)
    assert {0.0, 1.0} <= melts


def test_a_shift_of_a_trace_is_the_shift_of_its_rivers() -> None:
    flows = np.arange(1.0, 25.0).reshape(2, 12)
    doubled = shifted(flows, Shift(volume=2.0, late_summer=0.5), melt=1.0)
    factor = np.where(np.isin(np.arange(12), (6, 7, 8)), 1.0, 2.0)
    np.testing.assert_allclose(doubled, flows * factor)


def test_a_shifted_label_travels_and_is_explained() -> None:
    scenario = BASE.replace(hydrology={"label": 2001, "shift": {"volume": 0.9}})
    assert scenario.hydrology == Shifted(label="2001", shift=Shift(volume=0.9))
    assert scenario.replace() == scenario
    other = scenario.replace(**{"hydrology.shift.volume": 0.8})
    assert other.hydrology == Shifted(label="2001", shift=Shift(volume=0.8))
    with pytest.raises(InputError, match=r"'hydrology\.label' is missing"):
        BASE.replace(hydrology={"shift": {"volume": 0.9}})
