"""What a solve found: tables by component, an xarray Dataset, a solved PyPSA network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from energy.case.schema import port_efficiencies
from energy.model import Inputs, network
from energy.model.objective import LACKING_WATER, service_costs

if TYPE_CHECKING:
    import pypsa
    import xarray as xr

SERVICE_SLACK = 1e-3  # MWh or hm³ by which an exported network may fall short of a service
POWER = "MW (electric), hm3/h (water)"
DESCRIPTIONS = {
    ("generators", "p"): (POWER, "output of generators"),
    ("links", "p0"): (POWER, "what links take from bus0"),
    ("links", "p1"): (POWER, "what links take from bus1, negative where they deliver"),
    ("lines", "p0"): ("MW", "what lines take from bus0"),
    ("lines", "p1"): ("MW", "what lines take from bus1, negative where they deliver"),
    ("lines", "loss"): ("MW", "what lines lose, half of it at each end"),
    ("transformers", "p0"): ("MW", "what transformers take from bus0"),
    ("stores", "e"): ("MWh or hm3", "content of stores at the end of the snapshot"),
    ("stores", "p"): (POWER, "what stores give to their bus"),
    ("storage_units", "state_of_charge"): (
        "MWh",
        "content of storage units at the end of the snapshot",
    ),
    ("storage_units", "p"): ("MW", "what storage units give to their bus"),
    ("loads", "p"): (POWER, "demand; negative for inflow"),
    ("buses", "marginal_price"): ("USD/MWh (electric), USD/hm3 (water)", "marginal price"),
}
"""Component list and PyPSA attribute → unit and long name in the Dataset."""


@dataclass(frozen=True)
class Result:
    """The optimum of one scenario.

    Attributes
    ----------
    inputs
        What was solved.
    values
        (component list, ``p``/``s``/``e``/``loss``) → table (snapshots × names), MW or hm³/h, MWh or hm³.
    prices
        Marginal price at each bus [$/MWh or $/hm³]; shape (snapshots, buses).
    objective
        Value of the objective [$].
    iterations
        Simplex iterations of the solve.
    gains
        What each service could still gain without loss to one before it in the protection order, at most [MWh].

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> result = solve(inputs(read_case("two_bus"), scenario))
    >>> round(float(result.flow("links")["line"].max()), 3)  # MW
    100.0
    """

    inputs: Inputs
    values: Mapping[tuple[str, str], pd.DataFrame]
    prices: pd.DataFrame
    objective: float
    iterations: int
    gains: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def hours(self) -> np.ndarray:
        """Hours [h] that each snapshot stands for; shape (snapshots,)."""
        return self.inputs.axis.weights

    def flow(self, component: str) -> pd.DataFrame:
        """Return what components carry or produce [MW, hm³/h], from bus0 for branches; shape (snapshots, names).

        What lines carry is the flow at their middle.
        """
        quantity = "s" if component in ("lines", "transformers") else "p"
        flow = self.values.get((component, quantity))
        if flow is None:
            return pd.DataFrame(index=self.inputs.axis.snapshots)
        return flow

    @cached_property
    def line_losses(self) -> pd.DataFrame:
        """Power that each line loses, half of it at each end [MW]; shape (snapshots, lines)."""
        loss = self.values.get(("lines", "loss"))
        if loss is not None:
            return loss
        flow = self.flow("lines")
        return pd.DataFrame(0.0, flow.index, flow.columns)

    def ends(self, component: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return what branches take from bus0 and what they deliver at bus1 [MW, hm³/h]; each (snapshots, names)."""
        flow = self.flow(component)
        if component == "links":
            return flow, self.received
        half_loss = self.line_losses / 2
        return flow + half_loss, flow - half_loss

    @cached_property
    def received(self) -> pd.DataFrame:
        """Power that each link delivers at bus1 [MW, hm³/h]; shape (snapshots, links)."""
        sent = self.flow("links")
        if not len(sent.columns):
            return sent
        received = sent.to_numpy() * self.inputs.array("links", "efficiency")  # columns stand in the table's order
        return pd.DataFrame(received, sent.index, sent.columns, copy=False)

    def dataset(self) -> xr.Dataset:
        """Return the result as a Dataset with units and names.

        Returns
        -------
        xarray.Dataset
            Dimensions ``snapshot`` and one per component list; variables named ``<list>_<PyPSA attribute>``.
        """
        import xarray as xr

        tables = self._tables()
        if self.inputs.line_losses == "none":
            del tables["lines", "p1"]  # the same as p0
        else:
            tables["lines", "loss"] = self.line_losses
        variables = {}
        components = set()
        for (component, attribute), table in tables.items():
            if table.columns.empty or (component, attribute) not in DESCRIPTIONS:
                continue
            units, long_name = DESCRIPTIONS[component, attribute]
            attrs = {"units": units, "long_name": long_name}
            variables[f"{component}_{attribute}"] = (
                ("snapshot", component),
                table.to_numpy(float),
                attrs,
            )
            components.add(component)
        coordinates: dict[str, object] = {"snapshot": self.inputs.axis.snapshots}
        for component in components:
            coordinates[component] = list(self._names(component))
        dataset = xr.Dataset(variables, coordinates)
        dataset["weight"] = (
            "snapshot",
            self.hours,
            {"units": "h", "long_name": "hours that a snapshot stands for"},
        )
        dataset["snapshot"].attrs = {
            "long_name": "start of the snapshot, UTC",
            "standard_name": "time",
        }
        dataset.attrs = {
            "title": self.inputs.name,
            "objective": self.objective,
            "Conventions": "CF-1.11",
        }
        return dataset

    def _tables(self) -> dict[tuple[str, str], pd.DataFrame]:
        """Return (component list, PyPSA attribute) → values in every snapshot."""
        taken, delivered = self.ends("lines")
        nothing = pd.DataFrame()
        tables = {
            ("generators", "p"): self.flow("generators"),
            ("links", "p0"): self.flow("links"),
            ("links", "p1"): -self.received,
            ("lines", "p0"): taken,
            ("lines", "p1"): -delivered,
            ("transformers", "p0"): self.flow("transformers"),
            ("transformers", "p1"): -self.flow("transformers"),
            ("stores", "e"): self.values.get(("stores", "e"), nothing),
            ("stores", "p"): self.flow("stores"),
            ("storage_units", "state_of_charge"): self.values.get(("storage_units", "state_of_charge"), nothing),
            ("storage_units", "p"): self.flow("storage_units"),
            ("buses", "marginal_price"): self.prices,
        }
        if "loads" in self.inputs.components:
            tables["loads", "p"] = self.inputs.values("loads", "p_set")
        return tables

    def _names(self, component: str) -> pd.Index:
        if component == "buses":
            return self.prices.columns
        return self.inputs.components[component].index

    @cached_property
    def services(self) -> Mapping[str, float]:
        """Energy of each service of the protection order [MWh]; what is bought or unserved counts with a minus."""
        return {service: self.service_energy(service) for service in self.inputs.priority}

    def service_energy(self, service: str) -> float:
        """Return the energy of a service [MWh], in the protection order or not; bought or unserved with a minus."""
        hours = self.inputs.axis.weightings["objective"].to_numpy()[:, None]
        energy = 0.0
        for component, cost in service_costs(self.inputs, service).items():
            energy -= float((self.flow(component).to_numpy() * cost * hours).sum())
        return energy

    def _service_floors(self) -> list[dict[str, object]]:
        """Return rules that hold each service at what it has, so that plain PyPSA comes to the same optimum."""
        floors: list[dict[str, object]] = []
        for service, energy in self.services.items():
            floor = {
                "kind": "service",
                "name": f"service {service}",
                "service": service,
                "at_least": energy - SERVICE_SLACK,
            }
            floors.append(floor)
        return floors

    def _decided_rules(self) -> list[dict[str, object]]:
        """Return the rules of the inputs, the bound on lacking water lowered to what is lacking."""
        hours = self.inputs.axis.weightings["stores"]
        rules = []
        for rule in self.inputs.rules:
            decided = dict(rule)
            if rule["name"] == LACKING_WATER:
                lacking = self.flow("generators")[rule["generators"]].sum(axis=1)
                decided["at_most"] = float(lacking @ hours) + SERVICE_SLACK
            rules.append(decided)
        return rules

    def network(self) -> pypsa.Network:
        """Return the solved PyPSA network: the inputs with ``p``, ``p0``, ``p1``, ``e`` and prices filled."""
        n = network(self.inputs)
        n.meta["energy"]["rules"] = [*self._decided_rules(), *self._service_floors()]
        for (component, attribute), table in {**self._tables(), **self._further_ports()}.items():
            if len(table.columns):
                series = table.rename_axis(index="snapshot", columns="name")
                n.components[component].dynamic[attribute] = series
        n._objective = self.objective  # noqa: SLF001  (PyPSA gives no other way to say it)
        return n

    def _further_ports(self) -> dict[tuple[str, str], pd.DataFrame]:
        """Return what links take at their ports beyond bus1; negative where they deliver."""
        links = self.inputs.components.get("links", pd.DataFrame())
        tables = {}
        for port, attribute in port_efficiencies(links.columns).items():
            if port == "bus1":
                continue
            names = links.index[links[port] != ""]
            efficiency = self.inputs.values("links", attribute)[names]
            number = port.removeprefix("bus")
            tables["links", f"p{number}"] = -self.flow("links")[names] * efficiency
        return tables
