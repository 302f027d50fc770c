"""A Markov chain of outages: what an operator knows of them in a month, in two classes; docs/policy.md says why these.

Outages are drawn as ``energy risk`` draws them. A month is *heavy* when they take a quarter of what the studied line
can deliver in it, else *light*. That heavy months follow each other, since a repair or a campaign lasts, is what the
chain holds. In each class outages are those of its mean month, so that no mean is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from energy.analysis.policy.stages import months_of
from energy.analysis.risk.sample_solver import with_events
from energy.case import Case
from energy.model.inputs import Inputs, assemble
from energy.model.marginal_costs import with_objective
from energy.model.objective import STUDIED, is_of_service
from energy.model.outages.sampling import as_events, draw_outages
from energy.scenario import HazardSet, Scenario

LIGHT, HEAVY = 0, 1
CLASSES = 2
_HEAVY_FROM = 0.25
"""Share of what the studied line could deliver in a month from which on its outages make it a heavy one."""
FIRST_DRAW = 1_000_000
"""First draw that odds are estimated from: years that are simulated are drawn from 0 on."""

_Deviations = Mapping[tuple[str, str], np.ndarray]
"""(Component list, attribute) → what outages add to it; shape (snapshots, names)."""


@dataclass(frozen=True, eq=False)
class OutageChain:
    """Classes of outages by month, the odds between them and the mean outages of each.

    Attributes
    ----------
    hazards
        The laws that outages are drawn from.
    frequencies
        Probability of each class in each month of the horizon; shape (months, 2).
    transitions
        Probability of each class of a month (last axis) after each class of the month before, in the first month
        whatever was before; shape (months, 2, 2).
    deviations
        For each class what its mean outages change.
    """

    hazards: HazardSet
    frequencies: np.ndarray
    transitions: np.ndarray
    deviations: tuple[_Deviations, ...]

    def mean_outages(self, inputs: Inputs, classes: np.ndarray) -> Inputs:
        """Return inputs of a year without outages with the mean outages of a class in each month; shape (months,)."""
        month_of_snapshot, _ = months_of(inputs.axis)
        class_of_snapshot = classes[month_of_snapshot]
        changed: dict[tuple[str, str], np.ndarray] = {}
        for outage_class, deviations in enumerate(self.deviations):
            is_in_class = (class_of_snapshot == outage_class)[:, None]
            for key, deviation in deviations.items():
                before = changed.get(key, inputs.array(*key))
                changed[key] = before + np.where(is_in_class, deviation, 0.0)
        return replace(inputs, dense={**inputs.dense, **changed})


def outage_chain(
    case: Case,
    reference: Inputs,
    scenario: Scenario,
    hazards: HazardSet,
    draws: int,
    seed: int,
) -> OutageChain:
    """Estimate the chain from drawn years.

    Parameters
    ----------
    case, scenario
        What exists, and the year without events.
    reference
        Its inputs.
    hazards
        The laws of the outages.
    draws, seed
        How many years are drawn, and their family.

    Raises
    ------
    InputError
        When hazards name what the case does not have.
    """
    month_of_snapshot, months = months_of(reference.axis)
    classes = np.empty((draws, len(months)), dtype=int)
    totals: tuple[dict[tuple[str, str], np.ndarray], ...] = ({}, {})
    for draw in range(draws):
        disturbed = disturbed_inputs(
            case,
            reference,
            scenario,
            hazards,
            seed=seed,
            draw=FIRST_DRAW + draw,
        )
        classes[draw] = outage_classes(reference, disturbed)
        class_of_snapshot = classes[draw][month_of_snapshot]
        for key, deviation in _deviations(reference, disturbed).items():
            for outage_class, total in enumerate(totals):
                is_in_class = (class_of_snapshot == outage_class)[:, None]
                deviation_of_class = np.where(is_in_class, deviation, 0.0)
                total[key] = total.get(key, 0.0) + deviation_of_class
    counts_by_class = [(classes == outage_class).sum(axis=0) for outage_class in range(CLASSES)]
    counts = np.stack(counts_by_class, axis=1)
    means = []
    for outage_class, total in enumerate(totals):
        years_of_month = np.maximum(counts[:, outage_class], 1)
        years = years_of_month[month_of_snapshot][:, None]
        mean_deviations = {key: sums / years for key, sums in total.items()}
        means.append(mean_deviations)
    frequencies = counts / draws
    return OutageChain(
        hazards=hazards,
        frequencies=frequencies,
        transitions=_transitions(classes, frequencies),
        deviations=tuple(means),
    )


def _transitions(classes: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Return the odds between the classes of months; after a class that never was those of any year.

    Examples
    --------
    >>> _transitions(np.array([[0, 0], [1, 1], [1, 0]]), np.array([[1 / 3, 2 / 3], [2 / 3, 1 / 3]]))[1].tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    transitions = np.repeat(frequencies[:, None, :], CLASSES, axis=1)
    for month in range(1, len(frequencies)):
        for before in range(CLASSES):
            is_after = classes[:, month - 1] == before
            follows = classes[is_after, month]
            if len(follows) == 0:
                continue
            counts = np.bincount(follows, minlength=CLASSES)
            transitions[month, before] = counts / len(follows)
    return transitions


def _deviations(reference: Inputs, disturbed: Inputs) -> dict[tuple[str, str], np.ndarray]:
    """Return what outages change of a year's inputs."""
    deviations = {}
    for key, values in disturbed.dense.items():
        before = reference.array(*key)
        if values is not before and not np.array_equal(values, before, equal_nan=True):
            deviations[key] = np.nan_to_num(values - before)
    return deviations


def disturbed_inputs(
    case: Case,
    reference: Inputs,
    scenario: Scenario,
    hazards: HazardSet,
    *,
    seed: int,
    draw: int,
) -> Inputs:
    """Return a year's inputs with the outages that ``energy risk`` has in a draw, on the same snapshots.

    Parameters
    ----------
    case, scenario
        What exists, and the year without drawn outages.
    reference
        Its inputs.
    hazards, seed, draw
        The laws of the outages, family and number of the draw.
    """
    start, end = scenario.horizon()
    hours = (end - start) / pd.Timedelta(hours=1)
    outages = draw_outages(hazards, start, hours, seed=seed, draw=draw)
    events = as_events(outages, hazards, start, hours)
    if not events:
        return reference
    disturbed = with_events(scenario, events)
    physics = assemble(case, disturbed, reference.axis)
    return with_objective(physics, disturbed)


def outage_classes(reference: Inputs, disturbed: Inputs) -> np.ndarray:
    """Return the class of each month by what its outages take from the studied line; shape (months,).

    A month in which the line is closed anyway is a light one.
    """
    month_of_snapshot, _ = months_of(reference.axis)
    undisturbed_energy = np.bincount(month_of_snapshot, _deliverable(reference))
    energy = np.bincount(month_of_snapshot, _deliverable(disturbed))
    is_heavy = energy < (1 - _HEAVY_FROM) * undisturbed_energy
    return np.where(is_heavy, HEAVY, LIGHT)


def _deliverable(inputs: Inputs) -> np.ndarray:
    """Return the energy that the studied line can deliver in each snapshot [MWh]; shape (snapshots,)."""
    links = inputs.components["links"]
    is_studied = is_of_service(links, [STUDIED])
    rating = links["p_nom"].to_numpy(float) * is_studied
    available = inputs.array("links", "p_max_pu")
    efficiency = inputs.array("links", "efficiency")
    power = (available * efficiency) @ rating
    return np.asarray(power * inputs.axis.weights)
