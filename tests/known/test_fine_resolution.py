"""At six hours the answer is proved, is that of typical days, and does not hang on kWh of an earlier service."""

from __future__ import annotations

import pytest

from energy.case import read_case
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import Result, solve
from energy.solve.interior_point.interior_optimum import ACCEPTED

pytestmark = pytest.mark.slow
RESOLUTION = "6h"
TIE = "rules.tj_uz_tie.at_most"  # MW


def solved(name: str, resolution: str = RESOLUTION, **values: float) -> Result:
    overrides = {"time.resolution": resolution, **{key: str(value) for key, value in values.items()}}
    scenario = read_scenario(name, overrides=overrides)
    return solve(inputs(read_case(scenario.case), scenario))


LACKS_WATER = ["climate_2050_dry", "qosh_tepa_full"]


@pytest.mark.parametrize("name", ["baseline", "afghan_contract_ends", "china_bypass", *LACKS_WATER])
def test_every_service_is_proved(name: str) -> None:
    """Without conjugate gradients, or with a river that remembers for months, the second ends without a proof.

    Between two limits of lacking water that are next to each other the last two do.
    """
    gains = solved(name).gains
    assert gains
    assert max(gains.values()) <= ACCEPTED


def test_typical_days_have_the_season_of_the_year_within_half_a_percent() -> None:
    fine = solved("baseline").services["casa"]
    typical = solved("baseline", "typical-days-3h").services["casa"]
    assert typical == pytest.approx(fine, rel=0.005)


def test_the_tie_to_uzbekistan_does_not_move_what_is_delivered() -> None:
    narrow = solved("baseline", **{TIE: 700.0})
    wide = solved("baseline", **{TIE: 1000.0})
    assert narrow.services["casa"] == pytest.approx(wide.services["casa"], abs=10.0)  # MWh
