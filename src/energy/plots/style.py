"""One style for every figure, and colours that colour-blind readers can tell apart (Okabe and Ito 2008)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energy.results.files import MARK, atomic_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
PARTIES = {"TJ": "#0072b2", "KG": "#56b4e9", "AF": "#e69f00", "PK": "#009e73"}
HEAT = "Blues"  # sequential: the order of lightness is the same for every reader
TINT = 0.55  # share of the full colour in what is lost


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
