"""Broken result folders: what `compare` and `run` say of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Refusal = Callable[..., str]

MANIFEST: dict[str, Any] = {
    "scenario": {"name": "a"},
    "inputs": {"buses.csv": "0" * 64},
    "versions": {},
    "case": "two_bus",
}
SUMMARY = "month,delivered,lost,ceiling,transferable mean\n2028-05,1.0,2.0,3.0,4.0\n"


def without(key: str) -> str:
    return json.dumps({name: value for name, value in MANIFEST.items() if name != key})


MANIFESTS: dict[str, bytes | str | None] = {
    "no manifest": None,
    "an empty manifest": "",
    "half a manifest": json.dumps(MANIFEST)[:30],
    "a manifest that is a list": "[]",
    "a manifest that is a number": "5",
    "a manifest without scenario": without("scenario"),
    "a manifest without inputs": without("inputs"),
    "a manifest whose scenario is a word": json.dumps(MANIFEST | {"scenario": "a"}),
    "a manifest whose inputs are a list": json.dumps(MANIFEST | {"inputs": []}),
    "a manifest in Latin-1": json.dumps(MANIFEST | {"case": "ö"}, ensure_ascii=False).encode("latin-1"),
    "a manifest of brackets": "[" * 100_000,
    "a manifest of a pickle": b"\x80\x04\x95\x1b\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "a manifest with an endless number": '{"scenario": ' + "9" * 10_000 + "}",
}
SUMMARIES: dict[str, bytes | str | None] = {
    "no table": None,
    "an empty table": "",
    "a table without months": SUMMARY.replace("month", "mnth"),
    "a table without delivered": SUMMARY.replace("delivered", "delivred"),
    "a table without ceiling": SUMMARY.replace("ceiling", "roof"),
    "a table without the mean": SUMMARY.replace("transferable mean", "mean"),
    "a table of words": SUMMARY.replace("1.0", "much").replace("3.0", "=1+1"),
    "a table of bytes": bytes(range(256)),
    "a table with a row too long": SUMMARY + "2028-06,1,2,3,4,5,6\n",
}


def write(folder: Path, manifest: bytes | str | None, summary: bytes | str | None) -> None:
    folder.mkdir(parents=True)
    for name, content in (("manifest.json", manifest), ("summary.csv", summary)):
        if content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("name", [*MANIFESTS, *SUMMARIES])
def test_broken_run(refused: Refusal, project: Path, name: str) -> None:
    write(project / "results" / "good", json.dumps(MANIFEST), SUMMARY)
    write(project / "results" / "bad", MANIFESTS.get(name, json.dumps(MANIFEST)), SUMMARIES.get(name, SUMMARY))
    file = "manifest.json" if name in MANIFESTS else "summary.csv"
    column = next((column for column in ("delivered", "ceiling", "transferable mean") if name.endswith(column)), "")
    assert refused("compare", "results/good", "results/bad", says=(f"results/bad/{file}", column))


def test_a_run_that_is_a_file(refused: Refusal, project: Path) -> None:
    write(project / "results" / "good", json.dumps(MANIFEST), SUMMARY)
    (project / "results" / "bad").write_text("x")
    assert refused("compare", "results/good", "results/bad", says=("results/bad",))


@pytest.mark.parametrize("kind", ["a file", "a folder of others", "a link to nothing"])
def test_what_is_no_run_is_not_replaced(refused: Refusal, project: Path, kind: str) -> None:
    place = project / "results" / "two_bus"
    place.parent.mkdir()
    if kind == "a file":
        place.write_text("mine")
    elif kind == "a folder of others":
        (place / "thesis").mkdir(parents=True)
    else:
        place.symlink_to(project / "nowhere")
    assert refused("run", "two_bus", says=("results/two_bus", "choose another --out"))


def test_a_folder_that_cannot_be_written_to(refused: Refusal, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    (project / "results").mkdir()
    # whoever tests as root may write anywhere: the system is asked the same question with another answer
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode, **_: not (mode & os.W_OK and "results" in str(path)) and real(path, mode)
    )
    assert refused("run", "two_bus", says=("results: this folder cannot be written to", "choose another --out"))


@pytest.mark.parametrize("command", ["run", "attribution", "settlement", "adequacy", "sensitivity"])
def test_a_file_in_the_place_of_the_folder_is_refused_before_anything_is_solved(
    refused: Refusal, project: Path, command: str
) -> None:
    (project / "here").write_text("a file", encoding="utf-8")
    assert refused(
        command, "two_bus", "--out", str(project / "here" / "deeper"), says=("here", "this is a file, no folder")
    )


@pytest.mark.parametrize("change", [("--metric", "delivred"), ("--only", "nothing.*"), ("--base", "3")])
def test_sensitivity_of_nothing_known(refused: Refusal, change: tuple[str, str]) -> None:
    assert refused("sensitivity", "two_bus", *change, "--workers", "1")
