"""Settlement of a scenario: payments of each party, and the line's worth to each country.

Payments follow the energy that the scenario delivers. What that energy is worth is asked of a second optimisation:
least cost over all countries, the line held to what the scenario delivers, against the same without the line. Its
prices are money, which those of a transfer run are not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from energy.analysis.imperfect_foresight import plan_axis, solve_imperfect_foresight
from energy.analysis.priority_waterfall import open_season
from energy.case import Case
from energy.case.rules import ContractTerms
from energy.errors import Fault, InputError
from energy.metrics import ceiling, energy_by_month, transferable
from energy.metrics.benefit import CONTRACTED, replaced_fuel, saved_fuel
from energy.metrics.congestion_rent import congestion_rent
from energy.metrics.export_income import coverage, export_income
from energy.metrics.fuel import avoided, fuel_use
from energy.metrics.monthly import month_of, of_service
from energy.metrics.price_range import REVERSE, price_range
from energy.metrics.settlement import (
    BUYERS,
    energy_terms,
    measured_shares,
    payments,
    positions,
)
from energy.metrics.welfare import welfare_change
from energy.model import Inputs
from energy.model.inputs import assemble, with_objective
from energy.model.objective import STUDIED
from energy.scenario import Scenario
from energy.solve import Engine, Result


@dataclass(frozen=True)
class Settlement:
    """The money of a scenario.

    Attributes
    ----------
    scenario, contract
        What was asked, and the contract that held; what the case does not say is filled in.
    terms
        Contracted, delivered, force majeure, not taken and shortfall by month [GWh].
    paid
        Every payment: month, payer, payee, item, amount [USD].
    positions
        Received less paid by month and party [USD].
    debt
        Income against debt service by country [million USD a year]; None where the contract has no debt.
    income
        The sellers' income [million USD a year] and its share of the target for trade.
    fuel
        By month, USD: ``bill`` of the buyer, ``replaced fuel`` (what its plants would have burnt, by merit order),
        ``at marginal price`` (what the energy was worth at its bus), ``net`` (replaced fuel less bill).
    rent
        Congestion rent by month [USD]: ``line under study`` and ``other branches``.
    welfare
        By country, million USD: ``system``, ``payments``, ``total`` against the run without the line.
    avoided
        By country and carrier: ``electricity``, ``fuel`` [GWh] and ``CO2`` [t] that the line saves, in the least-cost
        run with the line held to what is delivered, against the one without it.
    prices
        By month: prices of the margin at which the contract's buyer could sell the other way and both gain, without
        the line, as of ``energy.metrics.price_range``.
    """

    scenario: Scenario
    contract: ContractTerms
    terms: pd.DataFrame
    paid: pd.DataFrame
    positions: pd.DataFrame
    debt: pd.DataFrame | None
    income: pd.DataFrame
    fuel: pd.DataFrame
    rent: pd.DataFrame
    welfare: pd.DataFrame
    avoided: pd.DataFrame
    prices: pd.DataFrame


def settlement(case: Case, scenario: Scenario, *, shortfall_owed: bool = False, measured: bool = False) -> Settlement:
    """Settle a scenario under the contract of its case.

    Parameters
    ----------
    case, scenario
        What exists and what was asked; ``contract.payment`` and ``contract.prices`` of the scenario count.
    shortfall_owed
        Under take-or-pay: whether the buyer owes what the sellers could not offer too.
    measured
        Whether the sellers share the energy price by what each had left in the hours of delivery, and not by the
        contract's shares.

    Returns
    -------
    Settlement

    Raises
    ------
    InputError, SolverError
        When the case has no contract or no line under study, or an optimisation has no optimum.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> found = settlement(read_case("two_bus"), read_scenario("two_bus"))
    >>> round(float(found.fuel["bill"].sum()) / 348_840)  # 50 + 30 + 12 $ for each MWh
    92
    >>> found.positions.sum(axis=1).eq(0).all()
    np.True_
    """
    worlds = Counterfactuals(case, scenario)
    result, contract = worlds.result, worlds.contract
    terms = energy_terms(case, scenario, result, contract, offered=worlds.offered())
    shares = measured_shares(result, contract) if measured else None
    paid = payments(terms, contract, scenario.contract.payment, shares, offered_only=not shortfall_owed)
    built, without = worlds.held(), worlds.without()
    years = scenario.time.years
    return Settlement(
        scenario=scenario,
        contract=contract,
        terms=terms,
        paid=paid,
        positions=positions(paid).reindex(terms.index, fill_value=0),
        debt=None if contract.debt is None else coverage(paid, contract, years),
        income=export_income(paid, contract, years),
        fuel=_fuel(built, contract, paid, terms.index),
        rent=_rent(built),
        welfare=welfare_change(built, without, 0.0, paid),
        avoided=avoided(fuel_use(without), fuel_use(built)),
        prices=price_range(without, REVERSE),
    )


class Counterfactuals:
    """The optimisations that a settlement compares, all on the scenario's axis."""

    def __init__(self, case: Case, scenario: Scenario) -> None:
        self._case, self._scenario, self._axis = case, scenario, plan_axis(case, scenario)
        found = with_objective(assemble(case, scenario, self._axis), scenario)
        links = found.components.get("links", pd.DataFrame())
        if found.book.contract is None or not of_service(links, STUDIED):
            what = "the case has no contract to settle" if found.book.contract is None else "no line is under study"
            raise InputError(
                Fault(what, scenario.name, repair="settle a scenario of a case with a contract and a line")
            )
        engine = Engine(found)
        surprised = scenario.foresight == "surprise"
        self.result = solve_imperfect_foresight(case, scenario, engine) if surprised else engine.solve(found)
        self._engine = engine
        self.contract = _complete(found.book.contract, self.result, open_season(scenario, found))

    def offered(self) -> pd.Series | None:
        """Return what the sellers could deliver by month [GWh]; None where the scenario has the buyer take all."""
        kept = tuple(event for event in self._scenario.events if event.kind not in BUYERS)
        if self._scenario.objective == "transfer" and len(kept) == len(self._scenario.events):
            return None
        willing = self._scenario.model_copy(update={"objective": "transfer", "events": kept})
        asked = with_objective(assemble(self._case, willing, self._axis), willing)
        result = self._engine.solve(asked)
        return energy_by_month(transferable(result), result)

    def held(self) -> Result:
        """Return the least-cost run in which the line carries what it does in the scenario."""
        links = self._free.components["links"]
        names = list(links.index[links["service"].isin(CONTRACTED)])
        share = self.result.flow("links")[names] / links.loc[names, "p_nom"].replace(0.0, np.inf)
        return self._engine.solve(_with_flows(self._free, names, share.to_numpy()))

    def without(self) -> Result:
        """Return the least-cost run without the line."""
        links = self._free.components["links"]
        names = list(links.index[links["service"].isin(CONTRACTED)])
        return self._engine.solve(_with_flows(self._free, names, np.zeros((len(self._axis.snapshots), len(names)))))

    @property
    def _free(self) -> Inputs:
        # under take-or-pay a tariff is no cost of the dispatch
        change = {
            "objective": "dispatch",
            "contract": self._scenario.contract.model_copy(update={"payment": "take_or_pay"}),
        }
        cheapest = self._scenario.model_copy(update=change)
        return with_objective(assemble(self._case, cheapest, self._axis), cheapest)


