"""Plain data in which every value knows the file and line it came from; merging and overriding keep that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from energy.errors import Fault, InputError

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Origin:
    """Where a value was written: a file and a line in it, or a word such as ``--set``."""

    where: Path | str
    line: int | None = None

    def __str__(self) -> str:
        return str(self.where) if self.line is None else f"{self.where}:{self.line}"


@dataclass(frozen=True)
class Node:
    """A value of the tree: a scalar, a mapping of nodes, or a tuple of nodes."""

    content: str | float | bool | Mapping[str, Node] | tuple[Node, ...] | None
    origin: Origin

    def children(self) -> Iterator[tuple[str | int, Node]]:
        """Yield the parts by key or position; none for a scalar."""
        if isinstance(self.content, Mapping):
            yield from self.content.items()
        elif isinstance(self.content, tuple):
            yield from enumerate(self.content)

    def child(self, step: str | int) -> Node | None:
        """Return the part of that key or position, or None."""
        content = self.content
        if isinstance(content, Mapping) and isinstance(step, str):
            return content.get(step)
        if isinstance(content, tuple) and isinstance(step, int):
            exists = 0 <= step < len(content)
            return content[step] if exists else None
        return None

    def plain(self) -> Any:
        """Return the value as dicts, lists and scalars."""
        if isinstance(self.content, Mapping):
            return {key: node.plain() for key, node in self.content.items()}
        if isinstance(self.content, tuple):
            return [node.plain() for node in self.content]
        return self.content


class Origins(dict[Steps, Origin]):
    """Path of a value → where it was written; no part of what a value is, so that all origins count as equal.

    Examples
    --------
    >>> Origins({("year",): Origin("a.yaml", 3)}) == Origins()
    True
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origins)

    __hash__ = None

    @classmethod
    def of(cls, tree: Node) -> Origins:
        """Return the origins of a tree and of all that is in it."""
        origins = cls()
        waiting: list[tuple[Steps, Node]] = [((), tree)]
        while waiting:
            steps, node = waiting.pop()
            origins[steps] = node.origin
            for step, child in node.children():
                child_steps = (*steps, step)
                waiting.append((child_steps, child))
        return origins

    def nearest(self, steps: Steps) -> Origin | None:
        """Return the origin of a value, or of the innermost thing around it that was written."""
        for length in range(len(steps), -1, -1):
            outer_steps = steps[:length]
            if outer_steps in self:
                return self[outer_steps]
        return None


def planted(value: Any, origin: Origin) -> Node:
    """Return plain data, models and numpy's numbers among it, as a tree that comes from one place."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True)
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        children = {str(key): planted(part, origin) for key, part in value.items()}
        return Node(children, origin)
    if isinstance(value, list | tuple):
        items = tuple(planted(part, origin) for part in value)
        return Node(items, origin)
    return Node(value, origin)


def nearest_node(tree: Node, steps: Sequence[str | int]) -> tuple[Steps, Node]:
    """Return the way to, and the value at, the last of the steps that exists; steps that do not exist are skipped."""
    existing_steps: Steps = ()
    node = tree
    for step in steps:
        child = node.child(step)
        if child is None:
            continue
        existing_steps = (*existing_steps, step)
        node = child
    return existing_steps, node


def merged(parent: Node, child: Node) -> Node:
    """Return the parent overlaid with the child: maps merge key by key, anything else (lists too) is replaced.

    Examples
    --------
    >>> parent = planted({"time": {"start": "04-01", "years": 1}, "tags": ["a", "b"]}, Origin("parent"))
    >>> merged(parent, planted({"time": {"years": 2}, "tags": ["c"]}, Origin("child"))).plain()
    {'time': {'start': '04-01', 'years': 2}, 'tags': ['c']}
    """
    if not isinstance(parent.content, Mapping):
        return child
    if not isinstance(child.content, Mapping):
        return child
    children = dict(parent.content)
    for key, node in child.content.items():
        if key in children:
            children[key] = merged(children[key], node)
        else:
            children[key] = node
    return Node(children, child.origin)


def put(
    tree: Node,
    steps: Sequence[str],
    leaf: Node,
    done: tuple[str, ...] = (),
) -> Node:
    """Return the tree with the value at a path replaced or added.

    Raises
    ------
    InputError
        When the path leads through a scalar, or to a position that a list does not have.
    """
    if not steps:
        return leaf
    if isinstance(tree.content, tuple):
        return _put_in_list(tree, steps, leaf, done)
    if tree.content is not None and not isinstance(tree.content, Mapping):
        here = ".".join(done)
        key = ".".join((*done, *steps))
        fault = Fault(
            f"{key}: {here} is {tree.content!r} and has no parts",
            leaf.origin.where,
            repair=f"set {here} as a whole, as {here}={{{steps[0]}: …}}",
        )
        raise InputError(fault)
    step, *rest = steps
    children = dict(tree.content or {})
    child = children.get(step, Node(None, leaf.origin))
    children[step] = put(child, rest, leaf, (*done, step))
    return replace(tree, content=children)


def _put_in_list(
    tree: Node,
    steps: Sequence[str],
    leaf: Node,
    done: tuple[str, ...],
) -> Node:
    """Return a list with the value at a path, which begins with a position, replaced."""
    items = [child for _, child in tree.children()]
    step, *rest = steps
    is_position = step.isascii() and step.isdigit()
    if not is_position or int(step) >= len(items):
        here = ".".join(done)
        key = ".".join((*done, *steps))
        fault = Fault(
            f"{key}: {here} has no item {step!r}",
            leaf.origin.where,
            allowed=f"0 to {len(items) - 1}" if items else f"nothing: {here} is empty",
        )
        raise InputError(fault)
    position = int(step)
    items[position] = put(items[position], rest, leaf, (*done, step))
    return replace(tree, content=tuple(items))


def leaves(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """Yield the path of every value that is no mapping and no list of mappings; an empty one is a value."""
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, list) and all(isinstance(part, Mapping) for part in value):
        parts = list(enumerate(value))
    if not parts:
        yield path
    for step, part in parts:
        yield from leaves(part, (*path, step))
