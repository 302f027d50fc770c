"""No text of a figure lies on another, at both sizes; blocks of months sum to the season."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure
from tests.figures import text_boxes

import energy
from energy.case import Case
from energy.plots.comparison import comparison_figure
from energy.plots.monthly import _balanced, _month_blocks, small_multiples_figure
from energy.plots.registry import draw, entries
from energy.plots.settlement import welfare_figure
from energy.plots.style import styled
from energy.plots.sweep import sweep_figure
from energy.results.dataset import record
from energy.results.season import in_season, waterfall
from energy.scenario import list_scenarios

SIZES = ("journal", "slide")


@pytest.fixture(scope="module")
def run(casa1000: Case) -> xr.Dataset:
    overrides = {"time.resolution": "typical-days-12h"}
    return record(energy.run(casa1000, energy.read_scenario("hvdc_pole_out_july", overrides=overrides)))


@pytest.fixture(scope="module")
def small(two_bus: Case) -> xr.Dataset:
    return record(energy.run(two_bus, energy.read_scenario("two_bus")))


def assert_apart(figure: Figure, name: str) -> None:
    with styled():
        pairs = list(text_boxes.overlaps(figure))
    assert pairs == [], name


@pytest.mark.parametrize("size", SIZES)
def test_texts_of_a_run_do_not_overlap(run: xr.Dataset, size: str) -> None:
    for name, entry in entries(run).items():
        assert_apart(entry.draw(run, size), f"{name} {size}")
    assert_apart(draw(run, "factsheet"), "factsheet")


@pytest.mark.parametrize("size", SIZES)
def test_texts_of_many_runs_do_not_overlap(run: xr.Dataset, small: xr.Dataset, size: str) -> None:
    assert_apart(comparison_figure([run, small], size), "comparison")
    assert_apart(small_multiples_figure([run, small, run, run], size), "small multiples")


@pytest.mark.parametrize("size", SIZES)
def test_texts_of_sweeps_and_welfare_do_not_overlap(size: str) -> None:
    axes = {"start": ["05-01", "06-15", "07-01"], "length": [7.0, 30.0, 90.0], "water": list("abcdefg")}
    values = np.arange(63.0).reshape(3, 3, 7) * 100
    attrs = {"units": "GWh", "long_name": "energy lost in the days of the events"}
    swept = xr.DataArray(values, axes, tuple(axes), attrs=attrs, name="lost")
    assert_apart(sweep_figure(swept, size=size), "three axes")
    assert_apart(sweep_figure(swept.isel(water=0, drop=True), size=size), "two axes")
    assert_apart(sweep_figure(swept.isel(water=0, length=0, drop=True), size=size), "one axis")
    sample = xr.DataArray(
        np.arange(9.0),
        {"start": ("point", ["05-01", "06-15", "07-01"] * 3), "size": ("point", np.arange(9.0))},
        ("point",),
        attrs=attrs,
        name="lost",
    )
    assert_apart(sweep_figure(sample, size=size), "sample")
    welfare = pd.DataFrame({"system": [50.0, -20, 120], "payments": [100.0, 70, -170]}, index=["TJ", "KG", "PK"])
    assert_apart(welfare_figure(welfare.assign(total=welfare.sum(axis=1)), "Welfare", "note", size), "welfare")


def test_the_measure_finds_an_overlap() -> None:
    figure = Figure()
    figure.text(0.5, 0.5, "one text")
    figure.text(0.52, 0.5, "another")
    assert list(text_boxes.overlaps(figure)) == [("one text", "another")]


def test_the_day_figure_says_what_the_events_take(run: xr.Dataset) -> None:
    """Within the events' days and over the horizon, from the same two series as are drawn."""
    lost = (run["day_undisturbed"] - run["day_delivered"]) * 24 / 1000
    july = (run["day"].dt.month == 7).to_numpy()
    figure = draw(run, "daily")
    during, total = float(lost[july].sum()), float(lost.sum())
    assert f"take {during:,.0f} GWh in their days, and {total:,.0f} GWh over the horizon" in figure.texts[1].get_text()
    assert during > total >= -0.5  # part of it is sent in other months
    delivered = float((run["day_delivered"] * 24 / 1000).sum())
    assert delivered == pytest.approx(float(run["month_delivered"].sum()), rel=1e-6)


def test_what_countries_send_is_what_the_line_takes(run: xr.Dataset) -> None:
    from energy.plots.exchanges import exchanges

    (studied,) = [exchange for exchange in exchanges(run) if exchange.studied]
    assert (studied.sender, studied.receiver) == ("TJ", "PK")
    weight = (run["weight"] * run["season"]).to_numpy()
    sent = run["links_p0"].sel(links=[name for name in run["links"].to_numpy() if str(name).startswith("HVDC pole")])
    assert studied.energy == pytest.approx(float((sent.sum("links").to_numpy() * weight).sum()) / 1000, rel=1e-6)


@given(arrays(float, (5, 4), elements=st.floats(-50, 200)))
@settings(max_examples=50)
def test_blocks_have_the_sums_of_months_and_causes(lost: np.ndarray) -> None:
    lost[:, 0] += 260  # so that every month loses something
    gap = lost.sum(axis=1)
    blocks = _balanced(lost, gap)
    totals = lost.sum(axis=0)
    least_given = totals < -0.5
    if not least_given.any() and (totals >= 0).all():
        assert blocks.sum(axis=0) == pytest.approx(totals, abs=0.5)
    assert blocks.sum(axis=1) == pytest.approx(gap, abs=0.5)
    assert (blocks[:, ~least_given] >= 0).all()
    assert (blocks[:, least_given] <= 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(list_scenarios()))
def test_months_of_each_cause_sum_to_the_season(name: str) -> None:
    scenario = energy.read_scenario(name, overrides={"time.resolution": "typical-days-12h"})
    table = energy.run(scenario.case, scenario, structure=False).table
    blocks = _month_blocks(in_season(table))
    for step in waterfall(table):
        assert float(blocks[step.cause].sum()) == pytest.approx(step.takes, abs=0.5), step.cause


def test_months_sum_where_a_cause_gives() -> None:
    """A way round that is rated above the contract gives 40 GWh, all of it in the second month."""
    months = pd.DataFrame(
        {
            "ceiling": [100.0, 100.0],
            "delivered": [40.0, 60.0],
            "lost to line": [0.0, -40.0],
            "lost to own_demand": [60.0, 80.0],
        },
        index=pd.period_range("2028-05", periods=2, freq="M"),
    )
    blocks = _month_blocks(months)
    assert blocks["line"].to_numpy() == pytest.approx([0.0, -40.0], abs=1e-3)
    assert blocks["own_demand"].to_numpy() == pytest.approx([60.0, 80.0], abs=1e-3)
