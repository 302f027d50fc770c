"""Broken scenario files: one message with file:line, the value, what is allowed and the repair."""

from pathlib import Path

import pytest

from energy.errors import InputError
from energy.model.horizon import event_faults
from energy.scenario import list_scenarios, read_scenario, resolve

EVENT = """
year: 2028
events:
  - name: a
    kind: border_stop
    cause: politics
    where: [crossing]
    start: 07-01
    duration: 31d
"""

BROKEN = {
    "unknown key": ("yaer: 2028\nyear: 2028", [":1: unknown key 'yaer'", "hydrology", "did you mean 'year'?"]),
    "unknown key below": ("year: 2028\ntime:\n  strat: 05-01", [":3: unknown key 'time.strat'", "'start'"]),
    "unknown key in event": (EVENT + "    depht: 1", [":10: unknown key 'events.0.depht'", "'depth'"]),
    "extends misspelt": ("extend: baseline", [":1: unknown key 'extend'", "did you mean 'extends'?"]),
    "number for text": ("year: 2028\nsource: 2020", [":2: source is 2020", "text", "put it in quotes"]),
    "date as a number": ("year: 2028\ntime: {start: 501}", [":2: time.start is 501", "text"]),
    "missing year": ("growth: low", ["bad.yaml: 'year' is missing", "add `year: …`"]),
    "missing cause": (EVENT.replace("    cause: politics\n", ""), [":4: 'events.0.cause' is missing"]),
    "year too early": ("year: 1999", [":1: year is 1999", "allowed: from 2015 to 2050"]),
    "year as text": ("year: '2028'", [":1: year is '2028'", "allowed: a whole number from 2015 to 2050"]),
    "year with fraction": ("year: 2028.5", [":1: year is 2028.5", "a whole number"]),
    "year empty": ("year:", [":1: year is empty", "a whole number"]),
    "growth misspelt": ("year: 2028\ngrowth: hihg", [":2: growth is 'hihg'", "low, central, high", "'high'"]),
    "growth of one demand": (
        "year: 2028\ngrowth:\n  KG: low\n  TJ: hgih",
        [":4: growth.TJ is 'hgih'", "low, central, high", "'high'"],
    ),
    "objective": ("year: 2028\nobjective: dispach", [":2: objective is 'dispach'", "did you mean 'dispatch'?"]),
    "resolution": ("year: 2028\ntime: {resolution: 5h}", [":2: time.resolution: '5h'", "1h, 2h, 3h", "24h"]),
    "resolution word": ("year: 2028\ntime: {resolution: typical-day}", ["did you mean 'typical-days'?"]),
    "start of the horizon": ("year: 2028\ntime: {start: 31-12}", [":2: time.start: '31-12'", "does not exist"]),
    "scalar for a mapping": ("year: 2028\ntime: 3h", [":2: time is '3h'", "a mapping"]),
    "mapping for a list": ("year: 2028\nevents: {name: a}", [":2: events is {'name': 'a'}", "a list"]),
    "text for a list": (EVENT.replace("[crossing]", "crossing"), [":7: events.0.where is 'crossing'", "[a, b]"]),
    "hydrology as a flag": ("year: 2028\nhydrology: true", [":2: hydrology is True", "text"]),
    "half a draw": ("year: 2028\nhydrology: {seed: 1}", [":2: 'hydrology.draw' is missing", "add `draw: …`"]),
    "years of water": ("year: 2028\nhydrology: [1974, 1975]", [":2: hydrology: 2 water years", "time.years to 2"]),
    "order without casa": (
        "year: 2028\nprotection_order: [a, cassa]",
        [":2:", "`casa` is not", "write casa for 'cassa'"],
    ),
    "order twice": ("year: 2028\nprotection_order: [casa, a, a]", [":2:", "'a' is there twice"]),
    "season": ("year: 2028\ncontract:\n  season: {from: 05-32, to: 09-30}", [":3: contract.season.from: '05-32'"]),
    "season half": ("year: 2028\ncontract:\n  season: {from: 05-01}", [":3: 'contract.season.to' is missing"]),
    "price not a number": ("year: 2028\ncontract:\n  prices:\n    energy: .nan", [":4:", "nan", "a finite number"]),
    "rule": ("year: 2028\nrules:\n  norak: disabled", [":3: rules.norak: 'disabled'", "off, on, or a mapping"]),
    "value of unknown table": ("year: 2028\nvalues:\n  link.a.p_nom: 3", [":3:", "'link.a.p_nom'", "'links'"]),
    "value without attribute": ("year: 2028\nvalues: {links.a: 3}", [":2:", "table.name.attribute"]),
    "value not a number": (
        "year: 2028\nvalues: {links.a.p_nom: big}",
        [":2: values.links.a.p_nom is 'big'", "a number"],
    ),
    "value a flag": ("year: 2028\nvalues: {links.a.p_nom: true}", [":2: values.links.a.p_nom is True", "a number"]),
    "event kind": (
        EVENT.replace("border_stop", "boarder_stop"),
        [":5:", "'boarder_stop'", "did you mean 'border_stop'?"],
    ),
    "event depth": (EVENT + "    depth: 1.4", [":10: events.0.depth is 1.4", "allowed: from 0 to 1"]),
    "event duration": (
        EVENT.replace("31d", "31"),
        [":9: events.0.duration: 31 is not a duration", "write the unit, as 31d"],
    ),
    "event duration unit": (EVENT.replace("31d", "90min"), [":9: events.0.duration: '90min'", "36h, 31d, 6w"]),
    "event duration zero": (EVENT.replace("31d", "0h"), [":9:", "'0h' is not a duration"]),
    "event duration and end": (EVENT + "    end: 07-31", [":9:", "both of duration and end"]),
    "event without end": (EVENT.replace("    duration: 31d\n", ""), [":4:", "neither of duration and end"]),
    "event reversed": (
        EVENT.replace("start: 07-01\n    duration: 31d", "start: 2028-07-09\n    end: 2028-07-01"),
        [":9:", "end 2028-07-01 is not after start 2028-07-09", "swap"],
    ),
    "event reversed in the year": (
        EVENT.replace("start: 07-01\n    duration: 31d", "start: 07-09\n    end: 07-01"),
        [":9:", "the first 07-01 after 2028-07-09 00:00:00 is past the horizon", "2028-04-01 to 2029-04-01 UTC"],
    ),
    "event outside": (
        EVENT.replace("start: 07-01", "start: 2031-07-01"),
        [":8:", "2031-07-01", "outside the horizon", "2028-04-01 to 2029-04-01 UTC"],
    ),
    "event before": (EVENT.replace("start: 07-01", "start: 2027-07-01"), [":8:", "outside the horizon"]),
    "event date": (EVENT.replace("start: 07-01", "start: July 1"), [":8: events.0.start: 'July 1'", "MM-DD"]),
    "event leap day": (EVENT.replace("start: 07-01", "start: 2029-02-29"), [":8:", "'2029-02-29'", "does not exist"]),
    "event offset": (EVENT.replace("start: 07-01", "start: 07-01T05:00+05:00"), [":8:", "an offset but no year"]),
    "event place": (EVENT.replace("[crossing]", "[link.a]"), [":7:", "'link.a'", "links", "did you mean 'links'?"]),
    "event place for kind": (EVENT.replace("[crossing]", "[stores.a]"), [":7:", "a border_stop cannot hit stores"]),
    "event nowhere": (EVENT.replace("[crossing]", "[]"), [":7: events.0.where: nothing is named", "at least one"]),
    "shock without factor": (EVENT.replace("border_stop", "demand_shock"), [":4:", "a demand_shock needs a factor"]),
    "shock with depth": (EVENT.replace("border_stop", "price_shock") + "    depth: 1", [":10:", "has no depth"]),
    "outage with factor": (EVENT + "    factor: 0.5", [":10:", "a border_stop has no factor", "write depth"]),
    "drought without depth": (EVENT.replace("border_stop", "drought"), [":4:", "a drought needs a depth", "0 to 1"]),
    "ramp without length": (EVENT + "    recovery: ramp", [":4:", "recovery ramp and ramp None", "write ramp: 5d"]),
    "ramp after never": (
        EVENT.replace("duration: 31d", "end: never") + "    recovery: ramp\n    ramp: 1d",
        [":11:", "what never ends has no ramp back"],
    ),
    "expected but known": (
        EVENT + "    known: from_start\n    expected_duration: 2d",
        [":11:", "known from the start is not expected"],
    ),
    "closure reversed": (
        EVENT + "    repair_access:\n      closed:\n        - {from: 2028-07-09, to: 2028-07-01}",
        [":12:", "'2028-07-01' comes before '2028-07-09'"],
    ),
    "closure half dated": (
        EVENT + "    repair_access:\n      closed:\n        - {from: 2028-07-09, to: 07-11}",
        [":12:", "one has a year, one not", "both or none"],
    ),
    "repair of a given end": (
        EVENT.replace("duration: 31d", "end: 07-09") + "    repair_access: {closed: []}",
        [":10: events.0.repair_access: repair_access needs a duration"],
    ),
    "event reversed with one year": (
        EVENT.replace("duration: 31d", "end: 2028-06-01"),
        [":9: events.0.end", "2028-06-02 00:00:00, is not after the start, 2028-07-01 00:00:00", "swap"],
    ),
    "event of another age": (EVENT.replace("start: 07-01", "start: 1066-10-14"), [":8:", "outside 1900 to 2199"]),
    "event offset beyond the last clock": (
        EVENT.replace("start: 07-01", "start: 2028-07-01T00:00+15:00"),
        [":8:", "not exist"],
    ),
    "event offset too large": (EVENT.replace("start: 07-01", "start: 2028-07-01T00:00+25:00"), [":8:", "not exist"]),
    "season with an hour": (
        "year: 2028\ncontract:\n  season: {from: 05-01T06:00, to: 09-30}",
        [":3: contract.season.from: '05-01T06:00' is not a day of the year", "MM-DD, as 05-01"],
    ),
    "event twice": (EVENT + EVENT[EVENT.index("  - name") :], [":10: events.1.name", "'a' is there twice"]),
    "name in the file": ("name: x\nyear: 2028", [":1: unknown key 'name'", "the name of its file"]),
    "duplicate key": ("year: 2028\ngrowth: low\nyear: 2029", [":3: key 'year' is there twice, first in line 1"]),
    "tab": ("year: 2028\ntime:\n\tyears: 1", [":3: indented with a tab", "spaces"]),
    "two documents": ("year: 2028\n---\nyear: 2029", [":2: a second document begins", "one document"]),
    "a list": ("- year: 2028", [":1: the file holds a list", "a mapping"]),
    "a word": ("baseline", [":1: the file holds only 'baseline'"]),
    "empty": ("", [":1: the file is empty"]),
    "comment only": ("# later\n", ["the file is empty"]),
    "not YAML": ("year: 2028\ntime: {years: 1", [":2: not valid YAML"]),
    "colon in text": ("year: 2028\ndescription: dry: very", [":2: not valid YAML", "in quotes"]),
    "tag": ("year: !!python/object/apply:os.system ['true']", [":1: tag", "is not read", "remove the tag"]),
    "merge key": ("time: &t {years: 1}\n<<: *t", [":2: merge key << is not read", "`extends`"]),
    "alias unknown": ("year: *y", [":1: alias *y has no finished anchor"]),
    "alias of itself": ("rules: &r {a: *r}", [":1: alias *r has no finished anchor"]),
    "aliases": ("a: &a 1\nb: [" + "*a, " * 21 + "]", [":2: too many aliases", "up to 20"]),
    "alias bomb": (
        "a: &a [" + "1," * 900 + "]\nb: &b [" + "*a," * 9 + "]\nc: &c [*b,*b,*b]\n",
        ["too many values", "up to 5,000"],
    ),
    "deep": ("rules: " + "[" * 500, [":1: nested too deep", "up to 20"]),
    "mapping as key": ("? {a: 1}\n: 2", [":1: 'a mapping or list' is used as a key"]),
    "control character": ("year: 2028\nsource: \x07", [":2: not valid YAML", "special characters"]),
    "extends a list": ("extends: [a, b]\nyear: 2028", [":1: extends is ['a', 'b']", "the name of one scenario"]),
    "parent missing": ("extends: parrent", [":1: parent 'parrent' not found", "did you mean 'parent'?"]),
    "parent outside": ("year: 2028\nextends: ../parent", [":2: parent '../parent' is no name inside"]),
    "parent absolute": ("extends: /etc/passwd", [":1: parent '/etc/passwd' is no name inside"]),
    "parent is itself": ("extends: bad", [":1: extends goes in a circle: bad → bad"]),
}


