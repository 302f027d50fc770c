"""The figure of many runs: what its bars hold, by hand."""

from __future__ import annotations

import pytest

from energy.plots.comparison import _stacked_shares, library_figure

FOUND = {
    "runs": ["plain", "given back", "line above the contract"],
    "questions": ["water", "water", "routes"],
    "cases": ["casa1000", "casa1000", "mine"],
    "weakest": "C",
    "results": {"ceiling [GWh]": [1000.0, 1000.0, 1000.0], "delivered [GWh]": [400.0, 500.0, 700.0]},
    "ladder": {  # what each rung takes, from the ceiling down [GWh]
        "line": [100.0, 100.0, -200.0],
        "water": [300.0, 500.0, 400.0],
        "uzbek_swap": [200.0, -100.0, 100.0],
    },
}


def test_bars_hold_what_is_delivered_and_what_each_cause_takes() -> None:
    shares = {cause: list(share) for cause, share in _stacked_shares(FOUND).items()}
    assert shares == {
        "delivered": pytest.approx([40, 50, 70]),
        "uzbek_swap": pytest.approx([20, 0, 10]),
        "water": pytest.approx([30, 40, 20]),  # the swap gives 10 back; 20 are above the ceiling
        "line": pytest.approx([10, 10, 0]),
    }


def test_no_bar_passes_the_ceiling_and_each_has_its_energy_beside_it() -> None:
    figure = library_figure(FOUND)
    axes = figure.axes[0]
    assert "case casa1000, mine · weakest evidence C" in figure.texts[-1].get_text()
    assert max(bar.get_x() + bar.get_width() for bar in axes.patches) == pytest.approx(100)
    assert axes.get_xlabel() == "share of the contract's ceiling [%]"
    written = [text.get_text() for text in axes.texts]
    assert [text for text in written if text.isdigit()] == ["400", "500", "700"]
    assert {"water", "routes"} <= set(written)
    assert [label.get_text() for label in axes.get_yticklabels()] == FOUND["runs"]
