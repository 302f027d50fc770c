"""Arguments and options that several verbs share, each with its bounds and its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy.cli.completion import matching_keys, matching_scenarios

MOST_SAMPLES = 1_000_000  # each is a row in memory, and a solve
MOST_PROCESSES = 1_000  # each takes some hundred megabytes
LARGEST_SEED = 2**32 - 1  # what all generators of random numbers take

SCENARIOS = Annotated[
    list[str],
    typer.Argument(
        help="Names of scenarios, or paths of YAML files.", show_default=False, autocompletion=matching_scenarios
    ),
]
SCENARIO = Annotated[
    str, typer.Argument(help="Name of a scenario, or path of a YAML file.", autocompletion=matching_scenarios)
]
SET = Annotated[
    list[str],
    typer.Option("--set", help="Override a value of the scenario: key=value.", autocompletion=matching_keys),
]
FORCE = Annotated[
    bool, typer.Option("--force", help="Replace existing files and folders that this package did not write.")
]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]

HAZARDS = Annotated[str, typer.Option(help="Set of hazards, or path of a YAML file.")]
SEED = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Random seed.")]
WORKERS = Annotated[int, typer.Option(min=1, max=MOST_PROCESSES, help="Processes.")]
OUT = Annotated[Path, typer.Option(help="Folder that gets the table.")]
SCENARIO_FOLDERS = Annotated[Path, typer.Option(help="Folder that gets one folder a scenario.")]
NUMBERS = Annotated[
    str,
    typer.Option(
        help="What unknown numbers are drawn from: ranges (the evidence), posterior (energy calibrate), or a file."
    ),
]
FOLDER = Annotated[Path, typer.Argument(help="Folder of a finished run.")]
