"""Mutation testing: change the code in one small place, run the tests that guard it, count who notices.

``make mutants`` draws a seeded sample of places in the modules below, and says which changes no test noticed. A change is
one of: a comparison turned or moved over its edge, ``and`` for ``or``, a condition denied, ``+`` for ``-``, ``*`` for
``/``, a number raised by one, ``min`` for ``max``. The source tree is copied first; nothing is changed in place.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
GUARDS = {
    "scenario/event.py": [
        "tests/unit/test_scenario_event.py",
        "tests/unit/test_scenario_laws.py",
        "tests/laws/test_event_laws.py",
    ],
    "scenario/effect.py": [
        "tests/unit/test_scenario_event.py",
        "tests/unit/test_scenario_laws.py",
        "tests/laws/test_event_laws.py",
    ],
    "scenario/moment.py": [
        "tests/unit/test_scenario_event.py",
        "tests/unit/test_scenario_laws.py",
        "tests/unit/test_scenario_broken.py",
    ],
    "measure/settlement.py": ["tests/known/test_settlement.py", "tests/laws/test_settlement_laws.py"],
    "solve/engine.py": [
        "tests/known/test_two_bus.py",
        "tests/known/test_own_networks.py",
        "tests/known/test_infeasible.py",
        "tests/unit/test_engine_memory.py",
        "tests/unit/test_layout.py",
        "tests/unit/test_past.py",
    ],
    "solve/lp.py": ["tests/unit/test_past.py", "tests/known/test_two_bus.py", "tests/known/test_own_networks.py"],
    "solve/highs.py": [
        "tests/unit/test_engine_method.py",
        "tests/unit/test_refine.py",
        "tests/known/test_two_bus.py",
        "tests/faults/test_solver_stops.py",
    ],
    "solve/basis.py": [
        "tests/unit/test_engine_method.py",
        "tests/unit/test_points.py",
        "tests/unit/test_engine_memory.py",
    ],
    "solve/layout.py": ["tests/unit/test_layout.py", "tests/known/test_two_bus.py", "tests/unit/test_past.py"],
    "solve/refine.py": ["tests/unit/test_refine.py"],
    "solve/proof.py": ["tests/unit/test_proof.py"],
    "solve/soft.py": ["tests/known/test_infeasible.py"],
    "solve/infeasible.py": ["tests/known/test_infeasible.py"],
}
COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In}  # fmt: skip
SIGNS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any"}


def changes(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Yield (line, what was changed, changed tree) for every place that can be changed."""
    texts = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    skipped = {id(inner) for n in ast.walk(tree) if isinstance(n, ast.AnnAssign) for inner in ast.walk(n.annotation)}
    skipped |= {id(inner) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr | ast.Raise) for inner in ast.walk(n)}
    for position, node in enumerate(ast.walk(tree)):
        if id(node) in texts | skipped:
            continue
        for what, change in _of(node):
            other = copy.deepcopy(tree)
            change(next(n for at, n in enumerate(ast.walk(other)) if at == position))
            yield getattr(node, "lineno", 0), what, other


def _of(node: ast.AST):  # type: ignore[no-untyped-def]
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        new = COMPARISONS[type(node.ops[0])]
        yield f"{type(node.ops[0]).__name__} → {new.__name__}", lambda n: n.ops.__setitem__(0, new())
    elif isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        new = SIGNS[type(node.op)]
        yield f"{type(node.op).__name__} → {new.__name__}", lambda n: setattr(n, "op", new())
    elif isinstance(node, ast.BoolOp):
        new = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"{type(node.op).__name__} → {new.__name__}", lambda n: setattr(n, "op", new())
    elif isinstance(node, ast.If | ast.IfExp):
        yield "condition denied", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield f"{node.value} → {node.value + 1}", lambda n: setattr(n, "value", n.value + 1)
    elif isinstance(node, ast.Attribute | ast.Name):
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        if name in NAMES and isinstance(node.ctx, ast.Load):
            field = "attr" if isinstance(node, ast.Attribute) else "id"
            yield f"{name} → {NAMES[name]}", lambda n: setattr(n, field, NAMES[name])


def guards(module: str) -> list[str]:
    return [name for name in GUARDS[module] if (PROJECT / name).is_file()]


def survives(source: Path, module: str, text: str, timeout: float) -> bool:
    file = source / "energy" / module
    kept = file.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not slow", *guards(module)]
    environment = {**os.environ, "PYTHONPATH": str(source), "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, timeout=timeout, check=False)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.write_text(kept, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(GUARDS))
    parser.add_argument("--sample", type=int, default=20, help="changes a module")
    parser.add_argument("--seed", default="", help="another word draws other places")
    parser.add_argument("--timeout", type=float, default=1800.0, help="seconds after which a change counts as noticed")
    asked = parser.parse_args()
    killed = tried = 0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(PROJECT / "src", source)
        for module in asked.modules:
            text = (source / "energy" / module).read_text(encoding="utf-8")
            found = list(changes(ast.parse(text)))
            chosen = random.Random(module + asked.seed).sample(found, min(asked.sample, len(found)))
            survivors = 0
            if not survives(source, module, text, asked.timeout):
                sys.exit(f"{module}: its tests fail without any change: {guards(module)}")
            for line, what, tree in chosen:
                if survives(source, module, ast.unparse(tree), asked.timeout):
                    survivors += 1
                    print(f"survived: {module}:{line} {what}", flush=True)
            tried, killed = tried + len(chosen), killed + len(chosen) - survivors
            print(f"{module}: {len(chosen) - survivors} of {len(chosen)} noticed ({len(found)} places)", flush=True)
    print(f"{killed} of {tried} changes noticed: {killed / max(tried, 1):.0%}")


if __name__ == "__main__":
    main()
