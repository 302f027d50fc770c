"""Synthetic water years of the CASA-1000 case against the record, and the laws that every draw keeps.

The record: Toktogul 1952-2015 (64 hydrological years, October-September) and its months 1951-1993, GRDC 2416870 and
CA-discharge 16936; Vakhsh 1992-2015 and its Apr-Sep release below Nurek 1980-2015, CA-discharge 17089. Volumes in km³.
"""

import doctest
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy.case import read_case
from energy.errors import InputError
from energy.model.hydrology.flow_law import flow_law
from energy.model.hydrology.statistics import DAYS, River, WaterStatistics, water_statistics
from energy.model.hydrology.years import _earlier, draw_years
from energy.scenario.hydrology import Shift

KM3 = DAYS * 86400 / 1e9  # of one m³/s in each month
NARYN_MONTHLY_CV = [0.128, 0.131, 0.115, 0.242, 0.259, 0.311, 0.326, 0.253, 0.233, 0.160, 0.134, 0.132]
WINTER_RELEASE = 7.9  # km³ below Nurek, October-March, whatever the year (CV 0.047)
SEEDS = (1, 2, 3)

MEAN = (10.0,) * 3 + (100.0,) * 6 + (10.0,) * 3
CV = (0.1,) * 3 + (0.3,) * 6 + (0.1,) * 3
RIVER = River("a", MEAN, CV, 0.08, 0.2, 0.2, carry=0.5, weight=1, melt=1, sites=(("s", 1.0),))
ONE = WaterStatistics((RIVER,), 0.5)


@pytest.fixture(scope="module")
def rivers() -> WaterStatistics:
    return water_statistics(read_case("networks/casa1000").profiles["water_statistics"])


