"""One YAML file → a tree with line numbers. Data only: nothing in a file can make an object or run code.

YAML is read as version 1.2: only ``true`` and ``false`` are booleans, so ``off``, ``no`` and ``NO`` stay words, and
dates stay as written. Built on the parser's events, which know the lines and expand nothing by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from energy.errors import Fault, InputError
from energy.reading.tree import Node, Origin

LARGEST_FILE = 200_000  # bytes; the parser takes up to 10 s for a megabyte
MOST_ALIASES = 20
MOST_VALUES = 5_000
DEEPEST = 20
MOST_FAULTS = 50

MOST_TABS_NAMED = 5

_NULL = ("", "~", "null", "Null", "NULL")
_BOOLEAN = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TAB_INDENT = re.compile(r" *\t\s*\S")


def scalar(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted YAML 1.2 word.

    Examples
    --------
    >>> [scalar(word) for word in ("2001", "1.5", "off", "true", "05-01", "1h", "~")]
    [2001, 1.5, 'off', True, '05-01', '1h', None]
    """
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text) and len(text) < 20:  # longer ones are no number that a file could mean
        return int(text)
    if _FLOAT.fullmatch(text):
        number = text.lower().replace(".inf", "inf").replace(".nan", "nan")
        return float(number)
    return text


def read_document(path: Path) -> Node:
    """Read one YAML file that holds one mapping.

    Raises
    ------
    InputError
        Missing, larger than 200 kB, not UTF-8, tabs as indentation, not YAML, several documents, tags, merge keys,
        duplicate keys, too many aliases or values, too deep, or not a mapping; all that can be found at once.
    """
    raw = _file_bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault = Fault(
            f"byte 0x{raw[error.start]:02x} is not UTF-8",
            path,
            line=raw[: error.start].count(b"\n") + 1,
            allowed="UTF-8 text",
            repair="save the file as UTF-8",
        )
        raise InputError(fault) from None
    return _parse_document(text, path)


def _file_bytes(path: Path) -> bytes:
    """Return what a file holds; refuse one that is missing, too large or not readable."""
    try:
        if not path.is_file():
            raise InputError(Fault("file not found", path))
        size = path.stat().st_size
        if size > LARGEST_FILE:
            what = f"the file has {size:,} bytes"
            raise InputError(Fault(what, path, allowed=f"up to {LARGEST_FILE:,} bytes"))
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise InputError(Fault(what, path)) from None


def _parse_document(text: str, where: Path | str) -> Node:
    """Return the tree of a YAML text that holds one mapping; see `read_document`."""
    tree = parse_value(text, where)
    content = tree.content
    if isinstance(content, Mapping):
        return tree
    if content is None:
        what = "the file is empty"
    elif isinstance(content, tuple):
        what = "the file holds a list"
    else:
        what = f"the file holds only {_short(content)}"
    raise InputError(Fault(what, where, line=1, allowed="a mapping: lines of `key: value`"))


def parse_value(text: str, where: Path | str) -> Node:
    """Return the tree of a YAML text that holds any one value."""
    _refuse_tabs(text, where)
    builder = _Builder(where)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        builder.faults.append(_syntax_fault(error, where))
    except (YAMLError, ValueError) as error:
        builder.faults.append(_character_fault(error, text, where))
    except _TooMuchError:
        pass  # the builder has said what; going on would only cost time
    if builder.faults:
        raise InputError(builder.faults)
    return builder.root or Node(None, Origin(where, 1))


def _refuse_tabs(text: str, where: Path | str) -> None:
    """Refuse lines that a tab indents; the first five are named."""
    faults = []
    for number, line in enumerate(text.split("\n"), 1):
        if _TAB_INDENT.match(line):
            fault = Fault("indented with a tab", where, line=number, allowed="spaces", repair="use spaces")
            faults.append(fault)
    if faults:
        raise InputError(faults[:MOST_TABS_NAMED])


