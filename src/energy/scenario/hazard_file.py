"""Hazard files → sets of hazards: one parent at most, overlaid key by key."""

from __future__ import annotations

from pathlib import Path

from energy.errors import Fault, InputError, nearest
from energy.reading.document import read_document
from energy.reading.expected_schema import Form
from energy.reading.project_folder import project_folder
from energy.reading.schema_errors import validated
from energy.reading.tree import Node, Origin, merged, put
from energy.scenario.hazard import HazardSet

_WRITTEN = ("extends", *(field for field in Form.of(HazardSet).keys if field != "name"))
_DEEPEST = 10  # parents of parents


def read_hazards(path_or_name: str | Path, folder: Path | None = None) -> HazardSet:
    """Read a set of hazards by the name of its file or by path.

    Parameters
    ----------
    path_or_name
        ``base`` or ``my/file.yaml``.
    folder
        Folder of named sets; None: ``scenarios/hazards`` here or in the nearest folder above.

    Raises
    ------
    InputError
        Every fault of the file and its parents.

    Examples
    --------
    >>> read_hazards("calm").name
    'calm'
    """
    path = Path(path_or_name)
    if path.suffix not in (".yaml", ".yml"):
        home = folder or project_folder("scenarios") / "hazards"
        path = _by_name(str(path_or_name), home, Origin(home))
    tree = _whole(path, ())
    if tree.child("name") is not None:
        raise InputError(Fault("unknown key 'name'", path, None, None, "remove it: a set has the name of its file"))
    return validated(HazardSet, put(tree, ("name",), Node(path.stem, Origin(path))), _WRITTEN)


def list_hazards(folder: Path | None = None) -> dict[str, Path]:
    """Return the sets of hazards of a folder: name → file.

    Examples
    --------
    >>> sorted(list_hazards())
    ['base', 'calm', 'conflict']
    """
    home = folder or project_folder("scenarios") / "hazards"
    return {path.stem: path for path in sorted(home.glob("*.yaml"))}


def _by_name(name: str, folder: Path, asked: Origin) -> Path:
    known = list_hazards(folder)
    if name not in known:
        what = f"hazards {name!r} not found in {folder}"
        raise InputError(Fault(what, asked.where, asked.line, ", ".join(known) or None, nearest(name, known)))
    return known[name]


def _whole(path: Path, below: tuple[Path, ...]) -> Node:
    tree = read_document(path)
    extends = tree.child("extends")
    if extends is None:
        return tree
    origin = extends.origin
    if not isinstance(extends.content, str):
        raise InputError(Fault(f"extends is {extends.plain()!r}", origin.where, origin.line, "the name of one set"))
    parent = _by_name(extends.content, path.parent, origin)
    if parent in below or parent == path or len(below) >= _DEEPEST:
        raise InputError(Fault(f"extends goes in a circle over {parent.stem!r}", origin.where, origin.line))
    own = {key: node for key, node in tree.children() if key != "extends"}
    whole = merged(_whole(parent, (*below, path)), Node({str(k): node for k, node in own.items()}, tree.origin))
    return Node(whole.content, Origin(path))
