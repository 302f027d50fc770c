"""Contract sizing: the season's firm quantity under take-or-pay, a two-stage program with CVaR.

First stage: the quantity. Second stage, one scenario a season: what can be delivered goes to the contract first; what
is missing is bought at the price of a shortfall, the surplus is sold at the spot price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError, SolverError
from energy.model.pypsa_logging import quiet_pypsa

SCENARIOS = 50
AVERSIONS = (0.0, 0.25, 0.5, 0.75, 0.9, 0.99)
_SEASON, _CONTRACT = "season", "contract"


@dataclass(frozen=True)
class Terms:
    """What the contract and its failure are worth.

    Attributes
    ----------
    price
        For contracted energy that is delivered [USD/MWh].
    shortfall
        What a contracted MWh costs that is not delivered [USD/MWh].
    spot
        For energy beyond the contract [USD/MWh].
    """

    price: float
    shortfall: float
    spot: float

    def refuse_unsound(self) -> None:
        """Refuse terms under which the best quantity is nothing or without limit.

        Raises
        ------
        InputError
            Unless spot < price < shortfall.
        """
        if not self.spot < self.price < self.shortfall:
            what = f"spot {self.spot:g}, price {self.price:g}, shortfall {self.shortfall:g} USD/MWh"
            allowed = "spot < price < shortfall"
            raise InputError(Fault(what, "terms", allowed=allowed, repair="change one of them"))

    def income(self, quantity: float, energy: np.ndarray) -> np.ndarray:
        """Return the income of seasons [thousand USD] for a contracted quantity and energies [GWh]."""
        missing = np.clip(quantity - energy, 0, None)
        surplus = np.clip(energy - quantity, 0, None)
        income = self.price * quantity - self.shortfall * missing + self.spot * surplus
        return np.asarray(income)


def _representative(
    energy: np.ndarray,
    weights: np.ndarray,
    count: int = SCENARIOS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return seasons that stand for equal shares of the probability, and their probabilities.

    Samples are sorted and cut into bins of equal weight; each bin is its mean, so that the mean of all is kept.

    Examples
    --------
    >>> _representative(np.array([3.0, 1.0, 2.0, 4.0]), np.ones(4), 2)
    (array([1.5, 3.5]), array([0.5, 0.5]))
    """
    order = np.argsort(energy, kind="stable")
    sorted_energy = energy[order]
    probability = weights[order] / weights.sum()
    midpoint = np.cumsum(probability) - probability / 2
    last = count - 1e-9
    bins = np.minimum(midpoint * count, last).astype(int)
    share = np.bincount(bins, probability, count)
    weighted = np.bincount(bins, probability * sorted_energy, count)
    occupied = share > 0
    levels = weighted[occupied] / share[occupied]
    return levels, share[occupied]


def _contract_network(  # type: ignore[no-untyped-def]
    energy: Sequence[float] | np.ndarray,
    probability: Sequence[float] | np.ndarray,
    terms: Terms,
):
    """Return the two-stage program as a stochastic ``pypsa.Network``, not yet solved; GWh and thousand USD.

    Parameters
    ----------
    energy, probability
        What can be delivered in each season [GWh], and how likely it is.
    terms
        Prices.
    """
    import pypsa

    names = [f"season {number}" for number in range(len(energy))]
    probabilities = map(float, probability)
    largest = max(float(np.max(energy)), 1e-3)
    with quiet_pypsa():
        n = pypsa.Network(snapshots=[0])
        n.add("Bus", _SEASON)
        n.add("Generator", "deliverable", bus=_SEASON, p_nom=largest)
        n.add(
            "Generator",
            "bought",
            bus=_SEASON,
            p_nom=largest,
            marginal_cost=terms.shortfall,
        )
        n.add(
            "Generator",
            "spot",
            bus=_SEASON,
            sign=-1,
            p_nom=largest,
            marginal_cost=-terms.spot,
        )
        # all that is contracted is owed: it runs at its size whatever happens
        n.add(
            "Generator",
            _CONTRACT,
            bus=_SEASON,
            sign=-1,
            p_nom_extendable=True,
            p_nom_max=largest,
            p_min_pu=1,
            marginal_cost=-terms.price,
        )
        n.set_scenarios(dict(zip(names, probabilities, strict=True)))
        generators = n.c.generators.static
        for name, deliverable in zip(names, energy, strict=True):
            generators.loc[(name, "deliverable"), "p_max_pu"] = float(deliverable) / largest
    return n


