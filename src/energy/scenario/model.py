"""What is asked and what happens: the scenario, typed and frozen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    model_validator,
)

from energy.errors import nearest
from energy.reading.file_name import FileName
from energy.reading.frozen import (
    Complaint,
    Frozen,
    FrozenMap,
    Frozenness,
    Row,
    Word,
    freeze,
    refuse,
    refuse_all,
)
from energy.reading.month_day import MonthDay
from energy.reading.schema_errors import validated
from energy.reading.tree import Node, Origin, Origins, planted, put
from energy.scenario.dates import Season, parse_moment
from energy.scenario.event import Event
from energy.scenario.hydrology import Hydrology
from energy.scenario.value_key import split_value_key

QUESTIONS = ("record", "politics", "technology", "timing", "options", "stress", "water", "climate", "base")
"""The usual questions, by which the library is listed; another word is allowed."""

_WITHOUT_EFFECT = ("name", "description", "source", "question", "tags", "changes")
_LATER_FIELDS = ("add", "study")
"""Fields that left the digest of a scenario without them as it was before they existed."""
NOT_WRITTEN = ("name", "changes")
"""Fields that no file says: they follow from the file's name and from overrides."""
_FLAT = ("values", "growth", "hydrology")
Level = Literal["low", "central", "high"]


def _word_or_map(value: object) -> str:
    return "map" if isinstance(value, Mapping) else "word"


Growth = Annotated[
    Annotated[Level, Tag("word")] | Annotated[Mapping[Word, Level], Frozenness, Tag("map")],
    Discriminator(_word_or_map),
]


def _checked_resolution(text: str) -> str:
    match = re.fullmatch(r"(?:typical-(?:days|weeks)-)?([1-9][0-9]?)h", text)
    if text not in ("typical-days", "typical-weeks") and not (match and 24 % int(match[1]) == 0):
        steps = tuple(f"{hours}h" for hours in (1, 2, 3, 4, 6, 8, 12, 24))
        words = ("typical-days", "typical-weeks", "typical-days-3h", *steps)
        raise refuse(f"{text!r} is no resolution", f"{', '.join(words)} (k divides 24)", nearest(text, words))
    return text


def _rule_change(value: Any) -> Any:
    if isinstance(value, Mapping):
        return freeze(value)
    if value == "off" or value is False:  # readers of older YAML turn the word off into false
        return "off"
    if value == "on" or value is True:
        return FrozenMap()
    raise refuse(f"{value!r} is no change of a rule", "off, on, or a mapping of the fields to change")


def _checked_key(key: str) -> str:
    split_value_key(key)
    return key


Additions = Annotated[
    Mapping[Word, Annotated[Mapping[Word, str | float | bool], BeforeValidator(freeze), Frozenness]], Frozenness
]
"""Name → attribute → value of components of one table."""


class Time(Frozen):
    """The horizon and how finely it is cut.

    Examples
    --------
    >>> Time(resolution="3h").resolution
    '3h'
    """

    start: MonthDay = Field(
        default="04-01",
        description="First day of the horizon in the scenario's year, MM-DD, 00:00 UTC.",
    )
    years: int = Field(default=1, ge=1, le=50, description="Length of the horizon in calendar years.")
    resolution: Annotated[str, AfterValidator(_checked_resolution)] = Field(
        default="typical-days-3h",  # within 1 % of the hourly year (docs/resolution.md)
        description="typical-days, typical-weeks (both also in blocks of k hours: typical-days-3h), or k-hourly: 1h.",
    )


class Contract(Frozen):
    """The sale to the far end; what is not said here is as in the case's ``rules.yaml``.

    Examples
    --------
    >>> Contract().outside_season
    'closed'
    """

    season: Season | None = Field(
        default=None,
        description="Days of delivery {from: MM-DD, to: MM-DD}, both included, UTC; empty: the case's.",
    )
    outside_season: Literal["closed", "open"] = Field(
        default="closed",
        description="Outside the season the line stands still (closed) or may trade (open access).",
    )
    direction: Literal["forward", "reverse", "both"] = Field(
        default="forward",
        description="Direction of trade: towards the buyer, from the buyer, or both.",
    )
    payment: Literal["pay_per_unit", "take_or_pay"] = Field(
        default="pay_per_unit",
        description="What the buyer pays for: energy delivered, or the contracted energy.",
    )
    prices: Annotated[Mapping[Word, float], Frozenness] = Field(
        default_factory=FrozenMap, description="Price part → USD(2025)/MWh, over those of the case."
    )


