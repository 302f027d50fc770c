"""Cost of imperfect foresight: energy lost because events are learned of when they begin, by service."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

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
    """Return what surprise costs CASA-1000, and the services to which it makes a difference.

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
    list of Price
        CASA-1000 first.

    Examples
    --------
    A line that is full all season is out for ten days in July: no plan could have made up for it, foreseen or not.

    >>> import energy
    >>> stop = {"name": "mast", "kind": "bipole_out", "cause": "flood", "where": ["crossing"], "start": "07-01"}
    >>> asked = {"foresight": "surprise", "events": [stop | {"duration": "10d"}]}
    >>> run = energy.run(energy.read_case("two_bus"), energy.read_scenario("two_bus", overrides=asked))
    >>> price = costs_of_imperfect_foresight(run)[0]
    >>> round(price.foreseen, 2), round(price.surprised, 2), abs(round(price.price, 2))
    (326.04, 326.04, 0.0)
    """
    if run.foreseen is None:
        return []
    tables = [service_balance(result) for result in (run.foreseen, run.result)]
    services = [STUDIED, *(name for name in tables[0].index if name != STUDIED)]
    found = [_cost(service, kind, *tables) for service in services for kind in KINDS]
    return [price for at, price in enumerate(found) if at == 0 or abs(price.price) > VISIBLE]


def _cost(service: str, kind: str, foreseen: pd.DataFrame, surprised: pd.DataFrame) -> ForesightCost:
    before, after = (float(table[kind].get(service, 0.0)) for table in (foreseen, surprised))
    return ForesightCost(service, kind, before, after, before - after if kind == "delivered" else after - before)
