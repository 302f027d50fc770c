"""A manifest is enough to make its run again; what has changed since is named."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scenarios").mkdir()
    shutil.copytree(PROJECT / "networks" / "two_bus", tmp_path / "networks" / "two_bus")
    shutil.copy(PROJECT / "scenarios" / "two_bus.yaml", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def energy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    from energy.cli import main

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["energy", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        found = capsys.readouterr()
        return code, found.out + found.err

    return run


@pytest.mark.usefixtures("numbers_alone")
def test_from_nothing_but_the_manifest(project: Path, energy: Command) -> None:
    assert energy("run", "two_bus", "--set", "hydrology=dry", "--resolution", "typical-days-4h")[0] == 0
    shutil.copy(project / "results" / "two_bus+hydrology=dry" / "manifest.json", project / "kept.json")
    shutil.rmtree(project / "results")
    shutil.rmtree(project / "scenarios")
    (project / "scenarios").mkdir()
    code, said = energy("rerun", "kept.json")
    assert (code, said.strip()) == (0, "two_bus+hydrology=dry: the same numbers")
    assert not (project / "results").exists()


@pytest.mark.usefixtures("numbers_alone")
def test_what_has_changed_is_named(project: Path, energy: Command) -> None:
    assert energy("run", "two_bus", "--resolution", "typical-days-4h")[0] == 0
    links = project / "networks" / "two_bus" / "links.csv"
    links.write_text(links.read_text().replace("0.95", "0.94", 1))
    evidence = links.with_name("evidence.csv")  # which has to say the same
    evidence.write_text(evidence.read_text().replace("efficiency,0.95", "efficiency,0.94"))
    manifest = project / "results" / "two_bus" / "manifest.json"
    changed = json.loads(manifest.read_text())
    changed["versions"]["pypsa"] = "0.1"
    manifest.write_text(json.dumps(changed))
    code, said = energy("rerun", str(manifest), "--out", "again")
    assert code == 1
    assert "differs: file links.csv has changed" in said
    assert "differs: pypsa was 0.1, is" in said
    assert "objective [$]:" in said
    assert "two_bus: not the same numbers" in said
    assert (project / "again" / "two_bus" / "manifest.json").is_file()


@pytest.mark.parametrize("content", ["", "[]", '{"scenario": {"name": "a"}, "inputs": {}, "versions": {}}'])
def test_what_is_no_manifest(project: Path, energy: Command, content: str) -> None:
    (project / "manifest.json").write_text(content)
    code, said = energy("rerun", "manifest.json")
    assert code == 2
    assert "manifest.json" in said
    assert "Traceback" not in said
