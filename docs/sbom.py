"""requirements.lock → a bill of materials (CycloneDX 1.6 JSON): packages with versions and hashes, no address."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ENTRY = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<rest>[^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)+)",
    re.M,
)


def bill(lock: str, project: dict[str, Any]) -> dict[str, Any]:
    """Return the bill of materials of a lock file.

    Parameters
    ----------
    lock
        Text of requirements.lock.
    project
        Table ``project`` of pyproject.toml.

    Examples
    --------
    >>> lock = "numpy==2.3.0 " + chr(92) + chr(10) + "    --hash=sha256:" + "0" * 64 + chr(10)
    >>> bill(lock, {"name": "x", "version": "1", "license": "MIT"})["components"][0]["purl"]
    'pkg:pypi/numpy@2.3.0'
    """
    components = []
    for found in ENTRY.finditer(lock):
        name, version = found["name"].lower(), found["version"]
        purl = f"pkg:pypi/{name}@{version}"
        hashes = [{"alg": "SHA-256", "content": text} for text in re.findall(r"sha256:([0-9a-f]{64})", found["rest"])]
        # one hash a distribution file; any of them may be the one installed
        files = [{"name": "distribution sha256", "value": part["content"]} for part in hashes]
        components.append(
            {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "properties": files}
        )
    own = {"type": "application", "name": project["name"], "version": project["version"], "bom-ref": project["name"]}
    own["licenses"] = [{"expression": project["license"]}]  # type: ignore[assignment]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": project["name"], "dependsOn": [part["bom-ref"] for part in components]}],
    }


def write() -> None:
    """Write sbom.json beside the lock file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = bill((ROOT / "requirements.lock").read_text(encoding="utf-8"), project)
    (ROOT / "sbom.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