def _syntax_fault(error: MarkedYAMLError, where: Path | str) -> Fault:
    """Return what is not YAML, with the line that the parser names."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or ""
    repair = "correct this line or the one above it"
    if "not allowed here" in problem:
        repair = "put text that holds ': ' or ' #' in quotes"
    return Fault(
        f"not valid YAML: {problem or error.context}",
        where,
        line=None if mark is None else mark.line + 1,
        repair=repair,
    )


def _character_fault(
    error: Exception,
    text: str,
    where: Path | str,
) -> Fault:
    """Return the character that YAML forbids: the parser knows its position, not its line."""
    position = getattr(error, "position", 0) or 0
    reason = getattr(error, "reason", error)
    return Fault(
        f"not valid YAML: {reason}",
        where,
        line=text[:position].count("\n") + 1,
        allowed="printable characters",
        repair="remove the character",
    )


def _short(value: object) -> str:
    text = repr(value)
    if len(text) <= 60:
        return text
    return f"{text[:57]}…"


class _TooMuchError(Exception):
    """The text is too large to go on reading."""


@dataclass
class _Open:
    """A mapping or list whose end has not come yet."""

    line: int
    anchor: str | None
    mapping: bool
    keys: dict[str, tuple[int, Node]] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key: tuple[str, int] | None = None
    size: int = 1
    depth: int = 1


class _Anchored(NamedTuple):
    """What an alias stands for, and what it costs each time."""

    node: Node
    size: int
    depth: int


class _Builder:
    """Takes the parser's events one by one and builds the tree; no recursion, so depth cannot break it."""

    def __init__(self, where: Path | str) -> None:
        self.where = where
        self.faults: list[Fault] = []
        self.root: Node | None = None
        self.open: list[_Open] = []
        self.anchors: dict[str, _Anchored] = {}
        self.aliases = 0
        self.values = 0
        self.documents = 0

    def take(self, event: Any) -> None:
        """Take the next event."""
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._stop("a second document begins", line, "one document", "remove the line `---`")
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent) and event.tag is not None:
            what = f"tag {event.tag} is not read"
            self._fault(what, line, "plain data", "remove the tag; quote what is text")
        if isinstance(event, AliasEvent):
            self._alias(event.anchor, line)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, NodeEvent):
            is_mapping = isinstance(event, MappingStartEvent)
            self.open.append(_Open(line, event.anchor, is_mapping))
            self._count(0, len(self.open), line)
        elif isinstance(event, CollectionEndEvent):
            closed = self.open.pop()
            self._close(closed)

    def _alias(self, name: str, line: int) -> None:
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            self._stop(
                "too many aliases",
                line,
                f"up to {MOST_ALIASES}",
                "write the values out, or use `extends`",
            )
        if name not in self.anchors:
            what = f"alias *{name[:40]} has no finished anchor of that name before it"
            self._stop(what, line, None, "write the value out")
        anchored = self.anchors[name]
        self._count(anchored.size, len(self.open) + anchored.depth, line)
        self._add(anchored, line, name)

    def _scalar(self, event: Any, line: int) -> None:
        frame = self.open[-1] if self.open else None
        if frame and frame.mapping and frame.key is None:
            # keys are words whatever they look like: `2001: wet` is the key "2001"
            if event.value == "<<" and event.style is None:
                self._fault("merge key << is not read", line, None, "use `extends`, or write the keys out")
            frame.key = (event.value, line)
            return
        value = scalar(event.value) if event.style is None else event.value
        node = Node(value, Origin(self.where, line))
        self._finish(_Anchored(node, 1, 0), event.anchor, line, event.value)

    def _close(self, frame: _Open) -> None:
        content: Mapping[str, Node] | tuple[Node, ...] = tuple(frame.items)
        if frame.mapping:
            content = {key: node for key, (_, node) in frame.keys.items()}
        node = Node(content, Origin(self.where, frame.line))
        value = _Anchored(node, frame.size, frame.depth)
        self._finish(value, frame.anchor, frame.line, "a mapping or list")

    def _finish(
        self,
        value: _Anchored,
        anchor: str | None,
        line: int,
        shown: str,
    ) -> None:
        self._count(1, len(self.open), line)
        if anchor:
            self.anchors[anchor] = value
        self._add(value, line, shown)

    def _count(
        self,
        size: int,
        depth: int,
        line: int,
    ) -> None:
        self.values += size
        if self.values > MOST_VALUES:
            self._stop("too many values", line, f"up to {MOST_VALUES:,}, aliases counted in full")
        if depth > DEEPEST:
            self._stop("nested too deep", line, f"up to {DEEPEST} levels")

    def _add(
        self,
        value: _Anchored,
        line: int,
        shown: str,
    ) -> None:
        node = value.node
        if not self.open:
            self.root = node
            return
        frame = self.open[-1]
        frame.size += value.size
        frame.depth = max(frame.depth, value.depth + 1)
        if not frame.mapping:
            frame.items.append(node)
        elif frame.key is None:
            self._fault(f"{_short(shown)} is used as a key", line, "a word as key")
            frame.key = (f"<key of line {line}>", line)
        else:
            self._add_to_mapping(frame, frame.key, node)
            frame.key = None

    def _add_to_mapping(
        self,
        frame: _Open,
        written_key: tuple[str, int],
        node: Node,
    ) -> None:
        """Put a value under its key, written as (word, line)."""
        key, key_line = written_key
        if key in frame.keys:
            first_line, _ = frame.keys[key]
            what = f"key {key!r} is there twice, first in line {first_line}"
            self._fault(what, key_line, None, "keep one of them")
        # a value is named by the line of its key, where the reader looks for it
        origin = Origin(self.where, key_line)
        frame.keys[key] = (key_line, Node(node.content, origin))

    def _fault(
        self,
        what: str,
        line: int,
        allowed: str | None = None,
        repair: str | None = None,
    ) -> None:
        self.faults.append(Fault(what, self.where, line=line, allowed=allowed, repair=repair))
        if len(self.faults) >= MOST_FAULTS:
            raise _TooMuchError

    def _stop(
        self,
        what: str,
        line: int,
        allowed: str | None = None,
        repair: str | None = None,
    ) -> None:
        self._fault(what, line, allowed, repair)
        raise _TooMuchError
