"""A run as a notebook has it: with its table, Dataset and network, and shown as a table."""

from __future__ import annotations

from functools import cached_property
from html import escape
from math import inf
from typing import TYPE_CHECKING

from energy.analysis import Run
from energy.analysis import run as solved
from energy.model.additions import with_additions
from energy.model.changed_inputs import titled
from energy.results.dataset import record
from energy.scenario.named import CaseOrName, ScenarioOrName, case_and_scenario

if TYPE_CHECKING:
    import pypsa
    import xarray as xr

MONTH_COLUMNS = {
    "ceiling": "ceiling [GWh]",
    "delivered": "delivered [GWh]",
    "transferable mean": "mean [MW]",
    "transferable max": "most [MW]",
}


class SolvedRun(Run):
    """A solved scenario, see ``energy.analysis.Run``; in a notebook it shows its months.

    Examples
    --------
    >>> import energy
    >>> run = energy.run("two_bus", "two_bus")
    >>> run
    two_bus: 348.8 GWh delivered in the season
    >>> run.dataset["month_delivered"].attrs["units"]
    'GWh'
    >>> len(run.network.buses)
    4
    """

    @cached_property
    def dataset(self) -> xr.Dataset:
        """The run as a Dataset, see ``energy.record``."""
        return record(self)

    @cached_property
    def network(self) -> pypsa.Network:
        """The solved PyPSA network."""
        return self.result.network()

    @property
    def title(self) -> str:
        """Name of the scenario, and what overrides changed in it."""
        return titled(self.case, self.scenario)

    @property
    def delivered(self) -> float:
        """Energy delivered in the season [GWh]."""
        return float(self.table["delivered"].sum())

    def __repr__(self) -> str:
        """Return one line: title and season."""
        return f"{self.title}: {self.delivered:,.1f} GWh delivered in the season"

    def _repr_html_(self) -> str:
        months = self.table[self.table["ceiling"] > 0]
        shown = months[list(MONTH_COLUMNS)].rename(columns=MONTH_COLUMNS)
        table = shown.to_html(float_format="{:,.0f}".format, border=0)
        return f"<p><b>{escape(repr(self))}</b><br>{escape(self.scenario.description)}</p>{table}"


def run(
    case: CaseOrName,
    scenario: ScenarioOrName,
    time_limit: float = inf,
    structure: bool = True,
) -> SolvedRun:
    """Solve a scenario, and the same with CASA-1000 ever earlier in the protection order.

    Parameters
    ----------
    case, scenario
        What exists, and what is asked: read before, or by name or path.
    time_limit
        Wall time that the solver may take [s].
    structure
        Whether to solve what the structure of the network does to the answer too.

    Returns
    -------
    SolvedRun
        With ``table`` (months), ``dataset`` (all numbers with units), ``network`` (PyPSA's) and ``rungs``.

    Raises
    ------
    InputError, SolverError
        When a name is not known, the scenario does not fit the case, or has no optimum.

    Examples
    --------
    >>> float(round(run("two_bus", "two_bus").delivered, 2))
    348.84
    """
    case, scenario = case_and_scenario(case, scenario)
    case = with_additions(case, scenario)
    made = solved(case, scenario, time_limit, structure)
    return SolvedRun(**vars(made))
