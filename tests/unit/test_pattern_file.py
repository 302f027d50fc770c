"""Patterns on disk: the same program as PyPSA's, and nothing trusted that is stale, foreign or broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from energy.case import Case
from energy.model import Inputs, inputs
from energy.scenario import read_scenario
from energy.solve import pattern_cache, pattern_file
from energy.solve.pattern_cache import pattern_key, program_of

BUILT: list[Inputs] = []


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep patterns in a folder of the test, none in the process, and note what PyPSA builds."""
    BUILT.clear()
    real = pattern_cache.pypsa_model
    monkeypatch.setattr(pattern_cache, "pypsa_model", lambda base: BUILT.append(base) or real(base))
    monkeypatch.setattr(pattern_cache, "_patterns", {})
    monkeypatch.setenv("ENERGY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(pattern_cache.ALWAYS, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def asked(two_bus: Case) -> Inputs:
    return inputs(two_bus, read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"}))


def as_in_another_process() -> None:
    pattern_cache._patterns.clear()
    BUILT.clear()


def test_a_second_process_lays_the_same_program_without_pypsa(asked: Inputs) -> None:
    _, first = program_of(asked)
    assert BUILT
    as_in_another_process()
    _, second = program_of(asked)
    assert not BUILT
    ours, theirs = second.problem(asked), first.problem(asked)
    for part in ("cost", "lower", "upper", "matrix", "row_lower", "row_upper"):
        np.testing.assert_array_equal(getattr(ours, part), getattr(theirs, part))
    np.testing.assert_array_equal(second.pattern.indices, first.pattern.indices)


def test_a_pattern_of_other_sources_is_built_anew(asked: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    program_of(asked)
    as_in_another_process()
    monkeypatch.setattr(pattern_file, "_program_hash", lambda: "another version")
    program_of(asked)
    assert BUILT


@pytest.mark.parametrize("damage", ["cut", "changed", "no file of arrays", "of another key"])
def test_a_broken_or_foreign_file_is_built_anew(asked: Inputs, folder: Path, damage: str) -> None:
    program_of(asked)
    as_in_another_process()
    (path,) = folder.glob("*.npz")
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "no file of arrays":
        path.write_text("nothing")
    else:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        if damage == "changed":
            arrays["energy"] = -arrays["energy"] + 1.0
        else:
            rest = {name: array for name, array in arrays.items() if name != "hash"}
            arrays["hash"] = np.frombuffer(pattern_file._hash_of(rest, "another key"), dtype=np.uint8)
        np.savez(path, **arrays)
    program_of(asked)
    assert BUILT


def test_where_nothing_can_be_written_nothing_is_kept(asked: Inputs, folder: Path) -> None:
    folder.write_text("a file where the folder would be")
    program_of(asked)
    assert BUILT


def test_none_is_kept_where_the_environment_says_so(asked: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_CACHE", "")
    program_of(asked)
    assert pattern_file.kept_pattern(pattern_key(asked), asked) is None
