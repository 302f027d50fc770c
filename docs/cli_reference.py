"""Reference pages made from the thing itself when the documentation is built: commands, library, fields, modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

SOURCE = Path(__file__).parents[1] / "src"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put commands, library, fields or modules where a page asks for them (a hook of MkDocs)."""
    tables = {
        "<!-- commands -->": commands,
        "<!-- scenarios -->": library,
        "<!-- fields -->": fields,
        "<!-- modules -->": modules,
    }
    for place, table in tables.items():
        if place in markdown:
            markdown = markdown.replace(place, table())
    return markdown


def fields() -> str:
    """Return every field that a scenario file may hold, with what it means, in Markdown."""
    from energy.scenario import Scenario

    rows = [f"| `{name}` | {cell(description)} |" for name, description in scenario_fields(Scenario)]
    return "\n".join(["| field | meaning |", "|---|---|", *rows])


def scenario_fields(model: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted names of a model's fields, and of the models in them, with their descriptions."""
    for name, field in model.model_fields.items():
        dotted = f"{prefix}{field.alias or name}"
        yield dotted, field.description or ""
        for inner in sorted(models_in(field.annotation), key=lambda one: one.__name__):
            yield from scenario_fields(inner, f"{dotted}.")


def models_in(annotation: Any) -> set[Any]:
    """Return the pydantic models that a type annotation names."""
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for part in get_args(annotation) for model in models_in(part)}


def modules() -> str:
    """Return every module of the package with the first line of its docstring, in Markdown."""
    rows = [f"| `{name}` | {cell(opening)} |" for name, opening in openings().items()]
    return "\n".join(["| module | what it holds |", "|---|---|", *rows])


def openings() -> dict[str, str]:
    """Return the first line of the docstring of each module that has one, by full name."""
    first_lines = {}
    for path in sorted(SOURCE.rglob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if docstring:
            parts = path.relative_to(SOURCE).with_suffix("").parts
            first_lines[".".join(part for part in parts if part != "__init__")] = docstring.partition("\n")[0]
    return first_lines


def cell(text: str) -> str:
    """Return a text as a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def library() -> str:
    """Return every scenario of the library with what it asks, by question, in Markdown."""
    from energy.scenario import QUESTIONS, list_scenarios, read_scenario

    found = [(read_scenario(name), path) for name, path in list_scenarios().items()]
    lines = []
    for question in QUESTIONS:
        rows = [
            f"| `{one.name}` | {one.description.replace('|', chr(92) + '|')} | `{path.as_posix()}` |"
            for one, path in found
            if one.question == question
        ]
        if rows:
            lines += [f"## {question}", "", "| scenario | what it asks | file |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def commands() -> str:
    """Return every command with its arguments and options in Markdown."""
    from typer.main import get_command

    from energy.cli import app

    group: Any = get_command(app)
    return "\n\n".join(command(name, found) for name, found in sorted(group.commands.items()) if not found.hidden)


def command(name: str, found: Any) -> str:
    """Return one command in Markdown."""
    usage = " ".join(_usage(one) for one in found.params if one.name != "help")
    lines = [f"## energy {name}", "", found.help or "", "", "```text", f"energy {name} {usage}".rstrip(), "```"]
    rows = [_row(one) for one in found.params if one.name != "help"]
    if rows:
        lines += ["", "| | | default |", "|---|---|---|", *rows]
    return "\n".join(lines)


def _usage(one: Any) -> str:
    if one.param_type_name == "argument":
        name = one.name.upper() + ("..." if one.nargs == -1 else "")
        return name if one.required else f"[{name}]"
    return f"{one.opts[0]} …" if one.required else f"[{one.opts[0]}]"


def _row(one: Any) -> str:
    names = f"`{one.name.upper()}`"
    if one.param_type_name == "option":
        names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    shown = "" if one.default in (None, False, (), []) or callable(one.default) else _default(one.default)
    text = " ".join((one.help or "").split()).replace("|", "\\|")
    return f"| {names} | {text} | {'required' if one.required else shown} |"


def _default(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_default(one) for one in value)
    return f"`{getattr(value, 'value', value)}`"
