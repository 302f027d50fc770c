"""What the shell completes: names of scenarios, and keys of ``--set``."""

from __future__ import annotations

from energy.errors import InputError

COMPLETED_CASE = "casa1000"


def matching_scenarios(incomplete: str) -> list[str]:
    """Return the names of scenarios that begin as what is typed."""
    from energy.scenario import list_scenarios

    return [name for name in list_scenarios() if name.startswith(incomplete)]


def matching_keys(incomplete: str) -> list[str]:
    """Return the keys of a scenario, and the numbers of the case with evidence, that begin as what is typed.

    Examples
    --------
    >>> matching_keys("time.r")
    ['time.resolution=']
    >>> matching_keys("values.stores.Nurek.e_n")
    ['values.stores.Nurek.e_nom=']
    """
    keys = _number_keys() if incomplete.startswith("values.") else _scenario_keys()
    return [f"{key}=" for key in keys if key.startswith(incomplete)]


def _scenario_keys() -> list[str]:
    """Return the dotted keys of a scenario whose place does not depend on a case."""
    from energy.reading.expected_schema import Form
    from energy.scenario.model import Scenario

    keys: list[str] = []
    form = Form.of(Scenario)
    for key in form.keys:
        part = form.part(key)
        below = [] if part is None else list(part.keys)
        keys += [f"{key}.{field}" for field in below] or [key]
    return keys


def _number_keys() -> list[str]:
    """Return the keys of all numbers with evidence in the case that is completed; none where it cannot be read."""
    from energy.case import read_case

    try:
        evidence = read_case(COMPLETED_CASE).evidence
    except InputError:
        return []
    in_tables = evidence[evidence["component"] != "rules"]
    columns = in_tables[["component", "name", "attribute"]].astype(str)
    return [f"values.{component}.{name}.{attribute}" for component, name, attribute in columns.itertuples(index=False)]
