"""Where a name is looked up: in the user's own folder first, then in the library that the package ships."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def library_folders(name: str) -> tuple[Path, ...]:
    """Return the folders of that name (``scenarios``, ``networks``), in the order in which they are searched.

    The first is the user's: here or in the nearest folder above, so that a notebook in ``notebooks/`` finds what the
    command line finds in the project's folder. The last is the shipped one; in a checkout of this project both are one.

    Returns
    -------
    tuple of Path
        One or two folders.
    """
    own = own_folder(name)
    shipped = shipped_folder(name)
    if own is None:
        return (shipped,)
    if own.resolve() == shipped.resolve():
        return (own,)
    return (own, shipped)


def own_folder(name: str) -> Path | None:
    """Return the folder of that name here or in the nearest folder above; None where there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / name).is_dir():
            return Path(name) if folder == here else folder / name
    return None


def shipped_folder(name: str) -> Path:
    """Return the folder of that name that came with the package: inside it, or beside its sources in a checkout."""
    installed = PACKAGE / "library" / name
    checkout = PACKAGE.parents[1] / name
    return checkout if not installed.is_dir() and checkout.is_dir() else installed


def reference_file(name: str) -> Path | None:
    """Return a recorded file of ``results/reference``: the project's own, else the shipped one; None where none is.

    Examples
    --------
    >>> reference_file("headline.parquet") is None
    True
    """
    for results in library_folders("results"):
        file = results / "reference" / name
        if file.is_file():
            return file
    return None


def library_files(*steps: str) -> dict[str, Path]:
    """Return the YAML files of a folder in all libraries: name → file, sorted; the user's own win.

    Parameters
    ----------
    steps
        Folder in the library and folders below it, as ``"scenarios", "hazards"``.

    Examples
    --------
    >>> sorted(library_files("scenarios", "hazards"))
    ['base', 'calm', 'china_route', 'conflict']
    """
    files: dict[str, Path] = {}
    for library in reversed(library_folders(steps[0])):
        files.update(_named_files(library.joinpath(*steps[1:])))
    return dict(sorted(files.items()))


def _named_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.glob("*.yaml"):
        yield path.stem, path