def _firm_quantity(
    energy: Sequence[float] | np.ndarray,
    probability: Sequence[float] | np.ndarray,
    terms: Terms,
    aversion: float = 0.0,
    tail: float = 0.1,
) -> float:
    """Return the quantity [GWh] that maximises (1 − aversion)·E[income] + aversion·CVaR of income.

    Without aversion it is the newsvendor's: P(energy < q) = (price − spot)/(shortfall − spot).

    Parameters
    ----------
    energy, probability
        Seasons [GWh] and how likely they are.
    terms
        Prices.
    aversion
        Weight of the tail, from 0 to below 1.
    tail
        Share of the worst seasons that the CVaR is the mean of.

    Raises
    ------
    InputError, SolverError
        When the terms are unsound, or the program has no optimum.

    Examples
    --------
    >>> round(
    ...     _firm_quantity(
    ...         [1000.0, 2000.0, 3000.0],
    ...         [0.25, 0.5, 0.25],
    ...         Terms(price=51.5, shortfall=103, spot=20),
    ...     )
    ... )
    2000
    """
    terms.refuse_unsound()
    n = _contract_network(energy, probability, terms)
    with quiet_pypsa():
        if aversion:
            n.set_risk_preference(alpha=1 - tail, omega=aversion)
        status, condition = n.optimize(
            solver_name="highs",
            include_objective_constant=False,
            log_to_console=False,
        )
    if status != "ok":
        raise SolverError(f"contract: {condition}")
    optimal = n.c.generators.static["p_nom_opt"]
    # the first stage is one decision: the same in every scenario
    quantity = optimal.xs(_CONTRACT, level="name").iloc[0]
    return float(quantity)


def frontier(
    energy: np.ndarray,
    weights: np.ndarray,
    terms: Terms,
    tail: float = 0.1,
    aversions: Sequence[float] = AVERSIONS,
) -> pd.DataFrame:
    """Return the frontier of expected income against risk.

    Parameters
    ----------
    energy, weights
        Sampled seasons [GWh] and their likelihood ratios.
    terms
        Prices.
    tail
        Share of the worst seasons.
    aversions
        Weights of the tail.

    Returns
    -------
    pandas.DataFrame
        Index aversion; columns ``quantity`` [GWh], ``mean income`` and ``tail income`` [million USD; of all samples],
        ``short``, the probability of a season below the quantity.
    """
    levels, probability = _representative(energy, weights)
    share = weights / weights.sum()
    rows = {}
    for aversion in aversions:
        quantity = _firm_quantity(levels, probability, terms, aversion=aversion, tail=tail)
        income = terms.income(quantity, energy) / 1000
        is_short = energy < quantity - 1e-6
        rows[aversion] = {
            "quantity": quantity,
            "mean income": float(income @ share),
            "tail income": _tail_mean(income, share, tail),
            "short": float(share @ is_short),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("aversion")


def _tail_mean(
    income: np.ndarray,
    share: np.ndarray,
    tail: float,
) -> float:
    """Return the mean income of the worst seasons, which together have the probability ``tail`` (CVaR)."""
    order = np.argsort(income, kind="stable")
    probability = share[order]
    worse = np.cumsum(probability) - probability
    in_tail = np.clip(tail - worse, 0.0, probability)
    return float(income[order] @ in_tail / tail)
