"""What the power of third parties is worth over the line outside the season (open access)."""

from __future__ import annotations

from collections.abc import Mapping

from energy.answers.answer import Answer, evidence_ends, marks_of, solved
from energy.answers.money import SECTION, investment_of
from energy.case import Case
from energy.metrics import transferable
from energy.metrics.labelled_table import labelled_table
from energy.scenario import Scenario


def open_access_answer(
    case: Case,
    scenario: Scenario,
    offers: Mapping[str, Scenario],
) -> Answer:
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
    tariff = investment.wheeling or 0.0
    rows = {}
    for name, offer in offers.items():
        rows[name] = _open_access(case, scenario, offer, tariff)
    table = labelled_table(rows, "offer", "GWh and million USD a year")
    best = str(table["gain"].idxmax())
    first = table.loc[best]
    sentence = (
        f"Open access adds {first['delivered more']:,.0f} GWh a year ({best}): {first['worth']:,.1f} million USD of "
        f"fuel saved against {first['cost']:,.1f} for the power. A wheeling tariff of {tariff:g} $/MWh would move "
        f"{first['wheeling']:,.1f} of it to the owners of the line."
    )
    evidence = _evidence_span(case, "investment", "wheeling")
    span = f"wheeling tariff {evidence} $/MWh: judged, none exists"
    return Answer(
        (sentence,),
        {"Open access": table},
        span,
        marks_of(case, SECTION),
    )


def _open_access(
    case: Case,
    scenario: Scenario,
    offer: Scenario,
    tariff: float,
) -> dict[str, float]:
    """Return energies [GWh a year] and money [million USD a year] of a third party's offer."""
    without = solved(case, scenario)
    with_offer = solved(case, offer)
    hours = with_offer.hours
    more = transferable(with_offer) - transferable(without)
    power = more.to_numpy()
    delivered = float(power @ hours) / 1000

    least_cost = scenario.replace(**{"objective": "dispatch", "contract.payment": "take_or_pay"})
    prices = solved(case, least_cost).prices
    links = with_offer.inputs.components["links"]
    is_studied = links["service"] == "casa"
    far_end = str(links.loc[is_studied, "bus1"].iloc[0])
    price = prices[far_end].to_numpy()
    worth = float((power * price) @ hours) / 1e6

    plants = with_offer.inputs.components["generators"]
    plants_before = without.inputs.components["generators"]
    new = plants.index.difference(plants_before.index)
    output = with_offer.flow("generators")[new].to_numpy()
    asked = plants.loc[new, "marginal_cost"].to_numpy(float)
    cost_an_hour = (output * asked).sum(axis=1)
    cost = float(cost_an_hour @ hours) / 1e6
    sent = float(output.sum(axis=1) @ hours) / 1000
    return {
        "sent": sent,
        "delivered more": delivered,
        "worth": worth,
        "cost": cost,
        "wheeling": delivered * tariff / 1000,
        "gain": worth - cost,
    }


def _evidence_span(
    case: Case,
    name: str,
    attribute: str,
) -> str:
    """Return the range of a rule's number in the evidence, in words."""
    try:
        low, high = evidence_ends(case, name, attribute)
    except KeyError:
        return "without evidence"
    return f"{low:g} to {high:g}"
