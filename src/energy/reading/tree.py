"""Plain data in which every value knows the file and line it came from; merging and overriding keep that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
        if isinstance(content, Mapping):
            return content.get(step) if isinstance(step, str) else None
        if isinstance(content, tuple) and isinstance(step, int) and 0 <= step < len(content):
            return content[step]
        return None

    def plain(self) -> Any:
        """Return the value as dicts, lists and scalars."""
        if isinstance(self.content, Mapping):
            return {key: node.plain() for key, node in self.content.items()}
        return [node.plain() for node in self.content] if isinstance(self.content, tuple) else self.content


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
        found = cls()
        waiting: list[tuple[Steps, Node]] = [((), tree)]
        while waiting:
            steps, node = waiting.pop()
            found[steps] = node.origin
            waiting += [((*steps, step), below) for step, below in node.children()]
        return found

    def nearest(self, steps: Steps) -> Origin | None:
        """Return the origin of a value, or of the innermost thing around it that was written."""
        return next((self[steps[:end]] for end in range(len(steps), -1, -1) if steps[:end] in self), None)


def planted(value: Any, origin: Origin) -> Node:
    """Return plain data, models and numpy's numbers among it, as a tree that comes from one place."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True)
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return Node({str(key): planted(part, origin) for key, part in value.items()}, origin)
    if isinstance(value, list | tuple):
        return Node(tuple(planted(part, origin) for part in value), origin)
    return Node(value, origin)


def nearest_node(tree: Node, steps: Sequence[str | int]) -> tuple[Steps, Node]:
    """Return the way to, and the value at, the last of the steps that exists; steps that do not exist are skipped."""
    way: Steps = ()
    for step in steps:
        below = tree.child(step)
        if below is not None:
            way, tree = (*way, step), below
    return way, tree


def merged(parent: Node, child: Node) -> Node:
    """Return the parent overlaid with the child: maps merge key by key, anything else (lists too) is replaced.

    Examples
    --------
    >>> parent = planted({"time": {"start": "04-01", "years": 1}, "tags": ["a", "b"]}, Origin("parent"))
    >>> merged(parent, planted({"time": {"years": 2}, "tags": ["c"]}, Origin("child"))).plain()
    {'time': {'start': '04-01', 'years': 2}, 'tags': ['c']}
    """
    if not (isinstance(parent.content, Mapping) and isinstance(child.content, Mapping)):
        return child
    both = dict(parent.content)
    for key, node in child.content.items():
        both[key] = merged(both[key], node) if key in both else node
    return Node(both, child.origin)


def put(tree: Node, steps: Sequence[str], leaf: Node, done: tuple[str, ...] = ()) -> Node:
    """Return the tree with the value at a path replaced or added.

    Raises
    ------
    InputError
        When the path leads through a scalar, or to a position that a list does not have.
    """
    if not steps:
        return leaf
    step, rest = steps[0], steps[1:]
    here, key = ".".join(done), ".".join((*done, *steps))
    if isinstance(tree.content, tuple):
        allowed = f"0 to {len(tree.content) - 1}" if tree.content else f"nothing: {here} is empty"
        if not (step.isascii() and step.isdigit() and int(step) < len(tree.content)):
            raise InputError(Fault(f"{key}: {here} has no item {step!r}", leaf.origin.where, allowed=allowed))
        at = int(step)
        changed = put(tree.content[at], rest, leaf, (*done, step))
        return replace(tree, content=(*tree.content[:at], changed, *tree.content[at + 1 :]))
    parts = {} if tree.content is None else tree.content
    if not isinstance(parts, Mapping):
        raise InputError(
            Fault(
                f"{key}: {here} is {tree.content!r} and has no parts",
                leaf.origin.where,
                repair=f"set {here} as a whole, as {here}={{{step}: …}}",
            )
        )
    below = parts.get(step, Node(None, leaf.origin))
    return replace(tree, content={**parts, step: put(below, rest, leaf, (*done, step))})


def leaves(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """Yield the path of every value that is no mapping and no list of mappings; an empty one is a value."""
    if isinstance(value, Mapping) and value:
        parts: Iterator[tuple[str | int, Any]] = iter(value.items())
    elif isinstance(value, list) and value and all(isinstance(part, Mapping) for part in value):
        parts = enumerate(value)
    else:
        yield path
        return
    for key, part in parts:
        yield from leaves(part, (*path, key))
