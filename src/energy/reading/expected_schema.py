"""The schema that a model expects at a place of its input: type, keys, bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Discriminator, Tag
from pydantic.fields import FieldInfo

from energy.reading.tree import Node, Steps

_SIGNS = (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below"))


@dataclass(frozen=True)
class Form:
    """What is expected at one place: a type, and the marks that ``Annotated`` and ``Field`` put on it."""

    kind: Any
    marks: tuple[Any, ...] = ()

    @classmethod
    def of(cls, annotation: Any, marks: Sequence[Any] = ()) -> Form:
        """Return the form of an annotation; ``| None`` does not count."""
        if get_origin(annotation) is Annotated:
            inner, *more = get_args(annotation)
            return cls.of(inner, (*more, *marks))
        branches = _members(annotation)
        if len(branches) == 1:
            return cls.of(branches[0], marks)
        return cls(annotation, tuple(_opened(marks)))

    @property
    def keys(self) -> dict[str, str]:
        """Keys that can be written here, with their descriptions; none where it is no model."""
        return {field.alias or name: field.description or "" for name, field in self._fields().items()}

    @property
    def bounds(self) -> str:
        """Bounds of a number in words, such as ``from 0 to 1``; empty where there are none."""
        limits = {word: getattr(mark, sign) for mark in self.marks for sign, word in _SIGNS if hasattr(mark, sign)}
        return " ".join(f"{word} {limit}" for word, limit in limits.items())

    def part(self, step: str | int) -> Form | None:
        """Return the form of a key's value or of a list's item, or None where nothing is known of it."""
        for name, field in self._fields().items():
            if step == (field.alias or name):
                return Form.of(field.annotation, (field, *field.metadata))
        origin, inner = get_origin(self.kind), get_args(self.kind)
        if not isinstance(origin, type) or not inner:
            return None
        if issubclass(origin, Mapping):
            return Form.of(inner[1])
        return Form.of(inner[0]) if issubclass(origin, Sequence) else None

    def branch(self, tag: str | int) -> Form | None:
        """Return the branch of a discriminated union that a tag chooses, or None where there is no such branch."""
        return self._branches().get(tag)

    @property
    def tags(self) -> tuple[Any, ...]:
        """Tags that choose a branch; none where it is no discriminated union."""
        return tuple(self._branches())

    def _branches(self) -> dict[Any, Form]:
        chooser = next((mark.discriminator for mark in self.marks if isinstance(mark, Discriminator)), None)
        branches = () if chooser is None else map(Form.of, _members(self.kind))
        return {tag: branch for branch in branches for tag in _tags_of(branch, chooser)}

    def _fields(self) -> dict[str, FieldInfo]:
        is_model = isinstance(self.kind, type) and issubclass(self.kind, BaseModel)
        return self.kind.model_fields if is_model else {}


def _tags_of(branch: Form, chooser: Any) -> tuple[Any, ...]:
    named = tuple(mark.tag for mark in branch.marks if isinstance(mark, Tag))
    field = branch.part(chooser) if isinstance(chooser, str) else None
    return named or (get_args(field.kind) if field else ())


class SchemaPlace(NamedTuple):
    """A place in a tree, the value there, and what the model expects there (None where that is not known)."""

    steps: Steps
    node: Node
    form: Form | None


def find_place(model: type[BaseModel], tree: Node, location: Sequence[str | int]) -> SchemaPlace:
    """Return the last place on pydantic's location that exists in the tree.

    The location also holds the tag of each branch that a discriminated union took, and words such as ``[key]``; these
    are no keys of the file and are left out. What the tree does not have is left out too.
    """
    steps, node, form = (), tree, Form.of(model)  # type: tuple[str | int, ...], Node, Form | None
    for step in location:
        branch = form.branch(step) if form else None
        if branch is not None:
            form = branch
            continue
        below = node.child(step)
        if below is not None:
            steps, node, form = (*steps, step), below, form.part(step) if form else None
    return SchemaPlace(steps, node, form)


def _members(annotation: Any) -> list[Any]:
    """Members of a union but None; empty where it is no union."""
    is_union = get_origin(annotation) in (Union, UnionType)
    return [member for member in get_args(annotation) if member is not NoneType] if is_union else []


def _opened(marks: Sequence[Any]) -> Iterator[Any]:
    for mark in marks:
        if isinstance(mark, FieldInfo):
            yield from mark.metadata
            if isinstance(mark.discriminator, str):
                yield Discriminator(mark.discriminator)
        yield mark
