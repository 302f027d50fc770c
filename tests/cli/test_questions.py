"""The commands of money, grid, frequency, closures, actions and the 25 questions from outside."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from typer.testing import CliRunner

from energy.answers.questions.registry import QUESTIONS
from energy.cli import app
from energy.errors import InputError

COARSE = ["--set", "time.resolution=typical-days-24h"]


def said(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    return done.stdout


def answered(out: Path, *words: object) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(said(*words, *COARSE, "--out", out, "--json"))
    return answer


def refused(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code != 0
    if isinstance(done.exception, InputError):
        return str(done.exception)
    assert isinstance(done.exception, SystemExit), done.exception
    return done.output


def test_all_questions_are_listed() -> None:
    text = said("questions")
    assert len(QUESTIONS) == 25
    assert [asked.number for asked in QUESTIONS] == list(range(1, 26))
    assert all(f"{asked.number}. " in text for asked in QUESTIONS)
    rows = json.loads(said("questions", "--json"))
    assert [row["number"] for row in rows] == list(range(1, 26))
    assert all(row["commands"] for row in rows)


def test_commands_of_questions_are_commands() -> None:
    """Each command names a verb of the application and a scenario of the library, or two."""
    from energy.scenario import list_scenarios

    verbs = {command.name for command in app.registered_commands}
    known = set(list_scenarios())
    for asked in QUESTIONS:
        for command in asked.commands:
            program, verb, *words = command.split()
            assert program == "energy"
            assert verb in verbs, command
            assert words[0] in known, command


class Expected(NamedTuple):
    """What the answer to a question must hold: units in its sentences, and the column of a table that says it."""

    units: tuple[str, ...]
    table: str
    column: str


EXPECTED = {
    1: Expected(("GWh", "%"), "Every water year", "delivered"),
    2: Expected(("million USD", "GWh"), "NPV over drawn water years, by start", "P50"),
    3: Expected(("GWh", "days"), "Days of outage that can be lost in each year", "case"),
    4: Expected(("million USD", "$/MWh", "GWh"), "Open access", "worth"),
    5: Expected(("tonnes", "t/MWh"), "In other years", "CO2 PK"),
    6: Expected(("$/MWh", "%", "GWh"), "Offer that is worth taking, by price", "energy"),
    7: Expected(("million USD", "$/MWh"), "Forms of contract", "bill"),
    8: Expected(("MW", "GWh", "Hz"), "PK north to PK centre by month", "with, most"),
    9: Expected(("$/MWh", "GWh"), "Sold back, solved at each power", "least price"),
    10: Expected(("GWh", "million USD"), "Cost by party", "fuel of the buyer"),
    11: Expected(("GWh",), "Over the water years on record", "P50"),
    12: Expected(("GWh", "TWh"), "Seasons side by side", "delivered"),
    13: Expected(("MW", "p.u.", "GWh"), "Room for Kyrgyz power in the season", "least room"),
    14: Expected(("km3", "GWh"), "By water", "summer position"),
    15: Expected(("million USD", "GWh"), "Loan service", "cover by transmission"),
    16: Expected(("million USD",), "Odds of a disturbed year that pay for the line", "yearly cost"),
    17: Expected(("million USD", "TWh"), "By the odds of each outage", "transit income lost"),
    18: Expected(("GWh",), "Worth of a third terminal", "more at Nowshera"),
    19: Expected(("MW", "h a year"), "Hours out by the rates of the hazards", "both"),
    20: Expected(("%", "MW"), "Exchange held to what the island stands", "delivered"),
    21: Expected(("Hz", "MW"), "Exchange within the limit, by water", "least limit"),
    22: Expected(("million USD",), "Welfare by country", "total"),
    23: Expected(("GWh", "%"), "Spill with and without the sale", "delivered"),
    24: Expected(("GWh", "million USD"), "Actions, best first", "unserved avoided"),
    25: Expected(("GWh",), "The system of 2035 in that climate and with the canal", "delivered"),
}
"""Question → what its answer must hold; each of the 25 has its own."""


def check_answer(answer: dict[str, Any], expected: Expected) -> None:
    """An answer has its number with the unit, the table that it comes from with numbers in it, a range and marks."""
    sentences = " ".join(answer["sentences"])
    assert "nan" not in sentences
    numbers = [float(text.replace(",", "")) for text in re.findall(r"\d[\d,]*\.?\d*", sentences)]
    assert any(numbers), "nothing but zeros"
    for unit in expected.units:
        assert unit in sentences, unit
    assert all(table["rows"] and table["units"] for table in answer["tables"].values())
    values = [row[expected.column] for row in answer["tables"][expected.table]["rows"]]
    known = [value for value in values if value is not None]
    assert known, expected.column
    assert any(abs(float(value)) > 0 for value in known), "nothing but zeros"
    assert re.search(r"\d", answer["range"]), "no range"
    assert "weakest mark" in answer["marks"]


def test_each_question_has_an_expectation() -> None:
    assert list(EXPECTED) == [asked.number for asked in QUESTIONS]


@pytest.mark.parametrize("part", ["sentences", "tables", "range", "marks"])
def test_an_empty_answer_does_not_pass(part: str) -> None:
    """The check itself: an answer of the right form passes, and the same without one of its parts does not."""
    rows = [{"water year": "2001", "delivered": 35.0}]
    whole: dict[str, Any] = {
        "sentences": ["35 GWh, 28 % of the years"],
        "tables": {"Every water year": {"units": "GWh", "rows": rows}},
        "range": "14 to 42 %",
        "marks": "the case: weakest mark C of 3 numbers",
    }
    check_answer(whole, EXPECTED[1])
    zeros = {"Every water year": {"units": "GWh", "rows": [{"delivered": 0.0}]}}
    empty = {"sentences": ["0 GWh, 0 % of the years"], "tables": zeros, "range": "none", "marks": "no evidence"}
    with pytest.raises(AssertionError):
        check_answer(whole | {part: empty[part]}, EXPECTED[1])


@pytest.mark.slow
@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: str(asked.number))
def test_every_question_is_answered(asked: Any, tmp_path: Path) -> None:
    check_answer(answered(tmp_path / "q", "questions", asked.number, "--samples", 2), EXPECTED[asked.number])


def test_a_question_is_printed_with_its_commands(tmp_path: Path) -> None:
    text = said("questions", 22, *COARSE, "--out", tmp_path / "q")
    assert "22. ADB, dispatchers, think-tanks: Who gains and who loses in each country?" in text
    assert "  energy settlement baseline" in text
    assert "Rests on" in text
    assert "Range:" in text
    folder = tmp_path / "q" / "22"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["answer"]["sentences"][0].startswith("Against the season without the line")
    assert (folder / "welfare_by_country.csv").is_file()


def test_a_question_that_there_is_not_is_refused() -> None:
    assert "no question 26" in refused("questions", 26)


def test_investment_by_start_and_lender(tmp_path: Path) -> None:
    answer = answered(
        tmp_path / "i", "investment", "baseline", "--start", "2028", "--start", "never", "--event", "2030=0"
    )
    starts = {row["start"]: row for row in answer["tables"]["All countries together, by start"]["rows"]}
    assert starts["never"]["stranded"] == pytest.approx(starts["never"]["sunk"])
    lenders = {row["lender"] for row in answer["tables"]["By lender, start 2028"]["rows"]}
    assert {"World Bank", "EBRD"} <= lenders


@pytest.mark.slow
def test_investment_over_sampled_seasons(tmp_path: Path) -> None:
    samples = tmp_path / "samples.csv"
    rows = {"season": [0.0, 1000.0, 2000.0], "weight": [1.0, 1.0, 1.0], "failed": [0.0, 0.0, 0.0]}
    pd.DataFrame(rows).to_csv(samples, index=False)
    answer = answered(tmp_path / "i", "investment", "baseline", "--samples", samples)
    table = next(table for title, table in answer["tables"].items() if title.startswith("NPV over"))
    total = {row["country"]: row for row in table["rows"]}["all"]
    assert total["P90"] <= total["P50"] <= total["P10"]
    assert 0 <= total["negative"] <= 1


@pytest.mark.slow
def test_investment_along_years_that_differ(tmp_path: Path) -> None:
    answer = answered(
        tmp_path / "i", "investment", "baseline", "--until", "2029", "--start", "2028", "--start", "never"
    )
    years = {row["year"]: row for row in answer["tables"]["Path of years, median water"]["rows"]}
    assert list(years) == [2028, 2029]
    for row in years.values():
        assert row["all"] == pytest.approx(
            sum(row[country] for country in ("AF", "IR", "KG", "KZ", "PK", "TJ", "TM", "UZ"))
        )
    starts = {row["start"]: row for row in answer["tables"]["All countries together along the path, by start"]["rows"]}
    assert starts["never"]["NPV"] == 0
    assert starts["2028"]["NPV dry"] <= starts["2028"]["NPV wet"]


@pytest.mark.slow
def test_a_path_of_years_with_an_event_and_drawn_water(tmp_path: Path) -> None:
    """Samples that are all dry are the dry path: 1,000 GWh lie below the dry season. A lost year delivers nothing."""
    samples = tmp_path / "samples.csv"
    rows = {"season": [1000.0, 1000.0], "weight": [1.0, 1.0], "failed": [0.0, 0.0]}
    pd.DataFrame(rows).to_csv(samples, index=False)
    words = ["investment", "baseline", "--until", "2029", "--start", "2028", "--samples", samples]
    tables = answered(tmp_path / "i", *words, "--event", "2029=0")["tables"]
    path = {row["year"]: row for row in tables["Path of years, median water"]["rows"]}
    assert path[2029]["delivered"] == 0
    assert path[2029]["all"] == pytest.approx(0)
    assert path[2028]["all"] != pytest.approx(0)
    (along,) = tables["All countries together along the path, by start"]["rows"]
    (drawn,) = tables["NPV over drawn water years, by start"]["rows"]
    for figure in ("mean", "P90", "P10"):
        assert drawn[figure] == pytest.approx(along["NPV dry"])
    countries = {row["country"]: row for row in tables["By country along the path, start 2028"]["rows"]}
    assert countries["all"]["NPV"] == pytest.approx(along["NPV"])
    lenders = {row["lender"]: row for row in tables["By lender along the path, start 2028"]["rows"]}
    assert 0 < lenders["World Bank"]["stranded"] <= lenders["World Bank"]["exposure"]


@pytest.mark.slow
def test_another_seed_ranks_actions_alike_or_says_that_they_are_tied(tmp_path: Path) -> None:
    """Two actions that change places between seeds are told apart by neither, or lie within their own errors."""
    rankings = []
    for seed in (1, 2):
        words = ["actions", "baseline", "--samples", 4, "--seed", seed]
        rows = answered(tmp_path / str(seed), *words)["tables"]["Actions, best first"]["rows"]
        rankings.append({row["action"]: row for row in rows})
    first, second = rankings
    order = list(first)
    for better, worse in pairwise(order):
        is_tied = bool(first[better]["tied with next"])
        gap = second[better]["unserved avoided"] - second[worse]["unserved avoided"]
        error = second[better]["unserved avoided error"] + second[worse]["unserved avoided error"]
        assert is_tied or gap >= -4 * error - 1e-6, (better, worse)


@pytest.mark.slow
def test_power_at_nowshera_is_followed_into_pakistan(tmp_path: Path) -> None:
    """The nodes' changes sum to what is received and what losses change; the fullest month is the fullest hour."""
    tables = answered(tmp_path / "q", "questions", 8)["tables"]
    interfaces = {row["interface"]: row for row in tables["Interfaces inside Pakistan"]["rows"]}
    name = "PK north to PK centre"
    months = tables[f"{name} by month"]["rows"]
    assert max(row["with, most"] for row in months) == pytest.approx(interfaces[name]["most with"])
    assert min(row["room"] for row in months) == pytest.approx(
        interfaces[name]["rating"] - interfaces[name]["most with"]
    )
    for row in tables["Where the power replaces other power"]["rows"]:
        assert row["replaced"] == pytest.approx(row["without"] - row["with"], abs=1e-6)
    waters = {row["water"]: row for row in tables["Reserve for the loss of both poles, by water"]["rows"]}
    largest = {row["single loss"]: row["loss"] for row in tables["Single losses at the receiving end"]["rows"]}
    for row in waters.values():
        more = max(row["most received"] - largest["PK south nuclear"], 0.0)
        assert row["more reserve at most"] == pytest.approx(more)
        assert (row["hours"] > 0) == (more > 0)


