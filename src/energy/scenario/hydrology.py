"""The hydrology of a scenario: a water year by label, one a year, one a site, in another climate, or synthetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

from energy.reading.frozen import Frozen, Frozenness, Row, Word, refuse


def _label(value: object) -> object:
    is_whole_number = isinstance(value, int) and not isinstance(value, bool)
    if is_whole_number:
        # a water year is a label: YAML's 2001 means the hydrology "2001"
        return str(value)
    return value


Label = Annotated[Word, BeforeValidator(_label)]


class Shift(Frozen):
    """A change of climate on the water of a year.

    Examples
    --------
    >>> Shift(melt_days=15, volume=0.95).volume
    0.95
    """

    melt_days: float = Field(
        default=0.0,
        ge=0,
        le=60,
        description="Days by which the water of melt comes earlier.",
    )
    volume: float = Field(
        default=1.0,
        gt=0,
        le=3,
        description="Factor on the volume of every river.",
    )
    late_summer: float = Field(
        default=1.0,
        gt=0,
        le=3,
        description="Factor on the water of July to September, when glaciers melt, in a river of melt 1.",
    )


class Shifted(Frozen):
    """A water year of the record, as it would come in another climate.

    Examples
    --------
    >>> Shifted(label="dry", shift=Shift(volume=0.9)).label
    'dry'
    """

    label: Label = Field(description="Water year, a label of profiles/inflow.csv.")
    shift: Shift = Field(description="Change of climate.")


class Drawn(Frozen):
    """Water drawn from the rivers' statistics: draw `draw` of family `seed`, a trace as long as the horizon.

    Examples
    --------
    >>> Drawn(seed=1, draw=7).dependence is None
    True
    """

    seed: int = Field(ge=0, le=2**53, description="Family of draws, a whole number.")
    draw: int = Field(ge=0, le=2**53, description="Number of the draw in its family.")
    dependence: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Correlation of the yearly volumes of the main rivers; empty: the case's.",
    )
    shift: Shift = Field(default=Shift(), description="Change of climate.")


def _not_empty(value: Any) -> Any:
    if isinstance(value, list | tuple) and not value:
        raise refuse("no water year is named", "one label for each year of the horizon")
    return value


def _form(value: object) -> str:
    if isinstance(value, Drawn):
        return "drawn"
    if isinstance(value, Shifted):
        return "shifted"
    if isinstance(value, Mapping):
        is_drawn = "seed" in value or "draw" in value
        if is_drawn:
            return "drawn"
        return "shifted" if "shift" in value else "map"
    if isinstance(value, list | tuple):
        return "list"
    return "word"


LabelOfAll = Annotated[Label, Tag("word")]
LabelsOfYears = Annotated[
    Row[Label],
    BeforeValidator(_not_empty),
    Tag("list"),
]
DrawnTrace = Annotated[Drawn, Tag("drawn")]
ShiftedYear = Annotated[Shifted, Tag("shifted")]
LabelsOfSites = Annotated[
    Mapping[Word, Label],
    Frozenness,
    Tag("map"),
]
Hydrology = Annotated[
    LabelOfAll | LabelsOfYears | DrawnTrace | ShiftedYear | LabelsOfSites,
    Discriminator(_form),
]
"""One label for all · one label a year of the horizon · a drawn trace · a shifted label · site → label."""
