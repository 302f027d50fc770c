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

_NO_SHARE = 1e-6
"""Share of a transfer below which a line is not in its way."""


def _transfer_factors(
    lines: pd.DataFrame,
    source: str,
    sinks: Mapping[str, float],
) -> pd.Series:
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
    >>> _transfer_factors(ring, "a", {"b": 1.0}).round(4).to_dict()
    {'a-b': 0.6667, 'a-c': 0.3333, 'c-b': 0.3333}
    """
    ends = [*lines["bus0"], *lines["bus1"]]
    buses = pd.Index(dict.fromkeys(ends))
    unknown = [bus for bus in (source, *sinks) if bus not in buses]
    if unknown:
        what = f"no line ends at {', '.join(unknown)}"
        raise InputError(Fault(what, "lines.csv", None, ", ".join(buses)))
    total = sum(sinks.values())
    if abs(total - 1) > 1e-9:
        what = f"shares of the sinks sum to {total:g}"
        raise InputError(Fault(what, "sinks", None, "1"))
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
        As of ``_transfer_factors``.

    Returns
    -------
    pandas.DataFrame
        Index line; ``before``, ``after``: largest size of the flow [MW], ``added`` by the surplus [MW], positive from
        bus0 to bus1, ``s_nom`` [MW], ``overload``: how far ``after`` passes it [MW].
    """
    factor = _transfer_factors(lines, source, sinks)
    added = surplus * factor
    before = flow[lines.index]
    after = before + added
    columns = {
        "before": before.abs().max(),
        "added": added,
        "after": after.abs().max(),
        "s_nom": lines["s_nom"].astype(float),
    }
    table = pd.DataFrame(columns).rename_axis("line")
    beyond = table["after"] - table["s_nom"]
    table["overload"] = beyond.clip(lower=0.0)
    table.attrs["units"] = "MW"
    return table


def flow_after_outage(lines: pd.DataFrame, flow: pd.DataFrame, line: str) -> pd.DataFrame:
    """Return the flow of the other lines when one is out, injections as they are.

    What the line carried is a transfer between its ends over the lines that are left (line outage distribution
    factors).

    Parameters
    ----------
    lines
        ``bus0``, ``bus1``, ``x`` [ohm].
    flow
        Flow before [MW]; shape (snapshots, lines).
    line
        The line that is out; its ends stay connected by others.

    Returns
    -------
    pandas.DataFrame
        MW; shape (snapshots, lines left).

    Examples
    --------
    >>> ring = pd.DataFrame(
    ...     {"bus0": ["a", "a", "c"], "bus1": ["b", "c", "b"], "x": [1.0, 1.0, 1.0]}, ["a-b", "a-c", "c-b"]
    ... )
    >>> flow = pd.DataFrame({"a-b": [20.0], "a-c": [10.0], "c-b": [10.0]})
    >>> flow_after_outage(ring, flow, "a-b").round(3).to_dict("records")
    [{'a-c': 30.0, 'c-b': 30.0}]
    """
    left = lines.drop(index=line)
    begin, finish = str(lines.loc[line, "bus0"]), str(lines.loc[line, "bus1"])
    factor = _transfer_factors(left, begin, {finish: 1.0})
    moved = np.outer(flow[line].to_numpy(float), factor.to_numpy(float))
    return flow[left.index] + moved


def room_for_transfer(
    lines: pd.DataFrame,
    flow: pd.DataFrame,
    source: str,
    sinks: Mapping[str, float],
) -> pd.DataFrame:
    """Return the power that can be sent on top of the flows until the first line is full.

    Parameters
    ----------
    lines
        ``bus0``, ``bus1``, ``x`` [ohm], ``s_nom`` [MW].
    flow
        Flow before [MW]; shape (snapshots, lines).
    source, sinks
        As of ``_transfer_factors``.

    Returns
    -------
    pandas.DataFrame
        Index snapshot; ``room`` [MW], 0 where a line in the way is full already, and ``limit``, the line that is full
        first.

    Examples
    --------
    Of 20 MW of room on the straight line two thirds of a transfer go: 30 MW.

    >>> ring = pd.DataFrame(
    ...     {"bus0": ["a", "a", "c"], "bus1": ["b", "c", "b"], "x": 1.0, "s_nom": 50.0}, ["a-b", "a-c", "c-b"]
    ... )
    >>> flow = pd.DataFrame({"a-b": [30.0], "a-c": [10.0], "c-b": [10.0]})
    >>> room_for_transfer(ring, flow, "a", {"b": 1.0}).round(3).to_dict("records")
    [{'room': 30.0, 'limit': 'a-b'}]
    """
    factor = _transfer_factors(lines, source, sinks)
    in_the_way = factor.index[factor.abs() > _NO_SHARE]
    share = factor[in_the_way]
    along = flow[in_the_way] * np.sign(share)
    rating = lines.loc[in_the_way, "s_nom"].astype(float)
    room = (rating - along) / share.abs()
    table = pd.DataFrame({"room": room.min(axis=1).clip(lower=0.0), "limit": room.idxmin(axis=1)})
    table.attrs["units"] = "MW"
    return table
