"""Shared by verbs that answer one question about a scenario: solve, write the tables, print the answer."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from energy.cli.base import new_console, print_title, read_asked, working

if TYPE_CHECKING:
    from energy.answers.answer import Answer
    from energy.case import Case
    from energy.scenario import Scenario


def answer_scenario(
    name: str,
    overrides: list[str],
    solve: Callable[[Case, Scenario], Answer],
    *,
    out: Path,
    as_json: bool,
    force: bool,
) -> None:
    """Read a scenario, solve what is asked about it, write the answer's tables to its folder below ``out``, print it.

    Parameters
    ----------
    name
        Name of a scenario, or path of its file.
    overrides
        What is changed in the scenario: ``key=value``.
    solve
        What gives the answer.
    out
        Folder that gets one folder a scenario.
    as_json
        Whether the answer is printed for other programs.
    force
        Whether what is in the way of the folder is replaced.

    Raises
    ------
    InputError
        When the scenario is not valid, or something else is in the way of the folder.
    """
    case, scenario = read_asked(name, overrides)
    folder = answer_folder(out, scenario.name, force)
    start = time.perf_counter()
    with working(f"{scenario.name} …"):
        answer = solve(case, scenario)
    seconds = time.perf_counter() - start
    show_answer(answer, case, scenario, folder, seconds=seconds, as_json=as_json, force=force)


def answer_folder(out: Path, name: str, force: bool) -> Path:
    """Return the folder of an answer, made sure before anything is solved that it can be written.

    Raises
    ------
    InputError
        When something else is in the way; with ``force`` it is taken away.
    """
    from energy.results.files import refuse_strange_folder

    folder = out / name
    refuse_strange_folder(folder, force)
    return folder


def show_answer(
    answer: Answer,
    case: Case,
    scenario: Scenario,
    folder: Path,
    *,
    seconds: float,
    as_json: bool,
    force: bool,
) -> None:
    """Write an answer's tables and their manifest to a folder, and print the answer.

    Raises
    ------
    InputError
        When the folder holds something else than a result.
    """
    from energy.answers.answer_text import answer_json, answer_text
    from energy.results.run_folder import provenance, write_tables

    names = [re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") for title in answer.tables]
    tables = dict(zip(names, answer.tables.values(), strict=True))
    words = {
        "sentences": answer.sentences,
        "range": answer.span,
        "marks": answer.marks,
        "limits": answer.limits,
    }
    write_tables(folder, tables, provenance(case, scenario, seconds) | {"answer": words}, force)
    if as_json:
        print(json.dumps({"scenario": scenario.name, **answer_json(answer)}, indent=1))
        return
    console = new_console()
    print_title(console, case, scenario)
    for part in answer_text(answer):
        console.print(part, markup=False)
    console.print(f"written to {folder}", markup=False)
