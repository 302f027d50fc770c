"""JSON schemas of the YAML files: what editors complete and check while a file is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from energy.analysis.action_file import ActionFile
from energy.analysis.sweep.sweep_file import SweepFile
from energy.case.rules import RuleBook
from energy.scenario.hazard import HazardSet
from energy.scenario.model import NOT_WRITTEN, Scenario

FILE_MODELS: dict[str, type[BaseModel]] = {
    "scenario": Scenario,
    "hazards": HazardSet,
    "sweep": SweepFile,
    "actions": ActionFile,
    "rules": RuleBook,
}
"""Kind of file → the model that reads it."""

_WITH_PARENT = ("scenario", "hazards")
_EXTENDS = {"type": "string", "description": "Name of the file whose values stand where this one says nothing."}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _file_schema(kind: str) -> dict[str, Any]:
    """Return the JSON schema of a kind of file.

    The name of a scenario or of a set of hazards is that of its file and cannot be written; what a parent may give is
    not required.

    Parameters
    ----------
    kind
        A key of ``FILE_MODELS``.

    Examples
    --------
    >>> sorted(_file_schema("sweep")["required"])
    ['axes', 'base']
    """
    schema = FILE_MODELS[kind].model_json_schema()
    if kind in _WITH_PARENT:
        for field in NOT_WRITTEN:
            schema["properties"].pop(field, None)
        schema["properties"]["extends"] = _EXTENDS
        schema.pop("required")
    schema["$schema"] = _DIALECT
    schema["title"] = f"CASA-1000 energy model: {kind}"
    return schema


def write_schemas(folder: Path) -> list[Path]:
    """Write the schema of every kind of file to ``<kind>.json``, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for kind in FILE_MODELS:
        file = folder / f"{kind}.json"
        text = json.dumps(_file_schema(kind), indent=1, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
        files.append(file)
    return files