def at_dams(rivers: WaterStatistics, flows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Monthly volumes [km³] into Toktogul and Nurek, shape (years, 12): what passes the dams above comes too."""
    volume = dict(zip(rivers.sites, np.moveaxis(flows * KM3, 1, 0), strict=True))
    toktogul = volume["Naryn inflow"] + volume["Naryn inflow to Toktogul"]
    return toktogul, volume["Vakhsh inflow"] + volume["Vakhsh inflow to Nurek"]


def hydrological(volume: np.ndarray) -> np.ndarray:
    """Volumes of October-September."""
    return volume[:-1, 9:].sum(axis=1) + volume[1:, :9].sum(axis=1)


def lag1(series: np.ndarray) -> float:
    return float(np.corrcoef(series[:-1], series[1:])[0, 1])


def cv(series: np.ndarray) -> float:
    return float(series.std(ddof=1) / series.mean())


@pytest.mark.parametrize("seed", SEEDS)
def test_thousand_years_of_the_naryn_match_the_record(rivers: WaterStatistics, seed: int) -> None:
    months, _ = at_dams(rivers, draw_years(rivers, seed, 0, years=1001))
    year = hydrological(months)
    assert year.mean() == pytest.approx(12.664, rel=0.02)
    assert cv(year) == pytest.approx(0.185, abs=0.03)
    assert lag1(year) == pytest.approx(0.274, abs=0.1)
    assert np.percentile(year, [10, 50, 90]) == pytest.approx([9.72, 12.68, 15.34], rel=0.05)
    assert [cv(months[:, month]) for month in range(12)] == pytest.approx(NARYN_MONTHLY_CV, abs=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_thousand_years_of_the_vakhsh_match_the_record(rivers: WaterStatistics, seed: int) -> None:
    toktogul, nurek = at_dams(rivers, draw_years(rivers, seed, 0, years=1001))
    year = hydrological(nurek)
    assert year.mean() == pytest.approx(21.0, rel=0.02)
    assert cv(year) == pytest.approx(0.10, abs=0.03)
    assert lag1(year) == pytest.approx(-0.08, abs=0.1)
    assert nurek[:, 3:9].sum() / nurek.sum() == pytest.approx(0.803, abs=0.005)
    assert np.corrcoef(hydrological(toktogul), year)[0, 1] == pytest.approx(0.54, abs=0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_release_of_nurek_in_the_season_spreads_as_on_record(rivers: WaterStatistics, seed: int) -> None:
    """Nurek ends each hydrological year as full as it began it and holds its winter release, so that

    release(Apr-Sep) = inflow(Oct-Sep) - 7.9 km³: the whole year's anomaly falls on the season.
    """
    _, nurek = at_dams(rivers, draw_years(rivers, seed, 0, years=1001))
    release = hydrological(nurek) - WINTER_RELEASE
    assert np.percentile(release, [10, 50, 90]) == pytest.approx([10.9, 12.7, 15.7], rel=0.1)
    assert release.mean() == pytest.approx(13.2, rel=0.02)
    assert cv(release) == pytest.approx(0.155, abs=0.03)


def test_thousand_single_years_match_too(rivers: WaterStatistics) -> None:
    """Each draw begins in the stationary law, so that single years are as good as a trace."""
    toktogul, nurek = at_dams(rivers, np.concatenate([draw_years(rivers, 4, draw) for draw in range(1000)]))
    assert (toktogul.sum(axis=1).mean(), nurek.sum(axis=1).mean()) == pytest.approx((12.664, 21.0), rel=0.02)
    assert cv(nurek.sum(axis=1)) == pytest.approx(0.10, abs=0.03)
    assert [cv(toktogul[:, month]) for month in range(12)] == pytest.approx(NARYN_MONTHLY_CV, abs=0.05)
    assert np.corrcoef(toktogul.sum(axis=1), nurek.sum(axis=1))[0, 1] == pytest.approx(0.5, abs=0.1)


def test_seasons_hang_together_as_on_record(rivers: WaterStatistics) -> None:
    """Toktogul 1952-1993: winter CV 0.12, summer CV 0.23; a wet summer is followed by a wet winter (0.7), which says
    little about the summer after it (0.2). Only the first and third number enter the law.
    """
    months, _ = at_dams(rivers, draw_years(rivers, 1, 0, years=3001))
    winter = months[:-1, 9:].sum(axis=1) + months[1:, :3].sum(axis=1)
    summer = months[1:, 3:9].sum(axis=1)
    assert cv(winter) == pytest.approx(0.122, abs=0.01)
    assert cv(summer) == pytest.approx(0.23, abs=0.02)
    assert np.corrcoef(summer[:-1], winter[1:])[0, 1] == pytest.approx(0.7, abs=0.05)
    assert np.corrcoef(winter, summer)[0, 1] == pytest.approx(0.22, abs=0.1)


def test_extremes_and_shape_are_plausible(rivers: WaterStatistics) -> None:
    """Of as many years as there are on record the driest and the wettest are near those on record."""
    toktogul, nurek = at_dams(rivers, draw_years(rivers, 1, 1, years=64 * 50 + 1))
    spans = hydrological(toktogul).reshape(50, 64)
    assert np.median(spans.min(axis=1)) == pytest.approx(8.6, rel=0.1)
    assert np.median(spans.max(axis=1)) == pytest.approx(19.9, rel=0.1)
    spans = hydrological(nurek)[: 22 * 145].reshape(145, 22)
    assert np.median(spans.min(axis=1)) == pytest.approx(17.4, rel=0.05)
    assert np.median(spans.max(axis=1)) == pytest.approx(26.0, rel=0.05)
    year = hydrological(toktogul)
    skewness = ((year - year.mean()) ** 3).mean() / year.std() ** 3
    assert 0 < skewness < 1  # 0.44 on record, with a standard error of 0.3
    assert toktogul.min() > 0
    assert nurek.min() > 0


@pytest.mark.parametrize("dependence", [0.1, 0.5, 0.8])
def test_dependence_moves_the_correlation_and_not_the_rivers(rivers: WaterStatistics, dependence: float) -> None:
    toktogul, nurek = at_dams(rivers, draw_years(rivers, 1, 0, years=1001, dependence=dependence))
    assert np.corrcoef(hydrological(toktogul), hydrological(nurek))[0, 1] == pytest.approx(dependence, abs=0.1)
    assert cv(hydrological(toktogul)) == pytest.approx(0.185, abs=0.03)


def test_dependence_out_of_reach_is_refused(rivers: WaterStatistics) -> None:
    with pytest.raises(
        InputError, match=r"dependence 0\.9 is more than the years of 'Naryn' can show; allowed: 0 to 0\.857"
    ):
        draw_years(rivers, 1, 0, dependence=0.9)
    with pytest.raises(InputError, match=r"dependence is -0\.1; allowed: 0 to 1"):
        draw_years(rivers, 1, 0, dependence=-0.1)


def test_draws_do_not_hang_on_what_else_is_drawn() -> None:
    other = replace(RIVER, name="b", sites=(("t", 1.0),))
    alone, both = draw_years(ONE, 1, 7, years=3), draw_years(replace(ONE, rivers=(other, RIVER)), 1, 7, years=3)
    np.testing.assert_array_equal(alone[:, 0], both[:, 1])
    np.testing.assert_array_equal(draw_years(ONE, 1, 7)[0], alone[0])
    assert (both[:, 0] != both[:, 1]).all()
    assert (draw_years(ONE, 1, 8) != alone[:1]).all()
    assert (draw_years(ONE, 2, 7) != alone[:1]).all()


def test_shift_does_not_hang_on_the_length_of_the_trace() -> None:
    shift = Shift(melt_days=40)
    long, short = draw_years(ONE, 1, 7, years=5, shift=shift), draw_years(ONE, 1, 7, years=2, shift=shift)
    np.testing.assert_array_equal(long[:2], short)


def test_draw_is_this_on_every_machine() -> None:
    winter, summer, autumn = (
        [9.360538, 10.942532, 13.0743],
        [91.80313, 135.433324, 108.216861, 118.16296, 108.45793, 106.099727],
        [10.226836, 10.805497, 11.061346],
    )
    assert draw_years(ONE, 1, 7)[0, 0].tolist() == winter + summer + autumn
    moved = [9.611894, 10.277547, 39.970889, 116.687661, 118.441441]
    assert draw_years(ONE, 1, 7, shift=Shift(melt_days=15, volume=0.95))[0, 0, :5].tolist() == moved


def test_sites_share_their_river() -> None:
    halves = replace(ONE, rivers=(replace(RIVER, sites=(("s", 0.75), ("t", 0.25), ("u", 0.5))),))
    shares = draw_years(halves, 1, 1)[0] / draw_years(ONE, 1, 1)[0]
    np.testing.assert_allclose(shares, np.repeat([[0.75], [0.25], [0.5]], 12, axis=1), rtol=1e-6)


def test_melt_comes_earlier_and_keeps_its_water(rivers: WaterStatistics) -> None:
    toktogul, _ = at_dams(rivers, draw_years(rivers, 1, 0, years=200))
    moved, _ = at_dams(rivers, draw_years(rivers, 1, 0, years=200, shift=Shift(melt_days=15, volume=0.95)))
    assert moved.sum() == pytest.approx(0.95 * toktogul.sum(), rel=2e-3)
    assert moved[:, 4:6].sum() / moved.sum() > toktogul[:, 4:6].sum() / toktogul.sum() + 0.02  # May and June gain
    assert moved[:, 6:8].sum() / moved.sum() < toktogul[:, 6:8].sum() / toktogul.sum() - 0.02  # July and August lose
    assert moved.min() > 0
    middle = [
        float((months.mean(axis=0) * np.cumsum(DAYS)).sum() / months.mean(axis=0).sum()) for months in (toktogul, moved)
    ]
    assert 5 < middle[0] - middle[1] < 15  # base flow, which is even, does not come earlier
    at = rivers.sites.index("Syr Darya inflow")  # regulated: comes when Toktogul lets it
    still = draw_years(rivers, 1, 0, years=20)[:, at]
    np.testing.assert_array_equal(draw_years(rivers, 1, 0, 20, shift=Shift(melt_days=15))[:, at], still)


def test_moving_by_a_whole_month_of_equal_length_is_exact() -> None:
    flows = np.ones((2, 12))
    flows[0, 6] = 5.0  # July and August have 31 days
    np.testing.assert_allclose(_earlier(flows, 31)[0, :7].sum() - 7, 4.0, atol=0.15)
    np.testing.assert_allclose(_earlier(flows * 3.0, 10), 3.0 * _earlier(flows, 10), rtol=1e-12)


def test_river_without_spread_is_its_mean() -> None:
    calm = replace(RIVER, cv=(0.0,) * 12, winter_cv=0.0, year_cv=0.0, lag1=0.0, carry=0.0)
    np.testing.assert_array_equal(draw_years(replace(ONE, rivers=(calm,)), 1, 1)[0, 0], RIVER.mean)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"year_cv": 0.4}, r"year_cv 0\.4 of 'a' does not go with its other statistics; allowed: 0\.1\d* to 0\.2"),
        ({"year_cv": 0.05}, "year_cv 0.05"),
        ({"winter_cv": 0.2}, r"winter_cv 0\.2 .* allowed: 0\.04\d to 0\.100"),
        ({"carry": 1.0}, "carry 1 of 'a'"),
        ({"lag1": 0.9}, "lag1 0.9 of 'a'"),
    ],
)
def test_impossible_statistics_are_named(change: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        flow_law(replace(RIVER, **change))


def table(**changes: float | None) -> pd.DataFrame:
    rows = {("all rivers", "dependence", "Oct-Sep"): 0.5}
    rows |= {("a", of, str(at + 1)): value for of in ("mean", "cv") for at, value in enumerate(getattr(RIVER, of))}
    places = {"winter_cv": "Oct-Mar", "carry": "Oct-Mar", "melt": "days"}
    scalars = ("winter_cv", "year_cv", "lag1", "carry", "weight", "melt")
    rows |= {("a", of, places.get(of, "Oct-Sep")): getattr(RIVER, of) for of in scalars}
    rows["a", "share", "s"] = 1.0
    rows |= {("a", *name.split("__")): value for name, value in changes.items()}
    rows = {key: value for key, value in rows.items() if value is not None}
    index = pd.MultiIndex.from_tuples(rows, names=["river", "statistic", "of"])
    return pd.DataFrame({"value": list(rows.values())}, index=index)


def test_table_becomes_statistics() -> None:
    assert water_statistics(table()) == ONE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mean__3": None}, "no mean of 3 for 'a'"),
        ({"lag1__Oct-Sep": None}, "no lag1 of Oct-Sep for 'a'"),
        ({"mean__3": 0.0}, "mean of 3 for 'a' is 0; allowed: 1e-06"),
        ({"cv__13": 0.1}, "cv of 'a' is given for '13'; allowed: 1, 2"),
        ({"wieght__Oct-Sep": 1.0}, "'wieght' is no statistic of 'a'.*did you mean 'weight'"),
        ({"lag1__Oct-Sep": 1.5}, "lag1 of Oct-Sep for 'a' is 1.5; allowed: -0.95 to 0.95"),
        ({"dependence__Oct-Sep": 0.5}, "'dependence' is no statistic of 'a'"),
    ],
)
def test_faulty_tables_are_explained(change: dict[str, float | None], said: str) -> None:
    with pytest.raises(InputError, match=said):
        water_statistics(table(**change))


def test_every_statistic_has_its_evidence_and_every_inflow_site_its_river() -> None:
    case = read_case("networks/casa1000")
    found = case.profiles["water_statistics"]
    evidence = case.evidence[case.evidence["component"] == "profiles/water_statistics"].set_index(["name", "attribute"])
    assert set(evidence.index) == set(found.index.droplevel("of"))
    assert set(water_statistics(found).sites) == set(case.profiles["inflow"].index.unique("site"))
    assert (evidence["low"] <= evidence["base"]).all()
    assert (evidence["base"] <= evidence["high"]).all()
    for key, rows in found["value"].groupby(level=["river", "statistic"]):
        if len(rows) == 1:  # a series has the base 1, a factor on the whole row
            assert evidence.loc[key, "base"] == rows.iloc[0]


def test_page_shows_what_the_case_gives() -> None:
    page = Path(__file__).parents[2] / "docs" / "water_years.md"
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted > 10
    assert not found.failed
