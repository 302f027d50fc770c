"""Answers of the interior point on long horizons beside HiGHS's, over the scenario library.

``python benchmarks/against_highs.py 6h`` (or 3h) takes all scenarios, two at a time, and some 30 s for each; with names
behind the resolution those alone. The name ``points`` stands for the outages that the benchmark of long horizons times.
HiGHS's HiPO solves the same program by the weights of the services, with lacking water held at its least. Where both
differ, the weights may not hold the order: HiGHS's simplex then solves the program, and its chain the services one
after the other. That is exact, and takes some minutes.

Ends with 1 where the studied service differs by more than 10 MWh, any service by more than 0.01 %, or the objective by
more than a millionth.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from measured import few_points

from energy.analysis.parallel import processes
from energy.case import read_case
from energy.errors import InputError, SolverError
from energy.model import Inputs
from energy.model.inputs import inputs
from energy.model.objective import STUDIED
from energy.scenario import Scenario, read_scenario
from energy.scenario.read import list_scenarios
from energy.solve import Engine, Result, attempts, engine

MOST_OF_STUDIED = 10.0  # MWh
MOST_OF_A_SERVICE = 1e-4  # share of it
MOST_OF_THE_OBJECTIVE = 1e-6  # share of it
SMALLEST_SERVICE = 1e4  # MWh: what a share of a smaller one would be is within the tolerance of either solver
PATIENCE = 3600.0  # s for one solve
ANY_LENGTH = 10**9  # columns up to which the simplex solves, where it is to solve whatever there is
WORKERS = 2
POINTS = "points"
"""Name that stands for the points of the benchmark."""
WAYS = ("own", "weights", "chain")
"""The interior point; HiGHS's HiPO on the weights of services; HiGHS's simplex, and its chain of services."""


class Comparison(NamedTuple):
    """One scenario: its name, what to print of it, and whether HiGHS has the same answer within what is allowed."""

    name: str
    text: str
    agrees: bool


def solved(asked: Inputs, way: str) -> tuple[Result, float]:
    """Solve by a way of ``WAYS``; return the seconds it took as well."""
    own_optimum = engine.interior_optimum
    own_length = attempts.LONG_HORIZON
    if way == "weights":
        engine.interior_optimum = lambda *_, **__: None
    if way == "chain":
        attempts.LONG_HORIZON = ANY_LENGTH
    begun = time.perf_counter()
    try:
        result = Engine(asked, PATIENCE).solve(asked)
    finally:
        engine.interior_optimum = own_optimum
        attempts.LONG_HORIZON = own_length
    return result, time.perf_counter() - begun


class Distance(NamedTuple):
    """How far two answers are apart: the studied service [MWh], the worst service and the objective as shares."""

    studied: float
    service: float
    objective: float

    @classmethod
    def between(cls, ours: Result, theirs: Result) -> Distance:
        apart = {service: abs(energy - theirs.services[service]) for service, energy in ours.services.items()}
        shares = [far / max(abs(theirs.services[service]), SMALLEST_SERVICE) for service, far in apart.items()]
        return cls(
            studied=apart.get(STUDIED, 0.0),
            service=max(shares, default=0.0),
            objective=abs(ours.objective - theirs.objective) / max(1.0, abs(theirs.objective)),
        )

    @property
    def is_allowed(self) -> bool:
        studied_agrees = self.studied <= MOST_OF_STUDIED
        services_agree = self.service <= MOST_OF_A_SERVICE
        return studied_agrees and services_agree and self.objective <= MOST_OF_THE_OBJECTIVE

    def __str__(self) -> str:
        return f"CASA-1000 {self.studied:.2f} MWh, a service {self.service:.1e} of it, objective {self.objective:.1e}"


def chosen_scenarios(names: list[str], resolution: str) -> Iterator[Scenario]:
    """Yield scenarios of the library by their names, and where a name is ``points`` those of the benchmark."""
    for name in names:
        if name == POINTS:
            points, _ = few_points(resolution, workers=1)
            for point in points:
                (event,) = point.events
                outage = f"{event.where[0]} {event.duration} {point.hydrology} {point.growth}"
                yield point.replace(name=outage)
        else:
            yield read_scenario(name, overrides={"time.resolution": resolution, "foresight": "perfect"})


def compared(scenario: Scenario) -> Comparison:
    """Compare the interior point's answer to one scenario with those of HiGHS, until one of them is the same."""
    name = scenario.name
    asked = inputs(read_case(scenario.case), scenario)
    try:
        ours, seconds = solved(asked, "own")
    except (InputError, SolverError) as error:
        return Comparison(name, f"no answer: {str(error)[:120]}", agrees=False)
    proof = f"proved to {max(ours.gains.values()):.2g} MWh" if ours.gains else "no services in order"
    delivered = ours.services.get(STUDIED, 0.0) / 1000
    text = f"{delivered:8.1f} GWh, {proof}, {seconds:.0f} s"
    for way in ("weights", "chain"):
        try:
            theirs, their_seconds = solved(asked, way)
        except SolverError as error:
            text += f"; {way}: no answer, {str(error)[:80]}"
            continue
        apart = Distance.between(ours, theirs)
        text += f"; {way}, {their_seconds:.0f} s, apart: {apart}"
        if apart.is_allowed:
            return Comparison(name, text, agrees=True)
    return Comparison(name, text, agrees=False)


def main(resolution: str, names: list[str]) -> int:
    """Compare scenarios two at a time, and print a line for each."""
    worst = 0
    with processes(WORKERS) as pool:
        for comparison in pool.map(compared, chosen_scenarios(names, resolution)):
            mark = "  " if comparison.agrees else "! "
            print(f"{mark}{comparison.name:28} {comparison.text}", flush=True)
            worst |= not comparison.agrees
    return int(worst)


if __name__ == "__main__":
    resolution, *chosen = sys.argv[1:]
    sys.exit(main(resolution, chosen or list(list_scenarios())))
