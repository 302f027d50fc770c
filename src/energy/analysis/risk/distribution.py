"""Risk distribution in one call, for notebooks: samples drawn, solved and summed up."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING

import pandas as pd

from energy.analysis.risk.monte_carlo import POOL, StoppingRule, risk_samples, water_pool
from energy.analysis.risk.season_sample import SamplingDesign
from energy.analysis.risk.summary import summary
from energy.case import Case
from energy.scenario import Scenario, read_hazards

if TYPE_CHECKING:
    import xarray as xr


def risk(
    case: Case,
    scenario: Scenario,
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
    >>> found = risk(read_case("two_bus"), scenario, str(file), samples=16, pool=64)
    >>> found["season"].attrs["units"], bool((found["season"].sel(bound="value") <= 348.85).all())
    ('GWh', True)
    """
    question, plan = SamplingDesign(scenario, read_hazards(hazards), seed), StoppingRule(samples, pool=pool)
    strata = water_pool(case, question, plan)
    rows = [row for found in risk_samples(case, question, plan, strata, executor=executor) for row in found]
    return summary(case, question, pd.DataFrame(rows), strata)
