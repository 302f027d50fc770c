"""Exchanges by country, structure, certificate and options of CASA-1000, each held against another way to it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from energy.analysis import Run, run
from energy.analysis.recorded_exchanges import recorded_exchanges
from energy.case import Case
from energy.metrics.balance import net_position
from energy.metrics.country_exchanges import country_exchanges, delivered_by_sender, purchases_by_month
from energy.metrics.monthly import firm_power
from energy.metrics.options import _built_options, options, reverse_energy
from energy.metrics.service_balance import service_balance
from energy.report.run_text import run_text
from energy.results.dataset import record
from energy.results.run_folder import manifest_of
from energy.scenario import Scenario, read_scenario
from energy.solve.priority import PROVED

COARSE = {"time.resolution": "typical-days-24h"}
SELLERS = ["KG", "TJ"]


def scenario(name: str, **overrides: object) -> Scenario:
    return read_scenario(name, overrides=COARSE | {key: str(value) for key, value in overrides.items()})


def delivered(found: Run) -> float:
    return float(found.table["delivered"].sum())


def printed(found: Run) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    for part in run_text(found):
        console.print(part, markup=False)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def baseline(casa1000: Case) -> Run:
    return run(casa1000, scenario("baseline"))


def test_exchanges_close_the_balance_of_each_seller(baseline: Run) -> None:
    # what plants make less what demand and own contracts take leaves over lines and the line under study:
    # it is what an area sends and helps with, less what it buys and is helped with
    exchanges = country_exchanges(baseline.result)
    hours = baseline.result.hours
    left = (net_position(baseline.result, SELLERS).to_numpy() * hours[:, None]).sum(axis=0) / 1000
    bought = exchanges.loc[["purchases in season", "purchases outside", "help taken"]].sum()
    given = exchanges.loc[["sent over the line", "help given"]].sum()
    assert (given - bought)[SELLERS].to_numpy() == pytest.approx(left, abs=1e-3)


def test_exchanges_are_those_of_the_services(baseline: Run) -> None:
    exchanges, services = country_exchanges(baseline.result), service_balance(baseline.result)
    for area, purchases, demand in (
        ("KG", "kyrgyz_purchases", "kyrgyz_demand"),
        ("TJ", "tajik_purchases", "tajik_demand"),
    ):
        bought = exchanges.loc[["purchases in season", "purchases outside"], area].sum()
        assert bought == pytest.approx(services.loc[purchases, "bought"], abs=1e-6)
        assert exchanges.loc["unserved", area] == pytest.approx(services.loc[demand, "unserved"], abs=1e-6)
    # contracts are counted where they leave: the Afghan line delivers 94 %
    assert 0.94 * exchanges.loc["afghan_contract", "TJ"] == pytest.approx(services.loc["afghan_contract", "delivered"])
    assert exchanges.loc["swap given", "TJ"] == pytest.approx(services.loc["uzbek_swap", "delivered"])
    # one for one, without loss; what one is helped with the other gives
    assert exchanges.loc["swap returned"].to_numpy() == pytest.approx(exchanges.loc["swap given"].to_numpy())
    assert exchanges.loc["help given"].sum() == pytest.approx(exchanges.loc["help taken"].sum())


def test_sums_of_exchanges(baseline: Run) -> None:
    exchanges = country_exchanges(baseline.result)
    tajik = exchanges["TJ"]
    sold = tajik[["swap given", "help given", "afghan_contract", "sent over the line"]].sum()
    assert tajik["exports"] == pytest.approx(sold + tajik.get("uzbek_spot", 0.0))
    assert (tajik["imports"] - tajik["exports"]) == pytest.approx(tajik["net imports"])
    months = purchases_by_month(baseline.result)
    in_season = [str(month)[5:] in ("05", "06", "07", "08", "09") for month in months.index]
    assert months[in_season].sum().to_numpy() == pytest.approx(exchanges.loc["purchases in season", SELLERS].to_numpy())


def test_senders_share_what_is_delivered(baseline: Run) -> None:
    assert float(delivered_by_sender(baseline.result).sum()) == pytest.approx(delivered(baseline))


def test_a_case_without_accounts_has_no_exchanges(two_bus: Case) -> None:
    found = run(two_bus, scenario("two_bus"))
    assert country_exchanges(found.result).empty
    assert found.structure is None
    assert "Exchanges by country" not in printed(found)


def test_the_record_beside_them(casa1000: Case, two_bus: Case) -> None:
    recorded = recorded_exchanges(casa1000)
    assert recorded["net imports", "KG"] == (3886.0, "2025")
    assert recorded["net imports", "TJ"] == (2702.0 - 5356.0, "2025")
    assert recorded["unserved", "TJ"] == (1500.0, "2025")
    assert recorded_exchanges(two_bus) == {}


def test_structure_is_what_each_run_of_its_own_delivers(casa1000: Case, baseline: Run) -> None:
    spread = baseline.structure
    assert spread is not None
    assert spread.help_range == (0.0, 500.0)  # MWh of evidence.csv in GWh
    assert spread.kirchhoff == pytest.approx(delivered(baseline))
    variants = {
        "transport": {"network": "transport"},
        "least_help": {"rules.seller_help.at_most": 0},
        "most_help": {"rules.seller_help.at_most": 500000},
    }
    for name, changes in variants.items():
        alone = run(casa1000, scenario("baseline", **changes), structure=False)
        assert alone.structure is None
        assert getattr(spread, name) == pytest.approx(delivered(alone), abs=1.0), name


def test_structure_of_a_scenario_without_the_law(casa1000: Case, baseline: Run) -> None:
    spread = run(casa1000, scenario("baseline", network="transport")).structure
    assert spread is not None
    assert baseline.structure is not None
    assert tuple(spread[:4]) == pytest.approx(tuple(baseline.structure[:4]), abs=1.0)


def test_certificate_and_structure_in_manifest_dataset_and_text(baseline: Run) -> None:
    manifest, dataset, text = manifest_of(baseline, 0.0), record(baseline), printed(baseline)
    assert set(manifest["certificate"]) == set(baseline.result.inputs.priority)
    assert max(manifest["certificate"].values()) <= PROVED
    assert dict(zip(dataset["service"].to_numpy(), dataset["certificate"].to_numpy(), strict=True)) == pytest.approx(
        manifest["certificate"]
    )
    assert dataset["structure"].sel(variant="kirchhoff") == pytest.approx(manifest["structure"]["kirchhoff"])
    assert manifest["exchanges"]["KG"]["net imports"] == pytest.approx(
        float(dataset["exchanges"].sel(area="KG", exchange="net imports"))
    )
    assert "Certificate: no service could gain more than 0.001 MWh" in text
    assert f"Structure: {round(delivered(baseline)):,d} GWh delivered with Kirchhoff's law" in text
    assert "3,886 (2025)" in text
    assert "purchases May–Sep" in text
    assert "purchases Oct–Apr" in text


def test_a_swap_that_serves_earlier_demand_takes_nothing_and_says_so(baseline: Run) -> None:
    given = country_exchanges(baseline.result).loc["swap given", "TJ"]
    assert float(baseline.losses["uzbek_swap"].sum()) == pytest.approx(0, abs=0.5)
    assert baseline.already_served["uzbek_swap"] == pytest.approx(given, abs=1.0)
    lines_joined = " ".join(printed(baseline).split())
    assert f"Not a cause of loss: Uzbek swap ({round(given):,d} GWh)" in lines_joined


def test_an_option_reports_its_own_energy(casa1000: Case) -> None:
    found = run(casa1000, scenario("china_bypass"), structure=False)
    (option,) = options(casa1000, found.scenario, found.result)
    assert (option.component, option.name, option.rating) == ("links", "China bypass KG - PK", 500.0)
    others = [name for name in found.result.inputs.components["links"].index if name.startswith("HVDC pole")]
    forward = [name for name in others if "forward" in name]
    over_the_poles = float(found.result.received[forward].sum(axis=1) @ found.result.hours) / 1000
    assert option.received == pytest.approx(delivered(found) - over_the_poles)
    # the poles stand still from June to August, 92 days, and the season has 153: the bypass is open in all of them
    assert option.hours_open == pytest.approx(153 * 24)
    assert option.received <= 0.935 * 500 * option.hours_open / 1000 + 1e-6
    assert "Option China bypass KG - PK (500 MW)" in printed(found)


def test_an_option_off_the_line_under_study_reports_too(casa1000: Case) -> None:
    found = run(casa1000, scenario("western_route"), structure=False)
    built = {option.name: option for option in options(casa1000, found.scenario, found.result)}
    assert set(built) == {"TAP TM - AF west", "TAP AF west - PK south"}
    to_quetta = built["TAP AF west - PK south"]
    assert to_quetta.received > 500
    assert to_quetta.binds == "price"
    assert record(found)["option_received"].sel(option="TAP AF west - PK south") == pytest.approx(to_quetta.received)


def test_a_sale_of_no_capacity_becomes_an_option_when_it_gets_one(casa1000: Case) -> None:
    found = run(casa1000, scenario("rogun_promised"), structure=False)
    (option,) = options(casa1000, found.scenario, found.result)
    assert option.name == "Rogun contract sale"
    exported = country_exchanges(found.result)["TJ"].get("rogun_contract", 0.0)
    assert option.received == pytest.approx(exported, abs=1e-3)


@pytest.mark.parametrize("name", ["baseline", "surkhan_not_built", "start_2027"])
def test_what_stands_anyway_is_no_option(casa1000: Case, baseline: Run, name: str) -> None:
    assert _built_options(casa1000, read_scenario(name), baseline.result) == []


def test_the_return_flow_is_said_beside_what_is_delivered(casa1000: Case, baseline: Run) -> None:
    found = run(casa1000, scenario("reverse_winter"), structure=False)
    links = found.result.inputs.components["links"]
    names = links.index[links["service"] == "reverse"]
    returned = float(found.result.received[names].sum(axis=1) @ found.result.hours) / 1000
    assert returned > 100
    assert reverse_energy(found.result) == pytest.approx(returned)
    assert f"Reverse flow: {round(returned):,d} GWh come back over the line" in printed(found)
    assert "Reverse flow" not in printed(baseline)


def test_third_parties_power_is_told_apart(casa1000: Case) -> None:
    found = run(casa1000, scenario("open_access_kazakh"), structure=False)
    by_sender = delivered_by_sender(found.result)
    assert by_sender["KZ"] > 100
    assert float(by_sender.sum()) == pytest.approx(delivered(found))
    assert "third parties' (open access)" in printed(found)
    produced = float(found.result.flow("generators")["KZ open access"] @ found.result.hours) / 1000
    assert country_exchanges(found.result).loc["sent over the line", "KZ"] == pytest.approx(produced)


@given(st.lists(st.tuples(st.floats(0, 1300), st.floats(1, 24)), min_size=1, max_size=30))
def test_p90_is_reached_in_nine_hours_of_ten_and_nothing_higher_is(pairs: list[tuple[float, float]]) -> None:
    power, hours = (np.array(column) for column in zip(*pairs, strict=True))
    firm = firm_power(power, hours)
    total = hours.sum()
    assert hours[power >= firm].sum() >= 0.9 * total * (1 - 1e-9)
    assert hours[power > firm].sum() <= 0.9 * total * (1 + 1e-9)
