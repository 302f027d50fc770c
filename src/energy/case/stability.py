"""What AC power flow and frequency need beside the linear model: reactive power, inertia, governors, thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from energy.reading.frozen import Frozen, FrozenMap, Frozenness, Row, Word

ByCarrier = Annotated[Mapping[Word, float], Frozenness]


class ReactivePower(Frozen):
    """The section ``reactive_power`` of ``rules.yaml``: what AC power flow assumes.

    Examples
    --------
    >>> ReactivePower(converter_demand=0.55, converter_filters=0.55).converter_net
    0.0
    """

    load_power_factor: float = Field(default=0.95, gt=0, le=1, description="Power factor of demand.")
    voltage: float = Field(
        default=1.0,
        gt=0.5,
        lt=1.5,
        description="Voltage held at buses with plants [p.u.].",
    )
    plant_power_factor: float = Field(
        default=0.85,
        gt=0,
        le=1,
        description="Least power factor of plants: it limits the reactive power they give.",
    )
    strong_buses: Row[Word] = Field(
        default=(),
        description="Buses of larger systems, which hold their voltage and take the losses.",
    )
    line_compensation: float = Field(
        default=0.0,
        ge=0,
        le=1.5,
        description="Share of the lines' charging that shunt reactors take.",
    )
    converter_demand: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Reactive demand of a line-commutated converter [Mvar/MW].",
    )
    converter_filters: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="What filters and capacitors at the converter give [Mvar/MW].",
    )
    note: str = ""

    @property
    def converter_net(self) -> float:
        """Reactive power that a converter takes from the AC network [Mvar/MW]."""
        return self.converter_demand - self.converter_filters


class Area(Frozen):
    """A synchronous area: countries of the case, and plants outside it that swing with them."""

    countries: Row[Word] = Field(min_length=1, description="Countries of the case.")
    outside: float = Field(
        default=0.0,
        ge=0,
        description="Running plants outside the case that are synchronous [MW].",
    )
    outside_inertia: float = Field(default=4.0, gt=0, description="Their inertia constant H [s].")


class Frequency(Frozen):
    """The section ``frequency`` of ``rules.yaml``: inertia, governors, load relief and thresholds.

    Examples
    --------
    >>> Frequency(inertia={"hydro": 3.5}, under=49.4).nominal
    50.0
    """

    nominal: float = Field(default=50.0, gt=0, description="Nominal frequency [Hz].")
    inertia: ByCarrier = Field(
        default_factory=FrozenMap,
        description="Carrier → inertia constant H [s on the rating of what runs].",
    )
    loading: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Output of running plants, share of their rating.",
    )
    power_factor: float = Field(default=1.0, gt=0, le=1, description="MW a MVA of plants.")
    load_relief: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="Load relief: change of load a change of frequency [p.u.].",
    )
    governed: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of running capacity under governor control.",
    )
    droop: float = Field(default=0.05, gt=0, le=1, description="Droop of governors [p.u.].")
    governor_time: float = Field(
        default=8.0,
        gt=0,
        description="Time constant of governors and turbines [s].",
    )
    under: float = Field(gt=0, description="Threshold of under-frequency load shedding [Hz].")
    over: float | None = Field(
        default=None,
        gt=0,
        description="Threshold at which plants trip on over-frequency [Hz].",
    )
    slope: float | None = Field(
        default=None,
        gt=0,
        description="Rate of change of frequency that is stood [Hz/s].",
    )
    areas: Annotated[Mapping[Word, Area], Frozenness] = Field(
        default_factory=FrozenMap, description="Name → synchronous area."
    )
    note: str = ""
