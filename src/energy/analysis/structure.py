"""Effect of the model's structure on the answer: Kirchhoff's law, and help between the sellers over its range."""

from __future__ import annotations

from typing import NamedTuple

from energy.case import Case
from energy.case.rules import AccountRule, VolumeRule
from energy.metrics.monthly import delivered_energy
from energy.model import Inputs
from energy.model.inputs import inputs
from energy.model.objective import HELP
from energy.scenario import Scenario
from energy.solve import Engine, Result


class StructureSpread(NamedTuple):
    """Energy delivered under the contract [GWh] as the structure of the model is changed, all else as in the scenario.

    Attributes
    ----------
    kirchhoff, transport
        With Kirchhoff's voltage law on the lines, and without it.
    least_help, most_help
        With the help between the sellers at the low and the high end of its evidence; None where the case has none.
    help_range
        These ends [GWh].
    """

    kirchhoff: float
    transport: float
    least_help: float | None = None
    most_help: float | None = None
    help_range: tuple[float, float] | None = None


def _has_structure(base: Inputs) -> bool:
    """Return whether structure can move the answer: the case has accounts of control areas, and lines in service."""
    rules = base.book.rules.values()
    has_accounts = any(isinstance(rule, AccountRule) for rule in rules)
    lines = base.components.get("lines", ())
    return has_accounts and len(lines) > 0


def structure_spread(
    case: Case,
    scenario: Scenario,
    engine: Engine,
    own: Result,
) -> StructureSpread | None:
    """Return what structure does to the energy delivered; None where the case has no accounts, or no lines.

    Each number is one more solve, from the start that the engine has; events are known from the start in all of them.

    Parameters
    ----------
    case, scenario
        What exists and what is asked.
    engine
        Built for the scenario.
    own
        The optimum of the scenario with perfect foresight.

    Raises
    ------
    SolverError
        When one of the variants has no optimum.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> case, scenario = read_case("two_bus"), read_scenario("two_bus")
    >>> base = inputs(case, scenario)
    >>> engine = Engine(base)
    >>> structure_spread(case, scenario, engine, engine.solve(base)) is None
    True
    """
    if not _has_structure(own.inputs):
        return None
    if scenario.network == "kirchhoff":
        lawless = inputs(case, scenario.replace(network="transport"))
        without_law = engine.solve(lawless)
        spread = StructureSpread(delivered_energy(own), delivered_energy(without_law))
    else:  # voltage laws are rows: an engine that was built without them has no place for them
        lawful = inputs(case, scenario.replace(network="kirchhoff"))
        with_law = Engine(lawful).solve(lawful)
        spread = StructureSpread(delivered_energy(with_law), delivered_energy(own))
    evidence = _help_evidence(case, own.inputs)
    if evidence is None:
        return spread
    rule, low, high = evidence
    with_help = []
    own_fields = scenario.rules.get(rule, {})
    for volume in (low, high):
        fields = {**own_fields, "at_most": volume}
        rules = {**scenario.rules, rule: fields}
        varied = scenario.replace(rules=rules)
        optimum = engine.solve(inputs(case, varied))
        with_help.append(delivered_energy(optimum))
    least, most = with_help
    help_range = (low / 1000, high / 1000)
    return spread._replace(least_help=least, most_help=most, help_range=help_range)


def _help_evidence(case: Case, base: Inputs) -> tuple[str, float, float] | None:
    """Return the rule that bounds the help between sellers, with the ends of its evidence [MWh]."""
    generators = base.components.get("generators")
    if generators is None or "service" not in generators or case.evidence.empty:
        return None
    is_help = generators["service"] == HELP
    helps = set(generators.index[is_help])
    evidence = case.evidence
    of_rules = evidence[evidence["component"] == "rules"]
    of_bounds = of_rules[of_rules["attribute"] == "at_most"]
    for name, rule in base.book.rules.items():
        if not isinstance(rule, VolumeRule) or helps.isdisjoint(rule.generators):
            continue
        rows = of_bounds[of_bounds["name"] == name]
        if len(rows):
            low = float(rows["low"].iloc[0])
            high = float(rows["high"].iloc[0])
            return name, low, high
    return None
