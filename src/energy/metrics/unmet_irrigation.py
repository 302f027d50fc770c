"""Unmet irrigation demand [hm³]: water that rules require and the river does not give."""

from __future__ import annotations

import pandas as pd

from energy.model.objective import LACKING
from energy.solve import Result

LEAST = 1e-3  # hm³ that a solver's tolerance may leave


def unmet_irrigation(result: Result) -> pd.Series:
    """Return what irrigation lacks over the horizon, by the generator that a rule names as its ``shortfall``.

    L = Σ w(t)·p(t) over the snapshots t, p the output of the generator [hm³/h] and w the hours of a snapshot.

    Parameters
    ----------
    result
        A solved scenario.

    Returns
    -------
    pandas.Series
        hm³; index the generators of carrier ``lacking water`` that are in service, 0 where rules got all that they ask
        for.

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> unmet_irrigation(run.result).empty  # no rule of this case may fall short
    True
    """
    table = result.inputs.components.get("generators", pd.DataFrame({"carrier": []}))
    names = table.index[table["carrier"] == LACKING]
    found = result.flow("generators")[names].mul(result.hours, axis=0).sum() if len(names) else pd.Series(dtype=float)
    return found.where(found > LEAST, 0.0).rename("lacking").rename_axis("generator")
