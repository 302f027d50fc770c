"""Names of the map stand at their own marks, and its legend names what the map has."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from energy.plots.flows import Flow, Plant
from energy.plots.map_labels import Labels
from energy.plots.map_symbols import legend_handles

FLOW = Flow("here", "there", power=100.0, loading=0.5, studied=True, disrupted=False)


@pytest.fixture
def axes() -> Axes:
    """Ten degrees on five inches: 36 points a degree."""
    axes = Figure().add_axes((0, 0, 1, 1))
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 10)
    axes.set_aspect(1)
    return axes


def offset(axes: Axes) -> tuple[float, float]:
    """Return where the only text stands, from its mark [points]."""
    (text,) = axes.texts
    return text.get_position()


def test_a_name_turns_away_from_another_mark(axes: Axes) -> None:
    """At the first offset it would cover nothing, but stand nearer to the other mark than to its own."""
    labels = Labels(axes, 5)
    labels.block(5, 5)
    labels.block(5 + 16 / 36, 5 - 13.5 / 36, 0.5)
    labels.beside(5, 5, "Nurek", size=7)
    assert offset(axes) == (5, 3)


def test_a_name_turns_away_from_a_line(axes: Axes) -> None:
    labels = Labels(axes, 5)
    labels.block(5, 5)
    labels.avoid_line((5, 5), (9, 4.5))
    labels.beside(5, 5, "Nurek", size=7)
    assert offset(axes) == (5, 3)  # the second offset: the first lies on the line


def test_a_name_leaves_room_for_a_large_mark(axes: Axes) -> None:
    labels = Labels(axes, 5)
    labels.block(5, 5, 9)
    assert labels.beside(5, 5, "Tarbela", size=7, radius=9, needed=False)
    right, _ = offset(axes)
    assert right == 11


def test_a_name_that_is_not_needed_is_left_out_among_other_marks(axes: Axes) -> None:
    labels = Labels(axes, 5)
    for x in (4.6, 5.0, 5.4):
        for y in (4.7, 5.0, 5.3):
            labels.block(x, y, 8)
    assert not labels.beside(5, 5, "Kurpsai", size=7, needed=False)
    assert not axes.texts
    assert labels.beside(5, 5, "Kurpsai", size=7)


def test_the_legend_names_what_the_map_has() -> None:
    plant = Plant("Nurek", 69.0, 38.0, size=3000.0, power=1500.0, disrupted=False)

    def named(flows: list[Flow], plants: list[Plant]) -> list[str]:
        return [str(handle.get_label()) for handle in legend_handles("CASA-1000: 100 MW", flows, plants)]

    line = "CASA-1000: 100 MW (black edge)"
    assert named([FLOW], []) == [line]
    assert named([FLOW, FLOW._replace(power=1.0)], [plant]) == [line, "less than 5 MW", "plant on a river"]
    assert named([FLOW._replace(disrupted=True)], []) == [line, "hit by an event"]
    assert named([FLOW], [plant._replace(disrupted=True)]) == [line, "hit by an event", "plant on a river"]
