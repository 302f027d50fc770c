"""Unmet irrigation demand [hm³]: water that rules require and the rivers do not bring."""

from __future__ import annotations

import pandas as pd

from energy.model.objective import LACKING
from energy.solve import Result

TOLERANCE = 1e-3  # hm³ that a solver's tolerance may leave


def unmet_irrigation(result: Result) -> pd.Series:
    """Return the unmet irrigation demand over the horizon, by the generator that a rule names as its ``shortfall``.

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
    no_generators = pd.DataFrame({"carrier": []})
    components = result.inputs.components
    generators = components.get("generators", no_generators)
    is_shortfall = generators["carrier"] == LACKING
    names = generators.index[is_shortfall]
    unmet = pd.Series(dtype=float)
    if len(names):
        flow = result.flow("generators")[names]
        volume = flow.mul(result.hours, axis=0)
        unmet = volume.sum()
    is_real = unmet > TOLERANCE
    unmet = unmet.where(is_real, 0.0)
    unmet = unmet.rename("lacking")
    return unmet.rename_axis("generator")
