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
UNITS = {"hm3/h": ("hm3/h", "hm3"), "MW": ("MW", "MWh")}


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
    yielded
        Rule of the water that the rivers could not keep → what it yielded [hm³]; ``inputs`` have its bounds moved.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> from energy.solve import solve
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> round(float(found.flow("links")["line"].max()), 3)  # MW
    100.0
    """

    inputs: Inputs
    values: Mapping[tuple[str, str], pd.DataFrame]
    prices: pd.DataFrame
    objective: float
    iterations: int
    gains: Mapping[str, float] = field(default_factory=dict)
    yielded: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def hours(self) -> np.ndarray:
        """Hours [h] that each snapshot stands for; shape (snapshots,)."""
        return self.inputs.axis.weights

    def flow(self, component: str) -> pd.DataFrame:
        """Return what components carry or produce [MW, hm³/h], from bus0 for branches; shape (snapshots, names).

        What lines carry is the flow at their middle.
        """
        key = (component, "s" if component in ("lines", "transformers") else "p")
        found = self.values.get(key)
        return pd.DataFrame(index=self.inputs.axis.snapshots) if found is None else found

    @cached_property
    def line_losses(self) -> pd.DataFrame:
        """Power that each line loses, half of it at each end [MW]; shape (snapshots, lines)."""
        flow = self.flow("lines")
        loss = self.values.get(("lines", "loss"))
        return pd.DataFrame(0.0, flow.index, flow.columns) if loss is None else loss

    def ends(self, component: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return what branches take from bus0 and what they deliver at bus1 [MW, hm³/h]; each (snapshots, names)."""
        flow = self.flow(component)
        if component == "links":
            return flow, self.received
        return flow + self.line_losses / 2, flow - self.line_losses / 2

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

        axis = self.inputs.axis
        data: dict[str, tuple[tuple[str, str], np.ndarray, dict[str, str]]] = {}

        def put(component: str, attribute: str, table: pd.DataFrame, unit: str, text: str) -> None:
            if len(table.columns):
                data[f"{component}_{attribute}"] = (
                    ("snapshot", component),
                    table.to_numpy(float),
                    {"units": unit, "long_name": text},
                )

        power = "MW (electric), hm3/h (water)"
        put("generators", "p", self.flow("generators"), power, "output of generators")
        put("links", "p0", self.flow("links"), power, "what links take from bus0")
        put("links", "p1", -self.received, power, "what links take from bus1, negative where they deliver")
        put("lines", "p0", self.ends("lines")[0], "MW", "what lines take from bus0")
        if self.inputs.line_losses != "none":
            put("lines", "p1", -self.ends("lines")[1], "MW", "what lines take from bus1, negative where they deliver")
            put("lines", "loss", self.line_losses, "MW", "what lines lose, half of it at each end")
        put("transformers", "p0", self.flow("transformers"), "MW", "what transformers take from bus0")
        put(
            "stores",
            "e",
            self.values.get(("stores", "e"), pd.DataFrame()),
            "MWh or hm3",
            "content of stores at the end of the snapshot",
        )
        put("stores", "p", self.flow("stores"), power, "what stores give to their bus")
        charge = self.values.get(("storage_units", "state_of_charge"), pd.DataFrame())
        put("storage_units", "state_of_charge", charge, "MWh", "content of storage units at the end of the snapshot")
        put("storage_units", "p", self.flow("storage_units"), "MW", "what storage units give to their bus")
        if "loads" in self.inputs.components:
            put("loads", "p", self.inputs.values("loads", "p_set"), power, "demand; negative for inflow")
        put("buses", "marginal_price", self.prices, "USD/MWh (electric), USD/hm3 (water)", "marginal price")
        coordinates: dict[str, object] = {"snapshot": axis.snapshots}
        for name in {dims[1] for dims, _, _ in data.values()}:
            coordinates[name] = list(self._names(name))
        found = xr.Dataset(data, coordinates)
        found["weight"] = ("snapshot", self.hours, {"units": "h", "long_name": "hours that a snapshot stands for"})
        found["snapshot"].attrs = {"long_name": "start of the snapshot, UTC", "standard_name": "time"}
        found.attrs = {"title": self.inputs.name, "objective": self.objective, "Conventions": "CF-1.11"}
        return found

    def _names(self, component: str) -> pd.Index:
        return self.prices.columns if component == "buses" else self.inputs.components[component].index

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
        return [
            {"kind": "service", "name": f"service {name}", "service": name, "at_least": energy - SERVICE_SLACK}
            for name, energy in self.services.items()
        ]

    def _decided_rules(self) -> list[dict[str, object]]:
        """Return the rules of the inputs, the bound on lacking water lowered to what is lacking."""
        rules = []
        for rule in self.inputs.rules:
            if rule["name"] == LACKING_WATER:
                lacking = self.flow("generators")[rule["generators"]].sum(axis=1)
                hours = self.inputs.axis.weightings["stores"]
                rule = {**rule, "at_most": float(lacking @ hours) + SERVICE_SLACK}  # noqa: PLW2901
            rules.append(rule)
        return rules

    def network(self) -> pypsa.Network:
        """Return the solved PyPSA network: the inputs with ``p``, ``p0``, ``p1``, ``e`` and prices filled."""
        n = network(self.inputs)
        n.meta["energy"]["rules"] = [*self._decided_rules(), *self._service_floors()]
        filled: dict[tuple[str, str], pd.DataFrame] = {
            ("generators", "p"): self.flow("generators"),
            ("loads", "p"): self.inputs.values("loads", "p_set"),
            ("stores", "p"): self.flow("stores"),
            ("stores", "e"): self.values.get(("stores", "e"), pd.DataFrame()),
            ("lines", "p0"): self.ends("lines")[0],
            ("lines", "p1"): -self.ends("lines")[1],
            ("transformers", "p0"): self.flow("transformers"),
            ("transformers", "p1"): -self.flow("transformers"),
            ("storage_units", "p"): self.flow("storage_units"),
            ("storage_units", "state_of_charge"): self.values.get(("storage_units", "state_of_charge"), pd.DataFrame()),
            ("links", "p0"): self.flow("links"),
            ("links", "p1"): -self.received,
            ("buses", "marginal_price"): self.prices,
        }
        links = self.inputs.components.get("links", pd.DataFrame())
        for bus_of, attribute in port_efficiencies(links.columns).items():
            if bus_of != "bus1":
                names = links.index[links[bus_of] != ""]
                efficiency = self.inputs.values("links", attribute)[names]
                filled["links", f"p{bus_of[3:]}"] = -self.flow("links")[names] * efficiency
        for (component, attribute), table in filled.items():
            if len(table.columns):
                n.components[component].dynamic[attribute] = table.rename_axis(index="snapshot", columns="name")
        n._objective = self.objective  # noqa: SLF001  (PyPSA gives no other way to say it)
        return n
