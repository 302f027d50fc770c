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
    columns: dict[str, pd.Series] = {}
    for kind in KINDS:
        energies = _of_generators(result, kind)
        if kind == "delivered":
            energies = [*_of_links(result), *energies]
        columns[kind] = _sum_by_service(energies)
    table = pd.DataFrame(columns).fillna(0.0)
    table = table.rename_axis("service")
    table.attrs["units"] = "GWh"
    return table.sort_index()


def _sum_by_service(energies: list[pd.Series]) -> pd.Series:
    if not energies:
        return pd.Series(dtype=float)
    energy = pd.concat(energies)
    by_service: pd.Series[float] = energy.groupby(level=0).sum()
    return by_service


def _of_links(result: Result) -> list[pd.Series]:
    """Return the energy that links deliver by service [GWh]; none where no link has a service."""
    links = result.inputs.components.get("links", pd.DataFrame())
    if "service" not in links:
        return []
    energy = _energy(result, result.received, links["service"])
    return [energy]


def _of_generators(
    result: Result,
    kind: str,
) -> list[pd.Series]:
    """Return the energy of the generators of one kind by service [GWh]; none where no generator has a service."""
    generators = result.inputs.components.get("generators", pd.DataFrame())
    if "service" not in generators:
        return []
    is_unserved = generators["carrier"] == UNSERVED
    is_sink = generators["sign"] < 0
    kind_of_served = np.where(is_sink, "delivered", "bought")
    kind_of_generator = np.where(is_unserved, "unserved", kind_of_served)
    is_of_kind = kind_of_generator == kind
    flow = result.flow("generators")
    power = flow.loc[:, is_of_kind]
    service = generators.loc[is_of_kind, "service"]
    energy = _energy(result, power, service)
    return [energy]


def _energy(
    result: Result,
    power: pd.DataFrame,
    service: pd.Series,
) -> pd.Series:
    """Return the energy of components by service over the horizon [GWh]."""
    has_service = service.notna() & (service != "")
    service = service[has_service]
    power_of_named = power[service.index]
    mwh = power_of_named.mul(result.hours, axis=0)
    energy = mwh.sum() * GWH
    by_service: pd.Series[float] = energy.groupby(service).sum()
    return by_service
