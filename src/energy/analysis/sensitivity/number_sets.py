"""Number sets: joint values of unknown numbers, as a calibration leaves them, for studies to draw from.

A file of number sets is a table with one row a set and one column a number, its key as a scenario has it
(``values.links.Nurek turbine.efficiency``), in the number's own unit. Rows are joint: what a calibration found to go
together stays together. Numbers without a column keep the range of the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from energy.analysis.sensitivity.sensitivity_indices import latin_hypercube
from energy.analysis.sensitivity.uncertain_parameters import UncertainParameter, uncertain_parameters
from energy.case import Case
from energy.errors import Fault, InputError, nearest
from energy.reading.frozen import FrozenMap
from energy.reading.library_folders import reference_file
from energy.scenario import Scenario

SET = "set"
"""Name of the first column, which numbers the sets."""
POSTERIOR = "posterior"
AGAIN = "make it again with: energy calibrate --page"
ROUNDING = 1e-6  # of a range; tables are written with ten digits


@dataclass(frozen=True, eq=False)
class NumberSets:
    """Sets of numbers of equal weight.

    Attributes
    ----------
    values
        One row a set, one column a number by its key, in the number's unit.
    path
        Where they were read from.
    """

    values: pd.DataFrame
    path: Path

    @property
    def keys(self) -> list[str]:
        """Keys of the numbers."""
        return [str(key) for key in self.values]


def posterior_file(case: Case) -> Path:
    """Return where the posterior of a case stands: in the results here or above, else as shipped."""
    name = f"posterior-{case.name}.csv"
    return reference_file(name) or Path("results/reference") / name


def read_number_sets(name: str, case: Case, scenario: Scenario) -> NumberSets | None:
    """Return the number sets that a study is to draw from; None for the ranges of the evidence.

    Parameters
    ----------
    name
        ``ranges``, ``posterior`` for that of the project, or the path of a file.
    case, scenario
        What the numbers belong to.

    Raises
    ------
    InputError
        When there is no such file, or it is no table of number sets, or a number is not the case's.
    """
    if name == "ranges":
        return None
    path = posterior_file(case) if name == POSTERIOR else Path(name)
    if not path.is_file():
        allowed = "ranges, posterior, or a table of energy calibrate"
        raise InputError(Fault("no such table of number sets", path, allowed=allowed, repair=AGAIN))
    try:
        table = pd.read_csv(path)
    except (ValueError, pd.errors.ParserError) as err:
        raise InputError(Fault(f"is no table of number sets: {err}", path, repair=AGAIN)) from None
    sets = NumberSets(_checked(table, path), path)
    _refuse_unknown(sets, case, scenario)
    return sets


def _checked(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the columns of a table that are numbers; the first column numbers the sets."""
    if SET not in table or len(table.columns) < 2 or table.empty:
        what = "is no table of number sets"
        raise InputError(Fault(what, path, line=1, allowed=f"a column {SET!r}, and one column a number", repair=AGAIN))
    values = table.drop(columns=SET)
    faults = []
    for key in values:
        numbers = pd.to_numeric(values[key], errors="coerce").to_numpy(float)
        wrong = np.flatnonzero(~np.isfinite(numbers))
        if len(wrong):
            row = int(wrong[0])
            what = f"{key}: {table[key].iloc[row]!r} is no number"
            faults.append(Fault(what, path, line=row + 2, allowed="finite numbers", repair=AGAIN))
    if faults:
        raise InputError(faults)
    return values.astype(float)


def _refuse_unknown(sets: NumberSets, case: Case, scenario: Scenario) -> None:
    """Refuse keys that are no number of the case; what the scenario itself says is left to it."""
    own = {parameter.key for parameter in uncertain_parameters(case, scenario)}
    if own.issuperset(sets.keys):
        return
    # what a scenario sets is no unknown number of it, but it is one of the case
    plain = scenario.model_copy(update={"values": FrozenMap(), "rules": FrozenMap()})
    known = own | {parameter.key for parameter in uncertain_parameters(case, plain)}
    faults = []
    for key in sets.keys:
        if key not in known:
            what = f"{key} is no unknown number of {case.name} in {scenario.name}"
            repair = nearest(key, known) or AGAIN
            faults.append(Fault(what, sets.path, line=1, repair=repair))
    if faults:
        raise InputError(faults)


def drawn_shares(
    parameters: Sequence[UncertainParameter],
    count: int,
    seed: int,
    sets: NumberSets | None = None,
) -> np.ndarray:
    """Return sets of numbers as shares of their ranges.

    Parameters
    ----------
    parameters
        The numbers.
    count, seed
        How many sets, and the seed that they are drawn with.
    sets
        Joint values of some of the numbers; None: all are spread evenly over their ranges.

    Returns
    -------
    numpy.ndarray
        Shape (count, parameters): a Latin hypercube, in which the numbers that ``sets`` has take its rows.

    Raises
    ------
    InputError
        When a number of ``sets`` lies outside its range.
    """
    shares = latin_hypercube(len(parameters), count, seed)
    if sets is None:
        return shares
    rng = np.random.default_rng([seed, 3])
    available = len(sets.values)
    rows = rng.permutation(
        np.arange(count) * available // count if count <= available else np.arange(count) % available
    )
    faults = []
    for column, parameter in enumerate(parameters):
        if parameter.key not in sets.values:
            continue
        values = sets.values[parameter.key].to_numpy(float)
        own = (values - parameter.low) / (parameter.high - parameter.low)
        if own.min() < -ROUNDING or own.max() > 1 + ROUNDING:
            faults.append(_outside(parameter, values, sets.path))
        shares[:, column] = own[rows].clip(0, 1)
    if faults:
        raise InputError(faults)
    return shares


def _outside(parameter: UncertainParameter, values: np.ndarray, path: Path) -> Fault:
    outside = (values < parameter.low) | (values > parameter.high)
    row = int(np.flatnonzero(outside)[0])
    what = f"{parameter.key}: {values[row]:g} {parameter.unit} lies outside the range of the evidence"
    allowed = f"{parameter.low:g} to {parameter.high:g}"
    return Fault(what, path, line=row + 2, allowed=allowed, repair=AGAIN)


def narrowed(
    parameters: Sequence[UncertainParameter],
    sets: NumberSets | None,
) -> list[UncertainParameter]:
    """Return numbers with the 90 % range that sets leave of them; those without sets as they are.

    Examples
    --------
    >>> number = UncertainParameter("a", 1.0, 0.0, 2.0, "MW", "C", ("a",))
    >>> sets = NumberSets(pd.DataFrame({"a": [0.5, 1.0, 1.5]}), Path("sets.csv"))
    >>> [(round(each.low, 2), round(each.high, 2)) for each in narrowed([number], sets)]
    [(0.55, 1.45)]
    """
    if sets is None:
        return list(parameters)
    ranges = []
    for parameter in parameters:
        if parameter.key not in sets.values:
            ranges.append(parameter)
            continue
        low, high = np.quantile(sets.values[parameter.key], (0.05, 0.95))
        base = min(max(parameter.base, low), high)
        narrower = replace(parameter, low=float(low), high=float(high), base=float(base))
        ranges.append(narrower)
    return ranges
