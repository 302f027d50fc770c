"""PyPSA's model of inputs → the structure of the linear program, and a check that both agree.

The only file of this room that knows the names that PyPSA gives to variables and constraints. PyPSA's one-variable
bound rows become bounds of columns here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
from scipy import sparse

from energy.case.schema import port_efficiencies
from energy.errors import Fault, InputError
from energy.model import Inputs, extra_functionality, network
from energy.model.custom_constraints import KIRCHHOFF, OPEN_ANGLE
from energy.model.custom_constraints import LOSS as LOSS_VARIABLE
from energy.model.line_losses import TRANSMISSION_LOSSES
from energy.model.own_network import rated_at_zero
from energy.model.pypsa_logging import quiet_pypsa
from energy.solve.lp import BALANCE, ENERGY, LOSS, LOSSES, RATING, VOLTAGE, Structure, matrix_of

if TYPE_CHECKING:
    import linopy

Name = TypeVar("Name", str, tuple[str, str])
VARIABLES = {
    ("generators", "p"): "Generator-p",
    ("links", "p"): "Link-p",
    ("lines", "s"): "Line-s",
    ("lines", "loss"): LOSS_VARIABLE,
    ("stores", "e"): "Store-e",
    ("stores", "p"): "Store-p",
}
ROWS = {
    "Bus-nodal_balance": BALANCE,
    "Store-energy_balance": ENERGY,
    KIRCHHOFF: VOLTAGE,
    "Line-fix-s-lower": RATING[-1],
    "Line-fix-s-upper": RATING[1],
    "Line-loss_secants-pos": LOSS[-1],
    "Line-loss_secants-neg": LOSS[1],
}
BALANCED = {
    "Bus-nodal_balance": "buses",
    "Store-energy_balance": "stores",
}
"""Constraint of PyPSA → the component list that it balances."""
TANGENTS = "Line-loss_tangents-"
LOSS_LIMIT = "Line-loss_upper"


def pypsa_model(base: Inputs) -> linopy.Model:
    """Let PyPSA and linopy build the model of inputs.

    Raises
    ------
    InputError
        When PyPSA's model has what no linear or convex quadratic program holds, or a phase shift no bounds.
    """
    _refuse_unbounded_shifts(base)
    n = network(base)
    # PyPSA divides by resistances of zero, and masks the result
    with quiet_pypsa(), np.errstate(divide="ignore", invalid="ignore"):
        model = n.optimize.create_model(
            transmission_losses=TRANSMISSION_LOSSES[base.line_losses],
            include_objective_constant=False,
            consistency_check=False,  # what it says of tables that are checked already is heard by nobody
            meshed_thresholds=[],  # one block of nodal balances, however many components hang on a bus
        )
        extra_functionality(n, n.snapshots)
    _refuse_integers(model, base)
    return model


def has_formulas(model: linopy.Model, base: Inputs) -> bool:
    """Tell whether the engine has a formula for every number of a model that a scenario may change.

    Without one, as for ramps, losses that stand, set values, storage units, transformers, squares and a user's global
    constraints, numbers stand in places that would not be renewed.
    """
    known_variables = {*VARIABLES.values(), OPEN_ANGLE}
    if model.is_quadratic or not known_variables.issuperset(model.variables):
        return False
    if not all(_has_place(name) for name in model.constraints):
        return False
    if base.own is None:
        return True
    return not (
        _has_standing_losses(base)
        or _has_fourth_port(base)
        or any(table.empty for table in base.components.values())
        or rated_at_zero(base.own, "Line")
    )


def _has_standing_losses(base: Inputs) -> bool:
    stores = base.components.get("stores", pd.DataFrame())
    if stores.empty:
        return False
    return bool((base.array("stores", "standing_loss") != 0).any())


def _has_fourth_port(base: Inputs) -> bool:
    """Return whether a link delivers at more than three ports."""
    links = base.components.get("links", pd.DataFrame())
    if links.empty:
        return False
    further_ports = list(port_efficiencies(links.columns))[3:]
    return any(links[port].ne("").any() for port in further_ports)


def _has_place(name: str) -> bool:
    """Return whether a constraint of PyPSA has rows in the structure, or is a bound of one column."""
    if name in ROWS or name == LOSS_LIMIT:
        return True
    return name.startswith(("rule-", TANGENTS)) or "-fix-" in name


def pypsa_structure(base: Inputs, model: linopy.Model | None = None) -> Structure:
    """Return where everything stands in PyPSA's model of inputs.

    Parameters
    ----------
    base
        Inputs that `has_formulas` holds for.
    model
        PyPSA's model of them; built unless given.

    Raises
    ------
    AssertionError
        When a number of the formulas differs from the model that PyPSA built.
    """
    model = pypsa_model(base) if model is None else model
    structure = _structure(model, base)
    _check(structure, base, model)
    return structure


def _structure(model: linopy.Model, base: Inputs) -> Structure:
    """Return where PyPSA's rows and columns stand, its bounds of one column left out of the rows."""
    matrices = model.matrices
    column_of = lookup(matrices.vlabels)
    row_of = lookup(matrices.clabels)
    columns = _columns(model, base, column_of)
    angle = None
    if OPEN_ANGLE in model.variables:
        labels = model.variables[OPEN_ANGLE].labels
        angle_columns = column_of[labels.transpose("snapshot", "name").to_numpy()]
        angle = (angle_columns, list(labels.indexes["name"]))
    bounds = [name for name in model.constraints if _bounds_one_column(name, lossy=LOSSES in columns)]
    keep = np.ones(len(matrices.clabels), dtype=bool)
    for name in bounds:
        labels_of_bound = model.constraints[name].labels.to_numpy()
        present = labels_of_bound[labels_of_bound >= 0]
        keep[row_of[present]] = False
    new_row = np.cumsum(keep) - 1
    rows = {}
    for name, row_labels in _row_labels(model).items():
        if name not in bounds:
            rows[name] = _places_of(row_labels, row_of, new_row)
    _widen(rows, model, base)
    assert matrices.A is not None
    pattern = sparse.csc_matrix(matrices.A.tocsr()[keep])
    pattern.sort_indices()
    sense = matrices.sense[keep]
    right = matrices.b[keep]
    row_lower = np.where(sense == "<", -np.inf, right)
    row_upper = np.where(sense == ">", np.inf, right)
    return Structure(
        pattern,
        columns=columns,
        rows=rows,
        angle=angle,
        row_bounds=(row_lower, row_upper),
        base=base,
    )


