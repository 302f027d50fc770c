"""Answers about the grid: AC power flow, loss of corridors, threshold levels of reservoirs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from energy.analysis.ac_power_flow import (
    ac_power_flow,
    busiest_snapshots,
    verdict,
)
from energy.analysis.corridor_loss import NOTHING, corridor_losses
from energy.analysis.threshold_level import threshold_level
from energy.analysis.unsupported_inputs import refuse_without_line
from energy.answers.answer import Answer, marks_of, season_energy, solved
from energy.case import Case
from energy.case.stability import ReactivePower
from energy.errors import Fault, InputError, nearest
from energy.metrics import sent
from energy.model.inputs import inputs
from energy.model.objective import STUDIED, is_of_service
from energy.scenario import Scenario
from energy.solve import Result

_HOURS = 6


def power_flow_answer(case: Case, scenario: Scenario, hours: int = _HOURS, at: Sequence[str] = ()) -> Answer:
    """Return the AC power flow behind a scenario's dispatch.

    Parameters
    ----------
    hours
        Snapshots with the most power over the line under study that are looked at.
    at
        Moments instead: the snapshots nearest to them.

    Raises
    ------
    InputError
        When the case has no AC lines, or a moment cannot be read.
    SolverError
        When no voltages carry the dispatch.
    """
    reactive = case.rules.reactive_power or ReactivePower()
    moments = [_moment(text) for text in at]
    result = solved(case, scenario)
    snapshots = _nearest(result.inputs.axis.snapshots, moments) if at else busiest_snapshots(result, hours)
    flow = ac_power_flow(result, snapshots, reactive)
    voltage = flow.buses["voltage"].unstack("bus")
    voltage.attrs.update(units="p.u.", digits=3)
    loading = flow.branches["loading"].unstack("branch").T
    loading.attrs["units"] = "share of s_nom"
    summary = pd.DataFrame({"losses": flow.losses, "iterations": flow.iterations}).rename_axis("snapshot")
    summary.insert(0, "sent", sent(result).loc[snapshots])
    summary.attrs["units"] = {"sent": "MW", "losses": "MW"}
    tables = {
        "Voltages": voltage,
        "Loading of lines": loading,
        "Power sent and losses of the AC network": summary,
    }
    share = 100 * reactive.line_compensation
    judged = (
        f"Judged: power factor of demand {reactive.load_power_factor:g}; plants hold {reactive.voltage:g} p.u. within "
        f"a power factor of {reactive.plant_power_factor:g}; reactors take {share:g} % of the line charging; "
        f"converters draw {reactive.converter_demand:g} Mvar/MW and filters give {reactive.converter_filters:g}; "
        f"{', '.join(reactive.strong_buses) or 'the largest plant'} takes the losses."
    )
    outside = _without_lines(result)
    limits = (
        f"voltages at {', '.join(outside)}: no AC lines are modelled there" if outside else "",
        "short-circuit strength, transformers and their taps, dynamics",
    )
    span = f"{len(snapshots)} snapshots of {scenario.name}"
    sentences = (verdict(flow), judged)
    return Answer(
        sentences,
        tables,
        span=span,
        marks=marks_of(case, "rules.reactive_power", "lines.*"),
        limits=tuple(filter(None, limits)),
    )


def _moment(text: str) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(text)
    except ValueError:
        raise InputError(Fault(f"{text!r} is no moment", "--at", None, "as 2028-07-15T18:00")) from None
    return moment if moment.tzinfo is None else moment.tz_convert("UTC").tz_localize(None)


def _nearest(snapshots: pd.DatetimeIndex, moments: Sequence[pd.Timestamp]) -> list[pd.Timestamp]:
    positions = snapshots.get_indexer(pd.DatetimeIndex(list(moments)), method="nearest")
    return list(snapshots[sorted(set(positions.tolist()))])


def _without_lines(result: Result) -> list[str]:
    tables = result.inputs.components
    lines = tables["lines"]
    links = tables.get("links", pd.DataFrame())
    studied = links[is_of_service(links, [STUDIED])]
    ends = dict.fromkeys([*studied.get("bus0", []), *studied.get("bus1", [])])
    touched = {*lines["bus0"], *lines["bus1"]}
    return [str(bus) for bus in ends if bus not in touched]


def corridor_answer(case: Case, scenario: Scenario, corridors: Sequence[str] | None = None) -> Answer:
    """Return what can still be exchanged after the loss of each corridor [MW]."""
    table = corridor_losses(case, scenario, corridors)
    hit = table.drop(index=NOTHING)
    worst = hit[hit["forward lost"] > 1].sort_values("forward lost", ascending=False)
    lost = zip(
        worst.index.astype(str),
        worst["forward lost"].astype(float),
        strict=True,
    )
    names = [f"{name} ({power:,.0f} MW)" for name, power in lost]
    left = f"{float(table['forward'][NOTHING]):,.0f} MW can be exchanged with nothing lost. "
    sentence = left + (f"Lost with a corridor: {', '.join(names)}." if names else "No corridor takes any of it.")
    limits = ("what protection does in the seconds after the loss",)
    return Answer(
        (sentence,),
        {"Exchange after the loss of a corridor": table},
        span="",
        marks=marks_of(case, "lines.*"),
        limits=limits,
    )


def threshold_answer(
    case: Case,
    scenario: Scenario,
    rules: Sequence[str],
    quantity: float | None = None,
    count: int = 9,
) -> Answer:
    """Return the levels of reservoirs below which the season falls short of a quantity.

    Parameters
    ----------
    rules
        Rules of kind ``start``.
    quantity
        Energy of the season [GWh]; the scenario's own season by default.
    count
        Levels that are solved for each reservoir.
    """
    refuse_without_line(inputs(case, scenario), scenario.name)
    wanted = season_energy(case, scenario) if quantity is None else quantity
    known = [name for name, rule in case.rules.rules.items() if rule.kind == "start"]
    for name in rules:
        if name not in known:
            repair = nearest(name, known)
            raise InputError(
                Fault(
                    f"no rule of a start {name!r}",
                    "--rule",
                    allowed=", ".join(known),
                    repair=repair,
                )
            )
    tables, texts = {}, []
    for name in rules:
        level = threshold_level(case=case, scenario=scenario, rule=name, quantity=wanted, count=count)
        shown = level.table.copy()
        shown.index = shown.index.to_numpy().round().astype(int)
        shown.index.name = "level"
        tables[f"{name}: season by the level in hm3 at the start"] = shown
        if level.threshold != level.threshold:
            texts.append(f"{name}: at no level")
        else:
            texts.append(f"{name}: from {level.threshold:,.0f} hm3 of usable content")
    sentence = f"The season reaches {wanted:,.0f} GWh — {'; '.join(texts)}. What the case starts from is given back."
    return Answer(
        (sentence,),
        tables,
        "levels between empty and full",
        marks_of(case, *[f"rules.{r}" for r in rules]),
    )
