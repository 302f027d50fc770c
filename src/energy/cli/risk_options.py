"""Options of the verb ``risk``: what is sampled, how much of it, and which policy and numbers it takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energy.analysis.risk.monte_carlo import StoppingRule
    from energy.analysis.risk.season_sample import SamplingDesign
    from energy.analysis.sensitivity.number_sets import NumberSets
    from energy.case import Case
    from energy.errors import Fault
    from energy.scenario import HazardSet, Scenario


def sampling_asked(
    scenario: Scenario,
    hazards: HazardSet,
    seed: int,
    fixed_water: bool,
    growth: str | None,
    tilt: list[str],
    samples: int,
    until_ci: str | None,
    figure: str,
    plain: bool,
) -> tuple[SamplingDesign, StoppingRule]:
    """Return what is sampled and how much, from the options; all faults at once."""
    from energy.analysis.risk.monte_carlo import FIGURES, POOL, StoppingRule
    from energy.analysis.risk.season_sample import SamplingDesign
    from energy.errors import Fault, InputError, nearest

    faults: list[Fault] = []
    odds = None
    if growth is not None:
        odds = _odds(growth)
        if odds is None:
            faults.append(Fault(f"growth is {growth!r}", "--growth", allowed="three odds, as 1:2:1"))
    tilts = []
    for text in tilt:
        name, factor = _tilt(text)
        tilts.append((name, factor))
        faults += _tilt_faults(hazards, text, name, factor)
    until = None
    if until_ci is not None:
        until = _share(until_ci)
        if until is None:
            faults.append(Fault(f"interval is {until_ci!r}", "--until-ci", allowed="a share, as 2% or 0.02"))
    if figure not in FIGURES:
        allowed = ", ".join(FIGURES)
        faults.append(
            Fault(
                f"no figure {figure!r}",
                "--figure",
                allowed=allowed,
                repair=nearest(figure, FIGURES),
            )
        )
    if samples > POOL and not plain:
        allowed = f"up to {POOL}, or any number with --plain"
        faults.append(Fault(f"{samples} samples", "--samples", allowed=allowed))
    if faults:
        raise InputError(faults)
    design = SamplingDesign(
        scenario=scenario,
        hazards=hazards,
        seed=seed,
        water=not fixed_water,
        growth=odds,
        tilts=tuple(tilts),
    )
    return design, StoppingRule(samples, until, figure, plain)


def _odds(text: str) -> tuple[float, float, float] | None:
    """Return the odds of low, central and high growth, as ``1:2:1``; None where they are none."""
    odds = [_number(part) for part in text.split(":")]
    sound = [number for number in odds if number is not None and number >= 0]
    if len(odds) != 3 or len(sound) != 3 or not sum(sound):
        return None
    low, central, high = sound
    return low, central, high


def _tilt(text: str) -> tuple[str, float]:
    """Return a hazard and the factor on its rate, as ``hazard=5``; a factor of 0 where it is no number."""
    name, _, factor = text.rpartition("=")
    return name, _number(factor) or 0.0


def _tilt_faults(hazards: HazardSet, text: str, name: str, factor: float) -> list[Fault]:
    from energy.errors import Fault, nearest

    if name not in hazards.hazards or factor <= 0:
        what = f"{text!r} tilts no hazard of {hazards.name}"
        repair = nearest(name, hazards.hazards)
        return [Fault(what, "--tilt", allowed="hazard=factor above 0", repair=repair)]
    if hazards.hazards[name].campaign is not None:
        return [Fault(f"{name!r} comes in campaigns", "--tilt", allowed="a hazard without campaign")]
    return []


def _share(text: str) -> float | None:
    """Return a share between 0 and 1, as ``2%`` or ``0.02``; None where it is none."""
    number = _number(text.removesuffix("%"))
    if number is None:
        return None
    share = number / 100 if text.endswith("%") else number
    return share if 0 < share < 1 else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def policy_asked(
    scenario: Scenario,
    policy: Path | None,
    growth: str | None,
    split: int,
) -> Path | None:
    """Return the file of the policy that decides; None where years are foreseen.

    What no policy is trained for is refused.
    """
    from energy.cli.policy import DEFAULT_OUT, policy_file
    from energy.errors import Fault, InputError

    if scenario.foresight != "policy":
        if policy is None:
            return None
        raise InputError(Fault("a policy without foresight=policy", "--policy", repair="add --foresight policy"))
    what = "foresight is 'policy', which is trained for one demand and one set of numbers"
    is_asked = {"--growth": growth is not None, "--split": split > 0}
    faults = [Fault(what, option, repair="leave it out") for option in is_asked if is_asked[option]]
    if faults:
        raise InputError(faults)
    return policy or policy_file(DEFAULT_OUT, scenario.name)


def number_sets_asked(numbers: str, split: int, case: Case, scenario: Scenario) -> NumberSets | None:
    """Return what unknown numbers are drawn from; refuse numbers without a split, which would do nothing."""
    from energy.analysis.sensitivity.number_sets import read_number_sets
    from energy.errors import Fault, InputError

    if split == 1 or (numbers != "ranges" and not split):
        what = f"numbers from {numbers!r} and --split {split}: the band is split from two sets on"
        raise InputError(Fault(what, "--split", allowed="2 or more", repair="add --split 16, say"))
    return read_number_sets(numbers, case, scenario)
