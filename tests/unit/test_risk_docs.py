"""What a page says of samples, from figures that are made up."""

from __future__ import annotations

import numpy as np
import xarray as xr

from energy.report.risk_text import RiskReport, risk_block

BOUNDS = ["value", "low", "high"]


def distribution(lost: dict[str, float], mean: float = 2000.0, half: float = 1.0, failed: int = 0) -> xr.Dataset:
    """Return a summary whose intervals reach `half` to both sides; the months' levels are 100 MW times the month."""
    thresholds = [3400.0, 3900.0]
    exceeded = [0.1, 0.5, 0.9]
    months = [5, 6]
    around = np.array([0.0, -half, half])
    power = np.array([[[100.0 * month + 10 * (1 - share)] for share in exceeded] for month in months])
    return xr.Dataset(
        {
            "mean": ("bound", mean + around),
            "below": (("threshold", "bound"), np.array([[0.25], [0.5]]) + around / 1000),
            "lost": (("cause", "bound"), np.array([[value] for value in lost.values()]) + around),
            "power": (("month", "exceeded", "bound"), power + around),
        },
        coords={
            "bound": BOUNDS,
            "threshold": thresholds,
            "exceeded": exceeded,
            "month": months,
            "cause": list(lost),
        },
        attrs={"samples": 1200, "failed": failed, "lacking": 0, "yielded": 0},
    )


def block(of: xr.Dataset, **beside: xr.Dataset) -> str:
    return risk_block(RiskReport(of, "base", beside, "energy risk a"))


def test_sets_of_hazards_stand_calm_first_and_conflict_last() -> None:
    lost = {"line": 20.0, "all together": 21.0}
    text = block(distribution(lost), conflict=distribution(lost, 1900.0), calm=distribution(lost, 2100.0))
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in lines] == ["calm", "base", "conflict"]
    figures = "25.0 (24.9 to 25.1) | 50.0 (49.9 to 50.1) | 21.0 (20.0 to 22.0)"
    assert lines[1] == f"| `base` | 1,200 | 2,000 (1,999 to 2,001) | {figures} |"
    assert "below 3.4 TWh [%]" in text
    assert "Made by `energy risk a`: 1,200 samples." in text


def test_a_threshold_that_another_run_lacks_has_a_dash() -> None:
    lost = {"all together": 21.0}
    calm = distribution(lost).sel(threshold=[3400.0])
    (line,) = [line for line in block(distribution(lost), calm=calm).splitlines() if line.startswith("| `calm`")]
    assert "| 25.0 (24.9 to 25.1) | – |" in line


def test_causes_over_a_gigawatt_hour_are_named_dearest_first() -> None:
    text = block(distribution({"attack": 23.0, "politics": 12.0, "weather": 0.9, "all together": 30.0}))
    causes = "attack 23.0 (22.0 to 24.0), politics 12.0 (11.0 to 13.0)."
    assert f"Of the 30.0 (29.0 to 31.0) GWh that all outages together take from the mean season: {causes}" in text
    assert "No other cause takes 1 GWh." in text
    assert "overlap" not in text
    assert "weather" not in text


def test_an_order_that_is_not_known_is_said() -> None:
    # 22 to 24 and 20.5 to 22.5 overlap
    text = block(distribution({"attack": 23.0, "politics": 21.5, "all together": 30.0}))
    assert "The intervals of the first two overlap" in text
    assert "No other cause" not in text


def test_no_cause_that_counts_is_said() -> None:
    text = block(distribution({"weather": 0.5, "all together": 0.5}, half=0.1))
    assert "None takes 1 GWh of the mean season; all outages together take 0.5 (0.4 to 0.6) GWh." in text


def test_months_have_what_is_exceeded_with_90_50_and_10_percent() -> None:
    text = block(distribution({"all together": 0.0}))
    assert "| month | P90 [MW] | P50 [MW] | P10 [MW] |" in text
    # 500 MW, and 1 MW, 5 MW and 9 MW more: the level that is exceeded more seldom is the higher one
    assert "| May | 501 (500 to 502) | 505 (504 to 506) | 509 (508 to 510) |" in text


def test_samples_without_optimum_are_said() -> None:
    assert "3 samples had no optimum" in block(distribution({"all together": 0.0}, failed=3))
    assert "no optimum" not in block(distribution({"all together": 0.0}))


def test_water_that_lacks_or_yields_is_said_with_its_volume() -> None:
    calm = distribution({"all together": 0.0})
    assert "hm3" not in block(calm)
    volumes = {"irrigation_lacking": ("bound", [354.0, 285.0, 424.0]), "rules_yielded": ("bound", [2.0, 1.0, 3.0])}
    text = block(calm.assign(volumes).assign_attrs(lacking=167, yielded=2))
    assert "n 167 samples irrigation lacked water: 354 (285 to 424) hm3 in the mean year" in text
    assert "n 2 samples other rules of the water yielded: 2 (1 to 3) hm3 in the mean year" in text
