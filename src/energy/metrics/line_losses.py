"""Losses of AC lines: what the result loses, what Ohm's law would, and what no law explains."""

from __future__ import annotations

import pandas as pd

from energy.model.line_losses import linearised_loss, resistance
from energy.solve import Result

GWH = 1e-3


def line_losses(result: Result) -> pd.DataFrame:
    """Return what each AC line loses over the horizon [GWh].

    Parameters
    ----------
    result
        A solved scenario.

    Returns
    -------
    pandas.DataFrame
        Index line; empty where the scenario has no losses of lines. Columns ``lost``: the result's loss; ``quadratic``:
        r·s² at the same flows, so that ``lost`` less ``quadratic`` is what the linearisation overstates;
        ``unexplained``: loss above the segments. A linear program may lose more than the segments ask for, up to the
        loss at rating. That pays only where a MWh is worth nothing or less at the ends of the line: there power without
        use is wasted as a loss.

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> len(line_losses(run.result))
    0
    """
    if result.inputs.line_losses == "none":
        return pd.DataFrame(columns=["lost", "quadratic", "unexplained"], dtype=float)
    flow = result.flow("lines").to_numpy()
    loss = result.line_losses.to_numpy()
    power = {
        "lost": loss,
        "quadratic": resistance(result.inputs) * flow**2,
        "unexplained": loss - linearised_loss(result.inputs, flow),
    }
    energy = {column: result.hours @ values * GWH for column, values in power.items()}
    table = pd.DataFrame(energy, result.line_losses.columns).rename_axis("line")
    table.attrs["units"] = "GWh"
    return table
