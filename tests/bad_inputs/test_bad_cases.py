"""Broken cases: copies of `two_bus` with one thing broken, and what the message must say beside file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

Refusal = Callable[..., str]


class Broken(NamedTuple):
    """A file of the case with `old` replaced by `new` (appended where there is no `old`), and what is said of it."""

    file: str
    old: str | None
    new: str | bytes
    says: tuple[str, ...]


def broken(file: str, old: str | None, new: str | bytes, *says: str) -> Broken:
    return Broken(file, old, new, says)


LINE = "line,source,sink,,HVDC,100,0.95,1,0.1,casa"
TABLES = {
    "a number that is a word": broken(
        "links.csv", LINE, LINE.replace("100", "big"), "links.csv:4:", "p_nom of 'line' is 'big'", "a number"
    ),
    "a number with a unit": broken("links.csv", LINE, LINE.replace("100", "100 MW"), ":4:", "'100 MW'", "a number"),
    "a number with a comma": broken("links.csv", LINE, LINE.replace("100", '"1,000"'), ":4:", "'1,000'", "a number"),
    "a number that is none": broken("links.csv", LINE, LINE.replace("100", "nan"), ":4:", "p_nom of 'line'"),
    "a number that is infinite": broken(
        "links.csv", LINE, LINE.replace("100", "inf"), ":4:", "'inf'", "a finite number"
    ),
    "a number below zero": broken("links.csv", LINE, LINE.replace("100", "-100"), ":4:", "'-100'", "0 or more"),
    "a number that is a formula": broken("links.csv", LINE, LINE.replace("100", "=1+1"), ":4:", "'=1+1'", "a number"),
    "a number that is a command": broken(
        "links.csv", LINE, LINE.replace("100", "\"=cmd|' /C calc'!A0\""), ":4:", "=cmd", "a number"
    ),
    "a number with a decimal comma": broken(
        "links.csv", LINE, LINE.replace("0.95", '"0,95"'), ":4:", "'0,95'", "a number"
    ),
    "a number of another script": broken("links.csv", LINE, LINE.replace("100", "１００x"), ":4:", "a number"),
    "an empty cell that is needed": broken(
        "links.csv", LINE, LINE.replace("source", ""), ":4:", "bus0 of 'line' is nothing", "fill the cell"
    ),
    "an empty name": broken("links.csv", LINE, LINE.replace("line,", ",", 1), "links.csv:4:", "name"),
    "a cell too few": broken(
        "links.csv", LINE, LINE.rpartition(",")[0], ":4: row has 9 cells", "10, as the header has"
    ),
    "a cell too many": broken("links.csv", LINE, LINE + ",x", ":4: row has 11 cells", "10, as the header has"),
    "a name twice": broken("links.csv", None, LINE + "\n", "links.csv:5: 'line' stands here a second time", "keep one"),
    "an account that no rule keeps": broken(
        "generators.csv",
        "sign,service\ngas plant,sink,gas,300,80,1,\nunserved source,source,unserved,1000,400,1,own_demand\n"
        "unserved sink,sink,unserved,1000,500,1,\nriver mouth,river below,river mouth,10,0,-1,\n",
        "sign,service,account\ngas plant,sink,gas,300,80,1,,AA\nunserved source,source,unserved,1000,400,1,own_demand,\n"
        "unserved sink,sink,unserved,1000,500,1,,\nriver mouth,river below,river mouth,10,0,-1,,\n",
        "generators.csv:2: account of 'gas plant' is 'AA'",
        "there is no account",
    ),
    "an unknown column": broken(
        "links.csv", "p_nom", "pnom", "links.csv:1: unknown column 'pnom'", "did you mean 'p_nom'?"
    ),
    "a column twice": broken("links.csv", "efficiency2", "efficiency", "column 'efficiency' stands twice"),
    "a column without name": broken("links.csv", "service", "", "links.csv:1: unknown column"),
    "a column that is missing": broken("links.csv", "bus0", "bus2", "links.csv", "bus2"),
    "an unknown bus": broken(
        "links.csv", LINE, LINE.replace("sink", "snk"), ":4:", "bus1 of 'line' is 'snk'", "did you mean 'sink'?"
    ),
    "an unknown carrier": broken(
        "links.csv", LINE, LINE.replace("HVDC", "DC"), ":4:", "carrier of 'line' is 'DC'", "does not exist"
    ),
    "an unknown service": broken(
        "links.csv", LINE, LINE.replace("casa", "cassa"), ":4:", "service of 'line' is 'cassa'", "'casa'"
    ),
    "an open quote": broken("links.csv", "line,source", 'line,"source', "links.csv:", "quote"),
    "a quote inside": broken("links.csv", "line,source", 'line,"sou"rce', "links.csv:4:"),
    "Latin-1": broken(
        "links.csv", None, "Köln,source,sink,,HVDC,1,1,1,1,\n".encode("latin-1"), "links.csv:5:", "0xf6", "is not UTF-8"
    ),
    "UTF-16": broken("links.csv", "", LINE.encode("utf-16"), "links.csv", "UTF-8"),
    "bytes": broken("links.csv", "", bytes(range(256)), "links.csv", "UTF-8"),
    "a zero byte": broken("links.csv", None, b"a\0b,source,sink,,HVDC,1,1,1,1,\n", "links.csv:5:"),
    "empty": broken("links.csv", "", "", "links.csv", "file is empty", "a header line"),
    "blank lines alone": broken("links.csv", "", "\n\n  \n", "links.csv", "file is empty"),
    "semicolons": broken(
        "links.csv", "", "name;bus0;bus1\na;source;sink\n", "links.csv:1: unknown column", "name;bus0"
    ),
    "tabs": broken(
        "links.csv", "", "name\tbus0\tbus1\na\tsource\tsink\n", "links.csv:1:", "characters that do not print"
    ),
    "a web page": broken("links.csv", "", "<!DOCTYPE html>\n<html></html>\n", "links.csv:1: unknown column"),
    "no buses": broken("buses.csv", "", "name\n", "bus0 of"),
    "a bus twice": broken(
        "buses.csv", None, "sink,500,AC,MW,BB,72,34\n", "buses.csv:6: 'sink' stands here a second time"
    ),
    "a coordinate that is a word": broken("buses.csv", "69,38\n", "69,north\n", "buses.csv:2:", "'north'", "a number"),
    "a flag that is no flag": broken(
        "stores.csv",
        "",
        "name,bus,carrier,e_nom,e_cyclic\nreservoir,river,reservoir,300,yes\n",
        "stores.csv:2:",
        "'yes'",
        "True or False",
    ),
    "a store below zero": broken("stores.csv", "300,0", "-300,0", "stores.csv:2:", "'-300'", "0 or more"),
    "CRLF and a fault": broken(
        "stores.csv",
        "",
        b"name,bus,carrier,e_nom\r\nreservoir,river,reservoir,x\r\n",
        "stores.csv:2:",
        "'x'",
        "a number",
    ),
    "a byte order mark and a fault": broken(
        "stores.csv", "", b"\xef\xbb\xbfname,bus,carrier,e_nom\nreservoir,river,reservoir,x\n", "stores.csv:2:", "'x'"
    ),
    "a sign of two": broken("generators.csv", "0,-1,", "0,x,", "generators.csv:5:", "'x'", "a number"),
    "a carrier without a name": broken("carriers.csv", "gas,Gas", ",Gas", "carriers.csv:10:"),
    "a case of one pin": broken("loads.csv", "BB,1", "BB,0.5", "loads.csv", "shares of demand 'BB' sum to 0.5", "1"),
    "a demand that is unknown": broken("loads.csv", "BB,1", "CC,1", "loads.csv:3:", "'CC'", "AA, BB"),
    "a load at no bus": broken("loads.csv", "sink demand,sink", "sink demand,nowhere", "loads.csv:3:", "'nowhere'"),
    "a file of another name": broken(
        "linkss.csv", "", LINE, "linkss.csv: no part of a case has this name", "'links.csv'"
    ),
    "a network of huge cells": broken(
        "links.csv", LINE, LINE.replace("100", "9" * 200_000), ":4:", "field larger than field limit"
    ),
}

MONTHS = "0.0849315068,0.0767123288,0.0849315068"
PROFILES = {
    "a month short": broken(
        "profiles/demand_month.csv",
        f"AA,{MONTHS}",
        "AA,0,0.0767123288,0.0849315068",
        "demand_month.csv:2:",
        "month shares of 'AA' sum to 0.91507",
    ),
    "a month below zero": broken(
        "profiles/demand_month.csv", f"AA,{MONTHS}", "AA,-1,0.0767123288,0.0849315068", ":2:", "'-1'", "0 or more"
    ),
    "hours that average two": broken(
        "profiles/demand_hour.csv",
        "AA,1-12,5,1,1,1",
        "AA,1-12,5,1,1,25",
        "demand_hour.csv:2:",
        "hours of 'AA' average 2",
    ),
    "an offset of a day": broken(
        "profiles/demand_hour.csv", "AA,1-12,5,", "AA,1-12,25,", ":2:", "'25'", "hours from -12 to 14"
    ),
    "months that gap": broken(
        "profiles/demand_hour.csv", "AA,1-12,", "AA,1-11,", "demand_hour.csv", "months [12] are missing"
    ),
    "months that are none": broken(
        "profiles/demand_hour.csv", "AA,1-12,", "AA,Jan-Dec,", "demand_hour.csv:2:", "ranges such as 5-9"
    ),
    "a month 13": broken("profiles/demand_hour.csv", "AA,1-12,", "AA,1-13,", ":2:", "no range of months"),
    "months backwards": broken("profiles/demand_hour.csv", "AA,1-12,", "AA,12-1,", ":2:", "no range of months"),
    "months without end": broken(
        "profiles/demand_hour.csv", "AA,1-12,", "AA,1-999999999999,", ":2:", "no range of months"
    ),
    "a year that is missing": broken(
        "profiles/demand_year.csv", "BB,2028,1752,1752,1752\n", "", "demand_year.csv", "2028"
    ),
    "a year of demand twice": broken(
        "profiles/demand_year.csv", None, "BB,2028,1,1,1\n", "demand_year.csv:26: 'BB 2028' stands"
    ),
    "a year that is a date": broken(
        "profiles/demand_year.csv", "AA,2025,", "AA,2025-01-01,", ":2:", "'2025-01-01'", "a whole number"
    ),
    "a year of Rome": broken("profiles/demand_year.csv", "AA,2025,", "AA,753,", ":2:", "'753'", "1900 to 2100"),
    "low above high": broken(
        "profiles/demand_year.csv",
        "BB,2028,1752,1752,1752",
        "BB,2028,1900,1752,1752",
        "demand BB 2028: 1900, 1752 and 1752",
        "low ≤ central ≤ high",
    ),
    "a demand file less": broken("profiles/demand_hour.csv", "", b"\xff", "demand_hour.csv"),
    "water at no load": broken(
        "profiles/inflow.csv", "river inflow,dry", "rivr inflow,dry", "inflow.csv:3:", "'rivr inflow'", "'river inflow'"
    ),
    "water of one kind": broken(
        "profiles/inflow.csv", None, "source demand,wet,1,1,1,1,1,1,1,1,1,1,1,1\n", "inflow.csv", "has no row for"
    ),
    "water below zero": broken(
        "profiles/inflow.csv", "median,10,", "median,-10,", "inflow.csv:2:", "'-10'", "0 or more"
    ),
    "water that is text": broken(
        "profiles/inflow.csv", "median,10,", "median,low,", "inflow.csv:2:", "'low'", "a number"
    ),
    "a profile of no table": broken(
        "profiles/monthly.csv",
        "",
        "component,name,attribute,1,2,3,4,5,6,7,8,9,10,11,12\nlink,line,p_max_pu,1,1,1,1,1,1,1,1,1,1,1,1\n",
        "monthly.csv:2: no table 'link'",
        "'links'",
    ),
    "a profile of no component": broken(
        "profiles/monthly.csv",
        "",
        "component,name,attribute,1,2,3,4,5,6,7,8,9,10,11,12\nlinks,lane,p_max_pu,1,1,1,1,1,1,1,1,1,1,1,1\n",
        "monthly.csv:2: no links match 'lane'",
        "'line'",
    ),
    "a profile of no series": broken(
        "profiles/monthly.csv",
        "",
        "component,name,attribute,1,2,3,4,5,6,7,8,9,10,11,12\nlinks,line,p_nom,1,1,1,1,1,1,1,1,1,1,1,1\n",
        "monthly.csv:2: 'p_nom' is no series of links",
        "p_max_pu",
    ),
    "a profile of another name": broken(
        "profiles/inflows.csv", "", "a\n", "inflows.csv: no part of a case has this name", "'inflow.csv'"
    ),
    "a river without mean": broken(
        "profiles/water_statistics.csv", "river,mean,7,100\n", "", "water_statistics.csv", "mean of 7"
    ),
    "a statistic that is unknown": broken(
        "profiles/water_statistics.csv", "river,melt,days,1", "river,melting,days,1", "water_statistics.csv", "melting"
    ),
    "a variation below zero": broken(
        "profiles/water_statistics.csv",
        "river,year_cv,Oct-Sep,0.2",
        "river,year_cv,Oct-Sep,-0.2",
        "water_statistics.csv",
        "-0.2",
    ),
}

RULES = {
    "an account of no country": broken(
        "rules.yaml",
        None,
        "  a: {kind: account, area: AB}\n",
        "rules.yaml:14: rules.a: no bus has the country 'AB'",
        "AA, BB",
    ),
    "an account without area": broken(
        "rules.yaml", None, "  a: {kind: account}\n", "rules.yaml:14:", "rules.a.area' is missing"
    ),
    "a volume through nothing": broken(
        "rules.yaml",
        None,
        "  v: {kind: volume, window: {from: 05-01, to: 09-30}, at_most: 1}\n",
        "rules.yaml:14:",
        "neither links nor generators are given",
    ),
    "a volume of an unknown plant": broken(
        "rules.yaml",
        None,
        "  v: {kind: volume, generators: [gas plan], window: {from: 05-01, to: 09-30}, at_most: 1}\n",
        "rules.yaml:14: rules.v: no generators match 'gas plan'",
        "'gas plant'",
    ),
    "a yield order of a rule that is not there": broken(
        "rules.yaml",
        "rules:\n",
        "yield_order: [reservoir_ends]\nrules:\n",
        "rules.yaml:11: yield_order.0",
        "'reservoir_ends' is no rule on a volume, flow, level, storage or end",
        "'reservoir_end'",
    ),
    "a yield order of a rule that cannot yield": broken(
        "rules.yaml",
        "rules:\n",
        "yield_order: [reservoir_start]\nrules:\n",
        "rules.yaml:11:",
        "'reservoir_start' is no rule on a volume",
    ),
    "rules that are a list": broken("rules.yaml", "", "- a\n", "rules.yaml:1:", "a mapping"),
    "rules that are empty": broken("rules.yaml", "", "", "rules.yaml:1: the file is empty"),
    "a rule of an unknown kind": broken(
        "rules.yaml",
        "kind: start",
        "kind: begin",
        "rules.yaml:12:",
        "'begin'",
        "volume, flow, level, storage, start, end, travel, limit",
    ),
    "a rule without a kind": broken(
        "rules.yaml", "{kind: start, store", "{store", "rules.yaml:12:", "kind' is missing"
    ),
    "a rule for no store": broken(
        "rules.yaml",
        "store: reservoir, level: 0",
        "store: resevoir, level: 0",
        "rules.yaml:12:",
        "no stores match 'resevoir'",
        "'reservoir'",
    ),
    "a rule with an unknown key": broken(
        "rules.yaml", "level: 0", "lvl: 0", "rules.yaml:12:", "unknown key", "'level'"
    ),
    "a rule twice": broken(
        "rules.yaml",
        None,
        "  reservoir_end: {kind: end, store: reservoir, level: 0}\n",
        "rules.yaml:14: key 'reservoir_end' is there twice",
    ),
    "a start above the store": broken(
        "rules.yaml",
        "level: 0",
        "level: 999",
        "rules.yaml",
        "rules.reservoir_start: start of 'reservoir' is 999 hm3",
        "0 to 300 hm3",
    ),
    "an order with a stranger": broken(
        "rules.yaml",
        "[own_demand, casa]",
        "[own_demand, csa]",
        "rules.yaml:5:",
        "'csa' is not among services",
        "'casa'",
    ),
    "a season with a day 31 of June": broken(
        "rules.yaml", '"05-01"', '"06-31"', "rules.yaml:7:", "'06-31'", "does not exist"
    ),
    "a season without an end": broken(
        "rules.yaml", ', to: "09-30"', "", "rules.yaml:7:", "contract.season.to' is missing"
    ),
    "a ceiling of zero": broken(
        "rules.yaml", "ceiling: 100", "ceiling: 0", "rules.yaml:8: contract.ceiling is 0", "above 0"
    ),
    "a ceiling that is a word": broken(
        "rules.yaml", "ceiling: 100", "ceiling: 100 MW", "rules.yaml:8: contract.ceiling is '100 MW'", "a number"
    ),
    "a price that is not a number": broken(
        "rules.yaml", "energy: 50", "energy: .nan", "rules.yaml:9:", "nan", "a finite number"
    ),
    "an object of Python": broken(
        "rules.yaml", "Demand at the source", "!!python/object/apply:os.getcwd []", "rules.yaml:3: tag", "is not read"
    ),
    "a volume of nothing": broken(
        "rules.yaml",
        None,
        "  v: {kind: volume, links: [turbine], window: {from: 06-01, to: 06-30}}\n",
        "rules.yaml:14:",
        "no bound is given",
    ),
    "a volume through no link": broken(
        "rules.yaml",
        None,
        "  v: {kind: volume, links: [turbin], window: {from: 06-01, to: 06-30}, at_least: 1}\n",
        "rules.yaml:14:",
        "no links match 'turbin'",
        "'turbine'",
    ),
    "a volume below zero": broken(
        "rules.yaml",
        None,
        "  v: {kind: volume, links: [turbine], window: {from: 06-01, to: 06-30}, at_least: -1}\n",
        "rules.yaml:14:",
        "-1",
        "from 0",
    ),
    "a level in percent": broken(
        "rules.yaml",
        None,
        "  v: {kind: level, store: reservoir, date: 06-01, at_least: 80}\n",
        "rules.yaml:14:",
        "80",
        "from 0 to 1",
    ),
    "a flow in month 13": broken(
        "rules.yaml", None, "  v: {kind: flow, link: turbine, at_least: {13: 5}}\n", "rules.yaml:14:", "13", "1 to 12"
    ),
    "a limit that needs a stranger": broken(
        "rules.yaml",
        None,
        "  v: {kind: limit, terms: [{component: links, name: line}], needs: [lane], at_most: 5}\n",
        "rules.yaml:14:",
        "'lane' is not among the terms",
    ),
    "a limit on a load": broken(
        "rules.yaml",
        None,
        "  v: {kind: limit, terms: [{component: loads, name: x}], at_most: 5}\n",
        "rules.yaml:14:",
        "'loads'",
        "links, lines, generators",
    ),
    "a lender of no country": broken(
        "rules.yaml",
        None,
        "investment: {discount_rate: 0.1, base_year: 2026, start: 2028, life: 9, lenders: {bank: {XX: 1}}}\n",
        "rules.yaml:14:",
        "investment: no country 'XX'",
        "AA, BB",
    ),
    "an investment without years": broken(
        "rules.yaml",
        None,
        "investment: {discount_rate: 0.1, base_year: 2026, start: 2028, life: 0}\n",
        "rules.yaml:14:",
        "life",
        "1",
    ),
    "a strong bus that is not there": broken(
        "rules.yaml",
        None,
        "reactive_power: {strong_buses: [sorce]}\n",
        "rules.yaml:14:",
        "reactive_power: no bus 'sorce'",
        "did you mean 'source'?",
    ),
    "inertia of no carrier": broken(
        "rules.yaml",
        None,
        "frequency: {under: 49, inertia: {gaz: 4}}\n",
        "rules.yaml:14:",
        "frequency: no carrier 'gaz'",
        "did you mean 'gas'?",
    ),
    "a synchronous area of no country": broken(
        "rules.yaml",
        None,
        "frequency: {under: 49, areas: {north: {countries: [CC]}}}\n",
        "rules.yaml:14:",
        "frequency: no country 'CC'",
    ),
    "a power factor above one": broken(
        "rules.yaml", None, "reactive_power: {load_power_factor: 1.2}\n", "rules.yaml:14:", "load_power_factor", "1.2"
    ),
    "a security of no state": broken(
        "rules.yaml", None, "security: {state: island}\n", "rules.yaml:14:", "'island' is not among states"
    ),
}

LISTS = {
    "evidence of a mark D": broken(
        "evidence.csv", "2026-11-22,C,", "2026-11-22,D,", "evidence.csv:2:", "'D'", "A, B or C"
    ),
    "evidence that is a word": broken(
        "evidence.csv", "0.2,0.2,0.2", "0.2,low,0.2", "evidence.csv:2:", "'low'", "a number"
    ),
    "evidence twice": broken(
        "evidence.csv",
        None,
        "links,line,p_nom,1,1,1,MW,invented,2026-11-22,C,\n",
        "evidence.csv",
        "stands here a second time",
    ),
    "a source twice": broken(
        "sources.csv", None, "invented,a,b,c,d,e\n", "sources.csv:3: 'invented' stands here a second time"
    ),
    "a corridor of nothing": broken(
        "corridors.csv",
        "links,line",
        "links,lane",
        "corridors.csv:2: corridor crossing: no links match 'lane'",
        "'line'",
    ),
    "a corridor of no table": broken(
        "corridors.csv", "links,line", "cables,line", "corridors.csv:2:", "no cables match"
    ),
    "a corridor without table": broken(
        "corridors.csv", "crossing,links", "crossing,", "corridors.csv:2:", "component of 'crossing' is nothing"
    ),
}


SEEN_BY_THE_MODEL = ("a statistic that is unknown", "a variation below zero", "a start above the store")
"""What is wrong with these shows only when a model is made of the case."""


@pytest.mark.parametrize("name", [*TABLES, *PROFILES, *RULES, *LISTS])
def test_broken_case(refused: Refusal, project: Path, name: str) -> None:
    change = (TABLES | PROFILES | RULES | LISTS)[name]
    file = project / "networks" / "two_bus" / change.file
    new = change.new if isinstance(change.new, bytes) else change.new.encode()
    if change.old is None:
        file.write_bytes(file.read_bytes() + new)
    elif change.old == "":
        file.write_bytes(new)
    else:
        text = file.read_bytes()
        assert change.old.encode() in text, "the corpus does not fit the case any more"
        file.write_bytes(text.replace(change.old.encode(), new, 1))
    if name in SEEN_BY_THE_MODEL:  # its evidence would speak first: it says another number
        (project / "networks" / "two_bus" / "evidence.csv").unlink()
    drawn = ("--set", "hydrology={seed: 1, draw: 1}") if "water_statistics" in change.file else ()
    message = refused("run", "two_bus", *drawn, says=change.says)
    # without buses it is those that name them who speak
    assert Path(change.file).name in message or name == "no buses"


def test_every_fault_of_a_case_at_once(refused: Refusal, project: Path) -> None:
    case = project / "networks" / "two_bus"
    for name, old, new in (
        ("links.csv", "100", "x"),
        ("stores.csv", "300", "y"),
        ("rules.yaml", "ceiling: 100", "ceiling: z"),
    ):
        file = case / name
        file.write_text(file.read_text().replace(old, new, 1))
    assert refused("run", "two_bus", says=("links.csv:4:", "stores.csv:2:", "rules.yaml:8:"))


def test_a_table_that_is_a_folder(refused: Refusal, project: Path) -> None:
    (project / "networks" / "two_bus" / "links.csv").unlink()
    (project / "networks" / "two_bus" / "links.csv").mkdir()
    assert refused("run", "two_bus", says=("links.csv",))


def test_a_table_that_is_huge(refused: Refusal, project: Path) -> None:
    file = project / "networks" / "two_bus" / "links.csv"
    with file.open("a") as stream:
        stream.truncate(60_000_000)
    assert refused("run", "two_bus", says=("links.csv: file has 60,000,000 bytes", "up to 10,000,000 bytes"))


def test_a_table_of_too_many_rows(refused: Refusal, project: Path) -> None:
    file = project / "networks" / "two_bus" / "links.csv"
    file.write_text(file.read_text() + "".join(f"link {i},source,sink,,HVDC,1,1,1,1,\n" for i in range(30_000)))
    assert refused("run", "two_bus", says=("links.csv: file has 30,004 rows", "up to 20,000 rows"))
