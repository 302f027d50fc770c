"""What pages say of a policy: figures derived from simulated years, and pages that quote the recorded ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from energy.analysis.policy.firm_energy import firm_energy_table
from energy.analysis.policy.levels_on_record import _contents_on_day, day_of_horizon, levels_on_record
from energy.analysis.policy.season_comparison import harm_table, season_comparison
from energy.errors import InputError
from energy.plots.policy import levels_on_record_figure
from energy.report.docs_pages import _with_block
from energy.report.policy_text import (
    SEASON_PAGES,
    _deviation_sentences,
    _firm_text,
    _levels_table,
    harm_text,
    policy_blocks,
)
from energy.results.recorded_policy import (
    FIRM,
    LEVELS,
    SEASONS,
    recorded_policy_table,
    season_sentence,
    write_recorded,
)

PROJECT = Path(__file__).parents[2]
MONTHS = ["April 2028", "May 2028", "June 2028"]


def made_up(count: int = 11) -> xr.Dataset:
    """Return years 0, 1 … whose season is 100 GWh more in each; foresight adds 50, and takes 7 from the swap."""
    number = np.arange(count, dtype=float)
    season = np.zeros((2, count, 3))
    season[0, :, 1] = 60 * number
    season[0, :, 2] = 40 * number
    season[1, :, 0] = 20.0
    foreseen = np.stack([100 * number + 50, np.full(count, 13.0)])
    content = np.stack([1000 + 100 * number, 2000 + 100 * number, np.full(count, np.nan)], axis=-1)
    return xr.Dataset(
        {
            "energy": (("service", "year", "month"), season),
            "foreseen": (("service", "foreseen_year"), foreseen),
            "content": (("store", "year", "month"), content[None]),
            "foreseen_content": (("store", "foreseen_year", "month"), content[None] + 10),
            "start": (("store",), [500.0]),
            "hours": (("month",), [720.0, 744.0, 720.0]),
            "water_class": (("year", "month"), np.repeat((number > 4)[:, None].astype(int), 3, axis=1)),
        },
        coords={"service": ["casa", "uzbek_swap"], "month": MONTHS, "store": ["Toktogul"]},
        attrs={
            "scenario": "a",
            "year": 2028,
            "case": "made up",
            "weakest_confidence": "C",
            "version": "0",
            "before_studied": "uzbek_swap",
        },
    )


def record(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["place", "quantity", "date", "value"])
    return table.assign(confidence="A")


def test_figures_of_the_season_are_those_of_the_years() -> None:
    """Of 0, 100 … 1,000 GWh one in ten is below 100, one half below 500; every pair differs by 50."""
    table = season_comparison(made_up()).set_index(["service", "quantity"])
    by_policy = {"P90": 100, "P50": 500, "P10": 900, "mean": 500}
    assert table.loc["casa", "policy"].to_dict() == pytest.approx(by_policy)
    assert table.loc["casa", "foresight"].to_dict() == pytest.approx(
        {name: value + 50 for name, value in by_policy.items()}
    )
    for column in ("gain", "gain_low", "gain_high"):
        assert table.loc["casa", column].to_numpy() == pytest.approx(np.full(4, 50.0))
    assert table.loc["uzbek_swap", "gain"].to_dict() == {"mean": -7}
    assert (table["years"] == 11).all()
    # the swap has 20 by policy and 13 with foresight: 7 that CASA-1000 could have had besides
    by_policy_net = {name: value + 7 for name, value in by_policy.items()}
    assert table.loc["casa net", "policy"].to_dict() == pytest.approx(by_policy_net)
    assert table.loc["casa net", "gain"].to_dict() == pytest.approx(dict.fromkeys(by_policy, 43.0))


def test_harm_is_a_mean_year_in_its_own_unit() -> None:
    years = made_up()
    years["harm"] = (("rule", "year"), np.stack([np.arange(11.0), np.zeros(11)]))
    years = years.assign_coords(rule=["rule least flow", "swap account"], unit=("rule", ["hm3", "MWh"]))
    table = harm_table(years)
    assert table[["service", "unit", "policy", "years"]].to_numpy().tolist() == [
        ["rule least flow", "hm3", 5.0, 11],
        ["swap account", "MWh", 0.0, 11],
    ]
    assert harm_text(table).splitlines()[2:] == ["| rule least flow | 5.0 | hm³ |"]


def test_the_interval_is_that_of_pairs() -> None:
    """Foresight adds 0 or 100 in every other year: the mean's standard error is 50 / √100."""
    years = made_up(100)
    season = years["energy"].sel(service="casa").sum("month").to_numpy()
    years["foreseen"][0] = season + np.tile([0.0, 100.0], 50)
    mean = season_comparison(years).set_index(["service", "quantity"]).loc[("casa", "mean")]
    assert mean["gain"] == pytest.approx(50)
    assert mean["gain_low"] == pytest.approx(50 - 1.96 * 5, abs=1.0)
    assert mean["gain_high"] == pytest.approx(50 + 1.96 * 5, abs=1.0)


def test_without_foreseen_years_nothing_is_compared() -> None:
    with pytest.raises(InputError, match="no simulated year was solved with foresight"):
        season_comparison(made_up().isel(foreseen_year=slice(0)))


