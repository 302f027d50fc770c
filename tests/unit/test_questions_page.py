"""The page of questions, from answers made up."""

from __future__ import annotations

import pandas as pd

from energy.answers.answer import Answer
from energy.answers.answer_text import _table_rows, answer_json, answer_text, number_text
from energy.answers.questions.registry import QUESTIONS, _markdown_table, questions_page


def made_up() -> Answer:
    table = pd.DataFrame({"GWh | day": [1.5, 2000.0]}, index=pd.Index(["[red]dry[/red]", "wet"], name="water"))
    table.attrs["units"] = "GWh"
    return Answer(("It is 1,144 GWh.",), {"Seasons": table}, "0 to 3,000 GWh", "weakest mark C", ("the dynamics",))


def test_page_has_every_question_with_its_parts() -> None:
    page = questions_page({asked: made_up() for asked in QUESTIONS}, "Made for a test.")
    for asked in QUESTIONS:
        assert f"### {asked.number}. {asked.text}" in page
        assert all(command in page for command in asked.commands)
    assert page.count("Range: 0 to 3,000 GWh.") == len(QUESTIONS)
    assert page.count("**The model cannot say**: the dynamics.") == len(QUESTIONS)
    assert page.count("## Pakistan") == 1


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert _markdown_table(made_up().tables["Seasons"]).splitlines()[0] == r"| water | GWh \| day |"


def test_names_are_no_markup_on_the_terminal() -> None:
    from rich.console import Console

    console = Console(width=80)
    with console.capture() as said:
        console.print(_table_rows(made_up().tables["Seasons"]))
    assert "[red]dry[/red]" in said.get()


def test_json_and_text_say_the_same() -> None:
    plain = answer_json(made_up())
    assert plain["tables"]["Seasons"] == {
        "units": "GWh",
        "rows": [{"water": "[red]dry[/red]", "GWh | day": 1.5}, {"water": "wet", "GWh | day": 2000.0}],
    }
    parts = [part for part in answer_text(made_up()) if isinstance(part, str)]
    assert parts[0] == plain["sentences"][0]
    assert "The model cannot say: the dynamics" in parts


def test_numbers_keep_three_figures() -> None:
    assert [number_text(value) for value in (0.97849, 12.345, 999.6, 1e6)] == ["0.978", "12.3", "1,000", "1,000,000"]
    assert number_text(1.0204, 3) == "1.020"