@pytest.mark.slow
def test_the_offer_is_worth_less_at_a_higher_price(tmp_path: Path) -> None:
    tables = answered(tmp_path / "q", "questions", 6)["tables"]
    rows = tables["Offer that is worth taking, by price"]["rows"]
    energy = [row["energy"] for row in rows]
    assert energy == sorted(energy, reverse=True)
    assert energy[0] > 0
    for row in rows:
        months = sum(value for name, value in row.items() if name.startswith("2028-"))
        assert months == pytest.approx(row["energy"])
    for row in tables["Mean price by hour of the day"]["rows"]:
        assert row["2028, fuel cheap"] < row["2028"] < row["2028, fuel dear"]
        assert row["2028, fuel dear"] <= 1.2 * row["2028"] + 1


@pytest.mark.slow
def test_an_option_has_its_own_report(tmp_path: Path) -> None:
    """The months of the western route sum to its year, and its part of Pakistan replaces that much fuel there."""
    answer = answered(tmp_path / "o", "option", "western_route")
    tables = answer["tables"]
    received = {row["option"]: row["received"] for row in tables["Options"]["rows"]}
    far = "TAP AF west - PK south"
    months = tables["By month"]["rows"]
    for name, energy in received.items():
        assert sum(row[name] for row in months) == pytest.approx(energy, rel=1e-6)
    replaced = sum(row["electricity"] for row in tables["Fuel that it replaces"]["rows"] if row["country"] == "PK")
    assert 0 < replaced == pytest.approx(received[far], rel=0.05)
    assert "500 to 2,000 MW" in answer["range"]


