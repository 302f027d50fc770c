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
from energy.case.contract_terms import ContractTerms
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
from energy.model.inputs import assemble
from energy.model.marginal_costs import with_objective
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


def settlement(
    case: Case,
    scenario: Scenario,
    *,
    shortfall_owed: bool = False,
    measured: bool = True,
) -> Settlement:
    """Settle a scenario under the contract of its case.

    Parameters
    ----------
    case, scenario
        What exists and what was asked; ``contract.payment`` and ``contract.prices`` of the scenario count.
    shortfall_owed
        Under take-or-pay: whether the buyer owes what the sellers could not offer too.
    measured
        Whether the sellers share the energy price by what each sends over the line, and not by the contract's shares.

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
    >>> settled = settlement(read_case("two_bus"), read_scenario("two_bus"))
    >>> round(float(settled.fuel["bill"].sum()) / 348_840)  # 50 + 30 + 12 $ for each MWh
    92
    >>> settled.positions.sum(axis=1).eq(0).all()
    np.True_
    """
    worlds = _Counterfactuals(case, scenario)
    contract = worlds.contract
    terms = energy_terms(case, scenario, worlds.result, contract, offered=worlds.offered())
    shares = measured_shares(worlds.result, contract) if measured else None
    paid = payments(
        terms,
        contract,
        scenario.contract.payment,
        shares,
        offered_only=not shortfall_owed,
    )
    years = scenario.time.years
    debt = None if contract.debt is None else coverage(paid, contract, years)
    built = worlds.held()
    without = worlds.without()
    return Settlement(
        scenario=scenario,
        contract=contract,
        terms=terms,
        paid=paid,
        positions=positions(paid).reindex(terms.index, fill_value=0),
        debt=debt,
        income=export_income(paid, contract, years),
        fuel=_fuel(built, contract, paid, terms.index),
        rent=_rent(built),
        welfare=welfare_change(built, without, 0.0, paid),
        avoided=avoided(fuel_use(without), fuel_use(built)),
        prices=price_range(without, REVERSE),
    )


class _Counterfactuals:
    """The optimisations that a settlement compares, all on the scenario's axis."""

    def __init__(self, case: Case, scenario: Scenario) -> None:
        self._case = case
        self._scenario = scenario
        self._axis = plan_axis(case, scenario)
        inputs = with_objective(assemble(case, scenario, self._axis), scenario)
        contract = inputs.book.contract
        _refuse_unsettled(scenario, inputs)
        assert contract is not None
        self._engine = Engine(inputs)
        if scenario.foresight == "surprise":
            self.result = solve_imperfect_foresight(case, scenario, self._engine)
        else:
            self.result = self._engine.solve(inputs)
        self.contract = _complete(contract, self.result, open_season(scenario, inputs))

    def offered(self) -> pd.Series | None:
        """Return what the sellers could deliver by month [GWh]; None where the scenario has the buyer take all."""
        events = self._scenario.events
        kept = tuple(event for event in events if event.kind not in BUYERS)
        if self._scenario.objective == "transfer" and len(kept) == len(events):
            return None
        willing = self._scenario.model_copy(update={"objective": "transfer", "events": kept})
        inputs = with_objective(assemble(self._case, willing, self._axis), willing)
        result = self._engine.solve(inputs)
        return energy_by_month(transferable(result), result)

    def held(self) -> Result:
        """Return the least-cost run in which the line carries what it does in the scenario."""
        links = self._free.components["links"]
        contracted = _contracted(links)
        rating = links.loc[contracted, "p_nom"].replace(0.0, np.inf)
        share = self.result.flow("links")[contracted] / rating
        return self._engine.solve(_with_flows(self._free, contracted, share.to_numpy()))

    def without(self) -> Result:
        """Return the least-cost run without the line."""
        contracted = _contracted(self._free.components["links"])
        nothing = np.zeros((len(self._axis.snapshots), len(contracted)))
        return self._engine.solve(_with_flows(self._free, contracted, nothing))

    @property
    def _free(self) -> Inputs:
        # under take-or-pay a tariff is no cost of the dispatch
        contract = self._scenario.contract.model_copy(update={"payment": "take_or_pay"})
        change = {"objective": "dispatch", "contract": contract}
        cheapest = self._scenario.model_copy(update=change)
        return with_objective(assemble(self._case, cheapest, self._axis), cheapest)


