"""Density of the language: tokens a line, comprehensions, complexity, names and arrows between modules.

One table holds the limits. `now` is what the sources must keep today, `goal` is where they are led: whoever unfolds
code lowers `now`. Classes, names and arrows grow with what the package can do: who adds some says so here.
"""

from __future__ import annotations

import ast
import tokenize
from collections import Counter
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "energy"
SOURCE = Path(__file__).parents[2] / "src" / PACKAGE

NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
"""Kinds of token that carry no code."""

RESULT_ROOMS = ("results", "plots", "report")
BANNED_LOCALS = ("found",)

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Limit(NamedTuple):
    """The most that a measure may be now, and what it is to come down to."""

    now: float
    goal: float


LIMITS = {
    "tokens a code line": Limit(now=8.25, goal=8.25),
    "comprehensions a thousand code lines": Limit(now=21.3, goal=21.3),
    "complexity of the worst function": Limit(now=15, goal=15),
    "locals called found": Limit(now=0, goal=0),
    "classes": Limit(now=297, goal=125),
    "classes of one name": Limit(now=0, goal=0),
    "public names": Limit(now=1064, goal=450),  # functions and classes; a third serve one other module
    "arrows in results, plots and report": Limit(now=125, goal=45),
}
"""That no import runs upwards is held by test_architecture.py."""


class Source(NamedTuple):
    """One module: its path in the package, such as ``case/table.py``, and its text."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return parsed(self.text, self.path)

    @property
    def name(self) -> str:
        """Full name, ``energy.case.table``; of a package that of its folder."""
        parts = Path(self.path).with_suffix("").parts
        own = parts[:-1] if parts[-1] == "__init__" else parts
        return ".".join((PACKAGE, *own))


@cache
def parsed(text: str, path: str) -> ast.Module:
    return ast.parse(text, path)


@cache
def read_sources() -> tuple[Source, ...]:
    paths = sorted(SOURCE.rglob("*.py"))
    return tuple(Source(path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8")) for path in paths)


# ---------------------------------------------------------------------------------------------- the measures


def docstring_lines(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | Definition) or ast.get_docstring(node, clean=False) is None:
            continue
        text = node.body[0]
        lines.update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return lines


@cache
def tokens_by_line(source: Source) -> Counter[int]:
    """Count the tokens of each code line; comments, docstrings and blank lines are none."""
    documentation = docstring_lines(source.tree)
    lines: Counter[int] = Counter()
    for token in tokenize.generate_tokens(StringIO(source.text).readline):
        line = token.start[0]
        if token.type not in NOT_CODE and line not in documentation:
            lines[line] += 1
    return lines


def comprehensions(source: Source) -> int:
    return sum(isinstance(node, Comprehension) for node in ast.walk(source.tree))


def complexity(function: Function) -> int:
    """Return McCabe's cyclomatic complexity as radon counts it; what functions within branch counts with them all."""
    return 1 + sum(branches(node) for statement in function.body for node in ast.walk(statement))


def branches(node: ast.AST) -> int:
    """Return by how much one node of a syntax tree adds to the complexity."""
    match node:
        case ast.If() | ast.IfExp() | ast.Assert():
            return 1
        case ast.For() | ast.AsyncFor() | ast.While():
            return 1 + bool(node.orelse)
        case ast.Try():
            return len(node.handlers) + bool(node.orelse)
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.Match():
            return sum(not is_default(case) for case in node.cases)
    return 0


def is_default(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


def functions(source: Source) -> Iterator[tuple[str, Function]]:
    """Yield the functions and methods of a module; those inside a function belong to it."""
    for name, node in definitions(source.tree):
        if isinstance(node, Function):
            yield f"{source.path}:{node.lineno} {name}", node


def definitions(parent: ast.Module | ast.ClassDef) -> Iterator[tuple[str, Definition]]:
    for node in parent.body:
        if not isinstance(node, Definition):
            continue
        yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{name}", inner) for name, inner in definitions(node))


def banned_locals(source: Source) -> Iterator[str]:
    """Yield the parameters and assigned variables whose name says nothing."""
    for node in ast.walk(source.tree):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) if name in BANNED_LOCALS:
                yield f"{source.path}:{node.lineno} {name}"


def class_names(sources: tuple[Source, ...]) -> Counter[str]:
    trees = [source.tree for source in sources]
    return Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def public_names(source: Source) -> list[str]:
    """Return the public functions and classes at the top of a module."""
    return [node.name for node in source.tree.body if isinstance(node, Definition) and not node.name.startswith("_")]


def imported_modules(source: Source, modules: frozenset[str]) -> set[str]:
    """Return the modules of the package that a module imports, also inside functions and for types only."""
    names: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names.update(name if name in modules else node.module for name in inner)
    return names & modules


def arrows(sources: tuple[Source, ...]) -> list[tuple[str, str]]:
    """Return each pair (importing module, imported module) once."""
    modules = frozenset(source.name for source in sources)
    return [(source.name, target) for source in sources for target in sorted(imported_modules(source, modules))]


def room_of(module: str) -> str:
    """Return the room of a module, ``case`` of ``energy.case.table``; the package's own surface has none."""
    return module.split(".")[1] if "." in module else ""


def inner_arrows(sources: tuple[Source, ...]) -> list[tuple[str, str]]:
    return [
        (importing, target)
        for importing, target in arrows(sources)
        if room_of(importing) in RESULT_ROOMS and room_of(target) in RESULT_ROOMS
    ]