def _with_flows(found: Inputs, names: list[str], share: np.ndarray) -> Inputs:
    """Return inputs in which some links carry given shares of their rating; shape (snapshots, names)."""
    at = found.components["links"].index.get_indexer(pd.Index(names))
    dense = dict(found.dense)
    for attribute in ("p_min_pu", "p_max_pu"):
        bounds = found.array("links", attribute).copy()
        bounds[:, at] = np.clip(share, 0.0, 1.0)
        dense["links", attribute] = bounds
    return replace(found, dense=dense)


def _complete(contract: ContractTerms, result: Result, season: np.ndarray) -> ContractTerms:
    """Fill what a case leaves out: the buyer by the line's far end, the quantity by the contract's ceiling."""
    links, buses = result.inputs.components["links"], result.inputs.components["buses"]
    ends = buses.loc[links.loc[links["service"] == STUDIED, "bus1"]]
    country = str(ends["country"].iloc[0]) if "country" in ends and ends["country"].notna().all() else "buyer"
    changes: dict[str, object] = {} if contract.buyer else {"buyer": country}
    if contract.quantity is None:
        most = energy_by_month(ceiling(result, season, contract.ceiling), result)
        changes["quantity"] = float(most.sum() * 8760 / result.hours.sum())
    return contract.model_copy(update=changes)


def _fuel(built: Result, contract: ContractTerms, paid: pd.DataFrame, months: pd.Index) -> pd.DataFrame:
    bill = paid[paid["payer"] == contract.buyer].groupby("month")["amount"].sum()
    table = pd.DataFrame(
        {
            "bill": bill.reindex(months).fillna(0.0).astype(float),
            "replaced fuel": replaced_fuel(built, contract).reindex(months).fillna(0.0),
            "at marginal price": saved_fuel(built).reindex(months).fillna(0.0),
        }
    )
    table["net"] = table["replaced fuel"] - table["bill"]
    table.attrs["units"] = "USD"
    return table


def _rent(built: Result) -> pd.DataFrame:
    by_branch = congestion_rent(built).mul(built.hours, axis=0).groupby(month_of(built)).sum()
    studied = of_service(built.inputs.components["links"], STUDIED)
    own = by_branch.loc[:, by_branch.columns.get_level_values("name").isin(studied)].sum(axis=1)
    table = pd.DataFrame({"line under study": own, "other branches": by_branch.sum(axis=1) - own})
    table.attrs["units"] = "USD"
    return table.rename_axis("month")
