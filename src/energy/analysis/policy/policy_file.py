"""A trained policy as one file, which says what it belongs to."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from energy.analysis.policy.graph import PolicyGraph
from energy.analysis.policy.risk_measure import MeanCVaR
from energy.analysis.policy.trained import Outcome, Policy, Settings
from energy.analysis.policy.value_function import Cuts, ValueFunction
from energy.errors import Fault, InputError, written_to

FORMAT = 1
"""Version of the file's layout."""
PACKAGES = ("numpy", "scipy", "highspy")
"""Whose versions the manifest holds."""


def save_policy(
    policy: Policy,
    path: Path,
    belongs_to: Mapping[str, str],
    design: Mapping[str, int | str] | None = None,
) -> None:
    """Write a policy into one file, whole or not at all.

    The file is a NumPy archive without pickled objects: a manifest in JSON and five arrays for each node.

    Parameters
    ----------
    policy
        What to keep.
    path
        File to write; replaced if it exists.
    belongs_to
        What the policy was made for, word by word: digest of the case, year, protection order and the like.
    design
        How the odds of its graph were estimated, to estimate them again.

    Raises
    ------
    InputError
        When the place cannot be written.
    """
    manifest = {
        "format": FORMAT,
        "graph": policy.graph.key,
        "belongs_to": dict(belongs_to),
        "design": dict(design or {}),
        "settings": asdict(policy.settings),
        "outcome": policy.outcome.name,
        "versions": {package: version(package) for package in PACKAGES},
    }
    arrays: dict[str, Any] = {"bounds": np.array(policy.bounds)}
    arrays["manifest"] = np.array(json.dumps(manifest, sort_keys=True))
    for number, value in enumerate(policy.values):
        arrays[f"{number}/intercepts"] = value.cuts.intercepts
        arrays[f"{number}/slopes"] = value.cuts.slopes
        arrays[f"{number}/trial_states"] = value.trial_states
        arrays[f"{number}/best_value"] = value.best_value
        arrays[f"{number}/best_cut"] = value.best_cut
    unfinished = path.with_name(path.name + ".unfinished")
    with written_to(path):
        with unfinished.open("wb") as file:
            np.savez_compressed(file, **arrays)
        unfinished.replace(path)


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a policy's file.

    Raises
    ------
    InputError
        When the file is missing or is no policy.
    """
    return _opened(path)[0]


def load_policy(
    path: Path,
    graph: PolicyGraph,
    belongs_to: Mapping[str, str],
) -> Policy:
    """Read a policy and make sure that it belongs to a graph.

    Parameters
    ----------
    path
        A file of `save_policy`.
    graph
        What it shall decide in.
    belongs_to
        What it must have been made for.

    Raises
    ------
    InputError
        When the file is missing, is no policy, or was made for something else.
    """
    manifest, arrays = _opened(path)
    faults = []
    for word in sorted({*belongs_to, *manifest["belongs_to"]}):
        made_for, wanted = manifest["belongs_to"].get(word), belongs_to.get(word)
        if made_for != wanted:
            what = f"the policy was trained for {word} {made_for!r}"
            faults.append(
                Fault(
                    what,
                    path,
                    None,
                    allowed=repr(wanted),
                    repair="train one for it: energy policy train",
                )
            )
    if not faults and manifest["graph"] != graph.key:
        what = "the policy was trained on other stage problems or other odds than these"
        faults.append(
            Fault(
                what,
                path,
                None,
                allowed=None,
                repair="train it again: energy policy train",
            )
        )
    if faults:
        raise InputError(faults)
    values = tuple(_value_function(arrays, number, node.future_bound) for number, node in enumerate(graph.nodes))
    settings = dict(manifest["settings"])
    settings["risk"] = MeanCVaR(**settings["risk"])
    bounds = tuple(arrays["bounds"].tolist())
    return Policy(
        graph=graph,
        values=values,
        settings=Settings(**settings),
        bounds=bounds,
        outcome=Outcome[manifest["outcome"]],
    )


def _value_function(
    arrays: Mapping[str, np.ndarray],
    node: int,
    bound: float,
) -> ValueFunction:
    return ValueFunction(
        bound=bound,
        cuts=Cuts(arrays[f"{node}/intercepts"], arrays[f"{node}/slopes"]),
        trial_states=arrays[f"{node}/trial_states"],
        best_value=arrays[f"{node}/best_value"],
        best_cut=arrays[f"{node}/best_cut"],
    )


def _opened(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        with path.open("rb") as file, np.load(file) as archive:
            arrays = {name: archive[name] for name in archive.files}
        manifest = json.loads(str(arrays["manifest"]))
        layout = manifest["format"]
    except FileNotFoundError:
        raise InputError(Fault("no such policy", path, repair="train one: energy policy train")) from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as err:
        what = f"this is no policy of this package: {err}"
        raise InputError(Fault(what, path, repair="train one: energy policy train")) from None
    if layout != FORMAT:
        raise InputError(
            Fault(
                f"format of the policy is {layout}",
                path,
                None,
                allowed=str(FORMAT),
                repair="train it again",
            )
        )
    return manifest, arrays
