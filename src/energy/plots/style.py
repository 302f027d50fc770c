"""One style and one frame for every figure: colours that colour-blind readers can tell apart, title, size and footer.

The colours are those of Okabe and Ito (2008).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Any

from energy.model.changed_inputs import titled
from energy.results.files import MARK, atomic_file

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from energy.case import Case
    from energy.scenario import Scenario

STYLE: dict[Any, Any] = {  # keys are matplotlib's own words
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": "#e0e0e0",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "text.parse_math": False,  # names and descriptions are text, dollars included
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.hashsalt": "energy",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,  # text stays text, as journals ask
}
# inches; text of 9 points on a slide of 8 inches comes out at 15 where the slide is 13.3 wide, as slides are
SIZES = {"journal": (7.2, 4.4), "slide": (8.0, 4.5)}
CAUSES = {
    "delivered": "#0072b2",
    "line": "#666666",
    "water": "#56b4e9",
    "own_demand": "#e69f00",
    "kyrgyz_demand": "#999933",
    "tajik_demand": "#e69f00",
    "afghan_contract": "#009e73",
    "uzbek_swap": "#cc79a7",
    "kyrgyz_returns": "#f0e442",
    "dispatch": "#d55e00",
    "surprise": "#332288",
    "kabul_tap": "#8c564b",
}
OTHER = ("#d55e00", "#8c564b", "#332288")
CEILING = "#000000"
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c564b")
HEAT = "Blues"  # sequential: the order of lightness is the same for every reader
TINT = 0.55  # share of the full colour in what is lost
_TITLE_LETTERS = 12.6  # an inch, bold at 10 points
_FOOTER_LETTERS = 19  # an inch, at 7 points
MARGIN = 0.1  # inches, left and right of title and footer


@contextmanager
def styled() -> Iterator[None]:
    """Use the style for a while; matplotlib's global state is as before afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        yield


def save(figure: Figure, stem: Path, kinds: Iterable[str] = ("png", "svg"), force: bool = False) -> list[Path]:
    """Write a figure as PNG, SVG or PDF and return the files.

    The same figure gives the same bytes: no dates, no random identifiers.

    Parameters
    ----------
    figure, stem, kinds
        What is drawn, its file without ending, and the endings.
    force
        Whether files of another origin may be replaced.

    Raises
    ------
    InputError
        When a file cannot be written, or one of another origin is in its place.
    """
    metadata: dict[str, dict[str, Any]] = {
        "png": {"Source": MARK},
        "svg": {"Date": None, "Source": MARK},
        "pdf": {"CreationDate": None, "Keywords": MARK},
    }
    written = []
    with styled():  # matplotlib reads resolution, fonts and the salt of identifiers when it writes
        for kind in kinds:
            path = stem.with_name(f"{stem.name}.{kind}")
            with atomic_file(path, force) as draft:
                figure.savefig(draft, metadata=metadata.get(kind))
            written.append(path)
    return written


def colour(cause: str) -> str:
    """Return the colour of a cause, paler than that of what is delivered; unknown causes share a few by their name.

    Examples
    --------
    >>> colour("delivered"), colour("own_demand")
    ('#0072b2', '#f1ca73')
    """
    full = CAUSES.get(cause, OTHER[sum(map(ord, cause)) % len(OTHER)])
    if cause == "delivered":
        return full
    # mixed with white here, not made transparent: what lies behind a bar must not shine through
    parts = (round(255 - (255 - int(full[at : at + 2], 16)) * TINT) for at in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)


def tick_text(value: float, position: float = 0.0) -> str:  # noqa: ARG001  (matplotlib hands the position over)
    """Return the text of a tick: grouped by thousands, with decimals only where the tick has them.

    Examples
    --------
    >>> tick_text(12000.0), tick_text(0.5), tick_text(-0.0)
    ('12,000', '0.5', '0')
    """
    rounded = round(value, 9) + 0.0
    return f"{rounded:,.0f}" if rounded.is_integer() else f"{rounded:,g}"


def value_axis(axes: Axes, label: str = "") -> None:
    """Set the axis of values upright: its name, ticks grouped by thousands, and lines across the plot."""
    if label:
        axes.set_ylabel(label)
    axes.yaxis.set_major_formatter(tick_text)
    axes.grid(axis="y")


def legend_above(axes: Axes, columns: int = 3, bottom: float = 1.0) -> None:
    """Put the legend above the plot, at its left edge: what is drawn may be anywhere within."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, bottom),
        ncols=columns,
        borderaxespad=0.2,
    )


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
