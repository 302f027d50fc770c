"""Schema errors: what pydantic refuses → faults with file, line, value, what is allowed and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from energy.errors import Fault, InputError, nearest
from energy.reading.expected_schema import Form, SchemaPlace, find_place
from energy.reading.tree import Node, Steps, nearest_node

Model = TypeVar("Model", bound=BaseModel)
_LONGEST = 300  # characters of a message's first part: a file may hold a value of any length

_ALLOWED = {
    "bool_type": "true or false",
    "dict_type": "a mapping: lines of `key: value`",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "mapping_type": "a mapping: lines of `key: value`",
    "model_attributes_type": "a mapping: lines of `key: value`",
    "model_type": "a mapping: lines of `key: value`",
    "string_too_short": "text that is not blank",
    "string_type": "text",
    "tuple_type": "a list, as [a, b]",
}


BOUND_ERRORS = (
    "greater_than",
    "greater_than_equal",
    "less_than",
    "less_than_equal",
)
"""Pydantic's errors of a number outside its bounds."""


def validated(
    model: type[Model],
    tree: Node,
    keys: Collection[str] | None = None,
) -> Model:
    """Return the model made from a tree.

    Parameters
    ----------
    model
        The model.
    tree
        Its values, with their places.
    keys
        Keys that can be written at the top, where they are not the model's own.

    Raises
    ------
    InputError
        Every fault of the tree, in the order of files and lines.
    """
    unwritable = list(_unwritable_texts(tree))
    if unwritable:
        raise InputError(unwritable)
    try:
        return model.model_validate(tree.plain())
    except ValidationError as error:
        faults: list[Fault] = []
        for item in error.errors(include_url=False):
            faults += _faults(item, model, tree, keys)
        raise InputError(_in_order(faults)) from None


def _in_order(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults in the order of files and lines."""
    files: dict[str, int] = {}
    for fault in faults:
        files.setdefault(str(fault.where), len(files))
    return sorted(faults, key=lambda fault: (files[str(fault.where)], fault.line or 0))


def _faults(
    item: Any,
    model: type[BaseModel],
    tree: Node,
    keys: Collection[str] | None,
) -> Iterator[Fault]:
    """Yield the faults of one of pydantic's errors."""
    context = item.get("ctx", {})
    place = find_place(model, tree, item["loc"])
    kind = item["type"]
    if kind == "refused_all":
        for below, what, allowed, repair in context["complaints"]:
            further, node = nearest_node(place.node, below)
            steps = (*place.steps, *further)
            yield _fault(steps, node, what, allowed=allowed, repair=repair)
    elif kind == "extra_forbidden":
        around = find_place(model, tree, item["loc"][:-1])
        yield _unknown_key(place, around, keys)
    elif kind == "missing":
        key = str(item["loc"][-1])
        described = place.form.keys.get(key, "") if place.form else ""
        yield _missing(place, key, described.rstrip(".") or None)
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        yield _untagged(context, place)
    else:
        allowed, repair = _allowed(item, context, place.form)
        yield _fault(place.steps, place.node, context.get("what"), allowed=allowed, repair=repair)


def _unknown_key(
    place: SchemaPlace,
    around: SchemaPlace,
    keys: Collection[str] | None,
) -> Fault:
    """Return the fault of a key that the mapping around it does not have; ``keys`` are those at the top."""
    written: list[str] = []
    if not around.steps and keys is not None:
        written = sorted(keys)
    elif around.form:
        written = sorted(around.form.keys)
    origin = place.node.origin
    return Fault(
        f"unknown key {_short(dotted(place.steps))}",
        origin.where,
        line=origin.line,
        allowed=", ".join(written),
        repair=nearest(str(place.steps[-1]), written) or "remove it",
    )


def _missing(
    place: SchemaPlace,
    key: str,
    allowed: str | None,
) -> Fault:
    """Return the fault of a key that is missing."""
    steps = dotted((*place.steps, key))
    origin = place.node.origin
    return Fault(
        f"{steps!r} is missing",
        origin.where,
        line=origin.line,
        allowed=allowed,
        repair=f"add `{key}: …`",
    )


def _untagged(context: Mapping[str, Any], place: SchemaPlace) -> Fault:
    """Return the fault of a mapping whose key, such as ``kind``, does not tell which of several models it is."""
    key = context["discriminator"].strip("'")
    node = place.node.child(key)
    words = [str(tag) for tag in place.form.tags] if place.form else []
    allowed = ", ".join(words)
    if node is None:
        return _missing(place, key, allowed or None)
    repair = nearest(str(node.plain()), words)
    return _fault((*place.steps, key), node, None, allowed=allowed, repair=repair)


def _unwritable_texts(tree: Node) -> Iterator[Fault]:
    """Yield the texts and keys of a tree that no file can hold: halves of characters, and the byte 0."""
    waiting: list[tuple[Steps, Node]] = [((), tree)]
    while waiting:
        steps, node = waiting.pop()
        for step, below in node.children():
            waiting.append(((*steps, step), below))
        texts = [text for text in (*steps[-1:], node.content) if isinstance(text, str)]
        if all(map(_is_writable, texts)):
            continue
        what = f"{dotted(steps)} holds a character that cannot be written"
        shown = what.encode("ascii", "backslashreplace").decode()
        origin = node.origin
        yield Fault(
            shown,
            origin.where,
            line=origin.line,
            allowed="text in UTF-8",
            repair="remove the character",
        )


def _is_writable(text: str) -> bool:
    if "\0" in text:
        return False
    if text.isascii():
        return True
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _fault(
    steps: Steps,
    node: Node,
    what: str | None,
    *,
    allowed: str | None,
    repair: str | None,
) -> Fault:
    """Return the fault of a value; without words of its own it says the value."""
    if what is not None:
        text = f"{dotted(steps)}: {what}" if steps else what
    else:
        value = node.plain()
        said = "is empty" if value is None else f"is {_short(value)}"
        text = f"{dotted(steps)} {said}" if steps else f"the content {said}"
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 1]}…"
    origin = node.origin
    return Fault(text, origin.where, line=origin.line, allowed=allowed, repair=repair)


def _allowed(
    item: Any,
    context: Mapping[str, Any],
    form: Form | None,
) -> tuple[str, str | None]:
    """Return what is allowed in the place of a value, and what to do."""
    kind = item["type"]
    if kind == "refused":
        return context["allowed"], context["repair"]
    if kind in ("literal_error", "enum"):
        expected = context["expected"].replace(" or ", ", ").replace("'", "")
        words = [word for word in expected.split(", ") if word]
        return ", ".join(words), nearest(str(item["input"]), words)
    if kind == "too_short":
        return f"a list of at least {context['min_length']}", None
    bounds = form.bounds if form else ""
    if bounds and kind in BOUND_ERRORS:
        return bounds, None
    allowed = _ALLOWED.get(kind, str(item["msg"]))
    if bounds:
        allowed = f"{allowed} {bounds}"
    is_number = isinstance(item["input"], int | float)
    repair = "put it in quotes" if kind == "string_type" and is_number else None
    return allowed, repair


def dotted(steps: Steps) -> str:
    """Return a path as it is written on the command line.

    Examples
    --------
    >>> dotted(("events", 0, "depth"))
    'events.0.depth'
    """
    return ".".join(str(step) for step in steps)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
