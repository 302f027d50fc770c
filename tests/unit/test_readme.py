"""What the README shows works."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_four_lines_of_python_make_the_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks("python")
    for name in ("networks", "scenarios"):
        (tmp_path / name).symlink_to(PROJECT / name)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(code.replace('"casa1000"', '"two_bus"').replace('"baseline"', '"two_bus"'), names)  # the quick case
    assert (tmp_path / "baseline.png").stat().st_size > 10_000
    assert round(names["run"].table["delivered"].sum(), 2) == 348.84  # type: ignore[attr-defined]


def test_make_has_the_commands() -> None:
    targets = re.findall(r"^make (\w+)", blocks("sh")[0], re.MULTILINE)
    assert targets == ["run", "test"]
    for target in targets:
        done = subprocess.run(["make", "--dry-run", target], cwd=PROJECT, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def test_links_lead_somewhere() -> None:
    pages = [PROJECT / "README.md", *PROJECT.glob("networks/*/README.md"), *PROJECT.glob("docs/**/*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
