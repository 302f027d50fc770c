"""Frame of every figure: size, title, layout of the axes, and footer with the weakest evidence."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from textwrap import fill, wrap
from typing import TYPE_CHECKING

from energy.model.changed_inputs import titled
from energy.plots.style import SIZES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from energy.case import Case
    from energy.scenario import Scenario

_TITLE_LETTERS = 12.6  # an inch, bold at 10 points
_FOOTER_LETTERS = 19  # an inch, at 7 points
MARGIN = 0.1  # inches, left and right of title and footer


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

    width, standard_height = SIZES[size]
    height = height or standard_height
    text_width = width - 2 * MARGIN
    title_text = fill(title, round(_TITLE_LETTERS * text_width))
    footer_text = wrapped_footer(footer, width)
    title_share = (0.16 + 0.19 * _line_count(title_text)) / height
    footer_share = (0.14 + 0.14 * _line_count(footer_text)) / height
    figure = Figure(figsize=(width, height))
    layout = ConstrainedLayoutEngine(
        rect=(0, footer_share, 1, 1 - title_share - footer_share),
        w_pad=0.06,
        h_pad=0.06,
        wspace=0.02,
        hspace=0.02,
    )
    figure.set_layout_engine(layout)
    figure.text(
        x=MARGIN / width,
        y=1 - 0.1 / height,
        s=title_text,
        va="top",
        fontsize=10,
        fontweight="bold",
        linespacing=1.25,
    )
    figure.text(
        x=MARGIN / width,
        y=0.08 / height,
        s=footer_text,
        va="bottom",
        fontsize=7,
        color="#444444",
        linespacing=1.4,
    )
    return figure


def wrapped_footer(footer: str, width: float) -> str:
    """Break a footer into lines that keep the margins of a sheet of a width [inches]; no line ends in a separator."""
    letters = round(_FOOTER_LETTERS * (width - 2 * MARGIN))
    lines = [line.removesuffix(" ·") for part in footer.splitlines() for line in wrap(part, letters)]
    return "\n".join(lines)


def _line_count(text: str) -> int:
    return text.count("\n") + 1


def heading(dataset: xr.Dataset, quantity: str) -> str:
    """Return the title of a figure: quantity, scenario, year and water year."""
    scenario = dataset.attrs.get("scenario_title", dataset.attrs["scenario"])
    return f"{quantity}: {scenario}, {when(dataset.attrs['year'], dataset.attrs['water'])}"


def when(year: object, water: object) -> str:
    """Return year and water year as words; the year alone where there is no water year.

    Examples
    --------
    >>> when(2028, "median"), when(2030, "")
    ('2028, median water', '2030')
    """
    return f"{year}, {water} water" if water else str(year)


def footer(*datasets: xr.Dataset, note: str = "") -> str:
    """Return the text below a figure: a note, if any; then scenario, case, weakest confidence and package version.

    One scenario has its recorded range of the season, too.
    """
    scenarios = _attributes(datasets, "scenario")
    cases = _attributes(datasets, "case")
    confidences = _attributes(datasets, "weakest_confidence")
    versions = _attributes(datasets, "version")
    scenario_text = f"{len(scenarios)} scenarios"
    range_text = []
    if len(scenarios) == 1:
        scenario_text = f"scenario {datasets[0].attrs.get('scenario_title', scenarios[0])}"
        season_range = str(datasets[0].attrs.get("season_range", ""))
        range_text = [f"season {season_range}"] if season_range else []
    parts = (
        scenario_text,
        *range_text,
        f"case {_distinct(cases)}",
        f"weakest evidence {max(confidences)}",
        f"casa1000-energy {_distinct(versions)}",
    )
    line = " · ".join(parts)
    return f"{note}\n{line}".strip()


def _attributes(datasets: Sequence[xr.Dataset], name: str) -> list[str]:
    return [str(dataset.attrs[name]) for dataset in datasets]


def _distinct(texts: Sequence[str]) -> str:
    """Return different texts once each, in their order, separated by commas."""
    return ", ".join(dict.fromkeys(texts))


def foot_of(scenario: Scenario, case: Case) -> str:
    """Return the text below a figure that shows no finished run: scenario, case, weakest confidence and version."""
    parts = (
        f"scenario {titled(case, scenario)}",
        f"case {case.name}",
        f"weakest evidence {case.weakest_confidence}",
        f"casa1000-energy {version('casa1000-energy')}",
    )
    return " · ".join(parts)
