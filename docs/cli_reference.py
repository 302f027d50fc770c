"""Reference pages made from the thing itself when the documentation is built: commands, and the library."""

from __future__ import annotations

from typing import Any

COMMANDS, LIBRARY = "<!-- commands -->", "<!-- scenarios -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the commands, or the library, where a page asks for them (a hook of MkDocs)."""
    for place, made in ((COMMANDS, commands), (LIBRARY, library)):
        if place in markdown:
            markdown = markdown.replace(place, made())
    return markdown


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
