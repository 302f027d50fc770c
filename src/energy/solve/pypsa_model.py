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
TANGENTS = "Line-loss_tangents-"
LOSS_LIMIT = "Line-loss_upper"


def pypsa_model(base: Inputs) -> linopy.Model:
    """Let PyPSA and linopy build the model of inputs.

    Raises
    ------
    InputError
        When PyPSA's model has what no linear or convex quadratic program holds.
    """
    n = network(base)
    losses = TRANSMISSION_LOSSES[base.line_losses]
    # PyPSA divides by resistances of zero, and masks the result
    with quiet_pypsa(), np.errstate(divide="ignore", invalid="ignore"):
        # one block of nodal balances, however many components hang on a bus
        model = n.optimize.create_model(
            transmission_losses=losses, include_objective_constant=False, meshed_thresholds=[]
        )
        extra_functionality(n, n.snapshots)
    _refuse_integers(model, base)
    return model


def has_formulas(model: linopy.Model, base: Inputs) -> bool:
    """Tell whether the engine has a formula for every number of a model that a scenario may change.

    Without one, as for ramps, losses that stand, set values, storage units, transformers, squares and a user's global
    constraints, numbers stand in places that would not be renewed.
    """
    variables = {*VARIABLES.values(), OPEN_ANGLE}
    if model.is_quadratic or any(name not in variables for name in model.variables):
        return False
    if any(not _has_place(name) for name in model.constraints):
        return False
    if base.own is None:
        return True
    stores, links = (base.components.get(name, pd.DataFrame()) for name in ("stores", "links"))
    loses = len(stores) and bool((base.array("stores", "standing_loss") != 0).any())
    ports = len(links) and any(links[bus].ne("").any() for bus in list(port_efficiencies(links.columns))[3:])
    all_inactive = any(table.empty for table in base.components.values())
    return not (loses or ports or all_inactive or rated_at_zero(base.own, "Line"))


def _has_place(name: str) -> bool:
    return name in ROWS or name == LOSS_LIMIT or name.startswith(("rule-", TANGENTS)) or "-fix-" in name


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
    matrices = model.matrices
    column_of, row_of = lookup(matrices.vlabels), lookup(matrices.clabels)
    columns = {
        key: column_of[model.variables[name].labels.transpose("snapshot", "name").to_numpy()]
        for key, name in VARIABLES.items()
        if name in model.variables
    }
    for component, quantity in columns:
        # tables and columns are matched by position from here on
        names = list(model.variables[VARIABLES[component, quantity]].indexes["name"])
        assert names == list(base.components[component].index), f"PyPSA orders {component} in another way"
    angle = None
    if OPEN_ANGLE in model.variables:
        labels = model.variables[OPEN_ANGLE].labels
        angle = (column_of[labels.transpose("snapshot", "name").to_numpy()], list(labels.indexes["name"]))
    bounds = [name for name in model.constraints if _bounds_one_column(name, lossy=LOSSES in columns)]
    keep = np.ones(len(matrices.clabels), dtype=bool)
    for name in bounds:
        bound = model.constraints[name].labels.to_numpy().ravel()
        keep[row_of[bound[bound >= 0]]] = False
    new_row = np.cumsum(keep) - 1
    rows = {
        name: _places_of(labels, row_of, new_row) for name, labels in _row_labels(model).items() if name not in bounds
    }
    for name, component in (("Bus-nodal_balance", "buses"), ("Store-energy_balance", "stores")):
        if name in model.constraints:  # a bus that nothing hangs on has no place in PyPSA's block
            at = pd.Index(base.components[component].index).get_indexer(model.constraints[name].indexes["name"])
            block = np.full((len(base.axis.snapshots), len(base.components[component])), -1)
            block[:, at] = rows[ROWS[name]]
            rows[ROWS[name]] = block
    assert matrices.A is not None
    pattern = sparse.csc_matrix(matrices.A.tocsr()[keep])
    pattern.sort_indices()
    sense, right = matrices.sense[keep], matrices.b[keep]
    row_bounds = np.where(sense == "<", -np.inf, right), np.where(sense == ">", np.inf, right)
    return Structure(pattern, columns, rows, angle, row_bounds, base)


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
            tangents[LOSS[-direction]].append(constraint.labels.transpose("snapshot", "name").to_numpy())
        elif "secant" in constraint.labels.dims:
            labels[ROWS[name]] = constraint.labels.transpose("snapshot", "name", "secant").to_numpy()
        elif _bounds_one_column(name, lossy):
            labels[name] = constraint.labels.to_numpy()
        else:
            labels[ROWS.get(name, name)] = constraint.labels.to_numpy()
    return labels | {name: np.stack(each, axis=2) for name, each in tangents.items() if each}


