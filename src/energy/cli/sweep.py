"""The verb ``sweep``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy.cli.base import app, new_console, read_asked
from energy.cli.shared_options import AS_JSON, MOST_PROCESSES, MOST_SAMPLES, NUMBERS, SET

if TYPE_CHECKING:
    import xarray as xr

    from energy.analysis.sensitivity.number_sets import NumberSets
    from energy.case import Case
    from energy.scenario import Scenario


@app.command("sweep")
def _sweep_command(
    file: Annotated[str, typer.Argument(help="Name of a sweep in scenarios/sweeps/, or path of a YAML file.")],
    overrides: SET = [],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Folder that gets one folder a sweep.")] = Path("results/sweeps"),
    workers: Annotated[
        int | None, typer.Option(min=1, max=MOST_PROCESSES, help="Processes; by default one a core.")
    ] = None,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, as tcp://host:8786.")] = None,
    solver: Annotated[
        str | None,
        typer.Option(help="Another solver that linopy knows; solves by PyPSA's n.optimize, at its pace."),
    ] = None,
    sets: Annotated[int, typer.Option(min=0, max=MOST_SAMPLES, help="Sets of the unknown numbers at every point.")] = 0,
    numbers: NUMBERS = "ranges",
    policy: Annotated[
        Path | None,
        typer.Option(help="Policy for foresight=policy; by default results/policy/<scenario>/policy.npz."),
    ] = None,
    quantity: Annotated[
        str, typer.Option(help="Quantity to print and draw; by default what events take, or what is delivered.")
    ] = "",
    as_json: AS_JSON = False,
) -> None:
    """Solve a scenario for many values of some of its keys; a stopped sweep resumes."""
    from energy.analysis.sweep.sweep import sweep
    from energy.analysis.sweep.sweep_file import read_sweep
    from energy.cli.policy import DEFAULT_OUT, policy_file
    from energy.plots.style import foot_of
    from energy.report.side_by_side import sweep_text
    from energy.results.sweep_table import quantity_of, refuse_unknown

    if quantity:
        refuse_unknown(quantity)
    name, asked, axes = read_sweep(file)
    pairs = [f"{key}={json.dumps(value)}" for key, value in asked.set.items()]
    case, base = read_asked(asked.base, [*pairs, *overrides])
    folder = out / name
    number_sets = _number_sets(numbers, sets, case, base)
    if base.foresight == "policy" and policy is None:
        policy = policy_file(DEFAULT_OUT, base.name)
    with _executor(dask) as executor, _progress(name) as progress:
        dataset = sweep(
            case,
            base,
            asked.axes,
            combine=asked.combine,
            count=asked.count,
            seed=asked.seed,
            series=asked.series,
            folder=folder,
            executor=executor,
            workers=workers,
            progress=progress,
            written=axes,
            solver=solver,
            sets=sets,
            numbers=number_sets,
            policy=policy,
        )
    failed = int((dataset["reason"].values != "").sum())
    shown = quantity_of(dataset, quantity)
    if failed < dataset["done"].size:
        _write(dataset, folder, shown, foot_of(base, case))
    if as_json:
        sizes = {str(dim): size for dim, size in dataset["done"].sizes.items()}
        print(
            json.dumps(
                {"sweep": name, "points": dataset["done"].size, "failed": failed, "dims": sizes},
                indent=1,
            )
        )
    else:
        console = new_console()
        for part in sweep_text(dataset, shown):
            console.print(part)
        reasons = [str(reason) for reason in dict.fromkeys(dataset["reason"].values.ravel()) if reason]
        for reason in reasons[:5]:
            console.print(f"failed: {reason}")
        console.print(f"{dataset['done'].size} points, {failed} failed; written to {folder}: values.csv, sweep.png")
    if failed == dataset["done"].size:
        raise typer.Exit(3)


def _number_sets(numbers: str, sets: int, case: Case, base: Scenario) -> NumberSets | None:
    """Return what the sets are drawn from; refuse numbers without sets, which would do nothing."""
    from energy.analysis.sensitivity.number_sets import read_number_sets
    from energy.errors import Fault, InputError

    if numbers != "ranges" and not sets:
        what = "numbers without sets: no point would be solved with them"
        raise InputError(Fault(what, "--numbers", allowed="--sets of 1 or more", repair="add --sets 16, say"))
    return read_number_sets(numbers, case, base)


def _write(dataset: xr.Dataset, folder: Path, quantity: str, footer: str) -> None:
    """Write the values of a sweep as a table, and one of its quantities as a figure."""
    from energy.plots.style import save
    from energy.plots.sweep import drawable, sweep_figure
    from energy.results.files import atomic_file, plain_cells
    from energy.results.sweep_table import values_table

    table = plain_cells(values_table(dataset))
    with atomic_file(folder / "values.csv", table=True) as draft:
        table.to_csv(draft, index=False, float_format="%.6g", lineterminator="\n")
    shown, note = drawable(dataset[quantity])
    figure = sweep_figure(shown, foot=f"{note}\n{footer}".strip())
    save(figure, folder / "sweep")


@contextmanager
def _executor(address: str | None) -> Iterator[Executor | None]:
    if address is None:
        yield None
        return
    from energy.errors import Fault, InputError

    try:
        import distributed
    except ImportError:
        repair = "pip install 'casa1000-energy[cluster]'"
        raise InputError(Fault("Dask is not installed", "--dask", repair=repair)) from None
    open_client: Any = distributed.Client  # it has no types
    try:
        client = open_client(address, timeout="10s")
    except (OSError, ValueError) as err:
        raise InputError(Fault(f"no Dask scheduler at {address}: {err}", "--dask", allowed="tcp://host:port")) from None
    with client:
        yield client.get_executor(pure=False)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[Any], None]]:
    from energy.analysis.sweep.progress import shown_progress

    with shown_progress(name, new_console(error=True)) as show:
        yield show
