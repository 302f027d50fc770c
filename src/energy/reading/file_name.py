"""Names that become names of files and folders: none leads out of its folder, none is too long for the system."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from energy.reading.frozen import Word, refuse

LONGEST_NAME = 100
"""Bytes; a draft's name and a study's beside it must fit into the 255 that file systems take."""
ALLOWED = f"up to {LONGEST_NAME} bytes of text without / and \\, not beginning with a dot"


def name_fault(name: str) -> str | None:
    """Return what forbids a text as the name of a file or folder, or None.

    Examples
    --------
    >>> name_fault("dry_year")
    >>> name_fault("../evil")
    "'../evil' leads out of its folder"
    """
    shown = repr(name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…")
    if "/" in name or "\\" in name or name == "..":
        return f"{shown} leads out of its folder"
    if name.startswith("."):
        return f"{shown} begins with a dot, as hidden files do"
    if not name.strip() or not name.isprintable():
        return f"{shown} holds characters that do not print"
    if len(name.encode()) > LONGEST_NAME:
        return f"{shown} is {len(name.encode())} bytes long"
    return None


def _checked(name: str) -> str:
    what = name_fault(name)
    if what is not None:
        raise refuse(what, ALLOWED, "choose another name")
    return name


FileName = Annotated[Word, AfterValidator(_checked)]
"""Text that names a file or folder."""
