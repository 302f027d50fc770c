"""Each notebook runs from top to bottom in under a minute, and needs no more than the public names."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import energy

PROJECT = Path(__file__).parents[2]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
QUICK = "2"
"""Number of the notebook that `make test` runs too."""

LONGEST = 60
"""Seconds of processor time that a notebook may take."""


def code(path: Path) -> str:
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return "\n".join(line for cell in cells for line in cell.splitlines() if not line.startswith("%"))


def test_all_seven_are_there() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == ["1_", "2_", "3_", "4_", "5_", "6_", "7_"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_public_names_are_used(path: Path) -> None:
    tree = ast.parse(code(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.startswith("energy.")]
        elif isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("energy")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "energy":
            assert node.attr in energy.__all__


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_output(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.parametrize(
    "path", [pytest.param(p, marks=() if p.name[0] in QUICK else pytest.mark.slow, id=p.stem) for p in NOTEBOOKS]
)
def test_notebook_runs_in_under_a_minute(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    stamp = nbformat.v4.new_code_cell("import time as _time; print(_time.process_time())")
    book.cells.append(stamp)
    start = time.perf_counter()
    NotebookClient(
        book, timeout=10 * LONGEST, kernel_name="python3", resources={"metadata": {"path": str(PROJECT)}}
    ).execute()
    wall, spent = time.perf_counter() - start, float(book.cells[-1].outputs[0]["text"])
    assert min(wall, spent) < LONGEST
    pictures = [out for cell in book.cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert pictures, "a notebook without a figure shows nothing"
    played = [cell for cell in book.cells if cell.source.startswith("play(")]
    assert all(any("image/png" in out.get("data", {}) for out in cell.outputs) for cell in played)
