"""Answers → the page of questions in the docs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from energy.report.answers.answer import Answer, column_labels, number_text
from energy.report.questions.registry import Question

_MOST_ROWS = 14
_MOST_TABLES = 3
_INTRODUCTION = """# Questions decision-makers ask

Questions that lenders, utilities and ministries would put to a model of CASA-1000, each with the commands that answer
it and what they answer, or with a plain statement of what this model cannot say. `energy questions N` runs one of them.
This page is written by `energy questions --page docs/questions.md --force`; nothing in it is typed by hand.
"""


def questions_page(answers: Mapping[Question, Answer], note: str) -> str:
    """Return the page of questions as Markdown.

    Parameters
    ----------
    answers
        Question → answer, in order.
    note
        What the numbers were made with: scenario and overrides.
    """
    parts = [_INTRODUCTION, note + "\n"]
    asker = ""
    for question, answer in answers.items():
        if question.asker != asker:
            asker = question.asker
            parts.append(f"## {asker}\n")
        parts.append(_section(question, answer))
    return "\n".join(parts)


def _section(question: Question, answer: Answer) -> str:
    commands = "\n".join(question.commands)
    lines = [
        f"### {question.number}. {question.text}",
        f"```sh\n{commands}\n```",
        " ".join(answer.sentences),
    ]
    for title, table in list(answer.tables.items())[:_MOST_TABLES]:
        lines.append(f"{title}{_units(table)}:")
        lines.append(markdown_table(table.head(_MOST_ROWS)))
    if answer.span:
        lines.append(f"Range: {answer.span}.")
    if answer.limits:
        lines.append(f"**The model cannot say**: {'; '.join(answer.limits)}.")
    if answer.marks:
        lines.append(f"Rests on {answer.marks}.")
    return "\n\n".join(lines) + "\n"


def _units(table: pd.DataFrame) -> str:
    units = table.attrs.get("units", "")
    if isinstance(units, Mapping):
        units = ", ".join(f"{name} {unit}" for name, unit in units.items())
    return f" [{units}]" if units else ""


def markdown_table(table: pd.DataFrame) -> str:
    """Return a table as Markdown; the index comes first.

    Examples
    --------
    >>> print(markdown_table(pd.DataFrame({"GWh": [1234.5]}, index=pd.Index(["a"], name="scenario"))))
    | scenario | GWh |
    |---|--:|
    | a | 1,234 |
    """
    flat = table.reset_index()
    keys = table.index.nlevels
    heads = [label.strip() for label in column_labels(flat)]
    lines = [_line(heads), "|" + "---|" * keys + "--:|" * (len(heads) - keys)]
    digits = table.attrs.get("digits")
    for row in flat.to_numpy(object):
        cells = [str(value) for value in row[:keys]] + [number_text(value, digits) for value in row[keys:]]
        lines.append(_line(cells))
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return "| " + " | ".join(escaped) + " |"
