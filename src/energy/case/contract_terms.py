"""The terms of the supply contract: season, ceiling, prices, shares, and how the works are paid back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from energy.case.yearly_window import Window
from energy.reading.frozen import Frozen, FrozenMap, Frozenness, Word


class Debt(Frozen):
    """What the parties spent on the works and how it is paid back."""

    capital: Annotated[Mapping[Word, float], Frozenness] = Field(
        description="Cost of the works by country [million $]."
    )
    grants: Annotated[Mapping[Word, float], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Part that need not be paid back, by country [million $].",
    )
    interest: float = Field(ge=0, lt=1, description="Interest a year, share.")
    years: int = Field(ge=1, le=60, description="Years of equal payments.")


class ContractTerms(Frozen):
    """What the supply contract fixes."""

    season: Window = Field(description="Days of delivery, {from: MM-DD, to: MM-DD}.")
    ceiling: float = Field(gt=0, description="Most power at the sending end [MW].")
    prices: Annotated[Mapping[Word, float], Frozenness] = Field(
        default_factory=FrozenMap, description="Parts of the price [$/MWh delivered]."
    )
    shares: Annotated[Mapping[Word, float], Frozenness] = Field(
        default_factory=FrozenMap, description="Share of the supply by country."
    )
    buyer: Word | None = Field(default=None, description="Country that buys.")
    transit: Word | None = Field(
        default=None, description="Country that the line crosses and that earns the transit fee."
    )
    quantity: float | None = Field(default=None, gt=0, description="Contracted energy [GWh delivered in a season].")
    debt: Debt | None = Field(default=None, description="What the works cost and how it is paid back.")
    trade_target: float | None = Field(
        default=None,
        gt=0,
        description="Stated aim for trade between seller and buyer [million $ a year].",
    )
    note: str = ""
