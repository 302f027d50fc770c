"""Frame of every figure: size, title, room for the plot, and the line with its evidence."""

from __future__ import annotations

from importlib.metadata import version
from textwrap import fill
from typing import TYPE_CHECKING

from energy.plots.style import SIZES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from energy.case import Case
    from energy.scenario import Scenario

INCH = 1 / 72  # of a point


def framed(title: str, footer: str, size: str = "journal", height: float | None = None) -> Figure:
    """Return an empty figure with title and footer; what is plotted is laid out between them without overlaps.

    Parameters
    ----------
    title, footer
        Text above and below; wrapped to the width.
    size
        ``journal`` (two columns of a paper) or ``slide``.
    height
        Height [inches] instead of the size's own, for figures that grow with their rows.

    Returns
    -------
    matplotlib.figure.Figure
        To be filled inside ``style.styled()``.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    width, usual = SIZES[size]
    tall = height or usual
    head = fill(title, round(12.6 * width))
    note = "\n".join(fill(line, round(19 * width)) for line in footer.splitlines())
    top = (0.16 + 0.19 * (head.count("\n") + 1)) / tall
    bottom = (0.14 + 0.14 * (note.count("\n") + 1)) / tall
    figure = Figure(figsize=(width, tall))
    pad = 0.06
    figure.set_layout_engine(
        ConstrainedLayoutEngine(rect=(0, bottom, 1, 1 - top - bottom), w_pad=pad, h_pad=pad, wspace=0.02, hspace=0.02)
    )
    figure.text(0.1 / width, 1 - 0.1 / tall, head, va="top", fontsize=10, fontweight="bold", linespacing=1.25)
    figure.text(0.1 / width, 0.08 / tall, note, va="bottom", fontsize=7, color="#444444", linespacing=1.4)
    return figure


def heading(found: xr.Dataset, what: str) -> str:
    """Return a title: what is shown, in which scenario, year and water."""
    return f"{what}: {found.attrs['scenario']}, {found.attrs['year']}, {found.attrs['water']} water"


def footer(*found: xr.Dataset, note: str = "") -> str:
    """Return the line below a figure: scenario, case, weakest confidence, version; a note of the figure before it."""
    names = [str(one.attrs["scenario"]) for one in found]
    scenarios = f"scenario {names[0]}" if len(names) == 1 else f"{len(names)} scenarios"
    cases = ", ".join(dict.fromkeys(str(one.attrs["case"]) for one in found))
    weakest = max(str(one.attrs["weakest_confidence"]) for one in found)
    versions = ", ".join(dict.fromkeys(str(one.attrs["version"]) for one in found))
    line = f"{scenarios} · case {cases} · weakest evidence {weakest} · casa1000-energy {versions}"
    return f"{note}\n{line}".strip()


def foot_of(scenario: Scenario, case: Case) -> str:
    """Return the line below a figure of what is no finished run: scenario, case, weakest confidence, version."""
    line = f"scenario {scenario.name} · case {case.name} · weakest evidence {case.weakest_confidence}"
    return f"{line} · casa1000-energy {version('casa1000-energy')}"
