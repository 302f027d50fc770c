"""The first figure plots the table: bars that end at the ceiling, a ladder that ends at what is delivered."""

from __future__ import annotations

import hashlib
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from energy.plots.monthly import _month_blocks, monthly_figure
from energy.plots.style import MARGIN, colour, framed, save
from energy.results.season import verdict, waterfall

MONTHS = pd.period_range("2028-04", "2028-07", freq="M")


def table(**changes: list[float]) -> pd.DataFrame:
    """April is outside the season; in June the second service gives back what shifted water lets it."""
    columns = {
        "surplus AA": [5.0, 60.0, 70.0, 90.0],
        "surplus BB": [0.0, 10.0, 0.0, 0.0],
        "transferable max": [0.0, 100.0, 100.0, 100.0],
        "ceiling": [0.0, 100.0, 100.0, 100.0],
        "delivered": [0.0, 30.0, 40.0, 20.0],
        "lost to line": [0.0, 0.0, 0.0, 10.0],
        "lost to own_demand": [0.0, 50.0, 65.0, 40.0],
        "lost to afghan_contract": [0.0, 20.0, -5.0, 30.0],
    }
    return pd.DataFrame(columns | changes, index=MONTHS).rename_axis("month")


def heights(axes: Axes, label: str) -> list[float]:
    (bars,) = [container for container in axes.containers if container.get_label() == f"_{label}"]
    return [float(bar.get_height()) for bar in bars]


@pytest.fixture
def figure() -> Figure:
    return monthly_figure(table(), "title", "footer")


def test_bars_show_the_months_of_the_season(figure: Figure) -> None:
    months = figure.axes[0]
    assert [tick.get_text() for tick in months.get_xticklabels()] == ["May\n2028", "Jun", "Jul"]
    assert heights(months, "delivered") == [30.0, 40.0, 20.0]
    assert heights(months, "line") == pytest.approx([0.0, 0.0, 10.0], abs=1e-4)
    # June has 60 GWh to share out and the second service gives 5 back: the first has all of them, 5 less than it
    # takes; of May and July it has 2.5 more each, which the second has less of: 155 and 45 over the season
    assert heights(months, "own_demand") == pytest.approx([52.5, 60.0, 42.5], abs=1e-4)
    assert heights(months, "afghan_contract") == pytest.approx([17.5, 0.0, 27.5], abs=1e-4)


def test_months_of_a_cause_sum_to_its_step_of_the_season(figure: Figure) -> None:
    for step in waterfall(table()):
        assert sum(heights(figure.axes[0], step.cause)) == pytest.approx(step.takes, abs=1e-3)
    assert "net of water moved" in figure.axes[0].get_title(loc="left")


def test_every_bar_ends_at_the_ceiling(figure: Figure) -> None:
    tops = np.zeros(3)
    for container in figure.axes[0].containers:
        tops = np.maximum(tops, [bar.get_y() + bar.get_height() for bar in container])
    assert tops.tolist() == pytest.approx([100.0, 100.0, 100.0], abs=1e-4)
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "contract ceiling"]
    assert set(np.asarray(line.get_ydata())) == {100.0}


def test_all_of_it_is_at_the_receiving_end(figure: Figure) -> None:
    """What countries could send stands in the table: beside bars of what arrives it would be read as one of them."""
    labels = [str(line.get_label()) for line in figure.axes[0].lines]
    assert not [label for label in labels if "surplus" in label]
    assert figure.axes[0].get_ylim()[1] > 100.0


def test_ladder_steps_from_ceiling_to_delivered(figure: Figure) -> None:
    season = figure.axes[1]
    assert [tick.get_text() for tick in season.get_yticklabels()] == [
        "contract ceiling",
        "line outages",
        "1. own demand",
        "2. Afghan contract",
        "delivered",
    ]
    steps = [(float(bar.get_x()), float(bar.get_width())) for group in season.containers for bar in group]
    assert steps == [(0.0, 300.0), (290.0, 10.0), (135.0, 155.0), (90.0, 45.0), (0.0, 90.0)]
    texts = [text.get_text() for text in season.texts]
    assert texts == ["300", "−10", "−155", "−45", "90"]


def test_a_cause_that_cancels_out_in_the_season_still_shows_the_colour_of_its_months() -> None:
    figure = monthly_figure(table(**{"lost to afghan_contract": [0.0, 20.0, -50.0, 30.0]}), "title", "footer")
    shown = {line.get_color() for line in figure.axes[1].lines if line.get_marker() == "s"}
    assert shown == {colour("afghan_contract")}