@pytest.mark.slow
def test_contract_forms_of_samples(tmp_path: Path) -> None:
    samples = tmp_path / "samples.csv"
    rows = {"season": [0.0, 1000.0], "weight": [1.0, 1.0], "failed": [0.0, 0.0]}
    pd.DataFrame(rows).to_csv(samples, index=False)
    answer = answered(tmp_path / "c", "contract-forms", "baseline", "--samples", samples)
    forms = {row["form"]: row for row in answer["tables"]["Forms of contract"]["rows"]}
    assert forms["pay per unit, all taken"]["bill"] == pytest.approx(500 * 93.8 / 1000)
    assert forms["take or pay, whatever is offered"]["bill"] == pytest.approx(4000 * 93.8 / 1000)


@pytest.mark.slow
def test_frequency_writes_a_scenario_that_runs(tmp_path: Path) -> None:
    file = tmp_path / "limited.yaml"
    words = ["frequency", "baseline", "--sending", "Tajik island", "--write", file]
    answer = answered(tmp_path / "f", *words)
    assert "Tajik island (sending)" in answer["sentences"][0]
    shown = json.loads(said("run", file, "--out", tmp_path / "r", "--json"))
    assert shown
    assert "there is a file already" in refused(*words, *COARSE, "--out", tmp_path / "g")