@cache
def measures(sources: tuple[Source, ...]) -> dict[str, float]:
    lines = [tokens_by_line(source) for source in sources]
    code_lines = sum(len(counted) for counted in lines)
    tokens = sum(counted.total() for counted in lines)
    n_comprehensions = sum(comprehensions(source) for source in sources)
    worst = max((complexity(node) for source in sources for _, node in functions(source)), default=0)
    classes = class_names(sources)
    return {
        "tokens a code line": tokens / code_lines,
        "comprehensions a thousand code lines": 1000 * n_comprehensions / code_lines,
        "complexity of the worst function": worst,
        "locals called found": sum(1 for source in sources for _ in banned_locals(source)),
        "classes": classes.total(),
        "classes of one name": sum(count > 1 for count in classes.values()),
        "public names": sum(len(public_names(source)) for source in sources),
        "arrows in results, plots and report": len(inner_arrows(sources)),
    }


def places(sources: tuple[Source, ...], measure: str) -> list[str]:
    """Return where to begin: what counts most for a measure, ten lines at most."""
    match measure:
        case "tokens a code line":
            dense = {s.path: tokens_by_line(s) for s in sources if s.text.strip()}
            rates = {path: counted.total() / max(1, len(counted)) for path, counted in dense.items()}
            return [f"{path}: {rate:.1f}" for path, rate in Counter(rates).most_common(10)]
        case "comprehensions a thousand code lines":
            counts = Counter({s.path: comprehensions(s) for s in sources})
            return [f"{path}: {count}" for path, count in counts.most_common(10)]
        case "complexity of the worst function":
            complexities = Counter({place: complexity(node) for s in sources for place, node in functions(s)})
            return [f"{place}: {value}" for place, value in complexities.most_common(10)]
        case "locals called found":
            return [place for s in sources for place in banned_locals(s)][:10]
        case "classes of one name":
            return [name for name, count in class_names(sources).items() if count > 1]
        case "arrows in results, plots and report":
            importing = Counter(name for name, _ in inner_arrows(sources))
            return [f"{name} imports {count} of them" for name, count in importing.most_common(10)]
    counts = Counter({s.path: len(public_names(s)) for s in sources})
    return [f"{path}: {count}" for path, count in counts.most_common(10)]


# ---------------------------------------------------------------------------------------------- the package


@pytest.mark.parametrize("measure", LIMITS)
def test_language_stays_within_the_limit(measure: str) -> None:
    sources = read_sources()
    assert sources, f"no module below {SOURCE}"
    value, limit = measures(sources)[measure], LIMITS[measure]
    advice = "\n".join(places(sources, measure))
    assert value <= limit.now, f"{measure}: {value:.4g}, at most {limit.now:g} (goal {limit.goal:g})\n{advice}"


def test_every_measure_has_a_limit_that_leads_down() -> None:
    assert set(measures(SAMPLE)) == set(LIMITS)
    assert all(limit.now >= limit.goal for limit in LIMITS.values())


# --------------------------------------------------------------------------------- each measure counts right

SAMPLE = (
    Source(
        "results/table.py",
        '''"""A table."""
from energy.plots import style
from energy.plots.style import Colour


class Table:
    """Rows."""

    def rows(self, names):  # tokens: def rows ( self , names ) :
        """Say which."""
        found = [name for name in names if name and name != "x"]
        return found


def shown(found): return found
''',
    ),
    Source("plots/style.py", "import energy.model\n\n\nclass Table: ...\n\n\nclass _Colour: ...\n"),
    Source("model/__init__.py", "from energy import plots\n"),
)


def test_tokens_are_counted_without_comments_and_docstrings() -> None:
    counted = tokens_by_line(SAMPLE[0])
    # from energy . plots import style | class Table : | def rows ( self , names ) :
    assert (counted[2], counted[6], counted[9]) == (6, 3, 8)
    assert sorted(counted) == [2, 3, 6, 9, 11, 12, 15]


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("comprehensions a thousand code lines", 1000 / 11),  # one, in seven lines, three and one
        ("complexity of the worst function", 4),  # one, a comprehension, its condition, an `and`
        ("locals called found", 2),  # a variable and a parameter; a use is none
        ("classes", 3),
        ("classes of one name", 1),
        ("public names", 3),  # Table, shown, Table
        ("arrows in results, plots and report", 1),  # two imports of one module; energy.model is no room of results
    ],
)
def test_measure_of_a_sample(measure: str, value: float) -> None:
    assert measures(SAMPLE)[measure] == pytest.approx(value)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("pass", 1),
        ("if a:\n        pass\n    elif b:\n        pass\n    else:\n        pass", 3),
        ("for a in b:\n        pass\n    else:\n        pass", 3),
        ("try:\n        pass\n    except A:\n        pass\n    except B:\n        pass", 3),
        ("return a and b or c", 3),
        ("assert a", 2),
        ("match a:\n        case 1:\n            pass\n        case _:\n            pass", 2),
        ("def g():\n        return a if b else c", 2),
        ("return {a: b for a in c for b in a if a if b}", 5),
    ],
)
def test_complexity_is_that_of_radon(body: str, value: int) -> None:
    """Run radon 6 on these functions to see the same numbers; it counts a function within by itself."""
    (function,) = ast.parse(f"def f():\n    {body}\n").body
    assert isinstance(function, Function)
    assert complexity(function) == value
