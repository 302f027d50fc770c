"""Scenario files → scenarios: one parent, overrides, and where every value came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from energy.errors import Fault, InputError, nearest, nearest_first
from energy.reading.document import parse_value, read_document, scalar
from energy.reading.expected_schema import Form
from energy.reading.library_folders import library_folders, shipped_folder
from energy.reading.schema_errors import dotted, validated
from energy.reading.tree import Node, Origin, Origins, leaves, merged, nearest_node, planted, put
from energy.scenario.changed_name import SET, named_by_changes, override_keys
from energy.scenario.event import TABLES
from energy.scenario.model import NOT_WRITTEN, Scenario, key_steps

Overrides = Mapping[str, object] | Sequence[str]
_WRITTEN = ("extends", *(field for field in Form.of(Scenario).keys if field not in NOT_WRITTEN))
_FOLDER = "scenarios"
_OTHER_FOLDERS = ("actions", "hazards", "sweeps")  # YAML files that are no scenarios


@dataclass(frozen=True)
class Resolved:
    """A scenario and where each of its values came from.

    Parameters
    ----------
    scenario
        The scenario, parents and overrides applied.
    origin
        Dotted key → ``file:line``, ``--set`` or ``default``, for every value of ``scenario.plain()``.
    files
        The files read: the scenario's own first, then its parent, its parent's parent, …

    Examples
    --------
    >>> found = resolve("dry_year")
    >>> found.scenario.name, sorted(found.origin)[:2]
    ('dry_year', ['add', 'case'])
    """

    scenario: Scenario
    origin: Mapping[str, str]
    files: tuple[Path, ...]


def read_scenario(
    path_or_name: str | Path,
    folder: Path | None = None,
    overrides: Overrides = (),
) -> Scenario:
    """Read a scenario by the name of its file or by path.

    Parameters
    ----------
    path_or_name
        ``baseline``, ``record/salang_2015`` or ``my/file.yaml``.
    folder
        Folder in which names, and the parents that files ``extends``, are looked up; None: ``scenarios`` here or in
        the nearest folder above, then the shipped library.
    overrides
        ``key=value`` texts, or dotted key → value; texts are read as YAML. They win over the files.

    Raises
    ------
    InputError
        Every fault of the files and overrides.

    Examples
    --------
    >>> dry = read_scenario("two_bus", overrides={"hydrology": "dry"})
    >>> dry.year, dry.hydrology
    (2028, 'dry')
    """
    return resolve(path_or_name, folder, overrides).scenario


def resolve(
    path_or_name: str | Path,
    folder: Path | None = None,
    overrides: Overrides = (),
) -> Resolved:
    """Read a scenario and tell where each value came from; parameters and errors as `read_scenario`.

    Examples
    --------
    >>> found = resolve("two_bus", overrides=["hydrology=dry"])
    >>> str(found.origin["hydrology"]), str(found.origin["case"])
    ('--set', 'scenarios/two_bus.yaml:5')
    """
    path = Path(path_or_name)
    if path.suffix in (".yaml", ".yml"):
        folders = _folders_around(path, folder)
        _must_exist(path, folders)
    else:
        folders = library_folders(_FOLDER) if folder is None else (folder,)
        path = _by_name(str(path_or_name), folders, Origin(folders[0]), "scenario")
    tree, files = _with_parents(path, folders)
    faults: list[Fault] = []
    _refuse_written_fields(tree, faults)
    changed = _overridden(tree, overrides, faults)
    named = named_by_changes(tree, changed, override_keys(overrides), path)
    try:
        scenario = validated(Scenario, named, _WRITTEN)
    except InputError as error:
        raise InputError([*faults, *error.faults]) from None
    if faults:
        raise InputError(faults)
    return Resolved(scenario.with_origins(Origins.of(named)), _origins(scenario.plain(), named), files)


def _refuse_written_fields(tree: Node, faults: list[Fault]) -> None:
    for field in NOT_WRITTEN:
        node = tree.child(field)
        if node is not None:
            repair = "remove it: a scenario has the name of its file" if field == "name" else "remove it"
            faults.append(Fault(f"unknown key {field!r}", node.origin.where, line=node.origin.line, repair=repair))


def list_scenarios(folder: Path | None = None) -> dict[str, Path]:
    """Return the scenarios of a folder and its subfolders: name → file, sorted by name.

    Parameters
    ----------
    folder
        The folder; None: ``scenarios`` here or in the nearest folder above, and the shipped library. The user's own
        file wins over a shipped one of the same name.

    Raises
    ------
    InputError
        When the folder is missing, or two files have the same name.

    Examples
    --------
    >>> list_scenarios()["dry_year"].as_posix()
    'scenarios/water/dry_year.yaml'
    """
    if folder is None:
        return _listed(library_folders(_FOLDER))
    if not folder.is_dir():
        raise InputError(Fault("folder of scenarios not found", folder, repair="change to the project's folder"))
    scenarios: dict[str, Path] = {}
    faults = []
    for path in sorted(folder.rglob("*.yaml")):
        inside = path.relative_to(folder).parts
        if inside[0] in _OTHER_FOLDERS or any(part.startswith(".") for part in inside):
            continue
        if path.stem in scenarios:
            what = f"two scenarios are named {path.stem!r}, the other is {scenarios[path.stem]}"
            faults.append(Fault(what, path, repair="rename one of the files"))
        scenarios.setdefault(path.stem, path)
    if faults:
        raise InputError(faults)
    return dict(sorted(scenarios.items()))


def _listed(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the scenarios of several folders: name → file, sorted by name; the first folder wins."""
    scenarios: dict[str, Path] = {}
    for folder in reversed(folders):
        scenarios.update(list_scenarios(folder))
    return dict(sorted(scenarios.items()))


