"""What the engine solved for some inputs: the program of power, and the rules of the water that yielded first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from energy.model import Inputs
from energy.solve.lp import Problem


@dataclass(frozen=True, eq=False)
class Optimised:
    """What was solved for some inputs.

    Attributes
    ----------
    problem
        The program of power.
    inputs
        Its inputs: those that were asked for, or these with rules that yielded.
    yielded
        Rule of the water → what it yielded [hm³].
    """

    problem: Problem
    inputs: Inputs
    yielded: Mapping[str, float] = field(default_factory=dict)
