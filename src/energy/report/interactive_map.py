"""Interactive map of PyPSA as one HTML file that asks the network for nothing."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.model.objective import is_of_service
from energy.model.pypsa_logging import quiet_pypsa
from energy.plots.map import HOME, borders
from energy.results.countries import STUDIED
from energy.results.files import MARK

if TYPE_CHECKING:
    import pypsa

OUTSIDE = re.compile(r"<script src=\"https?://[^>]*></script>|<link rel=\"stylesheet\" href=\"https?://[^>]*>")
"""What pydeck's page would load from elsewhere: a base map and icons, which this map does not use."""

STYLES = "https://cdn.jsdelivr.net"
"""Where deck.gl would fetch the style sheet of its buttons; an empty one of the same form stands in."""

STUDIED_WIDTH = 1.3
"""Width of the line under study to that of the widest other branch."""

LEGEND = (
    "position:absolute;left:10px;top:10px;z-index:10;max-width:22rem;padding:8px 12px;background:#fff;color:#1a1a1a;"
    "border:1px solid #767676;font:13px/1.4 system-ui,sans-serif"
)

CONTENT = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline' data:; "
    "img-src data: blob:; connect-src data: blob:; worker-src blob:"
)
"""What a browser may load for the page: what is in it."""


def interactive_map(network: pypsa.Network, title: str) -> str:
    """Return PyPSA's map of the electric part of a solved network, over the borders that the package ships.

    Parameters
    ----------
    network
        Solved, as in a run's ``network.nc``; it is not changed.
    title
        Title of the page.

    Returns
    -------
    str
        A whole HTML page of about 4.5 MB, most of it the library that draws. Branches are as wide as their mean flow.
    """
    import pydeck

    with quiet_pypsa():
        is_electric = network.buses["carrier"] != "water"
        electric = network[network.buses.index[is_electric]]
        links = electric.links
        not_built = [name for name in links.index if links.at[name, "p_nom"] == 0]
        electric.remove("Link", not_built)
        _escape(electric)
        deck = electric.explore(
            map_style="none",
            auto_scale=True,
            branch_width_max=60,
            bus_size_max=3000,
            **_flows(electric),
        )
    deck.map_provider = deck.map_style = None
    ground = pydeck.Layer(
        "GeoJsonLayer",
        data={"type": "FeatureCollection", "features": borders()["features"]},
        get_fill_color=[int(HOME[at : at + 2], 16) for at in (1, 3, 5)],
        get_line_color=[150, 150, 150],
        line_width_min_pixels=1,
    )
    deck.layers.insert(0, ground)
    page = OUTSIDE.sub("", deck.to_html(offline=True, as_string=True)).replace(STYLES, "data:text/css,")
    head = (
        f'<meta name="generator" content="{MARK}" /><meta http-equiv="Content-Security-Policy" content="{CONTENT}" />'
    )
    page = page.replace("<html>", '<html lang="en">', 1)
    page = page.replace("<head>", f"<head>\n    {head}", 1)
    page = page.replace("<title>pydeck</title>", f"<title>{escape(title)}</title>", 1)
    return page.replace("</body>", f"{_legend(title, _has_studied(electric))}</body>", 1)


def _legend(title: str, has_studied: bool) -> str:
    """Return the title and the legend, which lie over the map at its upper left."""
    rows = ["<li>Circles: buses. Arrows: branches, as wide as the root of their mean flow [MW].</li>"]
    if has_studied:
        rows.append("<li>Thickest: the line under study.</li>")
    rows.append("<li>Point at a bus or a branch to see its name and numbers; drag to move, scroll to come closer.</li>")
    return (
        f'<main style="{LEGEND}"><h1 style="font-size:16px;margin:0 0 4px">{escape(title)}</h1>'
        f'<ul style="margin:0;padding-left:16px">{"".join(rows)}</ul></main>'
    )


def _has_studied(network: pypsa.Network) -> bool:
    return bool(is_of_service(network.links, STUDIED).any())


def _escape(network: pypsa.Network) -> None:
    """Escape every text of a network: PyPSA's tooltips take names for HTML, and pydeck puts them into a script."""
    for component in network.components:
        static = component.static
        static.index = pd.Index(static.index.map(_html), name=static.index.name)
        for column in static.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in static.dtypes]]:
            static[column] = static[column].map(_html)
        for table in component.dynamic.values():
            table.columns = pd.Index(table.columns.map(_html), name=table.columns.name)


def _html(value: Any) -> Any:
    return escape(value) if isinstance(value, str) else value


def _flows(network: pypsa.Network) -> dict[str, Any]:
    """Return mean flows [MW] as arrows and widths."""
    hours = network.snapshot_weightings["generators"]
    flows: dict[str, Any] = {}
    for name, power in (("line", network.lines_t.p0), ("link", network.links_t.p0)):
        mean: pd.Series[float] = power.mul(hours, axis=0).sum() / hours.sum()
        flows[f"{name}_flow"] = mean
        flows[f"{name}_width"] = mean.abs() ** 0.5 + 0.5  # small flows stay visible
    studied = is_of_service(network.links, STUDIED)
    widths = [flows[f"{name}_width"] for name in ("line", "link")]
    widest = max((float(width.max()) for width in widths if len(width)), default=1.0)
    flows["link_width"] = flows["link_width"].mask(studied, STUDIED_WIDTH * widest)
    return flows
