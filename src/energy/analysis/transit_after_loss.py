"""Flows of AC lines when a surplus spreads over a synchronous area: distribution factors of the DC power flow.

The loss of an export is a surplus at its sending bus. Machines and loads take it up by their size, so that it runs to
where they are. With B the matrix of susceptances, a unit that is put in at one bus and taken out at another changes the
angles by B⁺(e_in − e_out) and the flow of a line by the difference of its ends' angles over its reactance (Wood,
Wollenberg and Sheblé 2014, *Power Generation, Operation, and Control*, ch. 7).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError


def transfer_factors(lines: pd.DataFrame, source: str, sinks: Mapping[str, float]) -> pd.Series:
    """Return the share of a transfer that each line carries, positive from bus0 to bus1.

    Parameters
    ----------
    lines
        Columns ``bus0``, ``bus1``, ``x`` [ohm, one voltage level].
    source
        Bus at which the transfer is put in.
    sinks
        Bus → share of the transfer that is taken out there; the shares sum to 1.

    Returns
    -------
    pandas.Series
        Index line.

    Raises
    ------
    InputError
        When a bus has no line, or the shares do not sum to 1.

    Examples
    --------
    A ring of three equal lines: two thirds go straight, a third goes round.

    >>> ring = pd.DataFrame(
    ...     {"bus0": ["a", "a", "c"], "bus1": ["b", "c", "b"], "x": [1.0, 1.0, 1.0]}, ["a-b", "a-c", "c-b"]
    ... )
    >>> transfer_factors(ring, "a", {"b": 1.0}).round(4).to_dict()
    {'a-b': 0.6667, 'a-c': 0.3333, 'c-b': 0.3333}
    """
    buses = pd.Index(dict.fromkeys([*lines["bus0"], *lines["bus1"]]))
    unknown = [bus for bus in (source, *sinks) if bus not in buses]
    if unknown:
        raise InputError(Fault(f"no line ends at {', '.join(unknown)}", "lines.csv", None, ", ".join(buses)))
    total = sum(sinks.values())
    if abs(total - 1) > 1e-9:
        raise InputError(Fault(f"shares of the sinks sum to {total:g}", "sinks", None, "1"))
    begin = buses.get_indexer(lines["bus0"])
    finish = buses.get_indexer(lines["bus1"])
    susceptance = 1 / lines["x"].to_numpy(float)
    incidence = np.zeros((len(lines), len(buses)))
    order = np.arange(len(lines))
    incidence[order, begin] = 1.0
    incidence[order, finish] = -1.0
    laplacian = incidence.T @ (susceptance[:, None] * incidence)
    injection = np.zeros(len(buses))
    injection[buses.get_loc(source)] += 1.0
    for bus, share in sinks.items():
        injection[buses.get_loc(bus)] -= share
    angles = np.linalg.pinv(laplacian) @ injection
    flow = susceptance * (incidence @ angles)
    return pd.Series(flow, index=lines.index, name="factor")


def loading_after_surplus(
    lines: pd.DataFrame,
    flow: pd.DataFrame,
    surplus: float,
    source: str,
    sinks: Mapping[str, float],
) -> pd.DataFrame:
    """Return the heaviest loading of each line before and after a surplus.

    Parameters
    ----------
    lines
        ``bus0``, ``bus1``, ``x`` [ohm], ``s_nom`` [MW].
    flow
        Flow before [MW]; shape (snapshots, lines).
    surplus
        Power that is not sent any more [MW].
    source, sinks
        As of ``transfer_factors``.

    Returns
    -------
    pandas.DataFrame
        Index line; ``before``, ``after``: largest size of the flow [MW], ``added`` by the surplus [MW], positive from
        bus0 to bus1, ``s_nom`` [MW], ``overload``: how far ``after`` passes it [MW].
    """
    factor = transfer_factors(lines, source, sinks)
    added = surplus * factor
    before = flow[lines.index]
    after = before + added
    table = pd.DataFrame(
        {
            "before": before.abs().max(),
            "added": added,
            "after": after.abs().max(),
            "s_nom": lines["s_nom"].astype(float),
        }
    ).rename_axis("line")
    beyond = table["after"] - table["s_nom"]
    table["overload"] = beyond.clip(lower=0.0)
    table.attrs["units"] = "MW"
    return table