def message(path: Path, folder: Path, overrides: tuple[str, ...] = ()) -> str:
    with pytest.raises(InputError) as caught:
        read_and_placed(path, folder, overrides)
    return str(caught.value)


def read_and_placed(path: Path, folder: Path, overrides: tuple[str, ...]) -> None:
    """Read a scenario and place its events in its horizon, as is done as soon as the case is known."""
    faults = list(event_faults(read_scenario(path, folder, overrides)))
    if faults:
        raise InputError(faults)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_explained(name: str, tmp_path: Path) -> None:
    text, parts = BROKEN[name]
    (tmp_path / "parent.yaml").write_text("year: 2028\n", encoding="utf-8")
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    said = message(path, tmp_path)
    assert str(path) in said
    for part in parts:
        assert part in said, said


def test_all_faults_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("name: bad\nyaer: 2028\ngrowth: hihg\ntime: {start: 13-01, years: 0}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_scenario(path, tmp_path, ["objective=dispach", "nothing", "evnts=[]"])
    whats = [fault.what for fault in caught.value.faults]
    assert len(whats) == 9, whats
    lines = [fault.line for fault in caught.value.faults if fault.where == path]
    assert sorted(line for line in lines if line) == [1, 2, 3, 4, 4]
    assert sum(fault.where == "--set" for fault in caught.value.faults) == 3


def test_faults_of_a_parent_name_the_parent(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text("year: 2028\ngrowth: hihg\n", encoding="utf-8")
    (tmp_path / "child.yaml").write_text("extends: parent\nhead: fixd\n", encoding="utf-8")
    said = message(tmp_path / "child.yaml", tmp_path)
    assert f"{tmp_path / 'parent.yaml'}:2: growth is 'hihg'" in said
    assert f"{tmp_path / 'child.yaml'}:2: head is 'fixd'" in said


def test_circle_of_three_is_refused(tmp_path: Path) -> None:
    for name, parent in {"a": "b", "b": "c", "c": "a"}.items():
        (tmp_path / f"{name}.yaml").write_text(f"year: 2028\nextends: {parent}\n", encoding="utf-8")
    said = message(tmp_path / "a.yaml", tmp_path)
    assert f"{tmp_path / 'c.yaml'}:2: extends goes in a circle: a → b → c → a" in said


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(b"year: 2028\nsource: caf\xe9\n")
    assert f"{path}:2: byte 0xe9 is not UTF-8" in message(path, tmp_path)
    path.write_bytes("year: 2028\n".encode("utf-16"))
    assert f"{path}:1: byte 0xff is not UTF-8" in message(path, tmp_path)


def test_huge_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("#" * 200_001, encoding="utf-8")
    assert "the file has 200,001 bytes; allowed: up to 200,000 bytes" in message(path, tmp_path)


def test_messages_stay_short(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"year: 2028\n{'k' * 90_000}: 1\ntime: {{start: {'x' * 90_000}}}\n", encoding="utf-8")
    assert len(message(path, tmp_path)) < 1500
    path.write_text("year: 1\n" * 20_000, encoding="utf-8")
    assert message(path, tmp_path).count("\n") == 49


def test_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text("year: 2028\n", encoding="utf-8")
    (folder / "inside.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "child.yaml").write_text("extends: inside\n", encoding="utf-8")
    assert "parent 'inside' is a link out of" in message(folder / "child.yaml", folder)


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("year=abc", ["--set: year is 'abc'", "a whole number from 2015 to 2050"]),
        ("year=", ["--set: year is empty"]),
        ("yaer=2030", ["--set: unknown key 'yaer'", "did you mean 'year'?"]),
        ("time.yeers=2", ["--set: unknown key 'time.yeers'", "did you mean 'years'?"]),
        ("time..years=2", ["--set: key 'time..years' has an empty part"]),
        ("year", ["--set: 'year' has no value", "key=value"]),
        ("events.1.duration=10d", ["--set: events.1.duration: events has no item '1'", "allowed: 0 to 0"]),
        ("events.x.duration=10d", ["--set: events.x.duration: events has no item 'x'"]),
        ("events.0.duration=10", ["--set: events.0.duration: 10 is not a duration"]),
        ("growth.KG=high", ["--set: growth.KG: growth is 'central' and has no parts", "growth={KG: …}"]),
        ("events=[{name: a", ["--set: events=[{name: a: not valid YAML"]),
        ("links.HVDC.p_nom=3", ["--set: unknown key 'links.HVDC.p_nom'", "write values.links.HVDC.p_nom"]),
        ("name=x", ["--set: unknown key 'name'"]),
        ("extends=x", ["--set: unknown key 'extends'"]),
    ],
)
def test_broken_override_is_explained(override: str, parts: list[str], tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(EVENT + "growth: central\n", encoding="utf-8")
    said = message(path, tmp_path, (override,))
    for part in parts:
        assert part in said, said


def test_unknown_names_and_folders(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text("year: 2028\n", encoding="utf-8")
    for asked, part in {
        "basline": "did you mean 'baseline'?",
        "../baseline": "is no name inside",
        "": "is no name inside",
        str(tmp_path / "basline.yaml"): "file not found; do: did you mean 'baseline'?",
    }.items():
        with pytest.raises(InputError, match=part.replace("?", r"\?")):
            resolve(asked, tmp_path)
    with pytest.raises(InputError, match="folder of scenarios not found"):
        list_scenarios(tmp_path / "none")
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / "baseline.yaml").write_text("year: 2028\n", encoding="utf-8")
    with pytest.raises(InputError, match="two scenarios are named 'baseline'"):
        list_scenarios(tmp_path)
