"""Data is never code, names stay in their folders, and what is installed is written down."""

from __future__ import annotations

import ast
import importlib.util
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "energy"

CALLS = {"eval", "exec", "compile", "__import__"}
MODULES = {
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "yaml",
    "subprocess",
    "socket",
    "urllib",
    "requests",
}
METHODS = {"read_pickle", "to_pickle", "system", "popen", "from_string", "unsafe_load", "full_load"}

ALLOWED = {"report/report_page.py": ("subprocess",)}  # Chromium prints the page; its arguments are this package's own


def dangers(text: str) -> Iterator[str]:
    """Yield what would let data run as code, or reach out of the machine."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            yield f"{node.lineno}: {node.func.id}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            yield f"{node.lineno}: .{node.func.attr}"
        elif isinstance(node, ast.Import):
            yield from (f"{node.lineno}: {a.name}" for a in node.names if a.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield f"{node.lineno}: {node.module}"
        elif isinstance(node, ast.Call) and any(k.arg == "allow_pickle" for k in node.keywords):
            yield f"{node.lineno}: allow_pickle"
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Environment"):
            escapes = {k.arg: ast.unparse(k.value) for k in node.keywords}.get("autoescape", "False")
            if escapes == "False":
                yield f"{node.lineno}: templates without autoescape"


def texts() -> dict[str, str]:
    """Return the text of each module by its path in the package."""
    paths = sorted(SOURCE.rglob("*.py"))
    return {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_data_is_never_code() -> None:
    faults = []
    for path, text in texts().items():
        allowed = ALLOWED.get(path, ())
        faults += [f"{path}:{danger}" for danger in dangers(text) if danger.partition(": ")[2] not in allowed]
        if "shell=" in text:
            faults.append(f"{path}: shell=")
    assert not faults, "\n" + "\n".join(faults)
    assert len(texts()) > 100


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "import pickle",
        "from yaml import load",
        "pd.read_pickle('x')",
        "np.load('x', allow_pickle=True)",
        "os.system('ls')",
        "jinja2.Environment(loader=x)",
        "jinja2.Environment(autoescape=False)",
    ],
)
def test_a_danger_is_seen(text: str) -> None:
    assert len(list(dangers(text))) == 1


def test_yaml_is_read_by_the_safe_loader_alone() -> None:
    made = [
        ast.unparse(node)
        for text in texts().values()
        if "YAML(" in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "YAML"
    ]
    assert made
    assert all("typ='safe'" in call for call in made)


def test_the_bill_of_materials_is_that_of_the_lock_file() -> None:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "docs" / "sbom.py")
    assert spec is not None
    assert spec.loader is not None
    sbom = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sbom)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    written = json.loads((ROOT / "sbom.json").read_text(encoding="utf-8"))
    assert written == sbom.bill(lock, project), "renew it with: make sbom"
    pins = [line.split("==")[0].lower() for line in lock.splitlines() if "==" in line and line[0].isalnum()]
    assert [part["name"] for part in written["components"]] == pins
    assert "://" not in json.dumps(written)
