"""A folder to start from: a small case, a scenario and a sweep of the user's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from energy.errors import Fault, InputError
from energy.reading.library_folders import own_folder, shipped_folder
from energy.scenario import read_scenario

CASE = "my_case"
TEMPLATE_CASE = "two_bus"

README = """# A case of my own

- `networks/my_case/`: two buses, a line and a plant, one table a component. Every number has a row in `evidence.csv`.
- `scenarios/my_scenario.yaml`: what is asked. `energy run my_scenario` solves it into `results/`.
- `scenarios/sweeps/my_sweep.yaml`: the scenario again and again, with other numbers. `energy sweep my_sweep`.

Scenarios and cases that came with the package are found by their names as well: `energy list` shows them, and a file
here wins over a shipped one of the same name. `energy check my_scenario` looks for faults without solving.
"""
SCENARIO = """# yaml-language-server: $schema={schema}
description: Two buses of my own
case: {case}
year: 2028

# values:                          # numbers of the case, changed
#   links.line.p_nom: 80           # MW
# events:                          # what happens, by date
#   - {{name: repair, kind: line_out, cause: storm, where: [line], start: 06-10, end: 06-20}}
"""
SWEEP = """# yaml-language-server: $schema={schema}
description: Delivered energy by the size of the line
base: my_scenario
axes:
  values.links.line.p_nom: [60, 80, 100, 120]   # MW
"""
CHILD = """# yaml-language-server: $schema={schema}
extends: {parent}
description: {parent}, changed

# Write what is other than in {parent}; `energy show {name}` prints every value and where it comes from.
# hydrology: dry
# values:
#   links.HVDC pole *.p_max_pu: 0.5
"""


def new_project(folder: Path) -> list[Path]:
    """Write a folder to start from, and return its files.

    Raises
    ------
    InputError
        When the folder has something in it already.
    """
    is_empty = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not is_empty:
        raise InputError(Fault("the folder is not empty", folder, repair="name a new folder"))
    template = shipped_folder("networks") / TEMPLATE_CASE
    case = folder / "networks" / CASE
    shutil.copytree(template, case)
    schemas = shutil.copytree(shipped_folder("schemas"), folder / "schemas")
    scenarios = folder / "scenarios"
    sweeps = scenarios / "sweeps"
    sweeps.mkdir(parents=True)
    texts = {
        folder / "README.md": README,
        scenarios / "my_scenario.yaml": SCENARIO.format(case=CASE, schema="../schemas/scenario.json"),
        sweeps / "my_sweep.yaml": SWEEP.format(schema="../../schemas/sweep.json"),
    }
    for file, text in texts.items():
        file.write_text(text, encoding="utf-8")
    copied = [*case.rglob("*"), *schemas.rglob("*")]
    files = [path for path in copied if path.is_file()]
    return sorted([*texts, *files])


def new_scenario(name: str, parent: str) -> Path:
    """Write a scenario that extends another one into the user's own ``scenarios``, and return its file.

    Raises
    ------
    InputError
        When the parent is not known, the name is no file name, is taken, or there is no folder of scenarios.
    """
    read_scenario(parent)
    is_file_name = Path(name).name == name and bool(name.strip())
    has_ending = name.startswith(".") or bool(Path(name).suffix)
    if not is_file_name or has_ending:
        raise InputError(Fault(f"{name!r} is no name of a scenario", allowed="letters, digits, - and _, no ending"))
    home = own_folder("scenarios")
    if home is None:
        what = "no folder 'scenarios' here or above"
        raise InputError(Fault(what, Path.cwd(), repair="make one with: energy init FOLDER"))
    file = home / f"{name}.yaml"
    for taken in home.rglob(f"{name}.yaml"):
        folder = taken.relative_to(home).parts[0]
        if folder != "sweeps":
            raise InputError(Fault(f"there is a scenario {name!r} already", taken, repair="choose another name"))
    text = CHILD.format(parent=parent, name=name, schema=_scenario_schema(home))
    file.write_text(text, encoding="utf-8")
    return file


def _scenario_schema(home: Path) -> str:
    """Return where a scenario finds its JSON schema: beside its folder, or where the package has it."""
    beside = home.parent / "schemas" / "scenario.json"
    if beside.is_file():
        return "../schemas/scenario.json"
    shipped = shipped_folder("schemas") / "scenario.json"
    return str(shipped)
