"""What the works still cost, what they cost to run, who lent for them, and how years are discounted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from energy.reading.frozen import Frozen, FrozenMap, Frozenness, Word

Amounts = Annotated[Mapping[Word, float], Frozenness]
"""Country → million USD."""


class Investment(Frozen):
    """The section ``investment`` of ``rules.yaml``.

    Examples
    --------
    >>> Investment(discount_rate=0.08, base_year=2026, start=2028, life=30).end
    2058
    """

    discount_rate: float = Field(gt=-1, lt=1, description="Real discount rate a year, share.")
    base_year: int = Field(ge=1900, le=2100, description="Year that values are discounted to.")
    start: int = Field(ge=1900, le=2100, description="First year of service.")
    life: int = Field(ge=1, le=100, description="Years of service that count.")
    to_come: Amounts = Field(
        default_factory=FrozenMap,
        description="Construction not yet paid for, by country [million $].",
    )
    construction_years: int = Field(
        default=1,
        ge=1,
        le=20,
        description="Years over which it is spent, up to the start.",
    )
    operation_share: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Operation and maintenance a year, share of the capital.",
    )
    lenders: Annotated[Mapping[Word, Amounts], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Lender → country → what it lent and granted [million $].",
    )
    wheeling: float | None = Field(
        default=None,
        ge=0,
        description="Tariff for the power of third parties [$/MWh delivered].",
    )
    note: str = ""

    @property
    def end(self) -> int:
        """First year after the last year of service."""
        return self.start + self.life
