"""What the figures of a run plot: values, labels, units; nothing clipped, nothing global."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import energy
from energy.analysis import Run
from energy.case import Case
from energy.errors import InputError
from energy.plots.comparison import comparison_figure
from energy.plots.duration import duration_figure
from energy.plots.events import calendar_figure
from energy.plots.flows import flows, places, plants
from energy.plots.map import borders, map_figure
from energy.plots.mean_days import _mean_days, dispatch_figure, heatmap_figure
from energy.plots.registry import chosen, draw, entries
from energy.plots.reservoirs import reservoir_figure
from energy.plots.settlement import settlement_figure
from energy.plots.sweep import sweep_figure
from energy.plots.waterfall import waterfall_figure
from energy.results.countries import countries_of, country_balance
from energy.results.dataset import record
from energy.results.reservoirs import reservoir, reservoirs
from energy.results.season import duration_curve, month_table, waterfall_table


@pytest.fixture(scope="module")
def run(casa1000: Case) -> Run:
    """A run with events inside and outside the season."""
    asked = energy.read_scenario("hvdc_pole_out_july", overrides={"time.resolution": "typical-days-6h"})
    return energy.run(casa1000, asked)


@pytest.fixture(scope="module")
def found(run: Run) -> xr.Dataset:
    return record(run)


@pytest.fixture(scope="module")
def small(two_bus: Case) -> xr.Dataset:
    return record(energy.run(two_bus, energy.read_scenario("two_bus")))


def boxes(figure: Figure) -> Iterator[tuple[float, float, float, float]]:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # places are known once it is drawn
    renderer = canvas.get_renderer()
    for artist in (*figure.axes, *figure.texts, *figure.legends):
        box = artist.get_tightbbox(renderer)
        if box is not None and box.width:
            yield box.x0, box.y0, box.x1, box.y1


@pytest.fixture(scope="module")
def drawn(found: xr.Dataset) -> dict[tuple[str, str], Figure]:
    """Every figure at both sizes; drawing leaves matplotlib as it was."""
    import matplotlib.pyplot as plt

    before, open_before = dict(mpl.rcParams), plt.get_fignums()
    figures = {
        (name, size): entry.draw(found, size) for name, entry in entries(found).items() for size in ("journal", "slide")
    }
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == open_before
    return figures


def test_every_figure_stays_on_its_sheet_at_both_sizes(drawn: dict[tuple[str, str], Figure]) -> None:
    for key, figure in drawn.items():
        width, height = figure.get_size_inches() * figure.dpi
        for left, low, right, high in boxes(figure):
            assert left >= -1, key
            assert low >= -1, key
            assert right <= width + 1, key
            assert high <= height + 1, key


def test_every_axis_has_a_unit_or_names(drawn: dict[tuple[str, str], Figure]) -> None:
    """An axis of numbers says its unit in brackets; an axis of names has words as ticks."""
    for key, figure in drawn.items():
        if key[0] == "monthly":
            continue  # its own tests
        for axes in figure.axes:
            ticks = [tick.get_text() for tick in axes.get_yticklabels()]
            if ticks and all(text.replace(",", "").replace("−", "").replace(".", "").isdigit() for text in ticks):
                label = axes.get_ylabel()
                shared = any("[" in other.get_ylabel() for other in figure.axes)
                assert "[" in label or (not label and shared), (key, label)


def test_footers_say_scenario_evidence_and_version(drawn: dict[tuple[str, str], Figure]) -> None:
    for key, figure in drawn.items():
        text = figure.texts[1].get_text()
        assert "scenario hvdc_pole_out_july" in text, key
        assert "weakest evidence C" in text, key
        assert "casa1000-energy " in text, key


def test_record_survives_its_file(found: xr.Dataset, tmp_path: Path) -> None:
    from energy.results.run_folder import read_record

    found.to_netcdf(tmp_path / "result.nc")
    again = read_record(tmp_path)
    assert set(again.data_vars) == set(found.data_vars)
    assert set(entries(again)) == set(entries(found))
    np.testing.assert_allclose(again["transferable"], found["transferable"])
    assert again.attrs["scenario"] == "hvdc_pole_out_july"


def test_every_number_of_the_record_has_a_unit(found: xr.Dataset) -> None:
    bare = [
        name
        for name, values in found.data_vars.items()
        if np.issubdtype(values.dtype, np.floating) and "units" not in values.attrs
    ]
    assert bare == []


def test_unknown_figure_is_refused_with_the_nearest(found: xr.Dataset) -> None:
    with pytest.raises(InputError, match="duration"):
        draw(found, "durration")
    with pytest.raises(InputError, match="no figure 'x'"):
        chosen(found, ["x"])


def test_duration_curve_falls_over_the_season_and_keeps_the_energy(found: xr.Dataset, run: Run) -> None:
    hours, power = duration_curve(found)
    assert hours[-1] == pytest.approx(153 * 24)  # 1 May to 30 September
    assert (np.diff(power) <= 1e-9).all()
    energy_gwh = float((np.diff(hours) * power).sum()) / 1000
    assert energy_gwh == pytest.approx(float(run.table["delivered"].sum()), rel=1e-6)
    axes = duration_figure(found).axes[0]
    labels = axes.get_legend_handles_labels()[1]
    assert f"hvdc_pole_out_july: {energy_gwh:,.0f} GWh" in labels
    assert axes.get_ylabel() == "power at the receiving end [MW]"


def test_two_curves_get_two_labels(found: xr.Dataset, small: xr.Dataset) -> None:
    labels = duration_figure(found, small).axes[0].get_legend_handles_labels()[1]
    assert [label.split(":")[0] for label in labels][:2] == ["hvdc_pole_out_july", "two_bus"]
    with pytest.raises(InputError):
        duration_figure()


def test_heat_map_shows_the_mean_day_in_local_time(found: xr.Dataset) -> None:
    (image,) = heatmap_figure(found).axes[0].images
    shown = np.asarray(image.get_array())
    assert shown.shape == (5, 24)
    times = pd.DatetimeIndex(found["snapshot"].to_numpy())
    at = (times.month == 6) & (times.hour == 12)  # UTC 12 to 18 h is 17 to 23 h local
    expected = float(found["transferable"].to_numpy()[at][0])
    assert shown[1, 17:23] == pytest.approx([expected] * 6)


def test_mean_day_keeps_the_month(found: xr.Dataset, run: Run) -> None:
    """A mean day of 24 hours times the days of the month is the month."""
    days = _mean_days(found, found["transferable"])
    energy_gwh = days.sum("hour").sel(month="2028-06").item() * 30 / 1000
    assert energy_gwh == pytest.approx(float(run.table.loc["2028-06", "delivered"]), rel=1e-6)


def test_country_balance_closes(found: xr.Dataset) -> None:
    assert countries_of(found) == ["KG", "TJ", "PK", "AF"]
    for country in countries_of(found):
        total = country_balance(found, country).sum("carrier").to_numpy()
        assert np.abs(total).max() < 1e-3, country  # MW


def test_dispatch_has_the_cases_colours_and_the_line_apart(found: xr.Dataset) -> None:
    axes = dispatch_figure(found, "PK").axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[0] == "demand"
    assert "CASA-1000" in labels
    handle = next(h for h, text in zip(*axes.get_legend_handles_labels(), strict=True) if text == "wind")
    assert mpl.colors.to_hex(handle.get_facecolor()) == "#009e73"  # carriers.csv
    assert axes.get_ylabel() == "power [MW]"
    with pytest.raises(InputError, match="TJ"):
        dispatch_figure(found, "TY")


def test_reservoirs_keep_their_water(found: xr.Dataset) -> None:
    """Inflow less outflow is the change of content, month by month (1 m³/s for an hour is 0.0036 hm³)."""
    assert reservoirs(found)[:2] == ["Toktogul", "Nurek"]
    one = reservoir(found, "Nurek")
    hours = np.array([month.days_in_month * 24 for month in one.months])
    change = (one.inflow - one.turbined - one.spilt) * 0.0036 * hours
    assert np.diff(one.content) == pytest.approx(change[1:], abs=1.0)
    assert one.content[0] == pytest.approx(100 + change[0], abs=1.0)  # rules.yaml: nurek_start


def test_rule_bands_are_the_rules(found: xr.Dataset) -> None:
    nurek, toktogul = reservoir(found, "Nurek"), reservoir(found, "Toktogul")
    september = list(nurek.months.month).index(9)
    assert nurek.at_least[september] == pytest.approx(0.8 * 4000)  # nurek_full, on 1 October
    months = dict(zip(toktogul.months.month, toktogul.least, strict=True))
    assert months[7] == pytest.approx(300)  # toktogul_minimum_flow
    assert months[1] == pytest.approx(120)
    assert dict(zip(toktogul.months.month, toktogul.most, strict=True))[6] == pytest.approx(540)
    assert np.isnan(toktogul.most[list(toktogul.months.month).index(1)])  # no rule limits the release of January
    assert np.isnan(nurek.most).all()
    figure = reservoir_figure(found)
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["Toktogul", "Nurek"]
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == ["flow [m³/s]", "content [hm³]"]
    with pytest.raises(InputError, match=r"no reservoir 'Nurec'; allowed: Toktogul, Nurek.*did you mean 'Nurek'"):
        reservoir_figure(found, ("Nurec",))
    volume = found["volume_at_least"].sel(volume_rule="toktogul_growing_release 2028").item()
    assert volume == pytest.approx(4700e6 / (183 * 86400), rel=1e-6)  # 4,700 hm³ in 183 days


def test_waterfall_steps_from_ceiling_to_delivered() -> None:
    table = pd.DataFrame({"ceiling": [100.0], "water": [30.0], "network": [-5.0], "delivered": [75.0]})
    axes = waterfall_figure(table, "title").axes[0]
    bars = [(round(bar.get_y(), 6), round(bar.get_height(), 6)) for group in axes.containers for bar in group]
    assert bars == [(0, 100), (70, 30), (75, -5), (0, 75)]
    assert [text.get_text() for text in axes.texts] == ["100", "−30", "+5", "75"]
    assert axes.get_ylabel() == "energy at the receiving end [GWh]"


def test_ladder_of_the_record_sums(found: xr.Dataset, run: Run) -> None:
    table = waterfall_table(found).sum()
    assert table["ceiling"] - table.drop(["ceiling", "delivered"]).sum() == pytest.approx(table["delivered"])
    assert month_table(found)["delivered"].sum() == pytest.approx(run.table["delivered"].sum())


def test_comparison_has_a_bar_a_scenario_and_the_change(found: xr.Dataset, small: xr.Dataset) -> None:
    axes = comparison_figure([found, small]).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["hvdc_pole_out_july", "two_bus"]
    delivered = next(group for group in axes.containers if group.get_label() == "delivered")
    first, second = (float(found["month_delivered"].sum()), 348.84)
    assert [bar.get_width() for bar in delivered] == pytest.approx([first, second], rel=1e-4)
    texts = [text.get_text() for text in axes.texts]
    assert texts == [f"{first:,.0f}", f"349  ({round(second - first):+,d})".replace("-", "−")]
    with pytest.raises(InputError):
        comparison_figure([])


def test_settlement_sums_to_zero_and_shows_balances(found: xr.Dataset, small: xr.Dataset) -> None:
    assert float(found["settled"].sum()) == 0
    axes = settlement_figure(found).axes[0]
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    assert names == ["Tajikistan", "Kyrgyzstan", "Afghanistan", "Pakistan"]
    balance = found["settled"].sum("item").to_numpy() / 1e6
    shown = [float(text.get_text().replace("−", "-")) for text in axes.texts]
    assert shown == pytest.approx(balance, abs=0.051)
    assert axes.get_ylabel() == "received in the year [million USD]"
    with pytest.raises(InputError):
        settlement_figure(small)


def test_calendar_places_the_event(found: xr.Dataset, small: xr.Dataset) -> None:
    axes = calendar_figure(found).axes[0]
    ((bar,),) = axes.containers
    assert bar.get_x() == 91  # 1 April to 1 July
    assert bar.get_width() == 31
    assert [text.get_text() for text in axes.texts] == ["31 d, out"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["pole 1 out"]
    assert calendar_figure(small).axes[0].texts[0].get_text() == "this scenario has no events"


def test_map_shows_mean_flows_and_what_is_hit(found: xr.Dataset, run: Run) -> None:
    (studied,) = [way for way in flows(found) if way.studied]
    assert (studied.begin, studied.end, studied.disrupted) == ("TJ south", "PK north", True)
    weight = run.result.hours * run.season
    sent = run.result.flow("links").filter(like="HVDC pole").sum(axis=1).to_numpy()
    assert studied.power == pytest.approx(float((sent * weight).sum() / weight.sum()))
    assert not [way for way in flows(found) if way.disrupted and not way.studied]
    carriers = dict(zip(found["buses"].to_numpy(), found["buses_carrier"].to_numpy(), strict=True))
    assert {carriers[name] for name in places(found)} == {"AC"}  # no account, no market, no schedule
    names = [plant.name for plant in plants(found)]
    assert {"Toktogul", "Nurek", "Tarbela"} <= set(names)
    axes = map_figure(found).axes[0]
    crosses = [line for line in axes.lines if line.get_marker() == "X" and len(line.get_xdata())]
    assert len(crosses) == 1
    assert axes.get_xlabel() == "longitude [°E]"


def test_map_says_that_borders_take_no_side(found: xr.Dataset) -> None:
    figure = map_figure(found)
    assert "take no position" in figure.texts[1].get_text()
    disputed = [one["properties"]["between"] for one in borders()["features"] if one["properties"].get("disputed")]
    assert {"IN-PK", "CN-IN"} <= set(disputed)
    assert "public domain" in borders()["source"]


def test_map_needs_places(small: xr.Dataset) -> None:
    nowhere = small.assign(buses_x=small["buses_x"] * 0)
    assert "map" not in entries(nowhere)
    with pytest.raises(InputError, match="coordinates"):
        map_figure(nowhere)


def sweep() -> xr.DataArray:
    values = np.arange(6.0).reshape(2, 3)
    found = xr.DataArray(values, {"days": [7, 31], "month": ["Jun", "Jul", "Aug"]}, ("days", "month"))
    found.attrs = {"units": "GWh", "long_name": "energy lost"}
    found["days"].attrs = {"units": "d", "long_name": "length"}
    return found


def test_sweep_cells_are_the_values() -> None:
    figure = sweep_figure(sweep(), x="month", y="days")
    axes, bar = figure.axes
    assert np.asarray(axes.images[0].get_array()).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (axes.get_xlabel(), axes.get_ylabel(), bar.get_ylabel()) == ("month", "length [days]", "energy lost [GWh]")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["Jun", "Jul", "Aug"]


def test_sweep_panels_and_contours() -> None:
    third = xr.concat([sweep(), 2 * sweep()], xr.DataArray(["dry", "wet"], dims="water", name="water"))
    titles = [axes.get_title(loc="left") for axes in sweep_figure(third, x="month", y="days").axes[:2]]
    assert titles == ["water dry", "water wet"]
    numbers = sweep().assign_coords(month=[6, 7, 8])
    axes = sweep_figure(numbers, x="month", contour=True).axes[0]
    assert axes.get_xlim() == (6, 8)
    with pytest.raises(InputError, match="numbers"):
        sweep_figure(sweep(), x="month", contour=True)
    with pytest.raises(InputError, match="dimension"):
        sweep_figure(sweep(), x="hour")
    with pytest.raises(InputError, match="variable"):
        sweep_figure(sweep().to_dataset(name="lost"), "loss")


def test_a_users_own_network_has_figures(tmp_path: Path) -> None:
    """No countries, no contract, no colours, no rivers: what is left is drawn."""
    import pypsa

    n = pypsa.Network()
    n.set_snapshots(pd.date_range("2028-01-01", periods=48, freq="h"))
    n.add("Carrier", ["AC", "gas"])
    n.add("Bus", ["a", "b"], carrier="AC")
    n.add("Generator", "plant", bus="a", carrier="gas", p_nom=100, marginal_cost=10)
    n.add("Link", "tie", bus0="a", bus1="b", p_nom=80)
    n.add("Load", "load", bus="b", p_set=50)
    n.export_to_netcdf(str(tmp_path / "own.nc"))
    asked = energy.read_scenario("baseline", overrides={"case": str(tmp_path / "own.nc"), "objective": "dispatch"})
    own = record(energy.run(energy.read_case(tmp_path / "own.nc"), asked))
    assert set(entries(own)) == {"monthly", "dispatch_all", "prices"}
    for entry in entries(own).values():
        list(boxes(entry.draw(own, "journal")))
    supply = country_balance(own, "all").sel(carrier="gas")
    assert supply.to_numpy() == pytest.approx([50.0] * 48)
