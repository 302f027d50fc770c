"""What a study cannot honour of a user's own network, or does not have in it, refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from energy.errors import Fault, InputError
from energy.model import Inputs
from energy.model.objective import STUDIED

FREE: dict[str, dict[str, float]] = {
    "generators": {
        "p_set": np.nan,
        "e_sum_min": -np.inf,
        "e_sum_max": np.inf,
        "ramp_limit_up": np.nan,
        "ramp_limit_down": np.nan,
    },
    "links": {"p_set": np.nan, "ramp_limit_up": np.nan, "ramp_limit_down": np.nan},
    "lines": {"v_ang_min": -np.inf, "v_ang_max": np.inf},
    "transformers": {"phase_shift": 0.0, "v_ang_min": -np.inf, "v_ang_max": np.inf},
}
"""Component list → attribute → the value at which it asks for nothing."""


def refuse_unhonoured(inputs: Inputs, path: Path, study: str) -> None:
    """Refuse what ties hours together or sets flows, which a study of single snapshots cannot honour.

    Parameters
    ----------
    inputs
        Inputs of a user's own network; those of a case folder hold nothing of the kind.
    path
        Where the network was read from.
    study
        Its name, for the message.

    Raises
    ------
    InputError
        With every component and attribute that is not honoured.
    """
    if inputs.own is None:
        return
    faults = [*_attributes(inputs, path, study)]
    if study == "adequacy":
        faults += _storage(inputs, path)
    limits = inputs.own.components["global_constraints"].static.index
    if len(limits):
        what = f"{study}: global_constraints {_few(limits)} are not honoured in single snapshots"
        faults.append(Fault(what, path, repair="take them out of the network"))
    if faults:
        raise InputError(faults)


def refuse_without_line(inputs: Inputs, name: str) -> None:
    """Refuse inputs without a line under study in service, of which a study would only count nothing.

    Parameters
    ----------
    inputs
        Inputs of any case.
    name
        Name of the scenario, for the message.

    Raises
    ------
    InputError
        When no link in service has the service under study.
    """
    links = inputs.components.get("links", pd.DataFrame())
    if STUDIED in set(links.get("service", [])):
        return
    what = "no line under study is in service"
    repair = f"give links the service {STUDIED!r}, name them under `study`, or build them in the scenario's year"
    raise InputError(Fault(what, name, repair=repair))


def refuse_without_impedances(inputs: Inputs) -> None:
    """Refuse branches of which AC power flow does not know the impedance: transformers, line types, lines of DC.

    Parameters
    ----------
    inputs
        Inputs of any case.

    Raises
    ------
    InputError
        With every such component and attribute.
    """
    faults = [*_without_impedance(inputs)]
    if faults:
        raise InputError(faults)


def _without_impedance(inputs: Inputs) -> Iterator[Fault]:
    """Yield the branches of which AC power flow does not know the impedance."""
    transformers = inputs.components.get("transformers", pd.DataFrame()).index
    if len(transformers):
        what = f"AC power flow: transformers {_few(transformers)} are not modelled"
        yield Fault(what, inputs.name, repair="write each as a line, its reactance in ohms at bus0")
    lines = inputs.components.get("lines", pd.DataFrame())
    if lines.empty:
        return
    if "type" in lines:
        typed = lines.index[lines["type"].fillna("") != ""]
        if len(typed):
            what = f"AC power flow: lines {_few(typed)}: type is not read"
            repair = "write them, and leave type empty"
            yield Fault(what, inputs.name, allowed="r, x and b of each line", repair=repair)
    carrier_of_bus = inputs.components["buses"]["carrier"]
    direct = lines.index[lines["bus0"].map(carrier_of_bus) == "DC"]
    if len(direct):
        what = f"AC power flow: lines {_few(direct)} join buses of carrier DC"
        yield Fault(what, inputs.name, allowed="carrier AC", repair="write them as links")


def _storage(inputs: Inputs, path: Path) -> Iterator[Fault]:
    """Yield what stores energy: adequacy looks at each hour by itself."""
    for component in ("stores", "storage_units"):
        names = inputs.components.get(component, pd.DataFrame()).index
        if len(names):
            what = f"adequacy: {component} {_few(names)}: their hours hang together"
            repair = "leave them out: values with active: 0"
            yield Fault(what, path, allowed="networks without storage", repair=repair)


def _attributes(inputs: Inputs, path: Path, study: str) -> Iterator[Fault]:
    """Yield the attributes that ask for what single snapshots cannot honour."""
    for component, free in FREE.items():
        table = inputs.components.get(component, pd.DataFrame())
        if table.empty:
            continue
        for attribute, nothing in free.items():
            if attribute not in table:
                continue
            values = inputs.array(component, attribute)
            is_nothing = (values == nothing) | (np.isnan(values) & np.isnan(nothing))
            asks = ~is_nothing
            names = table.index[asks.any(axis=0)]
            if len(names):
                what = f"{study}: {component} {_few(names)}: {attribute} is not honoured in single snapshots"
                yield Fault(what, path, allowed=f"no {attribute}", repair="take it out of the network")


def _few(names: pd.Index) -> str:
    """Return the first five names, and how many more there are."""
    shown = ", ".join(map(str, names[:5]))
    if len(names) <= 5:
        return shown
    return f"{shown} and {len(names) - 5} more"
