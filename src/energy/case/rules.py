"""The rules of a case: what water, contracts and operators demand, as typed records (docs/case-format.md)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from energy.case.contract_terms import ContractTerms
from energy.case.first_filling import FillingRule
from energy.case.investment import Investment
from energy.case.n1_security import Security
from energy.case.stability import Frequency, ReactivePower
from energy.case.yearly_window import Window
from energy.errors import nearest
from energy.reading.frozen import (
    Complaint,
    Frozen,
    FrozenMap,
    Frozenness,
    Row,
    Word,
    refuse,
    refuse_all,
)
from energy.reading.month_day import Month, MonthDay

ByMonth = Annotated[Mapping[Month, float], Frozenness]
"""Month (1 to 12) → number; months that are not named are left out."""


def _is_number(value: object) -> bool:
    """Return whether a value of a file is a finite number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isfinite(value)


def _number_or_months(value: object) -> str:
    """Return the tag of a start level: one number, or one a month."""
    return "months" if isinstance(value, Mapping) else "number"


def _start_level(value: Any) -> Any:
    """Refuse what is neither a content nor contents by month."""
    if _is_number(value) or isinstance(value, Mapping):
        return value
    raise refuse(f"{value!r} is no content", "a number [hm³], or a mapping month → number, as {4: 1500}")


def _end_level(value: Any) -> Any:
    """Refuse what is neither a content, nor ``start``, nor nothing."""
    if _is_number(value) or value in ("start", None):
        return value
    repair = nearest(value, ["start"]) if isinstance(value, str) else None
    raise refuse(f"{value!r} is no content", "a number [hm³], or start", repair)


class _Bounded(Frozen):
    """Base of the rules that bound something from below or above."""

    note: str = ""

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if getattr(self, "at_least", None) is None and getattr(self, "at_most", None) is None:
            refuse_all(
                [
                    (
                        (),
                        "no bound is given",
                        "at_least, at_most, or both",
                        "add `at_least: …` or `at_most: …`",
                    )
                ]
            )
        return self


class _Yielding(_Bounded):
    """Base of the rules that ask for water while there is some: what is lacking is the output of a generator.

    An irrigation indent is what a year with enough water delivers; a dry year's users share what there is. The
    generator stands at the mouth of the river, below the last turbine, and its price decides when the rule yields.
    """

    shortfall: Word | None = Field(
        default=None,
        description="The generator that gives what is lacking of at_least [hm³/h]; none: it must hold.",
    )

    @model_validator(mode="after")
    def _lacks_something(self) -> Self:
        if self.shortfall is not None and getattr(self, "at_least", None) is None:
            refuse_all(
                [
                    (
                        ("shortfall",),
                        "there is no at_least to fall short of",
                        "at_least",
                        "add `at_least: …`",
                    )
                ]
            )
        return self


class VolumeRule(_Yielding):
    """Volume [hm³] or energy [MWh] that links pass and generators produce together within a window of every year."""

    kind: Literal["volume"]
    links: Row[Word] = Field(default=(), description="A list of links.")
    generators: Row[Word] = Field(default=(), description="A list of generators.")
    window: Window = Field(description="Part of every year, {from: MM-DD, to: MM-DD}.")
    at_least: float | None = Field(None, ge=0)
    at_most: float | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.links and not self.generators:
            refuse_all(
                [
                    (
                        (),
                        "neither links nor generators are given",
                        "links, generators, or both",
                        "add `links: […]`",
                    )
                ]
            )
        return self


class FlowRule(_Yielding):
    """Bound of a link's flow [m³/s] by month; months that are not named stay free."""

    kind: Literal["flow"]
    link: Word = Field(description="The name of a link.")
    at_least: ByMonth | None = None
    at_most: ByMonth | None = None


class LevelRule(_Bounded):
    """Bound of a store's level, as a share of ``e_nom``, at the start of a day of every year."""

    kind: Literal["level"]
    store: Word = Field(description="The name of a store.")
    date: MonthDay = Field(description="A day, MM-DD.")
    at_least: float | None = Field(None, ge=0, le=1)
    at_most: float | None = Field(None, ge=0, le=1)


class StartRule(Frozen):
    """Content of a store [hm³] at the start of the horizon; one number, or one a month that a horizon may start in."""

    kind: Literal["start"]
    store: Word = Field(description="The name of a store.")
    level: Annotated[
        Annotated[float, Tag("number")] | Annotated[ByMonth, Tag("months")],
        Discriminator(_number_or_months),
        BeforeValidator(_start_level),
    ] = Field(description="A number [hm³], or a mapping month → number.")
    note: str = ""

    def at(self, month: int) -> float | None:
        """Return the content [hm³] when the horizon starts in a month, or None where the rule knows none."""
        return self.level.get(month) if isinstance(self.level, Mapping) else self.level


class EndRule(Frozen):
    """What is asked of a store at the end of the horizon: a least content [hm³], a worth of what is left, or both.

    ``level: start`` is the content at the start, so that a horizon may follow itself.
    """

    kind: Literal["end"]
    store: Word = Field(description="The name of a store.")
    level: Annotated[float | Literal["start"] | None, BeforeValidator(_end_level)] = Field(
        default=None, description="A number [hm³], or start."
    )
    value: float | None = Field(default=None, ge=0, description="Worth of each hm³ left in the store [$/hm³].")
    note: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.level is None and self.value is None:
            refuse_all(
                [
                    (
                        (),
                        "neither level nor value is given",
                        "level, value, or both",
                        "add `level: start`",
                    )
                ]
            )
        return self


