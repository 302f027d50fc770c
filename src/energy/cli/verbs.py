"""The verbs in groups, as ``energy --help`` lists them."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

GROUPS: dict[str, tuple[str, ...]] = {
    "Start": ("list", "show", "check", "questions", "init", "new", "schema"),
    "Runs and their results": ("run", "rerun", "compare", "figures", "report", "map", "export", "build", "import"),
    "Transfer and its limits": (
        "attribution",
        "capability",
        "corridors",
        "closure",
        "threshold",
        "option",
        "settlement",
        "avoided",
    ),
    "Risk": ("risk", "adequacy", "contract", "contract-forms", "actions", "fit", "policy"),
    "Effect of the numbers": ("sweep", "sensitivity", "ranges", "investment"),
    "Physics outside the optimisation": ("acflow", "frequency", "head"),
    "Validation": ("backcast", "calibrate", "reference", "resolution"),
}
OTHERS = "More"


class GroupedVerbs(TyperGroup):
    """The command ``energy``, whose help lists its verbs in groups."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs, a section a group; what is in no group comes last."""
        verbs = self.list_commands(ctx)
        grouped = {verb for group in GROUPS.values() for verb in group}
        others = tuple(verb for verb in verbs if verb not in grouped)
        width = max(len(verb) for verb in verbs)
        for title, group in {**GROUPS, OTHERS: others}.items():
            rows = self._rows(ctx, group, formatter.width - width - 6)
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _rows(self, ctx: Any, verbs: tuple[str, ...], limit: int) -> list[tuple[str, str]]:
        rows = []
        for verb in verbs:
            command = self.get_command(ctx, verb)
            if command is not None and not command.hidden:
                rows.append((verb, command.get_short_help_str(limit)))
        return rows