def _folders_around(path: Path, folder: Path | None) -> tuple[Path, ...]:
    """Return the folders of a file's parents: the one asked for, or the file's own library and the shipped one."""
    if folder is not None:
        return (folder,)
    around = path.resolve().parents
    own = next((place for place in around if place.name == _FOLDER), None)
    if own is None:
        return library_folders(_FOLDER)
    shipped = shipped_folder(_FOLDER)
    return (own,) if own == shipped.resolve() else (own, shipped)


def _must_exist(path: Path, folders: Sequence[Path]) -> None:
    if path.is_file():
        return
    there = [folder for folder in folders if folder.is_dir()]
    repair = nearest(path.stem, _listed(there)) or "correct the path"
    raise InputError(Fault("file not found", path, repair=repair))


def _by_name(
    name: str,
    folders: Sequence[Path],
    asked: Origin,
    word: str,
) -> Path:
    """Return the file that a name means; ``word`` says what the name is asked for, as "scenario"."""
    first = folders[0]
    parts = PurePosixPath(name).parts
    if not name.strip() or "\\" in name or "\0" in name or ".." in parts or name.startswith("/"):
        what = f"{word} {name!r} is no name inside {first}"
        raise InputError(
            Fault(
                what,
                asked.where,
                line=asked.line,
                allowed="the name of a file in that folder, without .yaml",
            )
        )
    for folder in folders:
        path = _in_folder(name, folder)
        if path is None:
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            what = f"{word} {name!r} is a link out of {folder}"
            repair = "copy the file into the folder"
            raise InputError(Fault(what, asked.where, line=asked.line, repair=repair))
        return path
    known = _listed(folders)
    what = f"{word} {name!r} not found in {first}"
    allowed = ", ".join(nearest_first(name, known)) or None
    raise InputError(Fault(what, asked.where, line=asked.line, allowed=allowed, repair=nearest(name, known)))


def _in_folder(name: str, folder: Path) -> Path | None:
    """Return the file of a scenario by its name, or by its path inside the folder without ending; None: not there."""
    known = list_scenarios(folder)
    inside = folder / f"{name}.yaml"
    if name not in known and inside in known.values():
        return inside
    return known.get(name)


