"""Hazard files → sets of hazards: one parent at most, overlaid key by key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from energy.errors import Fault, InputError, nearest
from energy.reading.document import read_document
from energy.reading.expected_schema import Form
from energy.reading.library_folders import library_files
from energy.reading.schema_errors import validated
from energy.reading.tree import Node, Origin, merged, put
from energy.scenario.hazard import HazardSet

_FIELDS = Form.of(HazardSet).keys
_FILE_KEYS = ("extends", *(field for field in _FIELDS if field != "name"))
_DEEPEST = 10  # parents of parents


def read_hazards(path_or_name: str | Path, folder: Path | None = None) -> HazardSet:
    """Read a set of hazards by the name of its file or by path.

    Parameters
    ----------
    path_or_name
        ``base`` or ``my/file.yaml``.
    folder
        Folder of named sets; None: ``scenarios/hazards`` of the user's project and of the shipped library.

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
        named_in = folder or Path("scenarios") / "hazards"
        path = _by_name(str(path_or_name), list_hazards(folder), Origin(named_in))
    tree = _with_parents(path, ())
    if tree.child("name") is not None:
        fault = Fault(
            "unknown key 'name'",
            path,
            repair="remove it: a set has the name of its file",
        )
        raise InputError(fault)
    name = Node(path.stem, Origin(path))
    named_tree = put(tree, ("name",), name)
    return validated(HazardSet, named_tree, _FILE_KEYS)


def list_hazards(folder: Path | None = None) -> dict[str, Path]:
    """Return the sets of hazards of a folder, or of the libraries: name → file.

    Examples
    --------
    >>> sorted(list_hazards())
    ['base', 'calm', 'china_route', 'conflict']
    """
    if folder is None:
        return library_files("scenarios", "hazards")
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def _by_name(
    name: str,
    files: Mapping[str, Path],
    reference: Origin,
) -> Path:
    """Return the file of a named set; ``reference`` is the place that names it."""
    if name not in files:
        fault = Fault(
            f"hazards {name!r} not found",
            reference.where,
            reference.line,
            allowed=", ".join(files) or None,
            repair=nearest(name, files),
        )
        raise InputError(fault)
    return files[name]


def _with_parents(path: Path, descendants: tuple[Path, ...]) -> Node:
    """Return the tree of a file laid over its parents; ``descendants`` are the files that led here."""
    tree = read_document(path)
    extends = tree.child("extends")
    if extends is None:
        return tree
    where = extends.origin.where
    line = extends.origin.line
    if not isinstance(extends.content, str):
        what = f"extends is {extends.plain()!r}"
        raise InputError(Fault(what, where, line=line, allowed="the name of one set"))

    parents = {**list_hazards(), **list_hazards(path.parent)}
    parent = _by_name(extends.content, parents, extends.origin)
    lineage = (*descendants, path)
    if parent in lineage or len(descendants) >= _DEEPEST:
        what = f"extends goes in a circle over {parent.stem!r}"
        raise InputError(Fault(what, where, line))

    own = {str(key): node for key, node in tree.children()}
    del own["extends"]
    own_tree = Node(own, tree.origin)
    parent_tree = _with_parents(parent, lineage)
    whole = merged(parent_tree, own_tree)
    return Node(whole.content, Origin(path))
