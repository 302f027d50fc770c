"""Risk distribution: samples drawn, solved and summed up; the one way for the command line and for notebooks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import pandas as pd

from energy.analysis.risk.monte_carlo import (
    POOL,
    StoppingRule,
    columns_of,
    planned_draws,
    risk_samples,
    row_of,
    water_pool,
)
from energy.analysis.risk.season_sample import SamplingDesign
from energy.analysis.risk.stratification import Pool
from energy.analysis.risk.summary import summary
from energy.case import Case
from energy.scenario import read_hazards
from energy.scenario.named import CaseOrName, ScenarioOrName, case_and_scenario

if TYPE_CHECKING:
    import xarray as xr


def risk(
    case: CaseOrName,
    scenario: ScenarioOrName,
    hazards: str = "base",
    samples: int = 256,
    seed: int = 1,
    pool: int = POOL,
    executor: Executor | None = None,
) -> xr.Dataset:
    """Draw water years and outages many times, and return what can be transferred with which probability.

    Parameters
    ----------
    case, scenario
        What exists, and the question; its own events happen in every sample.
    hazards
        Name of a set of hazards, or path of its file.
    samples
        Samples; rounded up to whole rounds over the strata.
    seed
        Family of draws.
    pool
        Cheap water years that the strata are made of, a multiple of 16; fewer are quicker and less even.
    executor
        Any ``concurrent.futures`` executor; None: this process.

    Returns
    -------
    xarray.Dataset
        As of ``energy.analysis.risk.summary.summary``: ``season`` [GWh] and ``power`` [MW] exceeded with each
        probability, ``below``, ``curve``, ``lost`` by cause and ``income``, each with its 95 % interval.

    Raises
    ------
    InputError
        When there is no such set of hazards, or it does not fit the case.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "faults.yaml"
    >>> law = "duration: {law: exponential, mean: 100}"
    >>> fault = f"{{kind: line_out, cause: line, where: [links.line], rate: {{per_year: 6}}, {law}}}"
    >>> _ = file.write_text(f"{{hazards: {{fault: {fault}}}}}")
    >>> distribution = risk(read_case("two_bus"), scenario, str(file), samples=16, pool=64)
    >>> (
    ...     distribution["season"].attrs["units"],
    ...     bool((distribution["season"].sel(bound="value") <= 348.85).all()),
    ... )
    ('GWh', True)
    """
    case, scenario = case_and_scenario(case, scenario)
    design = SamplingDesign(scenario, read_hazards(hazards), seed)
    plan = StoppingRule(samples, pool=pool)
    water_years = water_pool(case, design, plan)
    table = sample_table(case, design, plan, pool=water_years, executor=executor)
    return summary(case, design, table, water_years)


def sample_table(
    case: Case,
    design: SamplingDesign,
    plan: StoppingRule,
    pool: Pool | None,
    *,
    done: pd.DataFrame | None = None,
    record: Callable[[list[list[float]]], None] | None = None,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Return the table of samples of a plan; those that are done are not solved again.

    Parameters
    ----------
    case, design, plan
        What exists, what is sampled, how much.
    pool
        Water years, from `water_pool`.
    done
        Samples of an earlier run of the same design, with the columns of `columns_of`.
    record
        Is called with new rows as they are solved.
    executor
        Any ``concurrent.futures`` executor; None: this process.
    """
    columns = columns_of(case, design)
    rows: list[list[float]] = []
    if done is not None:
        draws = planned_draws(plan, pool)
        done = done[done["draw"].isin(draws)]
        rows = done.to_numpy(float).tolist()
    solved = risk_samples(case, design, plan, pool=pool, done=done, executor=executor)
    for samples in solved:
        new = [row_of(sample, columns) for sample in samples]
        if record is not None:
            record(new)
        rows += new
    return pd.DataFrame(rows, columns=columns)
