"""Schema errors: what pydantic refuses → faults with file, line, value, what is allowed and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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


def validated(model: type[Model], tree: Node, keys: Collection[str] | None = None) -> Model:
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
        found = [fault for item in error.errors(include_url=False) for fault in _faults(item, model, tree, keys)]
        order = {where: at for at, where in enumerate(dict.fromkeys(str(fault.where) for fault in found))}
        raise InputError(sorted(found, key=lambda fault: (order[str(fault.where)], fault.line or 0))) from None


def _faults(item: Any, model: type[BaseModel], tree: Node, keys: Collection[str] | None) -> Iterator[Fault]:
    context = item.get("ctx", {})
    place = find_place(model, tree, item["loc"])
    if item["type"] == "refused_all":
        for below, what, allowed, repair in context["complaints"]:
            further, node = nearest_node(place.node, below)
            yield _fault((*place.steps, *further), node, what, allowed, repair)
    elif item["type"] == "extra_forbidden":
        around = find_place(model, tree, item["loc"][:-1])
        written = sorted(keys if not around.steps and keys is not None else around.form.keys if around.form else ())
        what = f"unknown key {_short(dotted(place.steps))}"
        repair = nearest(str(place.steps[-1]), written) or "remove it"
        yield Fault(
            what, place.node.origin.where, line=place.node.origin.line, allowed=", ".join(written), repair=repair
        )
    elif item["type"] == "missing":
        key = str(item["loc"][-1])
        described = place.form.keys.get(key, "") if place.form else ""
        yield _missing(place, key, described.rstrip(".") or None)
    elif item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        yield _untagged(context, place)
    else:
        allowed, repair = _allowed(item, context, place.form)
        yield _fault(place.steps, place.node, context.get("what"), allowed, repair)


def _missing(place: SchemaPlace, key: str, allowed: str | None) -> Fault:
    what = f"{dotted((*place.steps, key))!r} is missing"
    return Fault(what, place.node.origin.where, line=place.node.origin.line, allowed=allowed, repair=f"add `{key}: …`")


def _untagged(context: Mapping[str, Any], place: SchemaPlace) -> Fault:
    """Return the fault of a mapping whose key, such as ``kind``, does not tell which of several models it is."""
    key = context["discriminator"].strip("'")
    node = place.node.child(key)
    words = [str(tag) for tag in place.form.tags] if place.form else []
    if node is None:
        return _missing(place, key, ", ".join(words) or None)
    return _fault((*place.steps, key), node, None, ", ".join(words), nearest(str(node.plain()), words))


def _unwritable_texts(tree: Node) -> Iterator[Fault]:
    """Yield the texts and keys of a tree that no file can hold: halves of characters, and the byte 0."""
    waiting: list[tuple[Steps, Node]] = [((), tree)]
    while waiting:
        steps, node = waiting.pop()
        for step, below in node.children():
            waiting.append(((*steps, step), below))
        texts = [text for text in (*steps[-1:], node.content) if isinstance(text, str)]
        if not all(map(_is_writable, texts)):
            what = f"{dotted(steps)} holds a character that cannot be written"
            shown = what.encode("ascii", "backslashreplace").decode()
            yield Fault(
                shown, node.origin.where, line=node.origin.line, allowed="text in UTF-8", repair="remove the character"
            )


def _is_writable(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _fault(steps: Steps, node: Node, what: str | None, allowed: str | None, repair: str | None) -> Fault:
    value = node.plain()
    if what is None:
        what = "is empty" if value is None else f"is {_short(value)}"
        text = f"{dotted(steps)} {what}" if steps else f"the content {what}"
    else:
        text = f"{dotted(steps)}: {what}" if steps else what
    return Fault(
        text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…",
        node.origin.where,
        line=node.origin.line,
        allowed=allowed,
        repair=repair,
    )


def _allowed(item: Any, context: Mapping[str, Any], form: Form | None) -> tuple[str, str | None]:
    if item["type"] == "refused":
        return context["allowed"], context["repair"]
    if item["type"] in ("literal_error", "enum"):
        words = [word for word in context["expected"].replace(" or ", ", ").replace("'", "").split(", ") if word]
        return ", ".join(words), nearest(str(item["input"]), words)
    if item["type"] == "too_short":
        return f"a list of at least {context['min_length']}", None
    bounds = form.bounds if form else ""
    if bounds and item["type"] in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        return bounds, None
    allowed = _ALLOWED.get(item["type"], str(item["msg"]))
    quotes = item["type"] == "string_type" and isinstance(item["input"], int | float)
    return " ".join(part for part in (allowed, bounds) if part), "put it in quotes" if quotes else None


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
