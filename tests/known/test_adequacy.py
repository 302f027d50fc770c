"""Adequacy and availability against answers that are derived here by enumeration or on paper."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypsa
import pytest

from energy.analysis.risk.adequacy import adequacy
from energy.analysis.risk.estimate import mean
from energy.analysis.risk.unavailability import hours_both_out
from energy.analysis.risk.unit_outages import hourly_chain
from energy.case import Case, read_case
from energy.errors import InputError
from energy.model.outages.sampling import draw_outages
from energy.scenario.hazard import HazardSet

START = pd.Timestamp("2028-01-01")
CHAIN = {"mttf": 10.0, "mttr": 10 / 9}  # fails with 0.1 an hour, is repaired with 0.9: up with 0.9, hours independent


def hazard_set(**hazards: Any) -> HazardSet:
    return HazardSet.model_validate({"name": "test", "hazards": hazards})


def outage(where: list[str], **more: Any) -> dict[str, Any]:
    return {"kind": "plant_out", "cause": "failure", "where": where, "each": True} | more


def single_node(tmp_path: Path, load: list[float], units: list[float], variable: list[float]) -> Case:
    n = pypsa.Network(snapshots=pd.date_range("2028-01-01", periods=len(load), freq="h"))
    n.add("Bus", "node")
    n.add("Load", "load", bus="node", p_set=pd.Series(load, index=n.snapshots))
    for number, size in enumerate(units):
        n.add("Generator", f"unit {number}", bus="node", p_nom=size)
    share = pd.Series(np.array(variable) / max(variable), index=n.snapshots)
    n.add("Generator", "variable", bus="node", p_nom=max(variable), p_max_pu=share)
    n.export_to_netcdf(str(tmp_path / "node.nc"))
    return read_case(tmp_path / "node.nc")


def enumerated(load: list[float], units: list[float], variable: list[float], up: float) -> tuple[float, float]:
    """LOLE [h] and EUE [MWh] over all states of the units."""
    hours = energy = 0.0
    for state in product((0, 1), repeat=len(units)):
        chance = float(np.prod([up if one else 1 - up for one in state]))
        short = np.clip(np.array(load) - np.array(variable) - np.dot(state, units), 0, None)
        hours += chance * (short > 1e-9).sum()
        energy += chance * short.sum()
    return hours, energy


NODE = ([25.0, 28.0, 27.0, 24.0], [10.0, 10.0, 10.0], [5.0, 6.0, 7.0, 8.0])


@pytest.mark.parametrize("repeat", [1, 2])
def test_single_node_against_all_states(tmp_path: Path, repeat: int) -> None:
    load, units, variable = NODE
    case = single_node(tmp_path, load, units, variable)
    hours, energy = enumerated(load, units, variable, 0.9)
    assert hours == pytest.approx(0.355)
    assert energy == pytest.approx(1.59)
    found = adequacy(case, hazard_set(units=outage(["generators.unit *"], rate=CHAIN)), 4000, seed=repeat).table()
    for label, truth in (("LOLE h", hours), ("EENS MWh", energy)):
        assert abs(found.loc["all", label] - truth) < 3 * found.loc["all", f"{label} error"]
    assert found.loc["all", "LOLE h error"] < 0.015


def test_single_node_whose_units_change_size(tmp_path: Path) -> None:
    load, variable = np.arange(28.0, 34.0), np.array([7.0, 8, 9, 9, 8, 7])
    sizes = np.array([[10.0, 10, 10, 15, 15, 15], [20.0, 20, 20, 25, 25, 25]])
    n = pypsa.Network(snapshots=pd.date_range("2028-01-01", periods=6, freq="h"))
    n.add("Bus", "node")
    n.add("Load", "load", bus="node", p_set=pd.Series(load - variable, index=n.snapshots))
    for number, size in enumerate(sizes):
        share = pd.Series(size / size.max(), index=n.snapshots)
        n.add("Generator", f"unit {number}", bus="node", p_nom=size.max(), p_max_pu=share)
    n.export_to_netcdf(str(tmp_path / "node.nc"))
    chance = {(a, b): (0.9 if a else 0.1) * (0.9 if b else 0.1) for a, b in product((0, 1), repeat=2)}
    short = {state: np.clip(load - variable - np.dot(state, sizes), 0, None) for state in chance}
    hours = sum(chance[state] * float((short[state] > 1e-9).sum()) for state in chance)
    energy = sum(chance[state] * float(short[state].sum()) for state in chance)
    assert (hours, energy) == pytest.approx((0.96, 7.11))
    hazards = hazard_set(units=outage(["generators.unit *"], rate=CHAIN))
    found = adequacy(read_case(tmp_path / "node.nc"), hazards, 4000, seed=1).table()
    for label, truth in (("LOLE h", hours), ("EENS MWh", energy)):
        assert abs(found.loc["all", label] - truth) < 3 * found.loc["all", f"{label} error"]


def failing_tie(tmp_path: Path) -> Case:
    n = pypsa.Network(snapshots=pd.date_range("2028-01-01", periods=1, freq="h"))
    for bus, load in (("A", 8.0), ("B", 9.0)):
        n.add("Bus", bus)
        n.add("Load", f"load {bus}", bus=bus, p_set=load)
        n.add("Generator", f"unit {bus}", bus=bus, p_nom=15.0)
    n.add("Line", "tie", bus0="A", bus1="B", s_nom=8.0, x=0.1)
    n.export_to_netcdf(str(tmp_path / "tie.nc"))
    return read_case(tmp_path / "tie.nc")


def tie_truth() -> tuple[float, float, float]:
    """LOLE [h], EUE in A and in B [MWh], over the eight states of two units and the tie."""
    hours = in_a = in_b = 0.0
    for a, b, tie in product((0, 1), repeat=3):
        chance = float(np.prod([0.9 if one else 0.1 for one in (a, b, tie)]))
        short_a, short_b = max(8 - 15 * a, 0), max(9 - 15 * b, 0)
        spare_a, spare_b = max(15 * a - 8, 0), max(15 * b - 9, 0)
        short_a, short_b = short_a - min(short_a, spare_b, 8 * tie), short_b - min(short_b, spare_a, 8 * tie)
        hours += chance * (short_a + short_b > 0)
        in_a, in_b = in_a + chance * short_a, in_b + chance * short_b
    return hours, in_a, in_b


TIE_HAZARDS = {
    "plants": outage(["generators.unit *"], rate=CHAIN),
    "tie": outage(["lines.tie"], rate=CHAIN, kind="line_out"),
}


def test_two_regions_and_a_failing_tie(tmp_path: Path) -> None:
    hours, in_a, in_b = tie_truth()
    assert (hours, in_a, in_b) == pytest.approx((0.19, 0.314, 0.333))
    found = adequacy(failing_tie(tmp_path), hazard_set(**TIE_HAZARDS), 4000, seed=1).table()
    for region, label, truth in (
        ("all", "LOLE h", hours),
        ("A", "EENS MWh", in_a),
        ("B", "EENS MWh", in_b),
        ("A", "LOLE h", 0.1),
    ):
        assert abs(found.loc[region, label] - truth) < 3 * found.loc[region, f"{label} error"], (region, label)


def test_hourly_chain_has_the_spread_of_the_closed_form() -> None:
    # with p fail and q repair an hour: A = q/(p+q), correlation of hours k apart (1−p−q)^k, so that the variance of the
    # mean of T hours is A(1−A)/T² · (T + 2·Σ (T−k)·ρᵏ)
    p, q, hours = 1 / 2190, 1 / 72, 8760
    up = q / (p + q)
    apart = np.arange(1, hours)
    spread = (up * (1 - up) * (hours + 2 * ((hours - apart) * (1 - p - q) ** apart).sum())) ** 0.5 / hours
    assert (up, spread) == pytest.approx((0.9681698, 0.0219794), rel=1e-5)
    years = np.array([hourly_chain("unit", 2190, 72, hours, 1, draw).mean() for draw in range(1000)])
    assert abs(years.mean() - up) < 3 * spread / 1000**0.5
    assert years.std() == pytest.approx(spread, rel=0.1)


def out_hours(drawn: Any, hazard: str, until: float) -> list[tuple[float, float]]:
    return [(max(o.start, 0.0), min(o.end, until)) for o in drawn.outages if o.hazard == hazard and o.end > 0]


def test_availability_and_frequency_of_a_two_state_chain() -> None:
    # λ = 1/1460, μ = 1/45: A = μ/(λ+μ), failures a year 8760·λμ/(λ+μ)
    hazards = hazard_set(plant=outage(["generators.g"], rate={"mttf": 1460, "mttr": 45}))
    up, failures = 1460 / 1505, 8760 / 1505
    assert (up, failures) == pytest.approx((0.9700997, 5.820598), rel=1e-6)
    drawn = [draw_outages(hazards, START, 8760, 1, draw) for draw in range(600)]
    share = mean(np.array([1 - sum(b - a for a, b in out_hours(d, "plant", 8760)) / 8760 for d in drawn]))
    count = mean(np.array([float(sum(o.start > 0 for o in d.outages)) for d in drawn]))
    assert abs(share.value - up) < 3 * share.error < 0.003
    assert abs(count.value - failures) < 3 * count.error


def test_what_is_up_stays_up_as_the_chain_says() -> None:
    # A(t) after a start in service = μ/(λ+μ) + λ/(λ+μ)·exp(−(λ+μ)t)
    fail, repair = 1 / 1460, 1 / 45
    truth = (repair + fail * np.exp(-(fail + repair) * 24)) / (fail + repair)
    assert truth == pytest.approx(0.9873546, abs=1e-7)
    hazards = hazard_set(plant=outage(["generators.g"], rate={"mttf": 1460, "mttr": 45}))

    def up(drawn: Any, at: float) -> bool:
        return not any(o.start <= at < o.end for o in drawn.outages)

    drawn = [draw_outages(hazards, START, 25, 1, draw) for draw in range(6000)]
    later = mean(np.array([float(up(d, 24)) for d in drawn if up(d, 0)]))
    assert abs(later.value - truth) < 3 * later.error < 0.005


def two_circuits(rate: float, common: float) -> HazardSet:
    """A line pair of the RBTS: failures a year of each circuit and by the common cause, repaired with 876 and 547.5."""
    circuits = outage(["links.a", "links.b"], rate={"mttf": 8760 / rate, "mttr": 8760 / 876}, kind="line_out")
    both = circuits | {"each": False, "rate": {"mttf": 8760 / common, "mttr": 8760 / 547.5}}
    return hazard_set(circuit=circuits, both=both)


PAIRS = [(1.5, 0.15, 2.416739, 0.0255972), (5.0, 0.5, 8.184220, 0.2821580)]


@pytest.mark.parametrize(("rate", "common", "published", "independent"), PAIRS)
def test_a_common_mode_pair_is_out_as_published(
    rate: float, common: float, published: float, independent: float
) -> None:
    # the cause strikes only while both are up. With p0 of the time both up, balance across each cut of the chain:
    # one out p0·2λ/μ, both by themselves p0·(λ/μ)², both by the cause p0·λc/μc; the four sum to one
    weights = [1.0, 2 * rate / 876, (rate / 876) ** 2, common / 547.5]
    derived = 8760 * (weights[2] + weights[3]) / sum(weights)
    assert derived == pytest.approx(published, abs=1e-6)
    found = hours_both_out(two_circuits(rate, common), "circuit", "both", "both up")
    assert found == pytest.approx(derived, rel=1e-9)
    assert found == pytest.approx(published, abs=1e-6)
    never = hours_both_out(two_circuits(rate, 1e-12), "circuit", "both", "both up")
    assert never == pytest.approx(independent, rel=1e-6)
    assert round(found / never) == {1.5: 94, 5.0: 29}[rate]


def test_a_pair_out_of_laws_without_constant_rates_is_refused() -> None:
    pair = two_circuits(1.5, 0.15)
    seasonal = pair.hazards["both"].model_copy(update={"by_month": (1.0,) * 11 + (2.0,)})
    seasonal.model_fields_set.add("by_month")
    changed = pair.model_copy(update={"hazards": {**pair.hazards, "both": seasonal}})
    with pytest.raises(InputError, match="by_month: its rates are not constant"):
        hours_both_out(changed, "circuit", "both")
    with pytest.raises(InputError, match="no hazard 'neither'"):
        hours_both_out(pair, "circuit", "neither")
    with pytest.raises(InputError, match="each: true"):
        hours_both_out(pair, "both", "both")


@pytest.mark.parametrize(("rate", "common", "published", "independent"), PAIRS)
def test_two_circuits_with_a_common_cause(rate: float, common: float, published: float, independent: float) -> None:
    hazards = two_circuits(rate, common)
    # as drawn, the common cause strikes whatever state the circuits are in: out together, or by it
    alone = (rate / (rate + 876)) ** 2 * 8760
    by_it = common / (common + 547.5)
    truth = by_it * 8760 + (1 - by_it) * alone
    assert hours_both_out(hazards, "circuit", "both") == pytest.approx(truth, rel=1e-12)
    assert alone == pytest.approx(independent, rel=1e-5)
    assert 1 < truth / published < 1.012  # published: only from the state where both are up
    hours = []
    for draw in range(1500):
        drawn = draw_outages(hazards, START, 87600, 1, draw)
        spans = out_hours(drawn, "both", 87600)
        one, two = (
            [(max(o.start, 0.0), min(o.end, 87600.0)) for o in drawn.outages if o.where == (place,) and o.end > 0]
            for place in ("links.a", "links.b")
        )
        spans += [(max(a, c), min(b, d)) for a, b in one for c, d in two if min(b, d) > max(a, c)]
        hours.append(sum(b - a for a, b in spans) / 10)
    found = mean(np.array(hours))
    assert abs(found.value - truth) < 3 * found.error
    assert found.value > 20 * alone  # what two independent circuits would give


@pytest.mark.slow
def test_intervals_cover_the_truth(tmp_path: Path) -> None:
    load, units, variable = NODE
    (tmp_path / "node").mkdir()
    node = single_node(tmp_path / "node", load, units, variable)
    tie = failing_tie(tmp_path)
    truths = (*enumerated(load, units, variable, 0.9), *tie_truth()[:2])
    covered = np.zeros(4)
    for repeat in range(200):
        one = adequacy(node, hazard_set(units=outage(["generators.unit *"], rate=CHAIN)), 500, seed=1000 + repeat)
        two = adequacy(tie, hazard_set(**TIE_HAZARDS), 500, seed=1000 + repeat)
        found = [mean(values.to_numpy(float)) for values in (one.hours["all"], one.unserved["all"], two.hours["all"])]
        found.append(mean(two.unserved["A"].to_numpy(float)))
        intervals = [estimate.interval for estimate in found]
        covered += [low <= truth <= high for (low, high), truth in zip(intervals, truths, strict=True)]
    # a binomial number of 200 with 0.95 lies between 181 and 198 with 99.8 %
    assert ((covered >= 181) & (covered <= 199)).all(), covered
