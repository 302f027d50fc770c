"""Broken scenarios: each with what its message must say beside file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refusal = Callable[..., str]

HEAD = "case: two_bus\nyear: 2028\n"  # two lines: what is added begins in line 3
EVENT = """case: two_bus
year: 2028
events:
  - name: out
    kind: border_stop
    cause: politics
    where: [crossing]
    start: 07-01
    duration: 31d
"""

TYPES = {
    "year is a word": ("case: two_bus\nyear: soon", ":2: year is 'soon'", "a whole number from 2015 to 2050"),
    "year in quotes": ("case: two_bus\nyear: '2028'", ":2: year is '2028'"),
    "year with a fraction": ("case: two_bus\nyear: 2028.5", ":2: year is 2028.5"),
    "year is a flag": ("case: two_bus\nyear: true", ":2: year is True"),
    "year is a list": ("case: two_bus\nyear: [2028]", ":2: year is [2028]"),
    "year is not a number": ("case: two_bus\nyear: .nan", ":2: year is nan"),
    "year is infinite": ("case: two_bus\nyear: .inf", ":2: year is inf"),
    "year has 25 digits": ("case: two_bus\nyear: 2028202820282028202820282", ":2: year is"),
    "year is negative": ("case: two_bus\nyear: -2028", ":2: year is -2028", "from 2015 to 2050"),
    "year is a date": ("case: two_bus\nyear: 2028-04-01", ":2: year is '2028-04-01'"),
    "year is empty": ("case: two_bus\nyear:", ":2: year is empty"),
    "year is missing": ("case: two_bus\n", "'year' is missing", "add `year: …`"),
    "a key with a typing error": (HEAD + "hidrology: dry", ":3: unknown key 'hidrology'", "did you mean 'hydrology'?"),
    "a key that looks alike": (HEAD + "уear: 2028", ":3: unknown key 'уear'"),
    "a key of another file": (HEAD + "services: {a: b}", ":3: unknown key 'services'"),
    "a name of its own": (HEAD + "name: other", ":3: unknown key 'name'", "the name of its file"),
    "growth is a number": (HEAD + "growth: 1.02", ":3: growth is 1.02", "low, central, high"),
    "growth is unknown": (HEAD + "growth: medium", ":3: growth is 'medium'", "low, central, high"),
    "growth of an unknown demand": (HEAD + "growth:\n  A: low", ":4: growth names 'A'", "AA, BB"),
    "water is unknown": (HEAD + "hydrology: wett", ":3:", "no hydrology 'wett'", "median, dry"),
    "water is a fraction": (HEAD + "hydrology: 0.5", ":3: hydrology is 0.5"),
    "water of two years for one": (
        HEAD + "hydrology: [dry, median]",
        ":3: hydrology: 2 water years",
        "time.years to 2",
    ),
    "water is an empty list": (HEAD + "hydrology: []", ":3: hydrology", "no water year"),
    "a draw without a number": (HEAD + "hydrology: {seed: 1}", ":3: 'hydrology.draw' is missing"),
    "a draw below zero": (HEAD + "hydrology: {seed: -1, draw: 1}", ":3: hydrology.seed is -1", "from 0"),
    "a draw with a word": (HEAD + "hydrology: {seed: one, draw: 1}", ":3: hydrology.seed is 'one'"),
    "a draw with an unknown key": (HEAD + "hydrology:\n  {seed: 1, draw: 1, shfit: {}}", ":4: unknown key", "'shift'"),
    "a climate of no water": (HEAD + "hydrology: {seed: 1, draw: 1, shift: {volume: 0}}", "volume is 0", "above 0"),
    "a dependence above one": (HEAD + "hydrology: {seed: 1, draw: 1, dependence: 1.2}", "dependence is 1.2", "to 1"),
    "time is a word": (HEAD + "time: 3h", ":3: time is '3h'", "a mapping"),
    "no years": (HEAD + "time: {years: 0}", ":3: time.years is 0", "from 1 to 50"),
    "a billion years": (HEAD + "time: {years: 1000000000}", ":3: time.years is 1000000000", "from 1 to 50"),
    "a resolution that does not divide": (HEAD + "time: {resolution: 5h}", ":3: time.resolution: '5h'", "k divides 24"),
    "a resolution of nothing": (HEAD + "time: {resolution: 0h}", ":3: time.resolution: '0h'"),
    "a resolution below zero": (HEAD + "time: {resolution: -3h}", ":3: time.resolution: '-3h'"),
    "a resolution without unit": (HEAD + "time: {resolution: 3}", ":3: time.resolution is 3", "text"),
    "an unknown objective": (HEAD + "objective: maximise", ":3: objective is 'maximise'", "transfer, dispatch"),
    "an unknown foresight": (HEAD + "foresight: none", ":3: foresight is 'none'", "perfect, surprise"),
    "an unknown network": (HEAD + "network: dc", ":3: network is 'dc'", "kirchhoff, transport"),
    "an unknown kind of losses": (HEAD + "line_losses: exact", ":3: line_losses is 'exact'", "none, secants, tangents"),
    "an unknown return": (HEAD + "return_mode: sea", ":3: return_mode is 'sea'", "earth, metallic"),
    "a varying head without curves": (HEAD + "head: varying", ":3: case two_bus has no curves", "fixed"),
    "an order with an unknown service": (
        HEAD + "protection_order: [casa, owndemand]",
        ":3:",
        "'owndemand'",
        "'own_demand'",
    ),
    "an order without CASA": (HEAD + "protection_order: [own_demand]", ":3:", "`casa` is not in the order"),
    "an order with a service twice": (HEAD + "protection_order: [casa, casa]", ":3:", "'casa' is there twice"),
    "an order that is a word": (HEAD + "protection_order: casa", ":3: protection_order is 'casa'", "a list"),
    "tags that are a word": (HEAD + "tags: wet", ":3: tags is 'wet'", "a list"),
    "a description that is a number": (HEAD + "description: 12", ":3: description is 12", "put it in quotes"),
    "a description that is empty": (HEAD + "question: ''", ":3: question is ''", "not blank"),
}

MONEY_AND_RULES = {
    "a season of one end": (HEAD + "contract:\n  season: {from: 05-01}", ":4: 'contract.season.to' is missing"),
    "a season with a day 32": (
        HEAD + "contract:\n  season: {from: 05-32, to: 09-30}",
        ":4: contract.season.from: '05-32'",
    ),
    "a season with a year": (HEAD + "contract:\n  season: {from: 2028-05-01, to: 09-30}", ":4:", "MM-DD"),
    "a season with a time zone": (HEAD + "contract:\n  season: {from: 05-01+05:00, to: 09-30}", ":4:", "MM-DD"),
    "a direction that is unknown": (HEAD + "contract: {direction: backwards}", ":3: contract.direction is 'backwards'"),
    "a payment that is unknown": (HEAD + "contract: {payment: cash}", ":3: contract.payment is 'cash'"),
    "a price that is no number": (
        HEAD + "contract:\n  prices:\n    energy: .nan",
        ":5: contract.prices.energy is nan",
        "finite",
    ),
    "a price with a unit": (HEAD + "contract:\n  prices:\n    energy: 50 $/MWh", ":5:", "'50 $/MWh'", "a number"),
    "an unknown rule": (HEAD + "rules:\n  reservoir_ende: off", ":4: the case has no rule", "'reservoir_end'"),
    "a rule with a word": (
        HEAD + "rules:\n  reservoir_end: disabled",
        ":4: rules.reservoir_end: 'disabled'",
        "off, on",
    ),
    "a rule with a number": (HEAD + "rules:\n  reservoir_end: 5", ":4: rules.reservoir_end", "off, on"),
    "a rule with an unknown field": (HEAD + "rules:\n  reservoir_end: {lvel: 3}", ":4: unknown key", "'level'"),
    "a rule with text for a number": (
        HEAD + "rules:\n  reservoir_end: {level: full}",
        ":4:",
        "'full'",
        "a number [hm³]",
    ),
    "a rule that is infinite": (HEAD + "rules:\n  reservoir_end: {level: .inf}", ":4:", "inf", "a number [hm³]"),
    "a rule of another kind": (HEAD + "rules:\n  reservoir_end: {kind: ends}", ":4:", "'ends'", "did you mean 'end'?"),
    "a start above the reservoir": (HEAD + "rules:\n  reservoir_start: {level: 301}", ":4:", "301 hm3", "0 to 300 hm3"),
    "a start below the reservoir": (HEAD + "rules:\n  reservoir_start: {level: -1}", ":4:", "-1 hm3", "0 to 300 hm3"),
    "an end above the reservoir": (HEAD + "rules:\n  reservoir_end: {level: 301}", ":4:", "301", "0 to 300 hm3"),
    "a value of an unknown table": (HEAD + "values:\n  link.line.p_nom: 1", ":4:", "'link.line.p_nom'", "'links'"),
    "a value of a table that the case has not": (HEAD + "values:\n  lines.a.s_nom: 1", ":4: values: no table 'lines'"),
    "a value of a renamed link": (HEAD + "values:\n  links.linee.p_nom: 1", ":4:", "no links match 'linee'", "'line'"),
    "a value of an unknown attribute": (HEAD + "values:\n  links.line.pnom: 1", ":4:", "no number 'pnom'", "'p_nom'"),
    "a value without attribute": (HEAD + "values:\n  links.line: 1", ":4:", "table.name.attribute"),
    "a value without a name": (HEAD + "values:\n  links..p_nom: 1", ":4:", "table.name.attribute"),
    "a value that is not a number": (HEAD + "values:\n  links.line.p_nom: .nan", ":4:", "nan", "a finite number"),
    "a value that is infinite": (HEAD + "values:\n  links.line.p_nom: -.inf", ":4:", "-inf", "a finite number"),
    "a value with a unit": (HEAD + "values:\n  links.line.p_nom: 100 MW", ":4:", "'100 MW'", "a number"),
    "a value with a comma": (HEAD + "values:\n  links.line.p_nom: 1,000", ":4:", "'1,000'", "a number"),
    "a value that is a flag": (HEAD + "values:\n  links.line.p_nom: true", ":4:", "True", "a number"),
    "a value below zero": (HEAD + "values:\n  links.line.p_nom: -5", ":4:", "links.line.p_nom is -5", "0 or more"),
    "a value that another file sets": (
        HEAD + "values:\n  loads.sink demand.p_set: 5",
        ":4:",
        "has no effect",
        "demand_year",
    ),
    "a link that makes power": (
        HEAD + "values:\n  links.line.efficiency: 1.2",
        ":4:",
        "'line'",
        "delivers more than it takes",
    ),
    "a link that makes power backwards": (
        HEAD + "values:\n  links.line.p_min_pu: -1",
        ":4:",
        "'line'",
        "split it into two links",
    ),
    "two patterns on one number": (HEAD + "values:\n  links.l*.p_nom: 5\n  links.*e.p_nom: 6", "hit the same number"),
    "a factor on no row": (HEAD + "values:\n  profiles/inflow.river.dry: 2", ":4:", "names no row", "river inflow"),
    "a factor below zero": (HEAD + "values:\n  profiles/inflow.river inflow.dry: -2", ":4:", "a factor of 0 or more"),
    "a factor on an unknown profile": (HEAD + "values:\n  profiles/inflows.river.dry: 2", ":4:", "profiles/inflow"),
    "a factor on a file outside": (HEAD + "values:\n  profiles/../rules.a.b: 2", ":4:", "names no number of a case"),
}

EVENTS = {
    "an unknown kind": (EVENT.replace("border_stop", "border_stopp"), ":5:", "did you mean 'border_stop'?"),
    "an unknown corridor": (EVENT.replace("[crossing]", "[crosing]"), ":7:", "no corridor 'crosing'", "'crossing'"),
    "a renamed link": (EVENT.replace("[crossing]", "[links.lin]"), ":7:", "no links match 'lin'", "'line'"),
    "an unknown table": (EVENT.replace("[crossing]", "[link.line]"), ":7:", "'link.line' names no component"),
    "a table that the kind cannot hit": (EVENT.replace("[crossing]", "[loads.sink demand]"), ":7:", "cannot hit loads"),
    "a path for a place": (EVENT.replace("[crossing]", "[links.../../x]"), ":7:", "no links match"),
    "no place": (EVENT.replace("[crossing]", "[]"), ":7:", "nothing is named"),
    "a place that is a number": (EVENT.replace("[crossing]", "[7]"), ":7:", "events.0.where.0 is 7"),
    "no cause": (EVENT.replace("    cause: politics\n", ""), ":4: 'events.0.cause' is missing"),
    "an empty cause": (EVENT.replace("politics", "''"), ":6: events.0.cause is ''"),
    "the same name twice": (EVENT + EVENT.split("events:\n")[1], ":10:", "'out' is there twice"),
    "a date the wrong way round": (EVENT.replace("07-01", "31-12"), ":8:", "'31-12'", "MM-DD"),
    "a day that no year has": (EVENT.replace("07-01", "02-30"), ":8:", "'02-30'", "does not exist"),
    "a leap day in a common year": (EVENT.replace("07-01", "2029-02-29"), ":8:", "'2029-02-29'", "does not exist"),
    "an hour 25": (EVENT.replace("07-01", "2028-07-01T25:00"), ":8:", "does not exist"),
    "a time zone without a year": (EVENT.replace("07-01", "07-01T00:00+05:00"), ":8:", "an offset but no year"),
    "a time zone that is nowhere": (EVENT.replace("07-01", "2028-07-01T00:00+25:00"), ":8:", "does not exist"),
    "a time zone past the date line": (
        EVENT.replace("07-01", "2028-07-01T00:00+15:00"),
        ":8:",
        "does not exist",
    ),
    "a time zone by name": (EVENT.replace("07-01", "2028-07-01T00:00 Asia/Kabul"), ":8:", "is not a date"),
    "a time that is a number": (EVENT.replace("07-01", "20280701"), ":8: events.0.start is 20280701"),
    "a year 9999": (EVENT.replace("07-01", "9999-07-01"), ":8:", "outside 1900 to 2199"),
    "a start after the horizon": (
        EVENT.replace("07-01", "2030-07-01"),
        ":8:",
        "outside the horizon",
        "2028-04-01 to 2029-04-01",
    ),
    "a start before the horizon": (EVENT.replace("07-01", "2027-07-01"), ":8:", "outside the horizon"),
    "an end before the start": (
        EVENT.replace("start: 07-01\n    duration: 31d", "start: 2028-08-01\n    end: 2028-07-01"),
        ":9:",
        "not after start",
        "swap start and end",
    ),
    "an end in the next year": (
        EVENT.replace("start: 07-01\n    duration: 31d", "start: 08-01\n    end: 07-01"),
        ":9:",
        "past the horizon",
    ),
    "both an end and a length": (EVENT + "    end: 07-31\n", ":9:", "both of duration and end"),
    "neither end nor length": (EVENT.replace("    duration: 31d\n", ""), ":4:", "neither of duration and end"),
    "a length without unit": (EVENT.replace("31d", "31"), ":9:", "write the unit, as 31d"),
    "a length in words": (EVENT.replace("31d", "31 days"), ":9:", "'31 days' is not a duration"),
    "a length below zero": (EVENT.replace("31d", "-3d"), ":9:", "'-3d' is not a duration"),
    "a length of no whole hours": (EVENT.replace("31d", "0.3h"), ":9:", "'0.3h'", "whole hours"),
    "a length beyond all years": (EVENT.replace("31d", "99999999d"), ":9:", "'99999999d'", "5200w"),
    "a depth in percent": (EVENT + "    depth: 30\n", ":10: events.0.depth is 30", "from 0 to 1"),
    "a depth with a sign": (EVENT + "    depth: 30 %\n", ":10: events.0.depth is '30 %'", "a number from 0 to 1"),
    "a depth below zero": (EVENT + "    depth: -0.1\n", ":10: events.0.depth is -0.1", "from 0 to 1"),
    "a depth that is not a number": (EVENT + "    depth: .nan\n", ":10: events.0.depth is nan"),
    "a factor for an outage": (EVENT + "    factor: 2\n", ":10:", "has no factor", "write depth"),
    "a shock without factor": (EVENT.replace("border_stop", "price_shock"), ":4:", "needs a factor"),
    "a ramp without recovery": (EVENT + "    ramp: 5d\n", ":10:", "recovery step and ramp 5d"),
    "a closure the wrong way round": (
        EVENT + "    repair_access: {closed: [{from: 2028-08-01, to: 2028-07-01}]}\n",
        ":10:",
        "comes before",
        "swap `from` and `to`",
    ),
    "a closure with half a year": (
        EVENT + "    repair_access: {closed: [{from: 2028-08-01, to: 09-01}]}\n",
        ":10:",
        "one has a year",
    ),
    "a pace above one": (
        EVENT + "    repair_access: {closed: [], factor: 2}\n",
        ":10: events.0.repair_access.factor is 2",
    ),
    "an event that is a word": (HEAD + "events: [war]", ":3: events.0 is 'war'", "a mapping"),
    "events that are a mapping": (HEAD + "events: {a: b}", ":3: events is {'a': 'b'}", "a list"),
    "an expectation of nothing": (EVENT + "    expected_duration: 0h\n", ":10:", "'0h' is not a duration"),
}

FILES: dict[str, tuple[str | bytes, *tuple[str, ...]]] = {
    "empty": ("", ":1: the file is empty", "a mapping"),
    "comments alone": ("# nothing\n# here\n", "the file is empty"),
    "a list": ("- a\n- b\n", ":1: the file holds a list", "a mapping"),
    "a word": ("baseline\n", ":1: the file holds only 'baseline'"),
    "a number": ("2028\n", ":1: the file holds only 2028"),
    "Latin-1": (
        "case: two_bus\nyear: 2028\nsource: Köln\n".encode("latin-1"),
        ":3: byte 0xf6 is not UTF-8",
        "save the file",
    ),
    "UTF-16": (HEAD.encode("utf-16"), "is not UTF-8", "save the file as UTF-8"),
    "a zero byte": (b"case: two_bus\nyear: 2028\nsource: a\0b\n", ":3: not valid YAML"),
    "bytes of a program": (bytes(range(256)) * 20, "not"),
    "a control character": ("case: two_bus\nsource: a\x07b\nyear: 2028\n", ":2: not valid YAML"),
    "a byte order mark and a fault": (b"\xef\xbb\xbfcase: two_bus\nyaer: 2028\n", ":2: unknown key 'yaer'"),
    "CRLF and a fault": (b"case: two_bus\r\nyaer: 2028\r\n", ":2: unknown key 'yaer'"),
    "CR alone and a fault": (b"case: two_bus\ryaer: 2028\r", ":2: unknown key 'yaer'"),
    "a tab": ("case: two_bus\nyear: 2028\ntime:\n\tyears: 1\n", ":4: indented with a tab", "spaces"),
    "wrong indentation": ("case: two_bus\n year: 2028\n", ":2: not valid YAML"),
    "an open quote": ("case: two_bus\nsource: 'a\nyear: 2028\n", "not valid YAML"),
    "an open bracket": ("case: two_bus\ntags: [a, b\nyear: 2028\n", "not valid YAML"),
    "a colon in text": ("case: two_bus\nyear: 2028\nsource: a: b\n", ":3: not valid YAML", "in quotes"),
    "two documents": (HEAD + "---\nyear: 2029\n", ":3: a second document begins"),
    "the same key twice": (HEAD + "year: 2029\n", ":3: key 'year' is there twice, first in line 2"),
    "a key that is a list": (HEAD + "[a, b]: c\n", ":3:", "a word as key"),
    "a merge key": ("case: two_bus\nbase: &a {year: 2028}\n<<: *a\n", ":3: merge key << is not read", "`extends`"),
    "an unknown alias": (HEAD + "tags: *a\n", ":3: alias *a"),
    "an anchor inside itself": (HEAD + "tags: &a [x, *a]\n", ":3: alias *a"),
    "anchors that explode": (
        HEAD
        + "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)),
        "too many",
        "write the values out",
    ),
    "few aliases of much": (
        HEAD + f"a: &a [{', '.join(['x'] * 900)}]\n" + "".join(f"b{i}: *a\n" for i in range(10)),
        "too many values",
    ),
    "a thousand brackets": (HEAD + "tags: " + "[" * 1000 + "]" * 1000 + "\n", ":3: nested too deep", "20 levels"),
    "brackets without end": (HEAD + "tags: " + "[" * 50_000, ":3: nested too deep"),
    "deep by indentation": (HEAD + "".join(f"{' ' * i}k{i}:\n" for i in range(60)), "nested too deep"),
    "huge": ("# " + "x" * 300_000 + "\n" + HEAD, "300,0", "up to 200,000 bytes"),
    "a thousand unknown keys": (HEAD + "".join(f"key{i}: {i}\n" for i in range(1000)), "unknown key", "more"),
    "ten thousand keys": (HEAD + "".join(f"key{i}: {i}\n" for i in range(10_000)), "too many values"),
    "a key as long as a book": (HEAD + "k" * 100_000 + ": 1\n", ":3:"),
    "a value as long as a book": (HEAD + "growth: " + "x" * 100_000 + "\n", ":3: growth is 'xxx"),
    "an object of Python": (
        HEAD + "source: !!python/object/apply:os.system [touch hacked]\n",
        ":3: tag",
        "is not read",
    ),
    "a name of Python": (HEAD + "source: !!python/name:os.system\n", ":3: tag"),
    "a variable of the environment": (HEAD + "source: !ENV ${HOME}\n", ":3: tag"),
    "bytes in base 64": (HEAD + "source: !!binary aGVsbG8=\n", ":3: tag"),
}


@pytest.mark.parametrize("name", [*TYPES, *MONEY_AND_RULES, *EVENTS, *FILES])
def test_broken_file(refused: Refusal, project: Path, name: str) -> None:
    text, *says = (TYPES | MONEY_AND_RULES | EVENTS | FILES)[name]
    file = project / "broken.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    message = refused("run", "broken.yaml", "--out", "results", says=tuple(says))
    assert "broken.yaml" in message
    assert not (project / "hacked").exists()


PARENTS = {
    "itself": ({"a": "extends: a\nyear: 2028"}, "a.yaml:1: extends goes in a circle: a → a"),
    "one another": (
        {"a": "extends: b\nyear: 2028", "b": "extends: a"},
        "b.yaml:1: extends goes in a circle: a → b → a",
    ),
    "a circle of three": (
        {"a": "year: 2028\nextends: b", "b": "extends: c", "c": "tags: [x]\nextends: b"},
        "c.yaml:2: extends goes in a circle: a → b → c → b",
    ),
    "what is not there": ({"a": "extends: two_buss\nyear: 2028"}, "a.yaml:1: parent 'two_buss' not found", "'two_bus'"),
    "a path upwards": ({"a": "extends: ../../x\nyear: 2028"}, "a.yaml:1:", "'../../x' is no name inside"),
    "a path from the root": ({"a": "extends: /etc/passwd\nyear: 2028"}, "a.yaml:1:", "'/etc/passwd' is no name inside"),
    "a path of Windows": ({"a": "extends: ..\\x\nyear: 2028"}, "a.yaml:1:", "is no name inside"),
    "nothing": ({"a": "extends: ''\nyear: 2028"}, "a.yaml:1:", "is no name inside"),
    "a number": ({"a": "extends: 5\nyear: 2028"}, "a.yaml:1: extends is 5", "the name of one scenario"),
    "two parents": ({"a": "extends: [two_bus, b]\nyear: 2028"}, "a.yaml:1:", "the name of one scenario"),
    "a parent with a fault": ({"a": "extends: b\nyear: 2028", "b": "tags: wet"}, "b.yaml:1: tags is 'wet'", "a list"),
    "a parent that is no YAML": ({"a": "extends: b\nyear: 2028", "b": "tags: ["}, "b.yaml:"),
    "a parent and a child with faults": (
        {"a": "extends: b\nyear: soon", "b": "tags: wet"},
        "a.yaml:2: year is 'soon'",
        "b.yaml:1: tags is 'wet'",
    ),
}


@pytest.mark.parametrize("name", PARENTS)
def test_broken_parents(refused: Refusal, project: Path, name: str) -> None:
    files, *says = PARENTS[name]
    for stem, text in files.items():
        (project / "scenarios" / f"{stem}.yaml").write_text(text + "\n")
    assert refused("run", "a", says=tuple(says))


def test_link_out_of_the_folder(refused: Refusal, project: Path) -> None:
    (project / "secret.yaml").write_text("year: 2028\n")
    (project / "scenarios" / "secret.yaml").symlink_to(project / "secret.yaml")
    (project / "scenarios" / "a.yaml").write_text("extends: secret\n")
    assert refused("run", "a", says=("a.yaml:1: parent 'secret' is a link out of",))


CASES = {
    "unknown": ("tow_bus", "no case 'tow_bus'", "'two_bus'"),
    "a path upwards": ("../../etc", "no case 'etc'"),
    "a path inside that leads out": ("two_bus/../../x", "no case"),
    "a file": ("networks/two_bus/buses.csv", "no case 'buses.csv'"),
    "a file that is no network": ("scenarios/two_bus.nc", "file not found"),
    "blank": ("' '", ":2: case"),
    "a number": ("12", ":2: case is 12", "put it in quotes"),
    "a folder without buses": ("networks/two_bus/profiles", "buses.csv: file not found"),
    "a name with a zero byte": ('"a\\0b"', "case"),
}


@pytest.mark.parametrize("name", CASES)
def test_broken_case_name(refused: Refusal, project: Path, name: str) -> None:
    written, *says = CASES[name]
    (project / "broken.yaml").write_text(f"year: 2028\ncase: {written}\n")
    assert refused("run", "broken.yaml", says=tuple(says))


OVERRIDES = {
    "no sign": ("year", "'year' has no value", "key=value"),
    "an unknown key": ("yaer=2030", "--set: unknown key 'yaer'", "'year'"),
    "an empty part": ("time..start=04-01", "--set: key 'time..start' has an empty part"),
    "a word for a number": ("year=soon", "--set: year is 'soon'", "a whole number"),
    "an item that is not there": ("events.3.depth=1", "--set: events is {'3': {'depth': 1}}", "a list"),
    "a part of a number": ("year.x=1", "--set: year.x", "has no parts"),
    "half a list": ("tags=[a", "--set: tags=[a"),
    "a component without values": ("links.line.p_nom=3", "write values.links.line.p_nom"),
    "an unknown label": ("hydrology=wett", "--set: ", "no hydrology 'wett'"),
    "an unknown rule": ("rules.x=off", "--set: the case has no rule 'x'"),
    "a bomb": ("tags=" + "[" * 5000, "--set: tags"),
    "nothing": ("=", "--set: unknown key ''"),
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_broken_override(refused: Refusal, name: str) -> None:
    override, *says = OVERRIDES[name]
    assert refused("run", "two_bus", "--set", override, says=tuple(says))


COMMANDS: dict[str, tuple[tuple[str, ...], *tuple[str, ...]]] = {
    "an unknown scenario": (("run", "two_buss"), "scenario 'two_buss' not found", "'two_bus'"),
    "a file that is not there": (("run", "my/two_bus.yaml"), "my/two_bus.yaml: file not found", "'two_bus'"),
    "a folder": (("run", "scenarios"), "scenario 'scenarios' not found"),
    "a path upwards": (("run", "../two_bus"), "is no name inside"),
    "a resolution that does not divide": (("run", "two_bus", "--resolution", "7h"), "'7h' is no resolution"),
    "the same scenario twice": (("run", "two_bus", "two_bus"), "2 scenarios are named 'two_bus'"),
    "all faults of two scenarios": (("check", "nobody", "nowhere"), "'nobody' not found", "'nowhere' not found"),
    "one folder to compare": (("compare", "scenarios"), "one run cannot be compared"),
    "folders without a run": (("compare", "scenarios", "networks"), "no finished run here"),
    "a file to build in a file": (
        ("build", "two_bus", "-o", "scenarios/two_bus.yaml/x.nc"),
        "this is a file, no folder",
    ),
    "a folder to build in": (("build", "two_bus", "-o", "scenarios"), "this is a folder", "name a file"),
    "a place that is no run": (("run", "two_bus", "--out", "networks"), "which no run wrote: it is not replaced"),
    "no time for the solver": (("run", "two_bus", "--time-limit", "0"), "--time-limit: the solver's time is 0 s"),
    "time below zero": (("run", "--all", "--time-limit", "-5"), "--time-limit: the solver's time is -5 s", "above 0"),
    "time that is no number": (("run", "two_bus", "--time-limit", "nan"), "--time-limit: the solver's time is nan s"),
    "a file for a folder": (("run", "two_bus", "--out", "scenarios/two_bus.yaml"), "two_bus.yaml: this is a file"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_broken_command(refused: Refusal, name: str) -> None:
    arguments, *says = COMMANDS[name]
    assert refused(*arguments, says=tuple(says))


def test_two_files_of_one_name(refused: Refusal, project: Path) -> None:
    (project / "scenarios" / "more").mkdir()
    (project / "scenarios" / "more" / "two_bus.yaml").write_text("year: 2028\n")
    assert refused("run", "two_bus", says=("two scenarios are named 'two_bus'", "rename one of the files"))


def test_no_project(refused: Refusal, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "empty").mkdir()
    (project / "scenarios").rename(project / "renamed")
    assert refused("run", "tow_bus", says=("scenario 'tow_bus' not found", "did you mean 'two_bus'?"))
