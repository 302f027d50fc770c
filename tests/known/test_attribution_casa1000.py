"""Attribution on the CASA-1000 case: what must hold whatever its numbers."""

from __future__ import annotations

import numpy as np
import pytest

import energy
from energy.analysis.attribution import CAUSES, attribution
from energy.case import Case

FULL = 2 * (149 * 0.97492071 + 251 * 0.9588638 + 250 * 0.9269)  # MW delivered at rating, two poles of three segments


@pytest.mark.slow
@pytest.mark.parametrize("name", ["baseline", "buyers_stop", "afghanistan_leaves"])
def test_shares_sum_to_the_gap(casa1000: Case, name: str) -> None:
    scenario = energy.read_scenario(name, overrides={"time.resolution": "typical-days-24h"})
    table = attribution(casa1000, scenario)
    assert table["line"].sum() == pytest.approx(FULL * 8760 / 1000)
    assert table["ceiling"].sum() == pytest.approx(FULL * 3672 / 1000)
    between = table[["plants", *CAUSES, "surprise"]].sum(axis=1)
    np.testing.assert_allclose(table["ceiling"] - between, table["delivered"], atol=1e-6)
    delivered = energy.run(casa1000, scenario).table["delivered"].sum()
    assert table["delivered"].sum() == pytest.approx(delivered, rel=1e-5)
    kinds = {event.kind for event in scenario.events}
    assert (abs(table["buyer"]).sum() > 1) == ("buyer_stop" in kinds)
    assert (abs(table["events"]).sum() > 1) == ("border_stop" in kinds)
    assert (abs(table["surprise"]).sum() > 1) == (scenario.foresight == "surprise")