def test_closures_of_two_buses(tmp_path: Path) -> None:
    answer = answered(tmp_path / "c", "closure", "two_bus", "--where", "crossing", "--days", 10, "--month", 7)
    rows = answer["tables"]["All figures"]["rows"]
    assert rows[0]["lost"] == pytest.approx(22.8, rel=1e-3)


def test_corridors_of_two_buses(tmp_path: Path) -> None:
    answer = answered(tmp_path / "n", "corridors", "two_bus")
    assert "crossing (100 MW)" in answer["sentences"][0]


def test_threshold_of_two_buses(tmp_path: Path) -> None:
    words = ["threshold", "two_bus", "--set", "hydrology=dry", "--quantity", 100, "--levels", 5]
    answer = answered(tmp_path / "t", *words)
    assert "reservoir_start: from" in answer["sentences"][0]


def test_avoided_fuel_of_two_buses(tmp_path: Path) -> None:
    answer = answered(tmp_path / "a", "avoided", "two_bus")
    rows = answer["tables"]["Avoided by country and fuel"]["rows"]
    gas = next(row for row in rows if row["carrier"] == "gas")
    assert gas["CO2"] == pytest.approx(200 * gas["electricity"])


def test_avoided_tonnes_over_sampled_seasons(tmp_path: Path) -> None:
    """Gas alone is replaced: 200 t a GWh, so that samples of 100, 200 and 300 GWh avoid 40,000 t in the mean."""
    samples = tmp_path / "samples.csv"
    rows = {"season": [100.0, 200.0, 300.0], "weight": [1.0, 1.0, 1.0], "failed": [0.0, 0.0, 0.0]}
    pd.DataFrame(rows).to_csv(samples, index=False)
    answer = answered(tmp_path / "a", "avoided", "two_bus", "--samples", samples)
    row = answer["tables"]["CO2 over sampled seasons"]["rows"][0]
    assert row["mean"] == pytest.approx(40_000)
    assert row["low"] < 40_000 < row["high"]
    assert row["P50"] == pytest.approx(40_000)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["acflow", "two_bus"], "no AC line is in service"),
        (["acflow", "baseline", "--at", "noon of doom"], "no moment"),
        (["frequency", "two_bus"], "the case says nothing of frequency"),
        (["frequency", "baseline", "--receiving", "Pakistn"], "did you mean 'Pakistan'"),
        (["investment", "two_bus"], "the case has no investment"),
        (["investment", "baseline", "--start", "soon"], "start is 'soon'"),
        (["option", "baseline"], "the scenario builds nothing"),
        (["investment", "baseline", "--until", "2020"], "the path from 2028 ends in 2020"),
        (["investment", "baseline", "--event", "2030=2"], "event is '2030=2'"),
        (["investment", "baseline", "--until", "2029", "--event", "2031=0"], "event of 2031 lies outside the path"),
        (["investment", "baseline", "--samples", "no/such.csv"], "no samples can be read"),
        (["closure", "two_bus", "--where", "crossin"], "crossin"),
        (["corridors", "two_bus", "--corridor", "crossin"], "did you mean 'crossing'"),
        (["threshold", "two_bus", "--rule", "reservoir_strat"], "did you mean 'reservoir_start'"),
        (["actions", "two_bus", "--actions", "bass"], "no actions 'bass'"),
        (["actions", "baseline", "--by", "beauty"], "no figure 'beauty'"),
    ],
    ids=lambda part: " ".join(part[:4]) if isinstance(part, list) else "",
)
def test_a_users_mistake_is_told(words: list[str], message: str, tmp_path: Path) -> None:
    out = tmp_path / "nothing"
    assert message in refused(*words, *COARSE, "--out", out)
    assert not out.exists()


def test_a_folder_of_another_is_not_replaced(tmp_path: Path) -> None:
    """What no run wrote stays, and is told before anything is solved; --force takes its place."""
    mine = tmp_path / "n" / "two_bus" / "letter.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    words = ["corridors", "two_bus", *COARSE, "--out", tmp_path / "n"]
    assert "letter.txt" in refused(*words)
    assert mine.read_text(encoding="utf-8") == "mine"
    said(*words, "--force")
    assert not mine.exists()
    said(*words)