def test_units_and_words(figure: Figure) -> None:
    assert figure.axes[0].get_ylabel() == "energy at the receiving end [GWh/month]"
    assert figure.axes[1].get_xlabel() == "energy in the season [GWh]"
    texts = [text.get_text() for text in figure.texts]
    assert texts[0] == "title"
    assert texts[1].endswith("footer")
    assert verdict(table()).split()[0] in texts[1]


@pytest.mark.parametrize("size", ["journal", "slide"])
def test_nothing_is_clipped_and_labels_do_not_overlap(size: str) -> None:
    figure = monthly_figure(table(), "a title", "a footer", size)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # places are known once it is drawn
    width, height = figure.get_size_inches() * figure.dpi
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        box = axes.get_tightbbox(renderer)
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    left, right = (axes.get_tightbbox(renderer) for axes in figure.axes)
    assert left.x1 <= right.x0 + 1
    note = figure.texts[1].get_window_extent(renderer)
    assert note.x1 <= width
    assert note.y1 <= min(left.y0, right.y0)
    assert figure.legends[0].get_window_extent(renderer).y0 >= left.y1 - 1


@pytest.mark.parametrize("range_text", ["241 to 3,624", "1,008 to 4,250", "10,080 to 42,500"])
def test_a_footer_keeps_the_margins_of_its_sheet(range_text: str) -> None:
    parts = (
        "scenario baseline",
        f"season {range_text} GWh in nine of ten by evidence and record",
        "case casa1000",
        "weakest evidence C",
        "casa1000-energy 0.1.0",
    )
    footer = " · ".join(parts)
    figures = [monthly_figure(table(), "title", footer), framed("title", footer)]
    for figure in figures:
        width, _ = figure.get_size_inches()
        (note,) = [text for text in figure.texts if "casa1000-energy" in text.get_text()]
        box = note.get_window_extent()
        assert box.x0 / figure.dpi == pytest.approx(MARGIN, abs=0.01)
        assert box.x1 / figure.dpi <= width - MARGIN


def test_network_without_a_contract_still_has_a_figure() -> None:
    bare = pd.DataFrame({"ceiling": 0.0, "delivered": 0.0}, index=MONTHS)
    figure = monthly_figure(bare, "own network")
    assert len(figure.axes) == 1


def test_saved_files_are_the_same_each_time(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        save(monthly_figure(table(), "title"), tmp_path / name)
        found.append(
            [hashlib.sha256((tmp_path / f"{name}.{kind}").read_bytes()).hexdigest() for kind in ("png", "svg")]
        )
    assert found[0] == found[1]
    assert "<dc:date>" not in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_global_state_of_matplotlib_is_untouched() -> None:
    before = dict(mpl.rcParams)
    monthly_figure(table(), "title")
    assert dict(mpl.rcParams) == before


def test_stack_is_not_negative_and_sums_to_the_ceiling() -> None:
    parts = _month_blocks(table().iloc[1:])
    assert (parts >= 0).all().all()
    assert parts.sum(axis=1).tolist() == pytest.approx([100.0, 100.0, 100.0], abs=1e-4)


def test_ladder_ends_at_delivered() -> None:
    rungs = waterfall(table())
    assert [(rung.cause, rung.takes, rung.leaves) for rung in rungs] == [
        ("line", 10.0, 290.0),
        ("own_demand", 155.0, 135.0),
        ("afghan_contract", 45.0, 90.0),
    ]


def test_verdict_says_what_decides() -> None:
    quiet = table(**{"lost to line": [0.0, 0.0, 0.0, 0.0], "delivered": [0.0, 30.0, 40.0, 30.0]})
    assert verdict(quiet) == (
        "The protection order decides more than any outage: it takes 200 GWh, an outage at most the 100 GWh left."
    )
    assert verdict(table()).startswith("Outages close the line for 10 GWh, part of which")
    weak = table(
        **{"lost to line": [0.0] * 4, "lost to own_demand": [0.0] * 4, "lost to afghan_contract": [0.0] * 4},
        delivered=[0.0, 100.0, 100.0, 100.0],
    )
    assert verdict(weak) == "The protection order takes 0 GWh and leaves 300 GWh."


def test_delivered_stands_out() -> None:
    assert colour("delivered") == "#0072b2"
    assert len({colour(cause) for cause in ("line", "own_demand", "afghan_contract", "uzbek_swap")}) == 4
