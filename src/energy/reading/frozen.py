"""Base classes of models of files: frozen, strict, with refusals that say what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Frozen(BaseModel):
    """Base of all models of files: unknown keys, wrong types, NaN and later changes are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
    )


class FrozenMap(dict[K, V]):
    """A mapping that cannot be changed, so that a frozen model is frozen all the way down.

    A ``dict`` subclass and not ``types.MappingProxyType``, which worker processes cannot receive (it does not pickle).

    Examples
    --------
    >>> FrozenMap(KG="high")["KG"]
    'high'
    >>> FrozenMap(KG="high")["KG"] = "low"
    Traceback (most recent call last):
    TypeError: this mapping cannot be changed; make a changed copy, as Scenario.replace does
    """

    def _refuse_change(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping cannot be changed; make a changed copy, as Scenario.replace does")

    __setitem__ = _refuse_change
    __delitem__ = _refuse_change
    __ior__ = _refuse_change
    clear = _refuse_change
    pop = _refuse_change
    popitem = _refuse_change
    setdefault = _refuse_change
    update = _refuse_change

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenMap[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)


def freeze(value: Any) -> Any:
    """Return nested mappings as `FrozenMap`, sequences as tuples and whole numbers as floats."""
    if isinstance(value, Mapping):
        items = {str(key): freeze(part) for key, part in value.items()}
        return FrozenMap(items)
    if isinstance(value, list | tuple):
        return tuple(freeze(part) for part in value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        # 5 and 5.0 are the same scenario and must have the same digest
        return float(value)
    return value


def _as_tuple(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return value


Row = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""A list in the file, a tuple in the model."""

Frozenness = AfterValidator(FrozenMap)
"""Marks a mapping field: ``Annotated[Mapping[str, X], Frozenness]``."""

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Text that is not blank."""


def refuse(
    what: str,
    allowed: str | None = None,
    repair: str | None = None,
) -> PydanticCustomError:
    """Return the error that a field validator raises: what is wrong, what is allowed, what to do."""
    context = {
        "what": what,
        "allowed": allowed,
        "repair": repair,
    }
    return PydanticCustomError("refused", "{what}", context)


Complaint = tuple[tuple[str | int, ...], str, str | None, str | None]
"""Path inside the model, what is wrong, what is allowed, what to do."""


def refuse_all(complaints: Iterable[Complaint]) -> None:
    """Raise one error that carries every complaint about fields that do not fit together; do nothing without any."""
    all_complaints = list(complaints)
    if not all_complaints:
        return
    what = "; ".join(complaint[1] for complaint in all_complaints)
    context = {"what": what, "complaints": all_complaints}
    raise PydanticCustomError("refused_all", "{what}", context)
