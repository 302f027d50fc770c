"""Two sellers with accounts of their own, solved on paper: one has a surplus, the other is short and buys.

Three electric buses in a ring of equal lines: A (country AA), B (country BB) and a market M (country MM). From B a line
of 100 MW delivers 95 % of what it takes to the buyer P. AA makes 150 MW and needs 60; BB makes 30 MW and needs 80, and
may buy 40 MW at the market. Each may help the other, by 5 MW in the mean of the year. All hours of it are alike.

Served are, in this order: demand of AA, purchases of AA, demand of BB, purchases of BB, help, and the line (``casa``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pypsa
import pytest
from ruamel.yaml import YAML

from energy.case import read_case
from energy.metrics import TOLERANCE, audit
from energy.metrics.accounts import _scheduled_exchanges, purchases_by_country, supply_by_country
from energy.model import extra_functionality, inputs
from energy.scenario import Scenario
from energy.solve import Result, solve

HOURS = 8760
A_PLANT, A_DEMAND = 150.0, 60.0
B_PLANT, B_DEMAND = 30.0, 80.0
SUPPLY, HELP = 40.0, 5.0 * HOURS  # MW at the market, MWh of help in a year
LINE, EFFICIENCY = 100.0, 0.95
YEAR = ("04-01", "03-31")
ORDER = ["a_demand", "a_purchases", "b_demand", "b_purchases", "help", "casa"]


def two_sellers(**changes: float) -> pypsa.Network:
    """Return the network; changes: ``a_plant``, ``b_plant`` [MW], ``a_supply`` [MW], ``x`` of the line A-M [Ohm]."""
    n = pypsa.Network()
    n.add("Carrier", ["AC", "DC", "schedule", "hydro", "market", "unserved"])
    for name in "ABMP":
        n.add("Bus", name, carrier="AC", country=2 * name)
    n.add("Bus", ["line schedule", "help schedule"], carrier="schedule")
    for name in ("AB", "BM", "AM"):
        x = changes.get("x", 10.0) if name == "AM" else 10.0
        n.add("Line", name, bus0=name[0], bus1=name[1], x=x, r=0.01, s_nom=200)
    n.add("Link", "line", bus0="B", bus1="P", bus2="line schedule", p_nom=LINE, efficiency=EFFICIENCY,
          efficiency2=-1.0, marginal_cost=0.1, service="casa")  # fmt: skip
    plant = {"a": changes.get("a_plant", A_PLANT), "b": changes.get("b_plant", B_PLANT)}
    for name, demand in (("a", A_DEMAND), ("b", B_DEMAND)):
        bus, country = name.upper(), 2 * name.upper()
        n.add("Load", f"{name} load", bus=bus, p_set=demand)
        n.add("Generator", f"{name} plant", bus=bus, carrier="hydro", p_nom=plant[name], marginal_cost=1.0)
        n.add("Generator", f"{name} unserved", bus=bus, carrier="unserved", p_nom=500, marginal_cost=400,
              service=f"{name}_demand")  # fmt: skip
        supply = SUPPLY if name == "b" else changes.get("a_supply", 0.0)
        n.add("Generator", f"{name} supply", bus="M", carrier="market", p_nom=supply, marginal_cost=30,
              service=f"{name}_purchases", account=country)  # fmt: skip
        shared = {"carrier": "schedule", "account": country, "marginal_cost": 0.01}
        n.add("Generator", f"{name} part", bus="line schedule", p_nom=500, **shared)
        n.add("Generator", f"{name} help given", bus="help schedule", p_nom=500, service="help", **shared)
        n.add("Generator", f"{name} help taken", bus="help schedule", p_nom=500, sign=-1, **shared)
    n.add("Load", "buyer", bus="P", p_set=LINE)
    n.add("Generator", "buyer's plant", bus="P", carrier="hydro", p_nom=500, marginal_cost=80)
    return n


def rules(help_volume: float, accounts: bool = True, window: tuple[str, str] = YEAR) -> dict[str, Any]:
    """Return what rules.yaml says."""
    first, last = window
    volume = {"kind": "volume", "generators": ["a help given", "b help given"], "at_most": help_volume}
    limits: dict[str, Any] = {"help": volume | {"window": {"from": first, "to": last}}}
    if accounts:
        limits |= {name: {"kind": "account", "area": name} for name in ("AA", "BB")}
    return {"services": dict.fromkeys(ORDER, "a service"), "protection_order": ORDER, "rules": limits}


def solved(
    folder: Path,
    help_volume: float = HELP,
    network: str = "kirchhoff",
    accounts: bool = True,
    window: tuple[str, str] = YEAR,
    protection_order: list[str] = ORDER,
    **changes: float,
) -> Result:
    n = two_sellers(**changes)
    if not accounts:
        del n.generators["account"]
    n.export_to_csv_folder(str(folder))
    for name in ("snapshots.csv", "crs.json", "meta.json"):  # a case has no time of its own
        (folder / name).unlink()
    YAML().dump(rules(help_volume, accounts, window), folder / "rules.yaml")
    fields: dict[str, Any] = {"network": network, "objective": "transfer", "time": {"resolution": "typical-days-24h"}}
    fields["protection_order"] = protection_order
    scenario = Scenario(name="two sellers", year=2028, case=str(folder), **fields)
    result = solve(inputs(read_case(folder), scenario))
    assert result.hours.sum() == HOURS
    assert max(audit(result).values()) < TOLERANCE
    return result


def energy(power: pd.DataFrame | pd.Series, result: Result) -> Any:
    """Return the energy of a power over the year [MWh]."""
    return power.mul(result.hours, axis=0).sum()


def test_the_whole_of_it_on_paper(tmp_path: Path) -> None:
    result = solved(tmp_path)
    b_unserved = HOURS * (B_DEMAND - B_PLANT - SUPPLY) - HELP
    a_sends = HOURS * (A_PLANT - A_DEMAND) - HELP
    assert (b_unserved, a_sends) == (5.0 * HOURS, 85.0 * HOURS)
    assert a_sends < HOURS * LINE  # so that the line does not limit
    on_paper = {
        "a_demand": 0.0,
        "a_purchases": 0.0,
        "b_demand": -b_unserved,
        "b_purchases": -HOURS * SUPPLY,
        "help": -HELP,
        "casa": a_sends * EFFICIENCY,
    }
    assert dict(result.services) == pytest.approx(on_paper, abs=1e-3)
    assert max(result.gains.values()) < 1e-3


def test_each_net_position_is_the_scheduled_exchange(tmp_path: Path) -> None:
    result = solved(tmp_path)
    exchange = _scheduled_exchanges(result)
    given, taken = (result.flow("generators")[name] for name in ("a help given", "b help taken"))
    assert energy(given, result) == pytest.approx(HELP)
    assert taken.to_numpy() == pytest.approx(given.to_numpy())
    # AA is left with what it makes beyond its demand; BB fills a gap of 50 MW by 40 bought and by the help
    assert exchange["AA", "physical"].to_numpy() == pytest.approx(A_PLANT - A_DEMAND)
    assert exchange["AA", "bought"].abs().max() == pytest.approx(0)
    assert exchange["BB", "bought"].to_numpy() == pytest.approx(SUPPLY)
    assert exchange["BB", "sent"].to_numpy() == pytest.approx(-taken.to_numpy())
    assert exchange["BB", "physical"].to_numpy() == pytest.approx(-SUPPLY - taken.to_numpy())


def test_the_line_carries_what_the_seller_with_a_surplus_sends(tmp_path: Path) -> None:
    result = solved(tmp_path)
    sent = energy(supply_by_country(result), result)
    assert sent.to_dict() == pytest.approx({"AA": 85.0 * HOURS, "BB": 0.0}, abs=1e-3)


def test_both_sell_where_both_have_a_surplus(tmp_path: Path) -> None:
    # BB makes 100 MW and needs 80: of the 110 MW that both have left the line takes 100, at most 20 from BB
    result = solved(tmp_path / "rich", b_plant=100.0)
    sent = supply_by_country(result)
    assert sent.sum(axis=1).to_numpy() == pytest.approx(LINE)
    assert (sent["BB"] <= 20 + 1e-6).all()
    assert (sent["AA"] <= 90 + 1e-6).all()
    assert result.services["b_purchases"] == pytest.approx(0, abs=1e-3)
    # with AA the poorer, 65 MW, each sends all that it has
    poorer = supply_by_country(solved(tmp_path / "poorer", a_plant=65.0, b_plant=100.0))
    assert poorer["AA"].to_numpy() == pytest.approx(5.0)
    assert poorer["BB"].to_numpy() == pytest.approx(20.0)


def test_pooled_the_surplus_of_one_would_feed_the_other(tmp_path: Path) -> None:
    # without accounts demand of BB takes 50 MW of the surplus, and its purchases are not needed
    pooled = solved(tmp_path, accounts=False)
    assert pooled.services["b_demand"] == pytest.approx(0, abs=1e-3)
    assert pooled.services["b_purchases"] == pytest.approx(0, abs=1e-3)
    both = A_PLANT + B_PLANT - A_DEMAND - B_DEMAND
    assert pooled.services["casa"] == pytest.approx(both * HOURS * EFFICIENCY)


@pytest.mark.parametrize("mean", [0.0, 5.0, 10.0])
def test_help_is_given_up_to_its_volume(mean: float, tmp_path: Path) -> None:
    # without help BB lacks 10 MW; each MWh of help is one less on the line
    services = solved(tmp_path, mean * HOURS).services
    assert services["help"] == pytest.approx(-mean * HOURS, abs=1e-3)
    assert services["b_demand"] == pytest.approx((mean - 10.0) * HOURS, abs=1e-3)
    assert services["casa"] == pytest.approx((90.0 - mean) * HOURS * EFFICIENCY)


def test_help_stands_in_for_purchases_that_stand_before_it(tmp_path: Path) -> None:
    # 25 MW are allowed. The gap of BB is 50 MW; the more help, the less is bought
    services = solved(tmp_path, 25.0 * HOURS).services
    assert services["b_demand"] == pytest.approx(0, abs=1e-3)
    assert services["b_purchases"] == pytest.approx(-25.0 * HOURS)
    assert services["help"] == pytest.approx(-25.0 * HOURS)
    assert services["casa"] == pytest.approx((90.0 - 25.0) * HOURS * EFFICIENCY)


def test_help_that_stands_before_purchases_is_given_to_demand_alone(tmp_path: Path) -> None:
    # BB buys the 40 MW that it may, and help gives the 10 MW that are left
    order = ["a_demand", "b_demand", "help", "a_purchases", "b_purchases", "casa"]
    services = solved(tmp_path, 25.0 * HOURS, protection_order=order).services
    assert list(services) == order
    assert services["b_purchases"] == pytest.approx(-40.0 * HOURS)
    assert services["help"] == pytest.approx(-10.0 * HOURS)
    assert services["casa"] == pytest.approx(80.0 * HOURS * EFFICIENCY)


def test_help_is_bound_within_its_window_alone(tmp_path: Path) -> None:
    # none from May to September, 153 days: then BB lacks 10 MW; in the other months help fills the gap of 50 MW
    result = solved(tmp_path, 0.0, window=("05-01", "09-30"))
    in_season = result.inputs.axis.snapshots.month.isin(range(5, 10))
    unserved = result.flow("generators")["b unserved"].to_numpy()
    assert unserved[in_season] == pytest.approx(10.0)
    assert unserved[~in_season] == pytest.approx(0.0, abs=1e-6)
    assert result.services["help"] == pytest.approx(-50.0 * (365 - 153) * 24)


def test_what_one_may_buy_the_other_may_not(tmp_path: Path) -> None:
    # AA makes 50 MW and lacks 10; BB makes 60 and buys 20 of the 40 MW at the market. The rest is not for AA
    result = solved(tmp_path, 0.0, a_plant=50.0, b_plant=60.0)
    assert result.services["a_demand"] == pytest.approx(-10.0 * HOURS)
    assert result.services["b_demand"] == pytest.approx(0, abs=1e-3)
    bought = purchases_by_country(result)
    assert bought["AA"].to_numpy() == pytest.approx(0, abs=1e-6)
    assert bought["BB"].to_numpy() == pytest.approx(20.0)


def test_each_buys_at_its_own_source(tmp_path: Path) -> None:
    result = solved(tmp_path, 0.0, a_plant=50.0, b_plant=60.0, a_supply=15.0)
    assert result.services["a_demand"] == pytest.approx(0, abs=1e-3)
    bought = purchases_by_country(result)
    assert bought["AA"].to_numpy() == pytest.approx(10.0)
    assert bought["BB"].to_numpy() == pytest.approx(20.0)
    assert result.services["casa"] == pytest.approx(0, abs=1e-3)  # nobody buys in order to sell


def test_flows_around_the_ring_leave_the_accounts_alone(tmp_path: Path) -> None:
    # without help AA sends 90 MW and the market 40 MW to B. On equal lines a third of each goes around: A-M carries
    # 90/3 - 40/3 MW. If that line has eight times the reactance of the others, a tenth does: 90/10 - 40/10
    equal = solved(tmp_path / "equal", 0.0)
    assert equal.flow("lines")["AM"].to_numpy() == pytest.approx((90.0 - 40.0) / 3)
    far = solved(tmp_path / "far", 0.0, x=80.0)
    assert far.flow("lines")["AM"].to_numpy() == pytest.approx((90.0 - 40.0) / 10)
    free = solved(tmp_path / "free", 0.0, network="transport")
    for other in (far, free):
        assert dict(other.services) == pytest.approx(dict(equal.services), abs=1e-3)
        exchange = _scheduled_exchanges(other).to_numpy()
        assert exchange == pytest.approx(_scheduled_exchanges(equal).to_numpy(), abs=1e-6)


def test_plain_pypsa_solves_the_exported_network_to_the_same_services(tmp_path: Path) -> None:
    result = solved(tmp_path)
    n = result.network()
    n.optimize(extra_functionality=extra_functionality, include_objective_constant=False, log_to_console=False)
    hours = n.snapshot_weightings["objective"]
    delivered = -float(hours @ n.links_t.p1["line"])
    unserved = float(hours @ n.generators_t.p["b unserved"])
    assert delivered == pytest.approx(result.services["casa"], abs=0.01)
    assert unserved == pytest.approx(-result.services["b_demand"], abs=0.01)
