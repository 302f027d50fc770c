"""Broken files of any kind: each says in its first lines how it is used, and what must be said of it.

A file more in `files/` is a case more: `# energy VERB … {file}`, then a line `# says: …` for each part of the message.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

Refusal = Callable[..., str]
FILES = sorted((Path(__file__).parent / "files").iterdir())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_broken_file(refused: Refusal, project: Path, file: Path) -> None:
    shutil.copy(file, project)
    command, *said = [line for line in file.read_text().splitlines() if line.startswith("# ")]
    arguments = command.removeprefix("# energy ").replace("{file}", file.name).split()
    assert refused(*arguments, says=tuple(line.removeprefix("# says: ") for line in said))