class StorageRule(_Bounded):
    """Bound of a store's level, as a share of ``e_nom``, throughout a window of every year."""

    kind: Literal["storage"]
    store: Word = Field(description="The name of a store.")
    window: Window = Field(description="Part of every year, {from: MM-DD, to: MM-DD}.")
    at_least: float | None = Field(None, ge=0, le=1)
    at_most: float | None = Field(None, ge=0, le=1)


class TravelRule(Frozen):
    """Travel time of water through a reach of river: it arrives later, by `hours` in the mean.

    What leaves in a snapshot longer than that is on the way for `hours`; a snapshot of half to all of it counts as
    `hours`. Shorter ones are taken together to spells of about `hours`; what leaves in one arrives in the next.
    """

    kind: Literal["travel"]
    store: Word = Field(description="The store of the water on the way.")
    link: Word = Field(description="The link by which it arrives.")
    hours: float = Field(gt=0, description="Mean travel time [h].")
    note: str = ""


class Term(Frozen):
    """One term of a linear limit: a coefficient times what a component carries."""

    component: Literal["links", "lines", "generators"]
    name: Word = Field(description="The name of a component.")
    coefficient: float = 1.0


class LimitRule(_Bounded):
    """Linear limit [MW] on what components carry together, in every snapshot of a window."""

    kind: Literal["limit"]
    terms: Row[Term] = Field(min_length=1, description="A list of {component, name, coefficient}.")
    needs: Row[Word] = Field(default=(), description="The rule applies if one of these terms is in service.")
    at_least: float | None = None
    at_most: float | None = None
    window: Window | None = None

    @model_validator(mode="after")
    def _needs_terms(self) -> Self:
        names = [term.name for term in self.terms]
        complaints: list[Complaint] = []
        for position, name in enumerate(self.needs):
            if name in names:
                continue
            steps = ("needs", position)
            what = f"{name!r} is not among the terms"
            allowed = ", ".join(names)
            complaints.append((steps, what, allowed, nearest(name, names)))
        refuse_all(complaints)
        return self


class AccountRule(Frozen):
    """Account of a control area: in every snapshot its net position equals its scheduled exchanges [MW].

    The net position is what lines and shared links take out of the area's electric buses. Scheduled are what the area
    sends into schedules (generators on buses of carrier ``schedule`` whose ``account`` it is) less what it buys
    (generators and links elsewhere whose ``account`` it is). Other links that leave or enter the area are its own
    contracts: they change generation, demand and exchange alike. Physical flows stay free to loop.
    """

    kind: Literal["account"]
    area: Word = Field(description="A country, as in the column country of buses.")
    note: str = ""


Rule = Annotated[
    VolumeRule
    | FlowRule
    | LevelRule
    | StorageRule
    | StartRule
    | EndRule
    | TravelRule
    | LimitRule
    | AccountRule
    | FillingRule,
    Field(discriminator="kind"),
]


RULES_THAT_YIELD = (VolumeRule, FlowRule, LevelRule, StorageRule, EndRule)
"""Kinds of rules that a case's ``yield_order`` may name."""


class RuleBook(Frozen):
    """The content of ``rules.yaml``.

    Examples
    --------
    >>> end = {"kind": "end", "store": "reservoir", "level": "start"}
    >>> RuleBook.model_validate({"rules": {"full_circle": end}}).rules["full_circle"].level
    'start'
    """

    services: Annotated[Mapping[Word, str], Frozenness] = Field(
        default_factory=FrozenMap, description="Service → what it is, in a line."
    )
    protection_order: Row[Word] = Field(default=(), description="Services from first served to last.")
    contract: ContractTerms | None = Field(default=None, description="What the supply contract fixes.")
    security: Security | None = Field(default=None, description="Losses that must be stood, and the margin.")
    investment: Investment | None = Field(default=None, description="Money over years.")
    reactive_power: ReactivePower | None = Field(default=None, description="What AC power flow assumes.")
    frequency: Frequency | None = Field(default=None, description="Inertia, governors, thresholds of frequency.")
    rules: Annotated[Mapping[Word, Rule], Frozenness] = Field(
        default_factory=FrozenMap, description="Name → rule; a scenario changes rules by name."
    )

    yield_order: Row[Word] = Field(
        default=(),
        description="Rules of the water, from the first to yield to the last, where no operation can keep them all.",
    )

    @model_validator(mode="after")
    def _known_services(self) -> Self:
        complaints: list[Complaint] = []
        for position, name in enumerate(self.protection_order):
            if name in self.services:
                continue
            steps = ("protection_order", position)
            what = f"{name!r} is not among services"
            allowed = ", ".join(self.services) or None
            complaints.append((steps, what, allowed, nearest(name, self.services)))
        refuse_all(complaints)
        return self

    @model_validator(mode="after")
    def _rules_that_can_yield(self) -> Self:
        able = [name for name, rule in self.rules.items() if isinstance(rule, RULES_THAT_YIELD)]
        complaints: list[Complaint] = []
        for position, name in enumerate(self.yield_order):
            if name in able:
                continue
            steps = ("yield_order", position)
            what = f"{name!r} is no rule on a volume, flow, level, storage or end"
            allowed = ", ".join(able) or None
            complaints.append((steps, what, allowed, nearest(name, able)))
        refuse_all(complaints)
        return self