def test_contents_move_evenly_from_month_to_month() -> None:
    """500 at first, 1,000 at the end of April in the first year; on 16 May half of the way to 2,000."""
    years = made_up()
    assert day_of_horizon(years, "2021-04-01") == 0
    assert day_of_horizon(years, "2012-04-16") == 0.5
    assert _contents_on_day(years, "content", "Toktogul", 0.5)[0] == 750
    assert _contents_on_day(years, "content", "Toktogul", 1.5)[0] == 1500
    assert _contents_on_day(years, "content", "Toktogul", 2.5)[0] == 1250  # ends with what it began with


def test_levels_are_those_of_the_day_with_what_cannot_be_used() -> None:
    table = levels_on_record(
        made_up(),
        record(
            ("Toktogul", "unusable content", "2026", 6500.0),
            ("Toktogul", "content", "2021-05-01", 9000.0),
            ("Toktogul", "content", "2009-05-01", 1.0),
            ("Toktogul", "content", "2025-05-01", 1.0),
            ("Toktogul", "content at year's end", "2021", 1.0),
            ("Nurek", "content by level", "2021-05-01", 1.0),
        ),
    )
    (row,) = table.to_dict("records")
    assert row["record"] == 9000
    # 1,000 to 2,000 on 1 May
    assert (row["policy_P90"], row["policy_P50"], row["policy_P10"]) == (7600, 8000, 8400)
    assert row["foresight_P50"] == 8010
    (sentence,) = _deviation_sentences(table)
    assert sentence == (
        "Toktogul: the policy's median lies -1,000 hm³ from the record in the mean of 1 days, "
        "-1,000 to -1,000 on single ones; 0 of them are within its band from P90 to P10."
    )
    assert "| Toktogul | May | 1 | 9,000 to 9,000 | 7,600 | 8,000 | 8,400 | 8,010 |" in _levels_table(table)


def test_the_figure_shows_band_median_and_days() -> None:
    contents = record(
        ("Toktogul", "unusable content", "2026", 6500.0),
        ("Toktogul", "content", "2021-05-01", 9000.0),
        ("Toktogul", "content", "2022-05-16", 9500.0),
    )
    figure = levels_on_record_figure(made_up(), contents, ["Toktogul"])
    (axes,) = figure.axes
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["policy"].get_ydata().tolist() == [7000, 8000, 9000, 7000]
    assert lines["perfect foresight"].get_ydata().tolist() == [7000, 8010, 9010, 7000]
    assert lines["on record"].get_xdata().tolist() == pytest.approx([1.0, 1 + 15 / 31])
    (bar,) = axes.patches
    assert (bar.get_x(), bar.get_y(), bar.get_height()) == (1.0, 9000, 500)
    assert axes.get_ylabel() == "content [hm³]"


def test_promises_say_power_and_energy_by_the_water_seen() -> None:
    """Of 0, 60, … 600 GWh in May ten of eleven reach 60: 81 MW in 744 hours. In June 40: 100 to its end.

    After a wet April, years 5 to 10, all six reach 300 and 200.
    """
    lines = _firm_text(firm_energy_table(made_up())).splitlines()
    assert lines[0].startswith("Reached with 90 % probability: mean MW of the month")
    assert lines[2] == "| promised on | water so far | years | May | June |"
    assert lines[4] == "| 1 April | any | 11 | 81 (60), 60 | 56 (40), 100 |"
    assert lines[7] == "| 1 May | 2, wettest | 6 | 403 (300), 300 | 278 (200), 500 |"
    assert lines[10] == "| 1 June | 2, wettest | 6 |  | 278 (200), 200 |"


def test_a_recorded_table_comes_back(tmp_path: Path) -> None:
    seasons = season_comparison(made_up())
    levels = levels_on_record(made_up(), record(("Toktogul", "content", "2021-05-01", 9000.0)))
    firm = firm_energy_table(made_up())
    write_recorded(seasons, levels, firm, tmp_path)
    pd.testing.assert_frame_equal(recorded_policy_table(tmp_path, SEASONS), seasons, rtol=1e-5, check_dtype=False)
    pd.testing.assert_frame_equal(recorded_policy_table(tmp_path, LEVELS), levels, rtol=1e-5, check_dtype=False)
    pd.testing.assert_frame_equal(recorded_policy_table(tmp_path, FIRM), firm, rtol=1e-5, check_dtype=False)


def test_a_table_without_a_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / SEASONS).parent.mkdir(parents=True)
    (tmp_path / SEASONS).write_text("scenario,service\na,casa\n")
    with pytest.raises(InputError, match=r"policy\.csv:1: column 'quantity' is missing.*energy policy simulate"):
        recorded_policy_table(tmp_path, SEASONS)


@pytest.mark.parametrize("page", SEASON_PAGES, ids=str)
def test_pages_quote_the_recorded_policy(page: Path) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    recorded = (
        recorded_policy_table(PROJECT, SEASONS),
        recorded_policy_table(PROJECT, LEVELS),
        recorded_policy_table(PROJECT, FIRM),
    )
    for name, block in policy_blocks(page, *recorded).items():
        assert _with_block(text, name, block) == text, "run: energy policy simulate baseline … --page"


def test_the_page_of_questions_quotes_the_recorded_policy() -> None:
    text = (PROJECT / "docs" / "questions.md").read_text(encoding="utf-8")
    assert season_sentence(recorded_policy_table(PROJECT, SEASONS)) in text, (
        "run: energy questions --page docs/questions.md"
    )
