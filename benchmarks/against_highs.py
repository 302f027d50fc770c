"""Answers of the interior point on long horizons beside HiGHS's, over the scenario library.

``python benchmarks/against_highs.py 6h`` (or 3h) takes all scenarios of a year, two at a time, and some 30 s for each;
with names behind the resolution those alone. HiGHS's HiPO solves the same program by the weights of the services, with
lacking water held at its least: where the order matters beyond the weights it may differ by that.

Ends with 1 where the studied service differs by more than 10 MWh, any service by more than 0.01 %, or the objective by
more than a millionth.
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

from energy.analysis.parallel import processes
from energy.case import read_case
from energy.errors import InputError, SolverError
from energy.model import Inputs
from energy.model.inputs import inputs
from energy.model.objective import STUDIED
from energy.scenario import read_scenario
from energy.scenario.read import list_scenarios
from energy.solve import Engine, Result, engine

MOST_OF_STUDIED = 10.0  # MWh
MOST_OF_A_SERVICE = 1e-4  # share of it
MOST_OF_THE_OBJECTIVE = 1e-6  # share of it
SMALLEST_SERVICE = 1e4  # MWh: what a share of a smaller one would be is within the tolerance of either solver
PATIENCE = 900.0  # s for one solve
WORKERS = 2


class Comparison(NamedTuple):
    """One scenario: its name, what to print of it, and whether both answers are the same within what is allowed."""

    name: str
    text: str
    agrees: bool


def solved(asked: Inputs, by_interior_point: bool) -> tuple[Result, float]:
    """Solve by the engine's own method, or by HiGHS alone; return the seconds it took as well."""
    own = engine.interior_optimum
    if not by_interior_point:
        engine.interior_optimum = lambda *_, **__: None
    begun = time.perf_counter()
    try:
        result = Engine(asked, PATIENCE).solve(asked)
    finally:
        engine.interior_optimum = own
    return result, time.perf_counter() - begun


def compared(name: str, resolution: str) -> Comparison:
    """Compare both answers to one scenario."""
    scenario = read_scenario(name, overrides={"time.resolution": resolution, "foresight": "perfect"})
    asked = inputs(read_case(scenario.case), scenario)
    try:
        ours, our_seconds = solved(asked, by_interior_point=True)
        theirs, their_seconds = solved(asked, by_interior_point=False)
    except (InputError, SolverError) as error:
        return Comparison(name, f"no answer: {str(error)[:120]}", agrees=False)
    proof = f"proved to {max(ours.gains.values()):.2g} MWh" if ours.gains else "no services in order"
    cost = abs(ours.objective - theirs.objective) / max(1.0, abs(theirs.objective))
    apart = {service: abs(energy - theirs.services[service]) for service, energy in ours.services.items()}
    studied = apart.get(STUDIED, 0.0)
    shares = [far / max(abs(theirs.services[service]), SMALLEST_SERVICE) for service, far in apart.items()]
    share = max(shares, default=0.0)
    delivered = ours.services.get(STUDIED, 0.0) / 1000
    text = (
        f"{delivered:8.1f} GWh, {proof}, {our_seconds:.0f} s and {their_seconds:.0f} s; "
        f"apart: CASA-1000 {studied:.2f} MWh, a service {share:.1e} of it, objective {cost:.1e}"
    )
    agrees = studied <= MOST_OF_STUDIED and share <= MOST_OF_A_SERVICE and cost <= MOST_OF_THE_OBJECTIVE
    return Comparison(name, text, agrees)


def main(resolution: str, names: list[str]) -> int:
    """Compare scenarios two at a time, and print a line for each."""
    worst = 0
    with processes(WORKERS) as pool:
        for comparison in pool.map(compared, names, [resolution] * len(names)):
            mark = "  " if comparison.agrees else "! "
            print(f"{mark}{comparison.name:28} {comparison.text}", flush=True)
            worst |= not comparison.agrees
    return int(worst)


if __name__ == "__main__":
    resolution, *chosen = sys.argv[1:]
    sys.exit(main(resolution, chosen or list(list_scenarios())))
