"""N-1 security of a case: the contingencies to withstand, and the reliability margin (docs/capability.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from energy.errors import nearest
from energy.reading.frozen import Frozen, FrozenMap, Frozenness, Row, Word, refuse_all


class Exchanged(Frozen):
    """Loss of exchange that both ends can stand [MW], by the direction of the exchange."""

    forward: float = Field(ge=0, description="Loss on the way to the buyer [MW].")
    reverse: float = Field(ge=0, description="Loss on the way from the buyer [MW].")


class Security(Frozen):
    """Losses beside those of AC lines, what can be stood, and the reliability margin.

    Examples
    --------
    >>> Security(states={"islanded": {"forward": 400, "reverse": 350}}, state="islanded").stood("islanded").forward
    400.0
    """

    poles: Row[Word] = Field(default=(), description="Corridors that fail as one element: a pole with its converters.")
    common_mode: Row[Word] = Field(default=(), description="Corridors that one cause takes out whole.")
    units: Annotated[Mapping[Word, float], Frozenness] = Field(
        default_factory=FrozenMap, description="Generator or link → its largest unit [MW]."
    )
    states: Annotated[Mapping[Word, Exchanged], Frozenness] = Field(
        default_factory=FrozenMap,
        description="State of the systems → loss of exchange that they can stand.",
    )
    state: Word | None = Field(default=None, description="State that holds unless another is asked for.")
    share_of_load: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Share of the buyer's load that may be lost, where that is asked for.",
    )
    margin: float = Field(default=0.0, ge=0, description="Transmission reliability margin, TRM [MW].")

    @model_validator(mode="after")
    def _known_state(self) -> Self:
        if self.state is not None and self.state not in self.states:
            repair = nearest(self.state, self.states) or "add it to states"
            what = f"{self.state!r} is not among states"
            refuse_all([(("state",), what, ", ".join(self.states) or None, repair)])
        return self

    def stood(self, state: str | None) -> Exchanged:
        """Return what can be lost in a state; without a state nothing."""
        if state is None:
            return Exchanged(forward=0.0, reverse=0.0)
        return self.states[state]