def _with_parents(path: Path, folders: Sequence[Path]) -> tuple[Node, tuple[Path, ...]]:
    """Return the file overlaid on its parents, and the files; what is wrong with any of them in one error."""
    files: list[Path] = []
    layers: list[Node] = []
    faults: list[Fault] = []
    following: Path | None = path
    while following is not None:
        files.append(following)
        try:
            tree = read_document(following)
            extends = tree.child("extends")
            content = {str(key): node for key, node in tree.children() if key != "extends"}
            layers.append(Node(content, tree.origin))
            following = None if extends is None else _parent(extends, files, folders)
        except InputError as error:
            faults += error.faults
            following = None
    if faults:
        raise InputError(faults)
    *children, whole = layers
    for layer in reversed(children):
        whole = merged(whole, layer)
    # what is missing as a whole is missing from the scenario's own file, in no line of it
    return Node(whole.content, Origin(path)), tuple(files)


def _parent(
    extends: Node,
    files: Sequence[Path],
    folders: Sequence[Path],
) -> Path:
    """Return the file that a scenario extends."""
    name = extends.content
    origin = extends.origin
    if not isinstance(name, str):
        what = f"extends is {extends.plain()!r}"
        raise InputError(Fault(what, origin.where, line=origin.line, allowed="the name of one scenario"))
    parent = _by_name(name, folders, origin, "parent")
    if parent.resolve() in [file.resolve() for file in files]:
        chain = " → ".join(file.stem for file in (*files, parent))
        what = f"extends goes in a circle: {chain}"
        repair = "take extends out of one of them"
        raise InputError(Fault(what, origin.where, line=origin.line, repair=repair))
    return parent


def _overridden(
    tree: Node,
    overrides: Overrides,
    faults: list[Fault],
) -> Node:
    """Return a tree with values put in place; add the faults of keys and values."""
    if isinstance(overrides, Mapping):
        pairs: Iterable[tuple[str, Any]] = overrides.items()
    else:
        pairs = _pairs(overrides, faults)
    for key, value in pairs:
        try:
            steps = _checked_steps(key)
            tree = put(tree, steps, _value(key, value))
        except InputError as error:
            faults += error.faults
    return tree


def _pairs(overrides: Sequence[str], faults: list[Fault]) -> Iterable[tuple[str, str]]:
    texts = [overrides] if isinstance(overrides, str) else overrides
    for text in texts:
        key, sign, value = text.partition("=")
        if sign:
            yield key.strip(), value.strip()
        else:
            faults.append(Fault(f"{text!r} has no value", SET.where, allowed="key=value, as year=2030"))


def _checked_steps(key: str) -> tuple[str, ...]:
    steps = key_steps(key)
    known = _WRITTEN[1:]
    if steps[0] not in known:
        repair = f"write values.{key}" if steps[0] in TABLES else nearest(steps[0], known)
        raise InputError(Fault(f"unknown key {key!r}", SET.where, allowed=", ".join(known), repair=repair))
    if not all(steps):
        raise InputError(Fault(f"key {key!r} has an empty part", SET.where, allowed="parts joined by single dots"))
    return steps


def _value(key: str, value: Any) -> Node:
    if not isinstance(value, str):
        return planted(value, SET)
    if value.startswith(("[", "{", '"', "'")):
        try:
            # the line of an override means nothing: the whole override is the place
            return planted(parse_value(value, SET.where).plain(), SET)
        except InputError as error:
            first = error.faults[0]
            what = f"{_shortened(f'{key}={value}')}: {first.what}"
            raise InputError(Fault(what, SET.where, allowed=first.allowed, repair=first.repair)) from None
    return Node(scalar(value), SET)


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


def _origins(plain: dict[str, Any], tree: Node) -> dict[str, str]:
    origins = {}
    for steps in leaves(plain):
        reached, node = nearest_node(tree, steps)
        # a value that the tree does not reach was filled in by the model
        origins[dotted(steps)] = str(node.origin) if reached == steps else "default"
    return origins
