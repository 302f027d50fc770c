"""Cache keys by identity, for tables that cannot be hashed."""

from __future__ import annotations

from typing import Generic, TypeVar

import pandas as pd

T = TypeVar("T")

NO_COMPONENTS = pd.DataFrame()
"""Table of a component list that a case leaves out. Making one takes longer than to look most things up in it."""


class IdentityKey(Generic[T]):
    """An object that cannot be hashed, as the key of what was computed from it: the same object, the same key.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"p_nom": [1.0]})
    >>> IdentityKey(table) == IdentityKey(table), IdentityKey(table) == IdentityKey(table.copy())
    (True, False)
    """

    def __init__(self, it: T) -> None:
        self.it = it  # held, so that no other object can take its identity

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and other.it is self.it

    def __hash__(self) -> int:
        return id(self.it)
