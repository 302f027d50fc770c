"""Engine: PyPSA builds one model, HiGHS re-solves it for every scenario of the same components (warm start)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from math import inf, isinf

import highspy
import pandas as pd

from energy.errors import Fault, InputError, SolverError
from energy.model import Inputs
from energy.solve.as_built import AsBuilt, Program, built_program
from energy.solve.assembly import assemble_program
from energy.solve.attempts import method
from energy.solve.head_iteration import follow_head
from energy.solve.highs import InfeasibleError, Solver
from energy.solve.infeasibility import conflict
from energy.solve.interior_point.interior_optimum import interior_optimum
from energy.solve.interior_point.kept_face import KeptFace
from energy.solve.lp import BALANCE, Problem, Structure, blocks
from energy.solve.optimised import Optimised
from energy.solve.pattern_cache import program_of
from energy.solve.priority import ServiceCost, priority_costs
from energy.solve.pypsa_model import pypsa_model
from energy.solve.result import Result
from energy.solve.rivers import NEGLIGIBLE, least_lacking_water, with_lacking_water, with_water_first
from energy.solve.structure_hash import family_key, structure_key
from energy.solve.warm_start import WarmStart
from energy.solve.warm_start_scenario import WarmStartScenario
from energy.solve.yielding_rules import least_yields

STARTS_KEPT = 256  # of anchors, 0.2 MB each at the default resolution; drawn water starts from some eighty
START_COLUMNS_KEPT = 10_000_000  # of their programs: on long horizons the starts that are kept are fewer
COLUMNS_KEPT = 1_300_000  # of the programs of other snapshots or rules, all together


class Engine:
    """Solves scenarios with the same components in service; the only object of the package that keeps a state.

    Every solve starts from the basis of its anchor, else of the *base* inputs, or on long horizons from nothing; never
    from the scenario solved before, so that an answer depends on its own inputs and anchor alone. Snapshots, rules and
    every number may differ from those of the base. Where a user's own network holds what the engine has no formula for
    (ramps, storage units, transformers, squares, …), PyPSA builds each program anew, and `builds` counts them.

    Parameters
    ----------
    base
        Inputs that fix the components.
    time_limit
        Wall time that HiGHS may take for all solves together [s].

    Raises
    ------
    InputError
        When PyPSA's model of the inputs has variables that this engine does not solve.
    AssertionError
        When the engine's program differs from PyPSA's own model of the base; it is compared once in a process for each
        list of components, and always where the environment says ``ENERGY_CHECK_PYPSA=always``.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> case = read_case("two_bus")
    >>> engine = Engine(inputs(case, scenario))
    >>> dry = engine.solve(inputs(case, scenario.replace(hydrology="dry")))
    >>> round(float(dry.flow("links")["line"] @ dry.hours) / 1000, 1)  # GWh
    44.4
    """

    def __init__(self, base: Inputs, time_limit: float = inf) -> None:
        self.base, self.builds = base, 1
        self._pattern, program = program_of(base)
        self._whole = program if isinstance(program, Program) else None
        self._as_built = AsBuilt(time_limit)
        self._structures: OrderedDict[str, Structure] = OrderedDict()
        if isinstance(program, Structure):
            self.structure = self._structures[structure_key(base)] = program
        self._family = family_key(base)
        self._starts: OrderedDict[str, WarmStart | None] = OrderedDict()
        self._own = WarmStartScenario("", lambda: base)
        self._reached: WarmStart | None = None
        self._time_limit = time_limit
        self._kept_face = KeptFace()

    @property
    def has_warm_start(self) -> bool:
        """Whether solves start from a basis.

        Long horizons are solved by the interior point from nothing, and what PyPSA builds anew has no basis to keep.
        """
        return self._whole is None and _short(self.structure)

    @property
    def n_columns(self) -> int:
        """Number of columns of the base's linear program."""
        program = self.structure if self._whole is None else self._whole
        return int(program.pattern.shape[1])

    @cached_property
    def solver(self) -> Solver:
        """The engine's own HiGHS."""
        return Solver(self._time_limit)

    def solve(
        self, inputs: Inputs, past: Result | None = None, now: int = 0, anchor: WarmStartScenario | None = None
    ) -> Result:
        """Solve inputs of the base's components.

        Parameters
        ----------
        inputs
            What to solve.
        past
            A result whose decisions before ``now`` are kept.
        now
            Position of the first snapshot that is still open.
        anchor
            Where to start; the base unless given.

        Returns
        -------
        Result

        Raises
        ------
        SolverError
            When HiGHS finds no optimum; the message says whether the model is infeasible or unbounded.
        ValueError
            When the inputs have other components than the base, or PyPSA's model of them cannot be repeated on
            other snapshots.
        """
        if inputs.head:
            return follow_head(self._successive(anchor), inputs, past, now)
        return self._solve(inputs, past, now, anchor)

    def _successive(self, anchor: WarmStartScenario | None) -> Callable[[Inputs, Result | None, int], Result]:
        """Return what solves successive programs of one point: the first from the anchor, each next from the last."""
        start: WarmStart | None = None

        def solve(trial: Inputs, past: Result | None, now: int) -> Result:
            nonlocal start
            result = self._solve(trial, past, now, anchor, start, ends_in_basis=True)
            start = self._reached
            return result

        return solve

    def _solve(
        self,
        inputs: Inputs,
        past: Result | None,
        now: int,
        anchor: WarmStartScenario | None = None,
        start: WarmStart | None = None,
        ends_in_basis: bool = False,
    ) -> Result:
        """Solve one linear program, from a start or from that of an anchor."""
        if self._whole is not None:
            _refuse_services(inputs)
            return self._as_built.solve(self._program(inputs, past), inputs, past, now)
        structure = self._structure(inputs)
        first = not self._starts
        if start is None:
            start = self._start(anchor or self._own, structure)
        if first and start is not None and anchor is None and inputs is self.base:
            own = self._optimised_anchor  # the basis was found on these very inputs
            self._reached = start
            return self._result(structure, own.inputs, own.yielded)
        optimised = self._optimise(structure, inputs, start, ends_in_basis, past=past, now=now)
        self._reached = self._warm_start(structure, inputs) if ends_in_basis and _short(structure) else None
        return self._result(structure, optimised.inputs, optimised.yielded)

    @property
    def seconds(self) -> float:
        """Wall time spent inside HiGHS so far [s]."""
        return self.solver.seconds + self._as_built.seconds

    def _program(self, inputs: Inputs, past: Result | None) -> Program:
        """Return PyPSA's own program of inputs, built anew unless they are the base's, and nothing is to be held."""
        assert self._whole is not None
        if inputs is self.base and past is None:
            return self._whole
        self.builds += 1
        return built_program(pypsa_model(inputs), inputs)

    def _optimise(
        self,
        structure: Structure,
        inputs: Inputs,
        start: WarmStart | None,
        ends_in_basis: bool = False,
        past: Result | None = None,
        now: int = 0,
    ) -> Optimised:
        """Solve a program without lacking water, or with the least that rivers, or rivers and power, must lack.

        Where the rivers cannot keep all rules of the water, these yield in their order.

        Returns
        -------
        Optimised
            The program of power that was solved.
        """

        def program_that_may_lack_water() -> Problem:
            program = structure.problem(inputs)
            if past is not None:
                structure.hold(program, past.values, now)
            return program

        # where the past is held, hardly a column of an anchor's basis is where it can be
        basis = None if start is None or past is not None else start.carried(structure, inputs)
        services = priority_costs(structure, inputs)
        way = self.solver.solve if _short(structure) else self._solve_long
        solve = partial(
            way,
            structure,
            inputs=inputs,
            basis=basis,
            ends_in_basis=ends_in_basis,
            services=services,
        )
        # seldom is water lacking, and of an hourly year the program takes 100 MB: it is made anew where it is needed
        power = with_lacking_water(structure, program_that_may_lack_water(), inputs, 0.0)
        with suppress(InfeasibleError):
            solve(problem=power)
            return Optimised(power, inputs)
        problem = program_that_may_lack_water()
        for rivers_alone in (True, False):
            volume = least_lacking_water(structure, problem, inputs, rivers_alone)
            if isinf(volume):  # what the rivers cannot, the whole cannot either
                break
            if volume > NEGLIGIBLE:
                power = with_lacking_water(structure, problem, inputs, volume)
                with suppress(InfeasibleError):
                    solve(problem=power)
                    return Optimised(power, inputs)
        yielded = least_yields(structure, problem, inputs)
        if yielded is not None:
            optimised = self._optimise(
                structure,
                yielded.inputs,
                start,
                ends_in_basis=ends_in_basis,
                past=past,
                now=now,
            )
            return replace(optimised, yielded=yielded.volumes)
        raise SolverError(f"{inputs.name}: infeasible; {conflict(structure, inputs, problem)}")

    def _solve_long(
        self,
        structure: Structure,
        problem: Problem,
        inputs: Inputs,
        basis: highspy.HighsBasis | None,
        ends_in_basis: bool,
        services: Sequence[ServiceCost],
    ) -> None:
        """Solve a long horizon by the structured interior point; by HiGHS where that proves no optimum."""
        begun = time.perf_counter()
        self.solver.forget()
        program, stages = with_water_first(structure, problem, inputs, services)
        interior = interior_optimum(
            structure,
            program,
            inputs,
            stages,
            seconds=self.solver.seconds_left,
            kept=self._kept_face,
        )
        seconds = time.perf_counter() - begun
        if interior is None:
            self.solver.seconds += seconds
            self.solver.solve(structure, problem, inputs, basis, ends_in_basis, services)
            return
        self.solver.take(interior, seconds)

    def _structure(self, inputs: Inputs) -> Structure:
        key = structure_key(inputs)
        structure = self._structures.get(key)
        if structure is None:
            lawless = inputs.kirchhoff and not self.base.kirchhoff
            lossless = inputs.line_losses != "none" and self.base.line_losses == "none"
            if self._pattern is None or lawless or lossless or family_key(inputs) != self._family:
                raise ValueError(f"{inputs.name}: not of the structure that this engine was built for")
            structure = self._structures[key] = assemble_program(self._pattern, inputs)
            while len(self._structures) > 1 and sum(map(_width, self._structures.values())) > COLUMNS_KEPT:
                self._structures.popitem(last=False)
        self._structures.move_to_end(key)
        return structure

    def _start(self, anchor: WarmStartScenario, structure: Structure) -> WarmStart | None:
        """Return where an anchor lets others start; None where it has no optimum, or on a long horizon."""
        if not _short(structure):
            return None
        if anchor.key not in self._starts:
            self._starts[anchor.key] = self._found(anchor)
            if len(self._starts) > max(1, min(STARTS_KEPT, START_COLUMNS_KEPT // _width(structure))):
                self._starts.popitem(last=False)
        self._starts.move_to_end(anchor.key)
        return self._starts[anchor.key]

    def _found(self, anchor: WarmStartScenario) -> WarmStart | None:
        inputs = anchor.inputs()
        if family_key(inputs) != self._family:
            return None
        structure = self._structure(inputs)
        if not _short(structure):
            return None
        parent = None if anchor.parent is None else self._start(anchor.parent, structure)
        try:
            self._optimised_anchor = self._optimise(structure, inputs, parent, ends_in_basis=True)
        except SolverError:
            if anchor is self._own:
                raise
            return None
        return self._warm_start(structure, inputs)

    def _warm_start(self, structure: Structure, inputs: Inputs) -> WarmStart:
        """Return the basis that the last program ended in, for others to start from."""
        return WarmStart(self.solver.basis(), structure, inputs.axis, inputs.rules)

    def _result(self, structure: Structure, inputs: Inputs, yielded: Mapping[str, float] | None = None) -> Result:
        optimum, snapshots = self.solver.optimum(), inputs.axis.snapshots
        hours = inputs.axis.weightings["objective"].to_numpy()[:, None]
        prices = structure.shadow(optimum.duals, BALANCE) / hours
        values = blocks(structure, optimum.values, snapshots)
        prices_table = pd.DataFrame(prices, snapshots, structure.buses, copy=False)
        return Result(
            inputs=inputs,
            values=values,
            prices=prices_table,
            objective=optimum.objective,
            iterations=optimum.iterations,
            gains=optimum.gains,
            yielded=yielded or {},
        )


def _refuse_services(inputs: Inputs) -> None:
    """Refuse services in their order where PyPSA's own program is solved: they are optimised by the engine's alone."""
    if inputs.priority:
        what = "services in a protection order, and components that the engine has no formula for"
        repair = "write objective: dispatch, or leave ramps, storage units and the like out"
        raise InputError(Fault(what, inputs.name, None, "one of them", repair))


def _width(structure: Structure) -> int:
    return int(structure.pattern.shape[1])


def _short(structure: Structure) -> bool:
    return method(_width(structure))["solver"] == "simplex"


def solve(inputs: Inputs) -> Result:
    """Solve inputs once.

    Raises
    ------
    SolverError
        When there is no optimum.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.scenario import read_scenario
    >>> from energy.model.inputs import inputs
    >>> scenario = read_scenario("two_bus", overrides={"time.resolution": "typical-days-24h"})
    >>> found = solve(inputs(read_case("two_bus"), scenario))
    >>> found.inputs.name
    'two_bus'
    """
    return Engine(inputs).solve(inputs)
