"""First filling of a reservoir behind a dam that is still being built, as a rule of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from energy.case.yearly_window import Window
from energy.reading.frozen import Complaint, Frozen, FrozenMap, Frozenness, Row, Word, refuse_all
from energy.reading.month_day import Year


class FillingRule(Frozen):
    """Level of a reservoir that is filled for the first time, carried from year to year, and the units below it.

    The volume below a level h is ``volume · ((h − bottom) / (top − bottom)) ^ exponent`` [hm³]. At the end of the
    window of ``year`` the level is ``level``; each later year keeps ``yearly`` back until the reservoir is full. Yield
    and flow of the turbines follow from the head, so that what is kept back, level and energy are one thing.
    """

    kind: Literal["filling"]
    store: Word | None = Field(
        default=None, description="The store of the full reservoir's active volume; its first content is carried too."
    )
    sink: Word = Field(description="The generator (sign -1) that takes what is kept back.")
    turbines: Row[Word] = Field(min_length=1, description="Links that run at this head, names or patterns.")
    temporary: Row[Word] = Field(
        default=(), description="Links with runners for the low head meanwhile, which pass all of their p_nom at it."
    )
    window: Window = Field(description="Part of every year in which it fills, {from: MM-DD, to: MM-DD}.")
    volume: float = Field(gt=0, description="Volume below the top [hm³].")
    bottom: float = Field(description="Level at which the volume is zero [m].")
    top: float = Field(description="Full level [m].")
    exponent: float = Field(gt=0, description="Exponent of the volume curve.")
    tailwater: float = Field(description="Level below the turbines [m].")
    efficiency: float = Field(gt=0, le=1, description="Of turbine and generator.")
    unit_power: float = Field(gt=0, description="Most that one turbine gives at any head [MW].")
    design_head: float | None = Field(
        default=None,
        gt=0,
        description="Head at which a turbine passes its p_nom [m]; below it passes less, by the root of the head.",
    )
    year: Year = Field(description="Last year whose level is given.")
    level: float = Field(description="Level at the end of that year's window [m].")
    yearly: float = Field(ge=0, description="Volume kept back in each later year [hm³].")
    before: Annotated[Mapping[Year, float], Frozenness] = Field(
        default_factory=FrozenMap,
        description="Earlier year → level at the end of its window [m]; even in volume between.",
    )
    note: str = ""

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        complaints: list[Complaint] = []
        if not self.top > self.bottom:
            what = f"top {self.top:g} m is not above bottom {self.bottom:g} m"
            complaints.append((("top",), what, f"more than {self.bottom:g} m", None))
        lowest = max(self.bottom, self.tailwater)
        levels = {("level",): self.level} | {("before", year): level for year, level in self.before.items()}
        for steps, level in levels.items():
            if not lowest < level <= self.top:
                what = f"a level of {level:g} m"
                complaints.append((steps, what, f"above {lowest:g} m, at most {self.top:g} m", None))
        for year in self.before:
            if year >= self.year:
                what = f"{year} is not before {self.year}"
                complaints.append((("before", year), what, f"years before {self.year}", "give it as year and level"))
        refuse_all(complaints)
        return self
