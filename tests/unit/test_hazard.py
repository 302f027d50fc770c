"""Hazards: rates that convert or are refused, files that say where they are wrong, sets that are shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.analysis.risk.season_sample import SamplingDesign, _trial
from energy.case import Case
from energy.errors import InputError
from energy.model import inputs
from energy.reading.schema_errors import validated
from energy.reading.tree import Origin, planted
from energy.scenario import list_hazards, list_scenarios, read_hazards, read_scenario
from energy.scenario.hazard import HazardSet, Rate

PLANT = {"kind": "plant_out", "cause": "failure", "where": ["generators.g"]}


def rate(**numbers: float) -> Rate:
    return validated(Rate, planted(numbers, Origin("test")))


def hazard_set(**hazard: Any) -> HazardSet:
    return validated(HazardSet, planted({"name": "test", "hazards": {"plant": PLANT | hazard}}, Origin("test")))


@given(st.floats(1, 1e5), st.floats(1, 1e4))
def test_any_two_statements_give_the_same_process(mttf: float, mttr: float) -> None:
    per_year, forced = 8760 / (mttf + mttr), mttr / (mttf + mttr)
    for pair in (
        {"mttf": mttf, "mttr": mttr},
        {"for": forced, "mttr": mttr},
        {"for": forced, "mttf": mttf},
        {"per_year": per_year, "mttr": mttr},
        {"per_year": per_year, "mttf": mttf},
        {"per_year": per_year, "for": forced},
    ):
        # a difference of two like numbers keeps few digits where one time is far shorter than the other
        assert rate(**pair).times(None) == pytest.approx((mttf, mttr), rel=1e-6)


def test_the_impossible_triple_is_refused() -> None:
    # a forced outage rate of 0.05 and 50 h of repair imply 50·0.95/0.05 = 950 h between failures
    assert rate(**{"for": 0.05, "mttr": 50, "mttf": 950}).times(None) == pytest.approx((950, 50))
    with pytest.raises(InputError, match=r"imply for 0\.04762, not 0\.05"):
        rate(**{"for": 0.05, "mttr": 50, "mttf": 1000})


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"mttr": 50.0}, "no rate is given"),
        ({"per_year": 200.0, "mttr": 50.0}, "no time is left in service"),
        ({"per_year": 2.0, "low": 3.0, "high": 1.0}, "low 3 is above high 1"),
        ({"for": 1.0, "mttr": 50.0}, "below 1"),
    ],
)
def test_impossible_rates(numbers: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        rate(**numbers)


def test_a_rate_must_fit_its_duration() -> None:
    law = {"law": "lognormal", "median": 50, "sigma": 1.0}
    mean = 50 * 2.718281828**0.5
    assert hazard_set(rate={"per_year": 4}, duration=law).hazards["plant"].times[1] == pytest.approx(mean)
    with pytest.raises(InputError, match=r"mttr is 50 h, the mean of the duration law 82\.44 h"):
        hazard_set(rate={"per_year": 4, "mttr": 50}, duration=law)
    with pytest.raises(InputError, match="nothing says how long it lasts"):
        hazard_set(rate={"per_year": 4})


def test_a_hazard_file_says_where_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "chain: {states: [calm, conflict], share: 0.3, stay: 5}\n"
        "hazards:\n"
        "  raid:\n"
        "    kind: bipole_aut\n"
        "    cause: attack\n"
        "    where: [line]\n"
        "    when: conflct\n"
        "    rate: {per_yaer: 3}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_hazards(path)
    text = str(caught.value)
    assert f"{path}:4: hazards.raid.kind is 'bipole_aut'" in text
    assert "did you mean 'bipole_out'?" in text
    assert f"{path}:8: unknown key 'hazards.raid.rate.per_yaer'" in text
    path.write_text(path.read_text().replace("bipole_aut", "bipole_out").replace("per_yaer: 3", "per_year: 3, mttr: 9"))
    with pytest.raises(InputError, match=r"mine\.yaml:7: hazards\.raid\.when: 'conflct' is no state .*'conflict'"):
        read_hazards(path)


def test_sets_are_found_by_name_and_nearest_name() -> None:
    assert list(list_hazards()) == ["base", "calm", "china_route", "conflict"]
    with pytest.raises(InputError, match="did you mean 'conflict'"):
        read_hazards("conflikt")
    assert not set(list_hazards()) & set(list_scenarios())  # hazards are no scenarios


def test_a_parent_is_overlaid(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "hazards: {plant: {kind: plant_out, cause: c, where: [x], rate: {per_year: 2, mttr: 10}}}\n"
    )
    (tmp_path / "b.yaml").write_text("extends: a\nhazards: {plant: {rate: {per_year: 3}}}\n")
    assert read_hazards(tmp_path / "b.yaml").hazards["plant"].rate.per_year == 3
    (tmp_path / "a.yaml").write_text("extends: b\n")
    with pytest.raises(InputError, match="circle"):
        read_hazards(tmp_path / "b.yaml")


@pytest.mark.parametrize("name", ["base", "calm", "conflict"])
def test_shipped_sets_fit_the_case_and_have_evidence(casa1000: Case, name: str) -> None:
    hazards = read_hazards(name)
    for key, hazard in (*hazards.hazards.items(), *hazards.closures.items()):
        assert hazard.source, key
        assert hazard.rate.low is not None, key
        assert hazard.rate.high is not None, key
        assert hazard.rate.low <= (hazard.rate.per_year or 0) <= hazard.rate.high, key
    inputs(casa1000, _trial(SamplingDesign(read_scenario("baseline"), hazards, water=False)))
