"""The column of this model on the page beside the rival is what its command gives."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from energy.answers.answer import solved
from energy.case import read_case
from energy.metrics.country_exchanges import purchases_by_month
from energy.metrics.fuel import unserved_by_country
from energy.scenario import read_scenario

PAGE = Path(__file__).parents[2] / "docs" / "beside_the_rival.md"
MARK = re.compile(r"<!-- ([\w ]+) -->([\d,]+)<!-- -->")


@pytest.mark.slow
def test_our_column_is_a_run() -> None:
    case = read_case("casa1000")
    result = solved(case, read_scenario("backcast_2023", overrides={"time.resolution": "typical-days-24h"}))
    tables = result.inputs.components
    country, carrier = tables["buses"]["country"].fillna(""), tables["buses"]["carrier"]
    hours = pd.Series(result.hours, result.inputs.axis.snapshots)

    def energy(power: pd.Series) -> float:
        return float((power * hours).sum()) / 1000

    plants = tables["generators"]
    home = plants[(plants["bus"].map(country) == "KG") & (plants["sign"] > 0)]
    output = {name: energy(result.flow("generators")[rows.index].sum(axis=1)) for name, rows in home.groupby("carrier")}
    links = tables["links"]
    ends = (links["bus0"].map(carrier) == "water") & (links["bus1"].map(carrier) != "water")
    turbines = links.index[ends & (links["bus1"].map(country) == "KG")]
    water = result.received[turbines].sum(axis=1)
    loads = tables["loads"]
    own = loads.index[(loads["bus"].map(country) == "KG") & (loads["bus"].map(carrier) != "water")]
    thermal = output["coal"] + output["oil"]
    expected = {
        "demand": energy(result.inputs.values("loads", "p_set")[own].sum(axis=1)),
        "turbines": energy(water),
        "run of river": output["run of river"],
        "thermal": thermal,
        "generation": energy(water) + output["run of river"] + thermal,
        "purchases": float(purchases_by_month(result)["KG"].sum()),
        "unserved": float(unserved_by_country(result)["KG"]),
        "most": float(water.max()),
    }
    written = {name: float(text.replace(",", "")) for name, text in MARK.findall(PAGE.read_text(encoding="utf-8"))}
    assert written == pytest.approx(expected, abs=0.6)
    balance = expected["generation"] + expected["purchases"] + expected["unserved"]
    assert balance == pytest.approx(expected["demand"], rel=0.001)


def test_the_arithmetic_of_the_data() -> None:
    """3,136.24 MW x 0.4323, 19.1 MW x 0.4594 and 812 MW all year, as on the page."""
    text = PAGE.read_text(encoding="utf-8")
    dams, rivers, coal = 3136.24 * 0.4323 * 8.76, 19.1 * 0.4594 * 8.76, 812 * 8.76
    for energy in (dams, rivers, coal, dams + rivers + coal):
        assert f"up to {energy:,.0f} " in text
