"""The backcast: what is compared, and that the page says every miss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy.analysis.backcast import TARGETS, Backcast, backcast, records
from energy.analysis.backcast_quantities import quantities, store_paths
from energy.analysis.backcast_variants import tagged, variants
from energy.case import Case
from energy.errors import InputError
from energy.model import inputs
from energy.plots.backcast import backcast_figure
from energy.report.backcast_text import _targets_text, _variants_text, _years_text, backcast_json
from energy.scenario import read_scenario
from energy.solve import Result, solve

PROJECT = Path(__file__).parents[2]
YEARS = ["backcast_2021", "backcast_2023", "backcast_2024", "backcast_2025"]
PLACES = {"TJ": "Tajikistan", "KG": "Kyrgyzstan"}


@pytest.fixture(scope="module")
def coarse(casa1000: Case) -> Backcast:
    """Two years, coarse in time: what the record holds them against is the same."""
    years = [read_scenario(name, overrides={"time.resolution": "typical-days-6h"}) for name in YEARS[:3:2]]
    return backcast(casa1000, years)


@pytest.fixture(scope="module")
def dry(two_bus: Case) -> Result:
    return solve(inputs(two_bus, read_scenario("two_bus", overrides={"hydrology": "dry", "objective": "dispatch"})))


def test_the_years_are_found_by_their_tag() -> None:
    assert tagged("backcast") == YEARS


def test_all_years_share_their_parameters() -> None:
    """What differs between the years is told: water, the content at the start, contracts; nothing else."""
    told = {"toktogul_start", "stores.UZ swap account.e_nom"} | {
        f"generators.{name}.p_nom" for name in ("KZ supply", "TM supply via UZ", "UZ supply")
    }
    years = [read_scenario(name) for name in YEARS]
    for year in years[:-1]:
        plain, last = year.plain(), years[-1].plain()
        differing = {key for key in plain if plain[key] != last[key]}
        assert differing <= {"name", "description", "source", "year", "hydrology", "rules", "values", "tags"}
        for part in ("rules", "values"):
            keys = plain[part].keys() | last[part].keys()
            assert {key for key in keys if plain[part].get(key) != last[part].get(key)} <= told


def test_generation_and_trade_of_two_buses(dry: Result) -> None:
    """All that the turbine makes is own demand or goes over the line, which delivers 95 %."""
    found = quantities(dry)
    made = float(dry.hours @ dry.received["turbine"]) / 1000
    sent = float(dry.hours @ dry.flow("links")["line"]) / 1000
    assert found["AA", "generation"] == pytest.approx(made)
    assert found["AA", "generation: hydro"] == found["river", "output of the plant"] == pytest.approx(made)
    assert found["AA", "exports"] == pytest.approx(sent) == pytest.approx(made - 40 * 8.76, abs=1e-3)
    assert found["BB", "imports"] == pytest.approx(0.95 * sent)
    assert found["BB", "net imports"] == pytest.approx(0.95 * sent)
    assert ("AA", "unserved") in found


def test_generation_to_date_of_two_buses(dry: Result) -> None:
    """The month to which a sum runs is whole, and the last quarter is what the first nine months leave."""
    found = quantities(dry)
    power = dry.received["turbine"]
    to_september = power.index.month <= 9
    energy = float((dry.hours * power)[to_september].sum()) / 1000
    assert found["AA", "generation Jan-Sep"] == pytest.approx(energy)
    assert found["AA", "generation Oct-Dec"] == pytest.approx(found["AA", "generation"] - energy)
    assert found["AA", "generation Dec"] == pytest.approx(found["AA", "generation"] - found["AA", "generation Jan-Nov"])


def test_water_of_two_buses(dry: Result) -> None:
    """40 m³/s from April to September, 10 from October to March; all of it goes out, as the reservoir ends empty."""
    found = quantities(dry)
    summer, winter = 183 * 24 * 40 * 0.0036, 182 * 24 * 10 * 0.0036  # hm³
    assert found["reservoir", "inflow"] == pytest.approx((summer + winter) / 1000)
    assert found["reservoir", "inflow Apr-Sep share"] == pytest.approx(summer / (summer + winter))
    assert found["reservoir", "release"] == pytest.approx((summer + winter) / 1000)


def test_contents_run_from_the_start_to_the_end_of_each_day(dry: Result) -> None:
    record = pd.DataFrame(
        [("reservoir", "content", "2028-09-30", 0.0), ("reservoir", "unusable content", "2028", 50.0)],
        columns=["place", "quantity", "date", "value"],
    )
    path = store_paths(dry, record)["reservoir"]
    assert len(path) == 365
    level = dry.values["stores", "e"]["reservoir"]
    assert path.iloc[-1] == pytest.approx(50 + level.iloc[-1])
    september = level[level.index < pd.Timestamp("2028-10-01")].iloc[-1]
    assert path[pd.Timestamp("2028-09-30")] == pytest.approx(50 + september)
    assert np.abs(np.diff(path)).max() < 24 * 0.5  # hm³ a day that the turbine can draw


def test_the_record_is_compared_and_judged(coarse: Backcast) -> None:
    for row in records(coarse.table):
        assert row["low"] <= row["record"] <= row["high"]
        key = (row["place"], row["quantity"])
        assert (row["target"] is not None and not pd.isna(row["target"])) == (key in TARGETS)
    judged = records(coarse.judged)
    recorded = {(row["place"], row["quantity"]) for row in records(coarse.table)}
    assert {(row["place"], row["quantity"]) for row in judged} == set(TARGETS) & recorded
    assert {("TJ", "generation Jan-Nov"), ("TJ", "generation Oct-Dec")} <= recorded
    for row in judged:
        target, relative = TARGETS[row["place"], row["quantity"]]
        off = row["model"] / row["record"] - 1 if relative else row["model"] - row["record"]
        assert row["deviation"] == pytest.approx(off)
        assert row["met"] == (abs(off) <= target)


def test_told_numbers_are_those_of_the_record(coarse: Backcast) -> None:
    """What the record says the model is told must be what it has; else the page would call an outcome an input."""
    told = coarse.table[(coarse.table["role"] == "input") & coarse.table["quantity"].str.startswith("inflow")]
    assert len(told) >= 4
    assert told["model"].to_numpy() == pytest.approx(told["record"].to_numpy(), rel=0.005)


def test_the_figure_shows_the_table(coarse: Backcast) -> None:
    axes = backcast_figure(coarse).axes
    assert [a.get_title(loc="left")[0] for a in axes] == ["a", "b", "c", "d", "e"]
    rows = coarse.table[coarse.table["quantity"] == "generation"]
    heights = sorted(bar.get_height() for bar in axes[0].patches)
    assert heights == pytest.approx(sorted(rows["model"] / 1000))
    assert "TWh" in axes[0].get_title(loc="left")


def test_tables_say_what_is_missed(coarse: Backcast) -> None:
    text = _targets_text(coarse)
    assert text.count("\n") == len(coarse.judged) + 1
    assert text.count("**no**") == int((~coarse.judged["met"].astype(bool)).sum())
    assert "nothing of it" in text
    assert "| 2021: model | record |" in _years_text(coarse.table[coarse.table["place"] == "Nurek"], "quantity")
    assert _variants_text({"as is": coarse, "other": coarse}).splitlines()[0] == "|  | year | as is | other |"
    assert len(backcast_json(coarse)) == len(coarse.table)


def test_the_page_explains_every_miss() -> None:
    page = (PROJECT / "docs" / "validation.md").read_text(encoding="utf-8")
    missed = [line.split("|") for line in page.splitlines() if "**no**" in line]
    assert missed
    for cells in missed:
        name = cells[1].split(" [")[0].strip()
        assert f"### {name} {cells[2].strip()}" in page


def test_a_case_without_record_and_a_part_of_a_year_are_refused(two_bus: Case, casa1000: Case) -> None:
    with pytest.raises(InputError, match=r"record.csv: the case has no record to compare with"):
        backcast(two_bus, [read_scenario("two_bus")])
    with pytest.raises(InputError, match=r"one calendar year; allowed: time: \{start: 01-01, years: 1\}"):
        backcast(casa1000, [read_scenario("baseline")])


def test_variants_vary_the_head_and_what_scenarios_say() -> None:
    found = variants([read_scenario(name) for name in YEARS])
    assert list(found) == ["head: fixed", "median Vakhsh"]
    assert {year.head for year in found["head: fixed"]} == {"fixed"}
    assert [year.year for year in found["median Vakhsh"]] == [2025]


def test_sources_of_the_record_exist(casa1000: Case) -> None:
    known = set(casa1000.sources["key"])
    assert not {key for source in casa1000.record["source"] for key in source.split()} - known


@pytest.mark.slow
def test_the_page_holds_what_the_model_gives(casa1000: Case) -> None:
    """At the resolution of the scenarios the table of targets is the one on the page."""
    found = backcast(casa1000, [read_scenario(name) for name in YEARS])
    page = (PROJECT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert _targets_text(found) in page