def _columns(
    model: linopy.Model,
    base: Inputs,
    column_of: np.ndarray,
) -> dict[tuple[str, str], np.ndarray]:
    """Return the columns of each variable; shape (snapshots, names)."""
    columns = {}
    for (component, quantity), name in VARIABLES.items():
        if name not in model.variables:
            continue
        labels = model.variables[name].labels
        # tables and columns are matched by position from here on
        names = list(labels.indexes["name"])
        assert names == list(base.components[component].index), f"PyPSA orders {component} in another way"
        columns[component, quantity] = column_of[labels.transpose("snapshot", "name").to_numpy()]
    return columns


def _widen(
    rows: dict[str, np.ndarray],
    model: linopy.Model,
    base: Inputs,
) -> None:
    """Give balances a place for every bus and store; PyPSA's block has none for a bus that nothing hangs on."""
    for name, component in BALANCED.items():
        if name not in model.constraints:
            continue
        names = pd.Index(base.components[component].index)
        present = names.get_indexer(model.constraints[name].indexes["name"])
        block = np.full((len(base.axis.snapshots), len(names)), -1)
        block[:, present] = rows[ROWS[name]]
        rows[ROWS[name]] = block


def _bounds_one_column(constraint: str, lossy: bool) -> bool:
    """Return whether the rows of a constraint hold one variable each, and so are bounds of columns."""
    if lossy and constraint in ROWS:  # the rating binds the flow and its loss together
        return False
    return "-fix-" in constraint or constraint == LOSS_LIMIT


def _row_labels(model: linopy.Model) -> dict[str, np.ndarray]:
    """Return linopy's labels of each block of rows, in the shapes of `Structure`."""
    lossy = LOSS_VARIABLE in model.variables
    labels: dict[str, np.ndarray] = {}
    tangents: dict[str, list[np.ndarray]] = {name: [] for name in LOSS.values()}
    for name, constraint in model.constraints.items():
        if name.startswith(TANGENTS):
            direction = -1 if name.endswith("--1") else 1
            tangent = constraint.labels.transpose("snapshot", "name").to_numpy()
            tangents[LOSS[-direction]].append(tangent)
        elif "secant" in constraint.labels.dims:
            labels[ROWS[name]] = constraint.labels.transpose("snapshot", "name", "secant").to_numpy()
        elif _bounds_one_column(name, lossy):
            labels[name] = constraint.labels.to_numpy()
        else:
            labels[ROWS.get(name, name)] = constraint.labels.to_numpy()
    for name, labels_of_segments in tangents.items():
        if labels_of_segments:
            labels[name] = np.stack(labels_of_segments, axis=2)
    return labels


def _check(
    structure: Structure,
    inputs: Inputs,
    model: linopy.Model,
) -> None:
    """Hold the formulas against linopy's own numbers."""
    problem = structure.problem(inputs)
    columns = {str(key): columns for key, columns in structure.columns.items()}
    row_lower, row_upper = structure.row_bounds
    _same("objective", problem.cost, np.asarray(model.matrices.c, dtype=float), columns)
    _same("matrix", problem.matrix, structure.pattern.data, {})
    _same("lower bounds of rows", problem.row_lower, row_lower, structure.rows)
    _same("upper bounds of rows", problem.row_upper, row_upper, structure.rows)
    for side, bound in (("lower", problem.lower), ("upper", problem.upper)):
        for key, variable in VARIABLES.items():
            pypsa_class, _, quantity = variable.rpartition("-")
            constraint = f"{pypsa_class}-fix-{quantity}-{side}"
            if key in structure.columns and constraint in model.constraints:
                right = model.constraints[constraint].rhs.transpose("snapshot", "name")
                _same(constraint, bound[structure.columns[key]], right.to_numpy(), {})
    if LOSSES in structure.columns:
        most = model.constraints[LOSS_LIMIT].rhs.transpose("snapshot", "name")
        _same(LOSS_LIMIT, problem.upper[structure.columns[LOSSES]], most.to_numpy(), {})


