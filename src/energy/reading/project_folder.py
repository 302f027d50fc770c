"""The project's folders: those of the working directory, or of the nearest folder above that has them."""

from __future__ import annotations

from pathlib import Path

from energy.errors import Fault, InputError


def project_folder(name: str) -> Path:
    """Return the folder of that name (``scenarios``, ``networks``) here or in the nearest folder above.

    A notebook in ``notebooks/`` thus finds what the command line finds in the project's folder.

    Raises
    ------
    InputError
        When there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / name).is_dir():
            return Path(name) if folder == here else folder / name
    raise InputError(Fault(f"no folder {name!r} here or above", here, repair="change to the project's folder"))
