"""Energy balance of each service over the horizon: served, unserved, or bought."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.metrics.monthly import GWH
from energy.model.objective import UNSERVED
from energy.solve import Result

KINDS = ("delivered", "unserved", "bought")


def service_balance(result: Result) -> pd.DataFrame:
    """Return the energy of each service over the horizon [GWh].

    Parameters
    ----------
    result
        A solved scenario.

    Returns
    -------
    pandas.DataFrame
        Index service; columns ``delivered`` (by the service's links at their far end, and to its sinks), ``unserved``
        (demand of the service that was not met) and ``bought`` (output of the service's sources).

    Examples
    --------
    >>> import energy
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus"))
    >>> service_balance(run.result).loc["casa"].round(2).to_dict()
    {'delivered': 348.84, 'unserved': 0.0, 'bought': 0.0}
    """
    parts = [energy.rename(kind) for kind, energy in (*_of_links(result), *_of_generators(result))]
    table = pd.DataFrame({kind: _summed(kind, parts) for kind in KINDS}).fillna(0.0).rename_axis("service")
    table.attrs["units"] = "GWh"
    return table.sort_index()


def _summed(kind: str, parts: list[pd.Series]) -> pd.Series:
    of_kind = [part for part in parts if part.name == kind]
    return pd.concat(of_kind).groupby(level=0).sum() if of_kind else pd.Series(dtype=float)


def _of_links(result: Result) -> list[tuple[str, pd.Series]]:
    table = result.inputs.components.get("links", pd.DataFrame())
    if "service" not in table:
        return []
    return [("delivered", _energy(result, result.received, table["service"]))]


def _of_generators(result: Result) -> list[tuple[str, pd.Series]]:
    table = result.inputs.components.get("generators", pd.DataFrame())
    if "service" not in table:
        return []
    kind = np.where(table["carrier"] == UNSERVED, "unserved", np.where(table["sign"] < 0, "delivered", "bought"))
    flow = result.flow("generators")
    return [(name, _energy(result, flow.loc[:, kind == name], table["service"][kind == name])) for name in KINDS]


def _energy(result: Result, power: pd.DataFrame, service: pd.Series) -> pd.Series:
    named = service[service.notna() & (service != "")]
    total = power[named.index].mul(result.hours, axis=0).sum() * GWH
    energy: pd.Series[float] = total.groupby(named).sum()
    return energy