def _check(structure: Structure, inputs: Inputs, model: linopy.Model) -> None:
    """Hold the formulas against linopy's own numbers."""
    found = structure.problem(inputs)
    places = {str(key): at for key, at in structure.columns.items()}
    _same("objective", found.cost, np.asarray(model.matrices.c, dtype=float), places)
    _same("matrix", found.matrix, structure.pattern.data, {})
    _same("lower bounds of rows", found.row_lower, structure.row_bounds[0], structure.rows)
    _same("upper bounds of rows", found.row_upper, structure.row_bounds[1], structure.rows)
    for name in ("lower", "upper"):
        bound = getattr(found, name)
        for key, label in VARIABLES.items():
            constraint = f"{label.rsplit('-', 1)[0]}-fix-{key[1]}-{name}"
            if key in structure.columns and constraint in model.constraints:
                right = model.constraints[constraint].rhs.transpose("snapshot", "name").to_numpy()
                _same(constraint, bound[structure.columns[key]], right, {})
    if LOSSES in structure.columns:
        most = model.constraints[LOSS_LIMIT].rhs.transpose("snapshot", "name").to_numpy()
        _same(LOSS_LIMIT, found.upper[structure.columns[LOSSES]], most, {})


def check_layout(laid: Structure, reference: Structure, inputs: Inputs) -> None:
    """Hold a laid program against PyPSA's, number by number, the order of rows and columns aside.

    Raises
    ------
    AssertionError
        When they are not the same program.
    """
    ours, theirs = laid.problem(inputs), reference.problem(inputs)
    columns = _matched(_all_columns(laid), _all_columns(reference), reference.pattern.shape[1])
    rows = _matched(laid.rows, reference.rows, reference.pattern.shape[0])
    for name in ("cost", "lower", "upper"):
        _same(name, getattr(ours, name)[columns], getattr(theirs, name), {})
    for name in ("row_lower", "row_upper"):
        _same(name, getattr(ours, name)[rows], getattr(theirs, name), reference.rows)
    mine, other = matrix_of(laid, ours).tocsr()[rows][:, columns], matrix_of(reference, theirs).tocsr()
    difference = abs(mine - other)
    assert difference.max() < 1e-9 if difference.nnz else True, "the laid matrix differs from PyPSA's"
    assert laid.pattern.shape == reference.pattern.shape


def _all_columns(structure: Structure) -> dict[tuple[str, str], np.ndarray]:
    angle = {} if structure.angle is None else {("lines", "angle"): structure.angle[0]}
    return dict(structure.columns) | angle


def _matched(ours: Mapping[Name, np.ndarray], theirs: Mapping[Name, np.ndarray], count: int) -> np.ndarray:
    """Return for each of their rows or columns ours of the same name; shape (count,)."""
    found = np.full(count, -1)
    assert ours.keys() == theirs.keys(), f"blocks differ: {ours.keys() ^ theirs.keys()}"
    for name, at in theirs.items():
        kept = np.ravel(at) >= 0
        assert (kept == (np.ravel(ours[name]) >= 0)).all(), name
        found[np.ravel(at)[kept]] = np.ravel(ours[name])[kept]
    assert (found >= 0).all()
    return found


def _same(what: str, ours: np.ndarray, theirs: np.ndarray, places: Mapping[str, np.ndarray]) -> None:
    differing = ~np.isclose(ours, theirs, rtol=1e-9, atol=1e-9)
    if differing.any():
        where = [name for name, at in places.items() if differing[at].any()]
        first = np.flatnonzero(differing.ravel())[0]
        raise AssertionError(
            f"{what} differ from PyPSA's in {differing.sum()} places {where}: "
            f"{ours.ravel()[first]} instead of {theirs.ravel()[first]}"
        )


def _refuse_integers(model: linopy.Model, base: Inputs) -> None:
    """Refuse what would be left out of the program without a word: whole numbers."""
    foreign = [*model.variables.integers, *model.variables.binaries]
    if foreign:
        what = (
            f"PyPSA's model of this network has {', '.join(foreign)} in whole numbers, which this engine does not solve"
        )
        raise InputError(Fault(what, base.name, allowed="continuous variables", repair="solve it with plain PyPSA"))


def _places_of(labels: np.ndarray, row_of: np.ndarray, new_row: np.ndarray) -> np.ndarray:
    """Return the rows that constraint labels stand in; −1 where a constraint is masked."""
    return np.where(labels >= 0, new_row[row_of[labels]], -1)


def lookup(labels: np.ndarray) -> np.ndarray:
    """Return the place of each label of linopy in its matrices; shape (highest label + 1,)."""
    places = np.full(int(labels.max()) + 1 if len(labels) else 0, -1, dtype=np.int64)
    places[labels] = np.arange(len(labels))
    return places
