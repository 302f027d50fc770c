"""Cost of imperfect foresight: energy lost because events are learned of when they begin, by service."""

from __future__ import annotations

from typing import NamedTuple

from energy.analysis.priority_waterfall import Run
from energy.metrics.service_balance import KINDS, service_balance
from energy.model.objective import STUDIED

VISIBLE = 0.005  # GWh; less is the solver's tolerance on large numbers


class ForesightCost(NamedTuple):
    """What surprise costs one service [GWh over the horizon].

    ``kind`` is what is counted: energy ``delivered``, ``unserved`` or ``bought``; ``price`` is what is delivered less,
    or unserved or bought more, than with perfect foresight.
    """

    service: str
    kind: str
    foreseen: float
    surprised: float
    price: float


def costs_of_imperfect_foresight(run: Run) -> list[ForesightCost]:
    """Return the cost of surprise for CASA-1000, and for each service to which it makes a difference.

    The price of surprise is the energy delivered with perfect foresight less that with surprise. A plan that does not
    know what comes can also send too much, and leave less for the services that stand before CASA-1000: then the price
    is negative, and they pay it. In the objective, where each MWh counts with the weight of its service, surprise never
    improves on perfect foresight.

    Parameters
    ----------
    run
        A run; with perfect foresight there is nothing to return.

    Returns
    -------
    list of ForesightCost
        CASA-1000 first.

    Examples
    --------
    A line that is full all season is out for ten days in July: no plan could have made up for it, foreseen or not.

    >>> import energy
    >>> stop = {
    ...     "name": "mast",
    ...     "kind": "bipole_out",
    ...     "cause": "flood",
    ...     "where": ["crossing"],
    ...     "start": "07-01",
    ... }
    >>> overrides = {"foresight": "surprise", "events": [stop | {"duration": "10d"}]}
    >>> scenario = energy.read_scenario("two_bus", overrides=overrides)
    >>> run = energy.run(energy.read_case("two_bus"), scenario)
    >>> cost = costs_of_imperfect_foresight(run)[0]
    >>> round(cost.foreseen, 2), round(cost.surprised, 2), abs(round(cost.price, 2))
    (326.04, 326.04, 0.0)
    """
    if run.foreseen is None:
        return []
    foreseen = service_balance(run.foreseen)
    surprised = service_balance(run.result)
    others = [service for service in foreseen.index if service != STUDIED]
    costs = []
    for service in [STUDIED, *others]:
        for kind in KINDS:
            cost = _cost(
                service,
                kind,
                foreseen=float(foreseen[kind].get(service, 0.0)),
                surprised=float(surprised[kind].get(service, 0.0)),
            )
            costs.append(cost)
    visible = [cost for cost in costs[1:] if abs(cost.price) > VISIBLE]
    return [costs[0], *visible]


def _cost(
    service: str,
    kind: str,
    *,
    foreseen: float,
    surprised: float,
) -> ForesightCost:
    """Return the cost of one service; its price is less energy delivered, or more unserved or bought."""
    price = foreseen - surprised if kind == "delivered" else surprised - foreseen
    return ForesightCost(service=service, kind=kind, foreseen=foreseen, surprised=surprised, price=price)
