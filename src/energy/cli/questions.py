"""The verb ``questions``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from energy.cli.base import AS_JSON, SET, app, new_console, show_answer


@app.command("questions")
def questions_command(
    number: Annotated[
        int | None,
        typer.Argument(help="Question that is answered; none: all are listed."),
    ] = None,
    base: Annotated[str, typer.Option(help="Scenario that the answers start from.")] = "baseline",
    overrides: SET = [],  # noqa: B006
    samples: Annotated[
        int,
        typer.Option(min=2, max=10_000, help="Draws where an answer is sampled."),
    ] = 16,
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a question.")] = Path("results/questions"),
    page: Annotated[
        Path | None,
        typer.Option(help="Answer all of them and write this page (Markdown)."),
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """List what lenders, utilities and ministries ask, or answer one of it: sentence, tables, range, marks, limits."""
    from energy.report.questions.library import read_library
    from energy.report.questions.registry import QUESTIONS, question

    if page is not None:
        _write_page(page, base, overrides, samples)
        return
    if number is None:
        _print_list(as_json)
        return
    asked = question(number)
    library = read_library(base, overrides, samples)
    start = time.perf_counter()
    with new_console(error=True).status(f"question {number} of {len(QUESTIONS)} …"):
        answer = asked.answer(library)
    if not as_json:
        console = new_console()
        console.print(f"{number}. {asked.asker}: {asked.text}", style="bold", markup=False)
        for command in asked.commands:
            console.print(f"  {command}", markup=False)
    seconds = time.perf_counter() - start
    show_answer(
        answer,
        library.case,
        library.base,
        out / f"{number:02d}",
        seconds,
        as_json,
    )


def _write_page(page: Path, base: str, overrides: list[str], samples: int) -> None:
    from energy.report.questions.library import read_library
    from energy.report.questions.page import questions_page
    from energy.report.questions.registry import QUESTIONS
    from energy.results.atomic_write import atomic_file

    library = read_library(base, overrides, samples)
    answers = {}
    for asked in QUESTIONS:
        with new_console(error=True).status(f"question {asked.number} of {len(QUESTIONS)} …"):
            answers[asked] = asked.answer(library)
    changes = "".join(f" --set {change}" for change in overrides)
    note = f"Made with `energy questions --base {base}{changes} --samples {samples}`."
    with atomic_file(page) as draft:
        draft.write_text(questions_page(answers, note), encoding="utf-8")
    new_console().print(f"written to {page}", markup=False)


def _print_list(as_json: bool) -> None:
    from energy.report.questions.registry import QUESTIONS

    if as_json:
        rows = [
            {
                "number": asked.number,
                "asker": asked.asker,
                "text": asked.text,
                "commands": list(asked.commands),
            }
            for asked in QUESTIONS
        ]
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    console = new_console()
    asker = ""
    for asked in QUESTIONS:
        if asked.asker != asker:
            asker = asked.asker
            console.print(asker, style="bold", markup=False)
        console.print(f"{asked.number:>3}. {asked.text}", markup=False)
    console.print("energy questions N answers one of them")
