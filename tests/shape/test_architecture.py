"""The architecture, executed: who may import whom, how large things may grow, what must be documented.

Each rule is a function from the source tree to the places that break it; the last tests feed each rule a broken sample.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "energy"
SOURCE = Path(__file__).parents[2] / "src" / PACKAGE

ROOMS = (
    "reading",
    "case",
    "scenario",
    "model",
    "solve",
    "metrics",
    "analysis",
    "results",
    "plots",
    "report",
    "answers",
    "cli",
)
"""In the order of the flow: a room imports only from rooms before it, and from `FOR_ALL`."""

FOR_ALL = ("errors", "former_names")
"""Modules outside the rooms that every room may import and that import no room."""

MODULE_LINES = 460
EMPTY_NAMES = ("util", "utils", "helper", "helpers", "manager", "managers", "misc", "common")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    """One module: its path in the package, such as ``case/table.py``, and its text."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return parsed(self.text, self.path)

    @property
    def names(self) -> tuple[str, ...]:
        """``("case", "table")`` for ``case/table.py``, ``("case",)`` for its ``__init__.py``, ``()`` at the top."""
        parts = Path(self.path).with_suffix("").parts
        return parts[:-1] if parts[-1] in ("__init__", "__main__") else parts

    @property
    def room(self) -> str:
        return self.names[0] if self.names else ""


@cache
def parsed(text: str, path: str) -> ast.Module:
    """Parse a module; all rules look at the same tree."""
    return ast.parse(text, path)


@cache
def read_modules() -> list[Module]:
    paths = sorted(SOURCE.rglob("*.py"))
    return [Module(path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


# ------------------------------------------------------------------------------------------------ the rules


def strays(module: Module) -> Iterator[str]:
    """Modules that stand in no room."""
    if module.room and module.room not in (*ROOMS, *FOR_ALL):
        yield f"{module.path}: stands in no room; rooms are {', '.join(ROOMS)}"


def wrong_imports(module: Module) -> Iterator[str]:
    """Imports of a later room, of the package's surface, or by a relative name."""
    if not module.names:
        return  # the package's surface gathers names from any room
    before = ROOMS[: ROOMS.index(module.room)] if module.room in ROOMS else ()
    allowed = {*before, *FOR_ALL, module.room}
    for line, name in imported(module.tree):
        if name.startswith("."):
            yield f"{module.path}:{line}: relative import; write {PACKAGE}.…"
            continue
        package, *rest = name.split(".")
        if package == PACKAGE and (not rest or rest[0] not in allowed):
            yield f"{module.path}:{line}: {module.room} imports {name}; it may import {', '.join(sorted(allowed))}"


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of each import, also of those inside functions and for types only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "." * node.level + (node.module or "")
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def large_modules(module: Module) -> Iterator[str]:
    """Modules that have grown into two."""
    lines = len(module.text.splitlines())
    if lines > MODULE_LINES:
        yield f"{module.path}: {lines} lines, more than {MODULE_LINES}"


def prints(module: Module) -> Iterator[str]:
    """Output from anywhere but the command line."""
    if module.room != "cli":
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                yield f"{module.path}:{node.lineno}: print; only the command line talks"


def undocumented(module: Module) -> Iterator[str]:
    """Public modules, classes, functions and methods without a docstring."""
    if module.text.strip() and ast.get_docstring(module.tree) is None:
        yield f"{module.path}: no docstring"
    for name, node in public(module.tree):
        if ast.get_docstring(node) is None:
            yield f"{module.path}:{node.lineno}: {name} has no docstring"


def public(parent: ast.Module | ast.ClassDef) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public definitions of a module or class, with those in its public classes; overloads and setters aside."""
    for node in parent.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
        if marks & {"overload", "setter", "override"}:
            continue
        yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{name}", inner) for name, inner in public(node))


def empty_names(module: Module) -> Iterator[str]:
    """Modules named after nothing."""
    for name in module.names:
        if set(name.lower().split("_")) & set(EMPTY_NAMES):
            yield f"{module.path}: {name} says nothing about what is in it"


# ---------------------------------------------------------------------------------------------- the package

Rule = Callable[[Module], Iterator[str]]
RULES: tuple[Rule, ...] = (
    strays,
    wrong_imports,
    large_modules,
    prints,
    undocumented,
    empty_names,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_package_keeps_the_rule(rule: Rule) -> None:
    modules = read_modules()
    assert modules, f"no module below {SOURCE}"
    faults = [fault for module in modules for fault in rule(module)]
    assert not faults, "\n" + "\n".join(faults)


# -------------------------------------------------------------------------------------- each rule catches

BROKEN = {
    "a room of its own": (strays, "tools/table.py", '"""Tools."""'),
    "a loose module": (strays, "table.py", '"""Table."""'),
    "a later room": (wrong_imports, "case/read.py", "from energy.solve.engine import Engine"),
    "a later room by its package": (wrong_imports, "case/read.py", "from energy import solve"),
    "a later room, in a function": (wrong_imports, "model/a.py", "def f():\n    import energy.report.report_page"),
    "the surface from a room": (wrong_imports, "analysis/sweep/sweep.py", "from energy import run"),
    "the surface whole": (wrong_imports, "analysis/sweep/sweep.py", "import energy"),
    "a room from errors": (wrong_imports, "errors.py", "import energy.case"),
    "a relative import": (wrong_imports, "case/read.py", "from .table import read"),
    "a long module": (large_modules, "case/a.py", "x = 1\n" * 461),
    "a print": (prints, "case/a.py", "def f():\n    print(1)"),
    "a bare module": (undocumented, "case/a.py", "x = 1"),
    "a bare function": (undocumented, "case/a.py", '"""A."""\ndef f(): ...'),
    "a bare method": (undocumented, "case/a.py", '"""A."""\nclass A:\n    """A."""\n    def f(self): ...'),
    "an empty name": (empty_names, "case/read_utils.py", ""),
    "an empty name of a package": (empty_names, "case/helpers/read.py", ""),
}


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN.values(), ids=BROKEN.keys())
def test_rule_catches(rule: Rule, path: str, text: str) -> None:
    assert len(list(rule(Module(path, text)))) == 1


SOUND = {
    "an earlier room": (
        wrong_imports,
        "solve/engine.py",
        "from energy.case.read import read\nfrom energy import model",
    ),
    "the own room": (wrong_imports, "case/read.py", "from energy.case import table"),
    "errors": (wrong_imports, "case/read.py", "from energy import errors\nfrom energy.errors import Fault"),
    "the surface itself": (wrong_imports, "__init__.py", "from energy.cli import main"),
    "a package with a like name": (wrong_imports, "case/read.py", "import energy_quantified"),
    "a module of 460 lines": (large_modules, "case/a.py", "x = 1\n" * 460),
    "the command line's print": (prints, "cli.py", "print(1)"),
    "private and nested": (undocumented, "case/a.py", '"""A."""\ndef _f():\n    def g(): ...\n'),
    "an empty package": (undocumented, "case/__init__.py", ""),
    "the package's surface": (strays, "__init__.py", ""),
}


@pytest.mark.parametrize(("rule", "path", "text"), SOUND.values(), ids=SOUND.keys())
def test_rule_lets_pass(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Module(path, text))) == []
