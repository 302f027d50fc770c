"""The answer is that of the contracts, not of the model's structure.

Who serves whom is a matter of accounts: whether flows on the ring follow Kirchhoff's law, and how strong the ties to
Uzbekistan and Kazakhstan are, may move what is delivered by as much as the network itself limits, and hardly more.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pandas as pd
import pytest

from energy.case import read_case
from energy.metrics.accounts import purchases_by_country
from energy.model import inputs
from energy.scenario import read_scenario
from energy.solve import Engine, Result

ALIKE = 0.03
STRUCTURES = {
    "Kirchhoff's law": {},
    "transport": {"network": "transport"},
    "ties of 700 MW": {"rules.tj_uz_tie.at_most": 700},
    "ties of 850 MW": {"rules.tj_uz_tie.at_most": 850},
    "ties of 1,000 MW": {"rules.tj_uz_tie.at_most": 1000},
}
WEAK_EXCHANGE = "Kyrgyz-Kazakh exchange of 500 MW"


@cache
def solved(structure: str, resolution: str) -> Result:
    changes = {**STRUCTURES, WEAK_EXCHANGE: {"rules.kg_kz_tie.at_least": -500}}[structure]
    scenario = read_scenario("baseline", overrides={"time.resolution": resolution, **changes})
    asked = inputs(read_case("casa1000"), scenario)
    return Engine(asked).solve(asked)


def summer_purchases(result: Result) -> pd.Series:
    """Return what each buyer buys from May to September [MWh]."""
    bought = purchases_by_country(result).mul(result.hours, axis=0)
    return bought[bought.index.month.isin(range(5, 10))].sum()


RESOLUTIONS = ["typical-days-12h", pytest.param("typical-days-3h", marks=pytest.mark.slow)]


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_what_is_delivered_does_not_hang_on_the_structure(resolution: str) -> None:
    delivered = {name: solved(name, resolution).services["casa"] for name in STRUCTURES}
    assert min(delivered.values()) > 1_000_000  # MWh
    for one, other in combinations(delivered, 2):
        assert delivered[one] == pytest.approx(delivered[other], rel=ALIKE), (one, other)


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_a_limit_on_the_kyrgyz_kazakh_exchange_leaves_tajik_transfers_alone(resolution: str) -> None:
    """Tajik transfers from south to north loop through Kyrgyzstan; the limit is on what the two countries schedule."""
    as_built = solved("Kirchhoff's law", resolution).services
    limited = solved(WEAK_EXCHANGE, resolution).services
    assert limited["casa"] == pytest.approx(as_built["casa"], rel=ALIKE)
    assert limited["tajik_demand"] == pytest.approx(as_built["tajik_demand"], rel=ALIKE)


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_what_each_buys_in_summer_does_not_hang_on_the_structure(resolution: str) -> None:
    bought = {name: summer_purchases(solved(name, resolution)) for name in STRUCTURES}
    for one, other in combinations(bought, 2):
        for buyer in bought[one].index:
            assert bought[one][buyer] == pytest.approx(bought[other][buyer], rel=ALIKE), (buyer, one, other)
    assert all(purchases["KG"] > 100_000 for purchases in bought.values())  # MWh
