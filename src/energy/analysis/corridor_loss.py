"""N-1 of each corridor: what can still be exchanged, in MW, when one cause takes a whole corridor out."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from energy.analysis.capability import FORWARD, REVERSE
from energy.analysis.case_capability import STRICT, case_capability
from energy.case import Case
from energy.errors import Fault, InputError, nearest
from energy.scenario import Scenario

NOTHING = "none"


def corridor_losses(case: Case, scenario: Scenario, corridors: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the exchange that is left after the loss of each corridor, water not limiting.

    Parameters
    ----------
    case, scenario
        What exists and what happens.
    corridors
        Corridors; all of the case by default. One that names nothing in service changes nothing.

    Returns
    -------
    pandas.DataFrame
        Index corridor, first ``none``; ``forward``, ``reverse``: least exchange of the year at the sending end [MW];
        ``forward lost``, ``reverse lost``: against nothing lost [MW]; ``limit``: what binds forward in most hours.

    Raises
    ------
    InputError
        When a corridor is unknown.
    """
    known = list(dict.fromkeys(case.corridors["corridor"])) if len(case.corridors) else []
    chosen = known if corridors is None else list(corridors)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        faults = [
            Fault(
                f"no corridor {name!r}",
                case.path,
                repair=nearest(name, known),
            )
            for name in unknown
        ]
        raise InputError(faults)
    rows = {NOTHING: _exchange(case, scenario)}
    for name in chosen:
        rows[name] = _exchange(case, _without(scenario, name))
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("corridor")
    for direction in (FORWARD, REVERSE):
        left = table[direction].astype(float)
        table[f"{direction} lost"] = left[NOTHING] - left
    table.attrs["units"] = "MW"
    return table


def _without(scenario: Scenario, corridor: str) -> Scenario:
    start, _ = scenario.horizon()
    event = {
        "name": f"loss of {corridor}",
        "kind": "derating",
        "cause": "loss of the corridor",
        "where": [corridor],
        "start": f"{start:%Y-%m-%d}",
        "end": "never",
        "depth": 1.0,
    }
    return scenario.replace(events=[*scenario.plain()["events"], event])


def _exchange(case: Case, scenario: Scenario) -> dict[str, object]:
    capability = case_capability(case, scenario, state=STRICT)
    intact = capability.table["intact"]
    forward = capability.table.loc[FORWARD]
    hours = pd.Series(capability.inputs.axis.weights, index=forward.index)
    limit = hours.groupby(forward["limit intact"].astype(str)).sum().idxmax()
    return {
        FORWARD: float(intact[FORWARD].min()),
        REVERSE: float(intact[REVERSE].min()),
        "limit": str(limit),
    }
