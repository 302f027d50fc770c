"""Probability laws of outage durations: exponential, lognormal, empirical."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from energy.reading.frozen import Frozen, Row

PositiveHours = Annotated[float, Field(gt=0)]
Durations = Annotated[Row[PositiveHours], Field(min_length=1)]


class Exponential(Frozen):
    """Durations without memory."""

    law: Literal["exponential"] = Field(description="The law.")
    mean: float = Field(gt=0, description="Mean [h].")

    @property
    def average(self) -> float:
        """Mean [h]."""
        return self.mean


class Lognormal(Frozen):
    """Durations whose logarithm is normal."""

    law: Literal["lognormal"] = Field(description="The law.")
    median: float = Field(gt=0, description="Median [h].")
    sigma: float = Field(gt=0, le=3, description="Standard deviation of the logarithm.")

    @property
    def average(self) -> float:
        """Mean [h]: median · exp(σ²/2)."""
        variance = self.sigma**2
        return self.median * math.exp(variance / 2)


class Empirical(Frozen):
    """Durations on record, each as likely as the other."""

    law: Literal["empirical"] = Field(description="The law.")
    hours: Durations = Field(description="Durations [h].")

    @property
    def average(self) -> float:
        """Mean [h]."""
        return sum(self.hours) / len(self.hours)


Law = Annotated[
    Exponential | Lognormal | Empirical,
    Field(discriminator="law"),
]