def check_layout(
    laid: Structure,
    reference: Structure,
    inputs: Inputs,
) -> None:
    """Hold a laid program against PyPSA's, number by number, the order of rows and columns aside.

    Raises
    ------
    AssertionError
        When they are not the same program.
    """
    ours = laid.problem(inputs)
    theirs = reference.problem(inputs)
    height, width = reference.pattern.shape
    columns = _matched(_all_columns(laid), _all_columns(reference), width)
    rows = _matched(laid.rows, reference.rows, height)
    for name in ("cost", "lower", "upper"):
        _same(name, getattr(ours, name)[columns], getattr(theirs, name), {})
    for name in ("row_lower", "row_upper"):
        _same(name, getattr(ours, name)[rows], getattr(theirs, name), reference.rows)
    our_matrix = matrix_of(laid, ours).tocsr()[rows][:, columns]
    difference = abs(our_matrix - matrix_of(reference, theirs).tocsr())
    largest_difference = difference.max() if difference.nnz else 0.0
    assert largest_difference < 1e-9, "the laid matrix differs from PyPSA's"
    assert laid.pattern.shape == reference.pattern.shape


def _all_columns(structure: Structure) -> dict[tuple[str, str], np.ndarray]:
    """Return the columns of a structure, the free angles of open lines among them."""
    columns = dict(structure.columns)
    if structure.angle is not None:
        angle, _ = structure.angle
        columns["lines", "angle"] = angle
    return columns


def _matched(
    ours: Mapping[Name, np.ndarray],
    theirs: Mapping[Name, np.ndarray],
    count: int,
) -> np.ndarray:
    """Return for each of their rows or columns ours of the same name; shape (count,)."""
    assert ours.keys() == theirs.keys(), f"blocks differ: {ours.keys() ^ theirs.keys()}"
    matched = np.full(count, -1)
    for name, block in theirs.items():
        their_numbers = np.ravel(block)
        our_numbers = np.ravel(ours[name])
        present = their_numbers >= 0
        assert (present == (our_numbers >= 0)).all(), name
        matched[their_numbers[present]] = our_numbers[present]
    assert (matched >= 0).all()
    return matched


def _same(
    what: str,
    ours: np.ndarray,
    theirs: np.ndarray,
    places: Mapping[str, np.ndarray],
) -> None:
    """Raise an error that names the blocks where two arrays differ."""
    differs = ~np.isclose(ours, theirs, rtol=1e-9, atol=1e-9)
    if not differs.any():
        return
    where = [name for name, numbers in places.items() if differs[numbers].any()]
    first = np.flatnonzero(differs.ravel())[0]
    raise AssertionError(
        f"{what} differ from PyPSA's in {differs.sum()} places {where}: "
        f"{ours.ravel()[first]} instead of {theirs.ravel()[first]}"
    )


def _refuse_integers(model: linopy.Model, base: Inputs) -> None:
    """Refuse what would be left out of the program without a word: whole numbers."""
    integers = [*model.variables.integers, *model.variables.binaries]
    if not integers:
        return
    what = f"PyPSA's model of this network has {', '.join(integers)} in whole numbers, which this engine does not solve"
    raise InputError(Fault(what, base.name, allowed="continuous variables", repair="solve it with plain PyPSA"))


def _refuse_unbounded_shifts(base: Inputs) -> None:
    """Refuse transformers whose phase shift PyPSA would optimise without bounds, or with bounds that cross."""
    transformers = base.components.get("transformers", pd.DataFrame())
    if transformers.empty or "phase_shift_min" not in transformers:  # PyPSA before 1.4 optimises none
        return
    lowest = transformers["phase_shift_min"]
    highest = transformers["phase_shift_max"]
    is_unbounded = (lowest < highest) & ~np.isfinite(highest - lowest)
    wrong = transformers.index[(lowest > highest) | is_unbounded]
    faults = []
    for name in wrong:
        what = f"transformers {name}: phase_shift_min is {lowest[name]:g}, phase_shift_max {highest[name]:g}"
        faults.append(Fault(what, base.name, allowed="finite degrees that rise, or twice 0", repair="correct them"))
    if faults:
        raise InputError(faults)


def _places_of(
    labels: np.ndarray,
    row_of: np.ndarray,
    new_row: np.ndarray,
) -> np.ndarray:
    """Return the rows that constraint labels stand in; −1 where a constraint is masked."""
    return np.where(labels >= 0, new_row[row_of[labels]], -1)


def lookup(labels: np.ndarray) -> np.ndarray:
    """Return the place of each label of linopy in its matrices; shape (highest label + 1,)."""
    size = int(labels.max()) + 1 if len(labels) else 0
    places = np.full(size, -1, dtype=np.int64)
    places[labels] = np.arange(len(labels))
    return places
