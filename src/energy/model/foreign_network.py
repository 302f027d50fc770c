"""Networks in the formats of power-flow programs, MATPOWER and PSS/E, as PyPSA networks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from energy.errors import Fault, InputError
from energy.model.pypsa_logging import quiet_pypsa

if TYPE_CHECKING:
    import pypsa

EXTRA = "pip install 'casa1000-energy[formats]'"
WITHOUT_LIMIT = 1e5
"""Rating [MVA] of a branch whose rating is 0, which stands for none in both formats."""
BUS_COLUMNS = 13
GENERATOR_STATUS = 7
LEAST_POWER = 9
BRANCH_STATUS = 10
POLYNOMIAL = 2
"""Model of a row of ``gencost``: coefficients of a polynomial, from the highest power down."""
Mpc = dict[str, Any]
"""MATPOWER's case: ``baseMVA`` [MVA], and the tables ``bus``, ``gen``, ``branch``, ``gencost``, columns by position."""


def read_foreign_network(path: Path) -> pypsa.Network:
    """Return a MATPOWER case (``.m``) or a PSS/E case (``.raw``) as a PyPSA network of one snapshot.

    What is out of service is left out. Linear costs of a MATPOWER case become ``marginal_cost`` [per MWh]; of a
    quadratic cost the linear part counts. A branch without a rating may carry 100 GVA.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        When there is no such file, its ending is neither, the library that reads it is not installed, or it cannot be
        read.
    """
    readers: dict[str, Callable[[Path], Mpc]] = {".m": _read_matpower, ".raw": _read_psse}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        allowed = ".m (MATPOWER) or .raw (PSS/E)"
        ending = path.suffix or "without ending"
        raise InputError(Fault(f"no network is read from a file {ending}", path, allowed=allowed))
    if not path.is_file():
        raise InputError(Fault("file not found", path))
    case = reader(path)
    try:
        return _network_of(case)
    except (KeyError, IndexError, ValueError, TypeError) as err:
        raise InputError(Fault(f"this case is not complete: {err}", path)) from None


def _library(name: str, path: Path) -> Any:
    try:
        return import_module(name)
    except ImportError:
        what = f"{name} is not installed, which reads {path.suffix} files"
        raise InputError(Fault(what, path, repair=EXTRA)) from None


def _read_matpower(path: Path) -> Mpc:
    library = _library("matpowercaseframes", path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's own use of pandas
            frames = library.CaseFrames(str(path))
        tables = {name: getattr(frames, name) for name in ("bus", "gen", "branch")}
    except Exception as err:  # noqa: BLE001  (it raises many kinds for a broken file)
        raise InputError(Fault(f"this is no MATPOWER case: {err}", path)) from None
    case: Mpc = {name: table.to_numpy(float) for name, table in tables.items()}
    case["baseMVA"] = float(frames.baseMVA)
    costs = getattr(frames, "gencost", None)
    if costs is not None:
        case["gencost"] = costs.to_numpy(float)
    return case


def _read_psse(path: Path) -> Mpc:
    """Read a PSS/E case by pypowsybl, which hands it over in MATPOWER's form."""
    from scipy.io import loadmat

    library = _library("pypowsybl", path)
    try:
        network = library.network.load(str(path))
        with TemporaryDirectory() as folder:
            file = Path(folder) / "case.mat"
            network.save(str(file), format="MATPOWER")
            content = loadmat(str(file), simplify_cells=True)["mpc"]
    except Exception as err:  # noqa: BLE001  (it raises many kinds for a broken file)
        raise InputError(Fault(f"this is no PSS/E case: {err}", path)) from None
    case: Mpc = {name: np.atleast_2d(content[name]).astype(float) for name in ("bus", "gen", "branch")}
    case["baseMVA"] = float(content["baseMVA"])
    return case


def _network_of(case: Mpc) -> pypsa.Network:
    """Return a MATPOWER case as a PyPSA network.

    Parameters
    ----------
    case
        Tables by name, see ``Mpc``.
    """
    import pypsa

    is_running = case["gen"][:, GENERATOR_STATUS] > 0
    is_closed = case["branch"][:, BRANCH_STATUS] == 1
    ppc = {
        "version": "2",
        "baseMVA": case["baseMVA"],
        "bus": case["bus"][:, :BUS_COLUMNS],
        "gen": case["gen"][is_running],
        "branch": case["branch"][is_closed],
    }
    network = pypsa.Network()
    with quiet_pypsa():
        network.import_from_pypower_ppc(ppc, overwrite_zero_s_nom=WITHOUT_LIMIT)
    network.add("Carrier", "AC")
    generators = network.generators
    generators["p_set"] = np.nan  # what was generated in the case is no bound
    ratings = generators["p_nom"].to_numpy(float)
    least = case["gen"][is_running, LEAST_POWER]
    generators["p_min_pu"] = np.divide(least, ratings, out=np.zeros_like(ratings), where=ratings > 0)
    if "gencost" in case:
        costs = case["gencost"][: len(is_running)][is_running]
        network.generators["marginal_cost"] = [_linear_cost(row) for row in costs]
    return network


def _linear_cost(row: np.ndarray) -> float:
    """Return the linear part of a polynomial cost [per MWh], or the first slope of a piecewise linear one."""
    count = int(row[3])
    values = row[4:]
    if int(row[0]) == POLYNOMIAL:
        coefficients = values[:count]
        return float(coefficients[-2]) if count > 1 else 0.0
    power, cost = values[0 : 2 * count : 2], values[1 : 2 * count : 2]
    return float((cost[1] - cost[0]) / (power[1] - power[0]))
