"""Axes that name nothing, and sweeps too large to be held."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from energy.analysis.sweep import axes
from energy.errors import InputError

Refusal = Callable[..., str]


NUMBERS = ("p_nom", "efficiency")


@pytest.mark.parametrize(
    ("axis", "says"),
    [
        ("values.link.line.p_nom: [5, 6]", ("'values.link.line.p_nom'", "did you mean 'links'?")),
        ("events.0.duration: [10, 31]", ("'events.0.duration'", "'10' is not a duration", "31d")),
        ("values.links.line.p_nom: {low: 1, high: 2, count: 1000000000}", ("1,000,000,000 points", "up to 100,000")),
        (
            "\n  ".join(f"values.links.line.{number}: {{low: 0.1, high: 0.9, count: 1000}}" for number in NUMBERS),
            ("the product of all axes has 1,000,000 points", "up to 100,000"),
        ),
    ],
)
def test_an_axis_is_refused_with_its_line(
    refused_here: Refusal, tmp_path: Path, axis: str, says: tuple[str, ...]
) -> None:
    file = tmp_path / "asked.yaml"
    file.write_text(f"base: two_bus\naxes:\n  {axis}\n", encoding="utf-8")
    assert refused_here("sweep", str(file), "--workers", "1", "--out", str(tmp_path / "o"), says=(f"{file}:3: ", *says))
    assert not (tmp_path / "o").exists()


KEYS = [f"values.links.{name}.p_nom" for name in "abc"]


def test_a_product_and_a_sample_have_a_largest_size() -> None:
    fits = {key: {"low": 1, "high": 2, "count": 10} for key in KEYS}
    assert len(axes.grid(fits).changes) == 10**3
    with pytest.raises(InputError, match="the product of all axes has 1,000,000 points"):
        axes.grid({key: {"low": 1, "high": 2, "count": 100} for key in KEYS})
    with pytest.raises(InputError, match="a sample has 100,001 points"):
        axes.grid({KEYS[0]: {"low": 1, "high": 2}}, "sample", count=axes.MOST_POINTS + 1)