def _refuse_unsettled(scenario: Scenario, inputs: Inputs) -> None:
    """Refuse a scenario without a contract, or without a line under study."""
    what = ""
    if inputs.book.contract is None:
        what = "the case has no contract to settle"
    elif not of_service(inputs.components.get("links", pd.DataFrame()), STUDIED):
        what = "no line is under study"
    if what:
        repair = "settle a scenario of a case with a contract and a line"
        raise InputError(Fault(what, scenario.name, repair=repair))


def _contracted(links: pd.DataFrame) -> list[str]:
    """Return the links that the contract is about."""
    return list(links.index[links["service"].isin(CONTRACTED)])


def _with_flows(inputs: Inputs, names: list[str], share: np.ndarray) -> Inputs:
    """Return inputs in which some links carry given shares of their rating; shape (snapshots, names)."""
    columns = inputs.components["links"].index.get_indexer(pd.Index(names))
    fixed = np.clip(share, 0.0, 1.0)
    dense = dict(inputs.dense)
    for attribute in ("p_min_pu", "p_max_pu"):
        bounds = inputs.array("links", attribute).copy()
        bounds[:, columns] = fixed
        dense["links", attribute] = bounds
    return replace(inputs, dense=dense)


def _complete(contract: ContractTerms, result: Result, season: np.ndarray) -> ContractTerms:
    """Fill what a case leaves out: the buyer by the line's far end, the quantity by the contract's ceiling."""
    changes: dict[str, object] = {}
    if not contract.buyer:
        changes["buyer"] = _country_at_far_end(result)
    if contract.quantity is None:
        most = energy_by_month(ceiling(result, season, contract.ceiling), result)
        changes["quantity"] = float(most.sum() * 8760 / result.hours.sum())
    return contract.model_copy(update=changes)


def _country_at_far_end(result: Result) -> str:
    """Return the country in which the line under study ends; ``buyer`` where it has none."""
    links = result.inputs.components["links"]
    far_ends = links.loc[links["service"] == STUDIED, "bus1"]
    buses = result.inputs.components["buses"].loc[far_ends]
    if "country" in buses and buses["country"].notna().all():
        return str(buses["country"].iloc[0])
    return "buyer"


def _fuel(
    built: Result,
    contract: ContractTerms,
    paid: pd.DataFrame,
    months: pd.Index,
) -> pd.DataFrame:
    """Return the buyer's bill beside the fuel that it replaces, by month [USD]."""
    of_buyer = paid[paid["payer"] == contract.buyer]
    bill = of_buyer.groupby("month")["amount"].sum()
    replaced = replaced_fuel(built, contract)
    at_marginal_price = saved_fuel(built)
    table = pd.DataFrame(
        {
            "bill": bill.reindex(months).fillna(0.0).astype(float),
            "replaced fuel": replaced.reindex(months).fillna(0.0),
            "at marginal price": at_marginal_price.reindex(months).fillna(0.0),
        }
    )
    table["net"] = table["replaced fuel"] - table["bill"]
    table.attrs["units"] = "USD"
    return table


def _rent(built: Result) -> pd.DataFrame:
    """Return the congestion rent of the line under study and of the other branches, by month [USD]."""
    rent = congestion_rent(built).mul(built.hours, axis=0)
    by_branch = rent.groupby(month_of(built)).sum()
    studied = of_service(built.inputs.components["links"], STUDIED)
    is_studied = by_branch.columns.get_level_values("name").isin(studied)
    of_studied = by_branch.loc[:, is_studied].sum(axis=1)
    others = by_branch.sum(axis=1) - of_studied
    table = pd.DataFrame({"line under study": of_studied, "other branches": others})
    table.attrs["units"] = "USD"
    return table.rename_axis("month")
