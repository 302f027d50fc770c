"""What the figures of risk plot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from energy.plots.risk import causes_figure, exceedance_figure, fan_figure, tornado_figure, write_figures

EXCEEDED = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]


@pytest.fixture
def found() -> xr.Dataset:
    level = np.linspace(0, 4000, 101)
    bound = ["value", "low", "high"]
    power = np.linspace(1000, 100, 7)[None, :, None] * np.ones((5, 1, 3)) * np.array([1, 0.9, 1.1])
    return xr.Dataset(
        {
            "power": (("month", "exceeded", "bound"), power),
            "season": (("exceeded", "bound"), 3 * power[0]),
            "curve": ("level", 1 - level / 4000),
            "curve_undisturbed": ("level", 1 - (level / 4000) ** 2),
            "lost": (("cause", "bound"), np.array([[30.0, 20, 40], [10, 5, 15], [38, 25, 50]])),
        },
        {
            "month": [5, 6, 7, 8, 9],
            "exceeded": EXCEEDED,
            "bound": bound,
            "level": level,
            "threshold": [3400.0, 3900.0],
            "cause": ["attack", "line", "all together"],
        },
        {
            "title": "baseline, hazards base",
            "samples": 640,
            "seed": 1,
            "scenario": "baseline",
            "case": "casa1000",
            "weakest_confidence": "C",
            "version": "0.1.0",
        },
    )


def test_fan_shows_months_and_firm_power(found: xr.Dataset) -> None:
    axes = fan_figure(found).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["May", "Jun", "Jul", "Aug", "Sep"]
    lines = {str(line.get_label()): line.get_ydata() for line in axes.get_lines()}
    assert lines["P50"] == pytest.approx([550] * 5)
    assert "[MW]" in axes.get_ylabel()


def test_each_says_what_it_rests_on(found: xr.Dataset) -> None:
    for draw in (fan_figure, exceedance_figure, causes_figure):
        foot = draw(found).get_supxlabel()
        assert "640 samples" in foot
        assert "scenario baseline · case casa1000 · weakest evidence C · casa1000-energy 0.1.0" in foot


def test_exceedance_shows_both_curves_and_thresholds(found: xr.Dataset) -> None:
    axes = exceedance_figure(found).axes[0]
    lines = {str(line.get_label()): line for line in axes.get_lines()}
    assert lines["with outages"].get_ydata()[50] == pytest.approx(50)
    assert lines["without outages"].get_ydata()[50] == pytest.approx(75)
    assert {"3.4", "3.9"} <= {text.get_text() for text in axes.texts}


def test_causes_are_bars_of_their_loss(found: xr.Dataset) -> None:
    axes = causes_figure(found).axes[0]
    bars = next(c for c in axes.containers if isinstance(c, BarContainer))
    assert [bar.get_width() for bar in bars] == [30, 10, 38]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["attack", "line", "all together"]


def tornado(low: float, swing: tuple[float, float]) -> Axes:
    """Return a tornado around 1,050 of two numbers, the first with its low end at ``low``."""
    columns = ("at low", "at high", "swing", "low", "high", "unit", "confidence")
    rows = {
        "rules.wide.at_least": (1100.0, 1000.0, swing[0], 2.0, 4.0, "hm3", "B"),
        "values.links.narrow.p_nom": (low, 1300.0, swing[1], 1.0, 3.0, "MW", "C"),
    }
    numbers = pd.DataFrame.from_dict(rows, orient="index", columns=list(columns))
    return tornado_figure(numbers, 1050.0, "delivered", "GWh", "baseline").axes[0]


def test_tornado_has_its_widest_bar_on_top() -> None:
    axes = tornado(900.0, (100.0, 400.0))
    assert axes.get_yticklabels()[0].get_text().startswith("links.narrow.p_nom\n1 to 3 MW, C")
    low, high = (c for c in axes.containers if isinstance(c, BarContainer))
    assert [bar.get_width() for bar in low] == [-150, 50]
    assert [bar.get_width() for bar in high] == [250, -50]


def test_tornado_says_where_there_is_no_optimum() -> None:
    axes = tornado(np.nan, (0.0, 250.0))
    (label,) = [label.get_text() for label in axes.get_yticklabels()]  # what changes nothing has no bar
    assert label == "links.narrow.p_nom\n1 to 3 MW, C, no optimum at its low end"
    low, high = (c for c in axes.containers if isinstance(c, BarContainer))
    assert ([bar.get_width() for bar in low], [bar.get_width() for bar in high]) == ([0], [250])


def test_figures_are_written_twice(found: xr.Dataset, tmp_path: Path) -> None:
    assert [path.name for path in write_figures(found, tmp_path)] == ["months.png", "exceedance.png", "causes.png"]
    assert len(list(tmp_path.glob("*.svg"))) == 3
