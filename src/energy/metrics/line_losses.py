"""Losses of AC lines: of the result, of Ohm's law at the same flows, and above the linearisation."""

from __future__ import annotations

import pandas as pd

from energy.model.line_losses import linearised_loss, resistance
from energy.solve import Result

GWH = 1e-3


def line_losses(result: Result) -> pd.DataFrame:
    """Return the losses of each AC line over the horizon [GWh].

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
    inputs = result.inputs
    if inputs.line_losses == "none":
        return pd.DataFrame(
            columns=["lost", "quadratic", "unexplained"],
            dtype=float,
        )
    flow = result.flow("lines").to_numpy()
    lost = result.line_losses.to_numpy()
    quadratic = resistance(inputs) * flow**2
    unexplained = lost - linearised_loss(inputs, flow)
    hours = result.hours
    table = pd.DataFrame(
        {
            "lost": hours @ lost * GWH,
            "quadratic": hours @ quadratic * GWH,
            "unexplained": hours @ unexplained * GWH,
        },
        index=result.line_losses.columns,
    )
    table = table.rename_axis("line")
    table.attrs["units"] = "GWh"
    return table
