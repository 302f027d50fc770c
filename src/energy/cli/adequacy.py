"""The verb ``adequacy``: resource adequacy, LOLE and EENS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from energy.cli.base import app, read_asked, working
from energy.cli.shared_options import AS_JSON, FORCE, HAZARDS, MOST_SAMPLES, OUT, SCENARIO, SEED, SET, WORKERS
from energy.cli.tables import show_table

if TYPE_CHECKING:
    from energy.case import Case
    from energy.scenario import Scenario


@app.command("adequacy")
def _adequacy_command(
    scenario: SCENARIO,
    hazards: HAZARDS = "base",
    samples: Annotated[int, typer.Option(min=2, max=MOST_SAMPLES, help="Samples.")] = 100,
    seed: SEED = 1,
    workers: WORKERS = 2,
    credit: Annotated[
        str | None,
        typer.Option(help="Link or line of a PyPSA network, as links.tie: its capacity credit [MW]."),
    ] = None,
    overrides: SET = [],  # noqa: B006
    out: OUT = Path("results/adequacy"),
    force: FORCE = False,
    as_json: AS_JSON = False,
) -> None:
    """Print LOLE and EENS with standard errors: of each country with and without the line, or of any PyPSA network.

    Also: CVaR of unserved energy (the worst twentieth), and the firm capacity that would serve as well as the line.
    """
    from energy.report.text_table import with_errors
    from energy.results.files import refuse_unwritable
    from energy.scenario import read_hazards

    case, asked = read_asked(scenario, overrides)
    if asked.foresight == "policy":
        _refuse_policy(asked)
    refuse_unwritable(out)
    hazard_set = read_hazards(hazards)
    if case.own is not None:
        from energy.analysis.risk.adequacy import adequacy, firm_capacity

        table = adequacy(case=case, hazards=hazard_set, samples=samples, seed=seed, scenario=asked).table()
        if credit is not None:
            table.loc["all", "capacity credit MW"] = firm_capacity(
                case=case,
                hazards=hazard_set,
                samples=samples,
                branch=credit,
                seed=seed,
                scenario=asked,
            )
    else:
        if credit is not None:
            _refuse_credit_of_case(case)
        from energy.analysis.parallel import processes
        from energy.analysis.risk.country_adequacy import country_adequacy

        with processes(workers) as executor, working("sampling …"):
            table = country_adequacy(
                case=case,
                scenario=asked,
                hazards=hazard_set,
                samples=samples,
                seed=seed,
                executor=executor,
                workers=workers,
            )
    title = f"{asked.name}, hazards {hazard_set.name}: {samples} samples, ± error (docs/reliability.md)"
    show_table(
        table=table,
        title=title,
        as_json=as_json,
        out=out / f"{asked.name}-{hazard_set.name}.csv",
        force=force,
        shown=with_errors(table),
    )


def _refuse_credit_of_case(case: Case) -> NoReturn:
    """Refuse the credit of one branch of a case folder, of which the table has that of the line under study."""
    from energy.errors import Fault, InputError

    what = f"case {case.name} is no PyPSA network of its own"
    repair = "leave it out: the table has the capacity credit of the line under study"
    raise InputError(Fault(what, "--credit", repair=repair))


def _refuse_policy(scenario: Scenario) -> NoReturn:
    """Refuse a policy: each draw is solved at least cost, without the line too, for which none is trained."""
    from energy.errors import Fault, InputError

    origin = scenario.written_at("foresight")
    what = (
        "foresight is 'policy', but adequacy solves each draw at least cost, with and without the line, "
        "and a policy is trained for the order of services and the line"
    )
    repair = "leave it out; energy policy simulate has what each service gets by policy"
    raise InputError(Fault(what, origin.where, origin.line, "perfect or surprise", repair))
