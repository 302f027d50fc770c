"""The verb ``questions``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy.cli.answers import answer_folder, show_answer
from energy.cli.base import app, new_console, working
from energy.cli.shared_options import AS_JSON, FORCE, SET

if TYPE_CHECKING:
    from energy.answers.answer import Library


@app.command("questions")
def _questions_command(
    number: Annotated[
        int | None,
        typer.Argument(help="Question to answer; all are listed if none is named."),
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
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """List questions of lenders, utilities and ministries, or answer one: sentence, tables, range, marks, limits."""
    from energy.answers.answer import read_library
    from energy.answers.questions.registry import QUESTIONS, question

    if page is not None:
        _write_page(page, read_library(base, overrides, samples), force)
        return
    if number is None:
        _print_list(as_json)
        return
    asked = question(number)
    library = read_library(base, overrides, samples)
    folder = answer_folder(out, f"{number:02d}", force)
    start = time.perf_counter()
    with working(f"question {number} of {len(QUESTIONS)} …"):
        answer = asked.answer(library)
    if not as_json:
        console = new_console()
        console.print(f"{number}. {asked.asker}: {asked.text}", style="bold", markup=False)
        for command in asked.commands:
            console.print(f"  {command}", markup=False)
    seconds = time.perf_counter() - start
    show_answer(answer, library.case, library.base, folder, seconds=seconds, as_json=as_json, force=force)


def _write_page(page: Path, library: Library, force: bool) -> None:
    from energy.answers.questions.registry import QUESTIONS, questions_page
    from energy.results.files import atomic_file, refuse_strange_file

    refuse_strange_file(page, force)
    answers = {}
    for asked in QUESTIONS:
        with working(f"question {asked.number} of {len(QUESTIONS)} …"):
            answers[asked] = asked.answer(library)
    changes = "".join(f" --set {change}" for change in library.overrides)
    note = f"Made with `energy questions --base {library.base.name}{changes} --samples {library.samples}`."
    with atomic_file(page, force) as draft:
        draft.write_text(questions_page(answers, note), encoding="utf-8")
    new_console().print(f"written to {page}", markup=False)


def _print_list(as_json: bool) -> None:
    from energy.answers.questions.registry import QUESTIONS

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
