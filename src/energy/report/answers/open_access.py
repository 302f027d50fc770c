"""Open access: what the power of third parties is worth over the line outside the season."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from energy.case import Case
from energy.metrics import transferable
from energy.report.answers.answer import Answer, marks_of
from energy.report.answers.money import SECTION, investment_of
from energy.report.answers.seasons import solved
from energy.scenario import Scenario


def open_access_answer(case: Case, scenario: Scenario, offers: Mapping[str, Scenario]) -> Answer:
    """Return what the power of third parties is worth over the line outside the season.

    Worth: what is delivered more, month by month, at the buyer's marginal price without the line. Cost: what the third
    party's plants ask. The wheeling tariff moves money from the one to the owners of the line.

    Parameters
    ----------
    scenario
        Without third parties.
    offers
        Name → scenario with a third party's offer.
    """
    investment, _ = investment_of(case)
    tariff = investment.wheeling
    rows = {name: _open_access(case, scenario, changed, tariff or 0.0) for name, changed in offers.items()}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("offer")
    table.attrs["units"] = "GWh and million USD a year"
    best = str(table["gain"].idxmax())
    first = table.loc[best]
    sentence = (
        f"Open access adds {first['delivered more']:,.0f} GWh a year ({best}): {first['worth']:,.1f} million USD of "
        f"fuel saved against {first['cost']:,.1f} for the power. A wheeling tariff of {tariff or 0:g} $/MWh would move "
        f"{first['wheeling']:,.1f} of it to the owners of the line."
    )
    span = f"wheeling tariff {_evidence_span(case, 'investment', 'wheeling')} $/MWh: judged, none exists"
    return Answer((sentence,), {"Open access": table}, span, marks_of(case, SECTION))


def _open_access(case: Case, scenario: Scenario, changed: Scenario, tariff: float) -> dict[str, float]:
    base, more = solved(case, scenario), solved(case, changed)
    power = (transferable(more) - transferable(base)).to_numpy()
    least_cost = scenario.replace(**{"objective": "dispatch", "contract.payment": "take_or_pay"})
    prices = solved(case, least_cost).prices
    links = more.inputs.components["links"]
    far = str(links.loc[links["service"] == "casa", "bus1"].iloc[0])
    delivered = float(power @ more.hours) / 1000
    worth = float((power * prices[far].to_numpy()) @ more.hours) / 1e6
    plants = more.inputs.components["generators"]
    new = plants.index.difference(base.inputs.components["generators"].index)
    output = more.flow("generators")[new]
    asked = plants.loc[new, "marginal_cost"].to_numpy(float)
    cost = float((output.to_numpy() * asked).sum(axis=1) @ more.hours) / 1e6
    sent = float(output.to_numpy().sum(axis=1) @ more.hours) / 1000
    wheeling = delivered * tariff / 1000
    return {
        "sent": sent,
        "delivered more": delivered,
        "worth": worth,
        "cost": cost,
        "wheeling": wheeling,
        "gain": worth - cost,
    }


def _evidence_span(case: Case, name: str, attribute: str) -> str:
    rows = case.evidence
    chosen = rows[(rows["component"] == "rules") & (rows["name"] == name) & (rows["attribute"] == attribute)]
    return f"{chosen['low'].iloc[0]:g} to {chosen['high'].iloc[0]:g}" if len(chosen) else "without evidence"
