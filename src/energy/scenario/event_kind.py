"""Kinds of events, and the attribute of a component that each of them multiplies."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

_CAPACITY = {
    "generators": "p_max_pu",
    "lines": "s_max_pu",
    "links": "p_max_pu",
    "storage_units": "p_max_pu",
    "transformers": "s_max_pu",
}
_PRICE = {
    "generators": "marginal_cost",
    "links": "marginal_cost",
    "storage_units": "marginal_cost",
}
_WATER = {
    "loads": "p_set",
    "generators": "p_max_pu",
    "storage_units": "inflow",
}
_DEMAND = {"loads": "p_set"}


class EventKind(StrEnum):
    """What happens; decides which attribute of a component the event multiplies.

    Examples
    --------
    >>> EventKind("border_stop").value
    'border_stop'
    """

    HVDC_POLE_OUT = "hvdc_pole_out"
    BIPOLE_OUT = "bipole_out"
    MONOPOLE_EARTH = "monopole_earth"
    MONOPOLE_METALLIC = "monopole_metallic"
    CONVERTER_OUT = "converter_out"
    DERATING = "derating"
    LINE_OUT = "line_out"
    PLANT_OUT = "plant_out"
    BORDER_STOP = "border_stop"
    PAYMENT_STOP = "payment_stop"
    DROUGHT = "drought"
    DEMAND_SHOCK = "demand_shock"
    PRICE_SHOCK = "price_shock"
    BUYER_STOP = "buyer_stop"
    COMMISSIONING_DELAY = "commissioning_delay"

    @property
    def attributes(self) -> dict[str, str]:
        """Attribute that the event multiplies, by component table."""
        if self is EventKind.DEMAND_SHOCK:
            return dict(_DEMAND)
        if self is EventKind.PRICE_SHOCK:
            return dict(_PRICE)
        if self is EventKind.DROUGHT:
            return dict(_WATER)
        if self is EventKind.BUYER_STOP:
            return _CAPACITY | _DEMAND
        return dict(_CAPACITY)

    @property
    def attribute(self) -> str:
        """Attribute of the components that this kind usually hits.

        Examples
        --------
        >>> (
        ...     EventKind.LINE_OUT.attribute,
        ...     EventKind.BORDER_STOP.attribute,
        ...     EventKind.DROUGHT.attribute,
        ... )
        ('s_max_pu', 'p_max_pu', 'p_set')
        """
        usual = {
            EventKind.LINE_OUT: "lines",
            EventKind.DROUGHT: "loads",
            EventKind.DEMAND_SHOCK: "loads",
            EventKind.PRICE_SHOCK: "generators",
        }
        return self.attributes[usual.get(self, "links")]

    @property
    def return_mode(self) -> Literal["earth", "metallic"] | None:
        """Return path of the pole that stays, where the kind says it; else the scenario's ``return_mode`` holds."""
        if self is EventKind.MONOPOLE_EARTH:
            return "earth"
        if self is EventKind.MONOPOLE_METALLIC:
            return "metallic"
        return None

    @property
    def is_shock(self) -> bool:
        """Whether the event states a ``factor`` (demand, price) and not a ``depth``."""
        return self in (EventKind.DEMAND_SHOCK, EventKind.PRICE_SHOCK)
