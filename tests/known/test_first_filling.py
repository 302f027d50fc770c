"""First filling of Rogun: level, yield and flow by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from energy.case import Case
from energy.case.first_filling import FillingRule
from energy.errors import InputError
from energy.model import inputs
from energy.model.hydrology.first_filling import _content_after, _content_over, _level_of, _volume_below, _yield_of
from energy.scenario import Scenario, read_scenario
from energy.solve import solve

RULE = FillingRule(
    kind="filling",
    sink="filling",
    turbines=("unit",),
    window={"from": "06-01", "to": "09-30"},
    volume=13300,
    bottom=975,
    top=1290,
    exponent=3.67,
    tailwater=978,
    efficiency=0.9,
    unit_power=600,
    year=2025,
    level=1100,
    yearly=800,
)


def rogun(case: Case, **changes: object) -> FillingRule:
    rule = case.rules.rules["rogun_filling"]
    assert isinstance(rule, FillingRule)
    return rule.model_copy(update=changes)


def test_levels_of_the_years() -> None:
    """13.3·((h − 975)/315)^3.67 km³: 0.447 below 1,100 m; 0.8 a year more are 1,140, 1,164 and 1,182 m."""
    assert _volume_below(RULE, 1290) == pytest.approx(13300)
    assert _volume_below(RULE, 1185) == pytest.approx(13300 * (210 / 315) ** 3.67) == pytest.approx(3003, abs=1)
    assert _volume_below(RULE, 1100) == pytest.approx(447, abs=1)
    levels = [float(_level_of(RULE, _content_after(RULE, year))) for year in (2025, 2026, 2027, 2028)]
    assert levels == pytest.approx([1100, 1140, 1164, 1182], abs=1)
    # 13,300 − 447 hm³ are kept in 16.07 years of 800
    assert _content_after(RULE, 2041) < 13300
    assert _content_after(RULE, 2042) == 13300 == _content_after(RULE, 2100)


def test_two_units_at_1140_metres(casa1000: Case) -> None:
    """A head of 162 m at 0.9 gives 9.81·162·0.9/3.6 = 397.3 MWh/hm³, two units of 0.9 hm³/h 715 MW."""
    assert float(_yield_of(RULE, _volume_below(RULE, 1140))) == pytest.approx(9.81 * 162 * 0.9 / 3.6) == 397.305
    scenario = at_level(1140)
    found = inputs(casa1000, scenario)
    power = sum(most_power(found, f"Rogun unit {number} turbine") for number in (1, 2))
    assert power == pytest.approx(2 * 0.9 * 397.305, rel=1e-6)
    # runners made for 272 m pass 0.9·√(162/272) = 0.695 hm³/h each
    found = inputs(casa1000, scenario.replace(**{"rules.rogun_filling.design_head": 272}))
    power = sum(most_power(found, f"Rogun unit {number} turbine") for number in (1, 2))
    assert power == pytest.approx(2 * 0.9 * np.sqrt(162 / 272) * 397.305, rel=1e-6)


def at_level(level: float) -> Scenario:
    """Return the season of 2028 with the reservoir at a level that stays, and runners that pass 0.9 hm³/h at it."""
    rule = {"level": level, "yearly": 0, "design_head": 100}
    return read_scenario("baseline", overrides={"rules.rogun_filling": rule, "time.resolution": "typical-days-24h"})


def most_power(found: object, name: str) -> float:
    flow = found.values("links", "p_max_pu")[name] * found.components["links"].at[name, "p_nom"]  # type: ignore[attr-defined]
    power = flow * found.values("links", "efficiency")[name]  # type: ignore[attr-defined]
    assert power.max() == pytest.approx(power.min())
    return float(power.iloc[0])


def test_a_unit_gives_its_rating_at_most(casa1000: Case) -> None:
    """At 1,290 m a hm³ makes 9.81·312·0.9/3.6 = 765 MWh: 0.9 hm³/h would be 689 MW, the unit gives 600."""
    assert most_power(inputs(casa1000, at_level(1290)), "Rogun unit 1 turbine") == pytest.approx(600)


def test_the_content_rises_in_the_window_alone() -> None:
    hours = pd.date_range("2027-01-01", "2029-01-01", freq="h", inclusive="left")
    content = pd.Series(_content_over(RULE, hours), index=hours)
    before, after = _content_after(RULE, 2026), _content_after(RULE, 2027)
    assert content["2027-05-31 23:00"] == pytest.approx(before)
    assert content["2027-09-30 23:00"] == content["2028-05-31 23:00"] == pytest.approx(after)
    # 61 of 122 days by the end of July
    assert content["2027-07-31 23:00"] == pytest.approx((before + after) / 2)


def test_what_is_kept_back_is_what_the_level_rises_by(casa1000: Case) -> None:
    """The sink takes the year's volume from June to September, whatever the resolution."""
    result = solve(inputs(casa1000, read_scenario("baseline", overrides={"time.resolution": "typical-days-24h"})))
    taken = result.flow("generators")["Rogun filling"].abs()
    rule = rogun(casa1000)
    assert float(result.hours @ taken) == pytest.approx(_content_after(rule, 2028) - _content_after(rule, 2027))
    assert set(taken.index[taken > 0].month) == {6, 7, 8, 9}


def test_full_height_is_the_end_of_the_same_curve(casa1000: Case) -> None:
    """In April 2035 10 summers lie behind 1,100 m; what is above the dead 3,000 hm³ is the store's first content."""
    found = inputs(casa1000, read_scenario("rogun_2035"))
    filled = _content_after(rogun(casa1000), 2034)
    stores = found.components["stores"]
    assert stores.at["Rogun", "e_initial"] == pytest.approx(filled - (13300 - stores.at["Rogun", "e_nom"]))
    energy = found.values("links", "efficiency")["Rogun unit 6 turbine"]
    assert energy.iloc[0] == pytest.approx(float(_yield_of(rogun(casa1000), filled)))
    assert len([name for name in found.components["links"].index if name.startswith("Rogun unit")]) == 6
    varying = inputs(casa1000, read_scenario("rogun_2035", overrides={"head": "varying"}))
    (curve,) = [curve for curve in varying.head if curve.store == "Rogun"]
    assert curve.efficiencies[-1] == pytest.approx(9.81 * 312 * 0.9 / 3.6)
    assert float(curve.at(np.array([stores.at["Rogun", "e_initial"]]))[0]) == pytest.approx(energy.iloc[0], rel=2e-3)


def test_levels_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match=r"a level of 970 m; allowed: above 978 m, at most 1290 m"):
        read_inputs({"level": 970})
    with pytest.raises(InputError, match=r"efficiency"):
        read_inputs({"efficiency": 1.2})
    with pytest.raises(InputError, match=r"yearly"):
        read_inputs({"yearly": -1})
    with pytest.raises(InputError, match=r"write rules.rogun_filling.yearly"):
        read_inputs(values={"generators.Rogun filling.p_nom": 0.2})
    with pytest.raises(InputError, match=r"write rules.rogun_filling.level"):
        read_inputs(values={"links.Rogun unit 3 turbine.efficiency": 400})


def read_inputs(rule: dict[str, float] | None = None, values: dict[str, float] | None = None) -> None:
    from energy.case import read_case

    overrides = {"rules.rogun_filling": rule or {}, "values": values or {}}
    inputs(read_case("casa1000"), read_scenario("baseline", overrides=overrides))
