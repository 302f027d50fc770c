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
            inner, *inner_marks = get_args(annotation)
            return cls.of(inner, (*inner_marks, *marks))
        members = _union_members(annotation)
        if len(members) == 1:
            return cls.of(members[0], marks)
        return cls(annotation, tuple(_with_field_marks(marks)))

    @property
    def keys(self) -> dict[str, str]:
        """Keys that can be written here, with their descriptions; none where it is no model."""
        return {key: field.description or "" for key, field in self._fields().items()}

    @property
    def bounds(self) -> str:
        """Bounds of a number in words, such as ``from 0 to 1``; empty where there are none."""
        limits = {}
        for mark in self.marks:
            for sign, word in _SIGNS:
                if hasattr(mark, sign):
                    limits[word] = getattr(mark, sign)
        return " ".join(f"{word} {limit}" for word, limit in limits.items())

    def part(self, step: str | int) -> Form | None:
        """Return the form of a key's value or of a list's item, or None where the model does not say it."""
        fields = self._fields()
        if isinstance(step, str) and step in fields:
            field = fields[step]
            return Form.of(field.annotation, (field, *field.metadata))
        collection = get_origin(self.kind)
        arguments = get_args(self.kind)
        if not isinstance(collection, type) or not arguments:
            return None
        if issubclass(collection, Mapping):
            return Form.of(arguments[1])
        if issubclass(collection, Sequence):
            return Form.of(arguments[0])
        return None

    def branch(self, tag: str | int) -> Form | None:
        """Return the branch of a discriminated union that a tag chooses, or None where there is no such branch."""
        return self._branches().get(tag)

    @property
    def tags(self) -> tuple[Any, ...]:
        """Tags that choose a branch; none where it is no discriminated union."""
        return tuple(self._branches())

    def _branches(self) -> dict[Any, Form]:
        """Return tag → branch of a discriminated union; empty where it is none."""
        discriminators = [mark for mark in self.marks if isinstance(mark, Discriminator)]
        if not discriminators:
            return {}
        chooser = discriminators[0].discriminator
        branches = {}
        for member in _union_members(self.kind):
            branch = Form.of(member)
            for tag in _tags_of(branch, chooser):
                branches[tag] = branch
        return branches

    def _fields(self) -> dict[str, FieldInfo]:
        """Return the fields of a model by the key that a file writes; empty where it is no model."""
        is_model = isinstance(self.kind, type) and issubclass(self.kind, BaseModel)
        if not is_model:
            return {}
        fields = self.kind.model_fields
        return {field.alias or name: field for name, field in fields.items()}


def _tags_of(branch: Form, chooser: Any) -> tuple[Any, ...]:
    """Return the tags of a branch: its own, or the values of the field that chooses."""
    own_tags = tuple(mark.tag for mark in branch.marks if isinstance(mark, Tag))
    if own_tags or not isinstance(chooser, str):
        return own_tags
    field = branch.part(chooser)
    return () if field is None else get_args(field.kind)


class SchemaPlace(NamedTuple):
    """A place in a tree, the value there, and what the model expects there (None where that is not known)."""

    steps: Steps
    node: Node
    form: Form | None


def find_place(
    model: type[BaseModel],
    tree: Node,
    location: Sequence[str | int],
) -> SchemaPlace:
    """Return the last place on pydantic's location that exists in the tree.

    The location also holds the tag of each branch that a discriminated union took, and words such as ``[key]``; these
    are no keys of the file and are left out. What the tree does not have is left out too.
    """
    steps: Steps = ()
    node = tree
    form: Form | None = Form.of(model)
    for step in location:
        branch = form.branch(step) if form else None
        if branch is not None:
            form = branch
            continue
        child = node.child(step)
        if child is None:
            continue
        steps = (*steps, step)
        node = child
        form = form.part(step) if form else None
    return SchemaPlace(steps, node, form)


def _union_members(annotation: Any) -> list[Any]:
    """Return the members of a union but None; empty where it is no union."""
    if get_origin(annotation) not in (Union, UnionType):
        return []
    members = get_args(annotation)
    return [member for member in members if member is not NoneType]


def _with_field_marks(marks: Sequence[Any]) -> Iterator[Any]:
    """Yield the marks, each field's own ones before it."""
    for mark in marks:
        if isinstance(mark, FieldInfo):
            yield from mark.metadata
            if isinstance(mark.discriminator, str):
                yield Discriminator(mark.discriminator)
        yield mark