class Scenario(Frozen):
    """One question to the model: the year, the water, the rules, the events.

    Frozen and valid once it exists; `replace` gives a changed copy.

    Examples
    --------
    >>> scenario = Scenario(name="dry 2030", year=2030, hydrology="dry")
    >>> scenario.replace(**{"time.resolution": "3h", "values.links.line.p_nom": 80}).time.resolution
    '3h'
    """

    name: FileName = Field(description="Name, from the name of the file.")
    description: str = Field(default="", description="What happens, in a sentence or two.")
    source: str = Field(default="", description="Where the scenario's figures come from.")
    question: Word = Field(
        default="base",
        description=f"Question it helps to answer: {', '.join(QUESTIONS)}, or another.",
    )
    case: Word = Field(default="casa1000", description="Case: a folder in networks/, or a path to a PyPSA network.")
    year: int = Field(ge=2015, le=2050, description="Calendar year in which the horizon starts.")
    growth: Growth = Field(
        default="central",
        description="Demand growth: low, central or high; or a mapping demand → level (others: central).",
    )
    hydrology: Hydrology = Field(
        default="median",
        description="Water: a label of the case (median, dry, 2001), a list of one label for each year of the horizon, "
        "a drawn trace {seed, draw, dependence, shift}, a label in another climate {label, shift: {melt_days, volume, "
        "late_summer}}, or a mapping site → label.",
    )
    time: Time = Field(default=Time(), description="Horizon and resolution.")
    objective: Literal["transfer", "dispatch"] = Field(
        default="transfer",
        description="Most energy delivered without harm to prior services, or least cost over all countries.",
    )
    foresight: Literal["perfect", "surprise", "policy"] = Field(
        default="perfect",
        description="Whether events are known from the start or when they begin; `policy`: neither water nor "
        "events are known, and a trained policy decides month by month.",
    )
    network: Literal["kirchhoff", "transport"] = Field(
        default="kirchhoff",
        description="AC lines obey Kirchhoff's voltage law, or only their ratings.",
    )
    line_losses: Literal["none", "secants", "tangents"] = Field(
        default="none",
        description="Losses of AC lines: none, or linearised by PyPSA from above (secants) or from below (tangents).",
    )
    protection_order: Row[Word] | None = Field(
        default=None,
        description="Services from first served to last, with `casa` among them; empty: the case's order.",
    )
    contract: Contract = Field(default=Contract(), description="The sale to the far end.")
    rules: Annotated[Mapping[Word, Annotated[Any, BeforeValidator(_rule_change)]], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Rule of the case → off, on, or a mapping of the fields to change.",
    )
    values: Annotated[Mapping[Annotated[str, AfterValidator(_checked_key)], float], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Number of the case, table.name.attribute → value in PyPSA's unit; the name may be a shell "
        "pattern, an exact name wins over it. For a profile the value is a factor on the whole row.",
    )
    add: Annotated[Mapping[Word, Additions], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Components that the case does not have: table → name → attribute → value in PyPSA's unit.",
    )
    study: Row[Word] = Field(
        default=(),
        description="Links under study, links.NAME or a pattern; empty: those whose service is casa.",
    )
    return_mode: Literal["earth", "metallic"] = Field(
        default="metallic", description="How one HVDC pole runs while the other is out."
    )
    head: Literal["fixed", "varying"] = Field(
        default="fixed",
        description="Specific energy of reservoirs: constant, or following the level.",
    )
    events: Row[Event] = Field(default=(), description="What happens, in any order.")
    tags: Row[Word] = Field(default=(), description="Words to find the scenario by.")
    changes: Annotated[Mapping[Word, str], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Key that an override changed → what the file said; empty where it said nothing. Never written.",
    )
    _origins: Origins = PrivateAttr(default_factory=Origins)
    _span: tuple[pd.Timestamp, pd.Timestamp] | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_all([*self._water_complaints(), *self._order_complaints(), *self._name_complaints()])
        return self

    def _water_complaints(self) -> list[Complaint]:
        if not isinstance(self.hydrology, tuple) or len(self.hydrology) == self.time.years:
            return []
        what = f"{len(self.hydrology)} water years for a horizon of {self.time.years}"
        return [
            (
                ("hydrology",),
                what,
                "one label for each year",
                f"set time.years to {len(self.hydrology)}",
            )
        ]

    def _order_complaints(self) -> list[Complaint]:
        order = self.protection_order
        at = ("protection_order",)
        if order is None:
            return []
        twice = sorted({service for service in order if order.count(service) > 1})
        complaints: list[Complaint] = [
            (at, f"{service!r} is there twice", "each service once", None) for service in twice
        ]
        if "casa" not in order:
            misspelt = [service for service in order if nearest(service, ["casa"])]
            repair = f"write casa for {misspelt[0]!r}" if misspelt else "add casa where it stands"
            complaints.append((at, "`casa` is not in the order", "services with casa among them", repair))
        return complaints

    def _name_complaints(self) -> list[Complaint]:
        names = [event.name for event in self.events]
        return [
            (("events", at, "name"), f"{name!r} is there twice", "each name once", "rename one")
            for at, name in enumerate(names)
            if name in names[:at]
        ]

    def horizon(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return first instant and end (not included) of the horizon, naive UTC.

        On a user's own network, which brings its dates itself, it is the network's, see ``spanning``.

        Examples
        --------
        >>> Scenario(name="x", year=2028).horizon()
        (Timestamp('2028-04-01 00:00:00'), Timestamp('2029-04-01 00:00:00'))
        """
        return self._span or self.asked_horizon()

    def __repr__(self) -> str:
        """Return the name and what is other than a scenario says that says nothing."""
        said = ", ".join(f"{key}={value!r}" for key, value in self._said().items())
        return f"Scenario({self.name!r}, {said})"

    def _repr_html_(self) -> str:
        rows = [f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>" for key, value in self._said().items()]
        head = f"<b>{escape(self.name)}</b>: {escape(self.description)}"
        return f"{head}<table>{''.join(rows)}</table>"

    def _said(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, without words."""
        plain = self.plain()
        defaults = type(self)(name=self.name, year=self.year).plain()
        words = ("name", "description", "source", "tags")
        differing = {key: value for key, value in plain.items() if value != defaults[key] and key not in words}
        return {"year": self.year, **differing}

    def asked_horizon(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the horizon that ``year`` and ``time`` ask for, whatever the case, naive UTC."""
        start = parse_moment(self.time.start)
        return start.begin_in(self.year), start.begin_in(self.year + self.time.years)

    def spanning(self, first: pd.Timestamp, end: pd.Timestamp) -> Self:
        """Return the scenario with the horizon of a network that brings its own dates."""
        if self._span == (first, end):
            return self
        copy = self.model_copy()
        copy._span = (first, end)  # noqa: SLF001  (its own kind)
        return copy

    def written_at(self, *steps: str | int) -> Origin:
        """Return where a value was written: file and line where they are known, else the scenario's name.

        Parameters
        ----------
        steps
            Keys and positions that lead to the value; the nearest one that was written counts.
        """
        return self._origins.nearest(steps) or Origin(self.name)

    def with_origins(self, origins: Origins) -> Self:
        """Return a copy that knows where its values were written."""
        copy = self.model_copy()
        copy._origins = origins  # noqa: SLF001  (its own kind)
        return copy

    def plain(self) -> dict[str, Any]:
        """Return the scenario as dicts, lists and scalars, keyed as in the file; every default is filled in."""
        return self.model_dump(mode="json", by_alias=True)

    def replace(self, **changes: object) -> Self:
        """Return a copy with some values changed, checked like a file.

        Parameters
        ----------
        changes
            Dotted key → value, as ``**{"events.0.duration": "10d"}``; a ``Node`` is a value that knows its file and
            line, and what is found wrong with it later is shown there.

        Raises
        ------
        InputError
            When a key is unknown or a value is not allowed.
        """
        here = Origin("replace")
        tree = planted(self.plain(), here)
        origins = Origins()
        for key, value in changes.items():
            steps = key_steps(key)
            leaf = value if isinstance(value, Node) else planted(value, here)
            tree = put(tree, steps, leaf)
            if leaf is value:
                address = tuple(int(step) if step.isdecimal() else step for step in steps)
                origins[address] = leaf.origin
        changed = validated(type(self), tree)
        changed._span = self._span  # noqa: SLF001  (its own kind)
        return changed.with_origins(origins) if origins else changed

    def digest(self) -> str:
        """Return a hash (SHA-256, hex) of all that can change a result.

        The same on every machine, whatever the name, the words of description and the order of the events.
        """
        content = {key: value for key, value in self.plain().items() if key not in _WITHOUT_EFFECT}
        for field in _LATER_FIELDS:
            if not content[field]:
                del content[field]
        content["events"] = sorted(content["events"], key=_canonical)
        return sha256(_canonical(content).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def key_steps(key: str) -> tuple[str, ...]:
    """Split a dotted key; below fields whose own keys may hold dots the rest is one key.

    Examples
    --------
    >>> key_steps("events.0.duration"), key_steps("values.links.line 1.5.p_nom")
    (('events', '0', 'duration'), ('values', 'links.line 1.5.p_nom'))
    """
    field, dot, rest = key.partition(".")
    if dot and field in _FLAT and not key.startswith("hydrology.shift."):
        return field, rest
    return tuple(key.split("."))
