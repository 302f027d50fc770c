"""Rules of a case: what a file may say, and one message with file:line, value, allowed and repair where it may not."""

import pickle
import shutil
from pathlib import Path

import pytest

from energy.case import RuleBook, read_case
from energy.errors import InputError
from energy.model.operating_rules import rule_book
from energy.scenario import Scenario

TWO_BUS = Path(__file__).parents[2] / "networks" / "two_bus"


def level(*lines: str) -> str:
    return "\n  ".join(["rules:\n  full:", "  kind: level", *(f"  {line}" for line in lines)])


def rule(text: str) -> str:
    return f"rules:\n  a: {text}"


SUMMER = "window: {from: 04-01, to: 09-30}"
BROKEN = {
    "unknown key": ("contracts: {}", [":1: unknown key 'contracts'", "services", "did you mean 'contract'?"]),
    "unknown key of a rule": (
        level("store: reservoir", "date: 10-01", "at_leest: 0.5", "at_most: 1"),
        [":6: unknown key 'rules.full.at_leest'", "allowed: at_least, at_most, date, kind, note, store", "'at_least'?"],
    ),
    "a key of another kind": (
        level("store: reservoir", "date: 10-01", "at_least: 0.5", "window: {}"),
        [":7: unknown key 'rules.full.window'", "allowed: at_least, at_most, date, kind, note, store"],
    ),
    "a key named as the kind": (
        level("level: 0.5", "at_least: 0.5", "store: reservoir"),
        [":4: unknown key 'rules.full.level'", ":2: 'rules.full.date' is missing", "allowed: A day, MM-DD"],
    ),
    "kind misspelt": (rule("{kind: levle}"), [":2: rules.a.kind is 'levle'", "volume, flow, level", "'level'?"]),
    "kind missing": (rule("{store: x}"), [":2: 'rules.a.kind' is missing", "volume, flow", "add `kind: …`"]),
    "no rule": (rule("off"), [":2: rules.a is 'off'", "a mapping"]),
    "no bound": (
        level("store: reservoir", "date: 10-01"),
        [":2: rules.full: no bound is given", "at_least, at_most, or both"],
    ),
    "share above 1": (
        level("store: reservoir", "date: 10-01", "at_least: 95"),
        [":6: rules.full.at_least is 95", "from 0 to 1"],
    ),
    "a day that no year has": (
        level("date: 02-30", "store: a", "at_most: 1"),
        [":4: rules.full.date: '02-30'", "MM-DD"],
    ),
    "text for a list": (
        rule(f"{{kind: volume, links: line, at_least: 1, {SUMMER}}}"),
        [":2: rules.a.links is 'line'", "a list, as [a, b]"],
    ),
    "an empty list": (
        rule(f"{{kind: volume, links: [], at_least: 1, {SUMMER}}}"),
        [":2: rules.a: neither links nor generators are given", "links, generators, or both"],
    ),
    "half a window": (
        rule("{kind: volume, links: [line], at_least: 1, window: {from: 04-01}}"),
        [":2: 'rules.a.window.to' is missing", "allowed: Last day, MM-DD"],
    ),
    "month 13": (
        rule("{kind: flow, link: line, at_least: {1: 5, 13: 5}}"),
        [":2: rules.a.at_least.13: '13' is no month", "1 to 12"],
    ),
    "text for a month's number": (
        rule("\n    kind: flow\n    link: line\n    at_least:\n      1: 5\n      2: much"),
        [":7: rules.a.at_least.2 is 'much'", "a number"],
    ),
    "start level": (
        rule("{kind: start, store: a, level: full}"),
        ["rules.a.level: 'full'", "a mapping month → number"],
    ),
    "start level of a month": (
        rule("{kind: start, store: a, level: {4: full}}"),
        ["rules.a.level.4 is 'full'", "a number"],
    ),
    "end level": (rule("{kind: end, store: a, level: strat}"), ["'strat'", "a number [hm³], or start", "'start'?"]),
    "term": (
        rule("\n    kind: limit\n    at_most: 5\n    terms:\n      - {component: link, name: line}"),
        [":6: rules.a.terms.0.component is 'link'", "links, lines, generators", "'links'?"],
    ),
    "order names no service": (
        "services: {own_demand: a, casa: b}\nprotection_order: [casa, own_demnd]",
        [":2: protection_order.1: 'own_demnd' is not among services", "own_demand, casa", "'own_demand'?"],
    ),
    "ceiling": (
        "contract:\n  season: {from: 05-01, to: 09-30}\n  ceiling: 0",
        [":3: contract.ceiling is 0", "allowed: above 0"],
    ),
    "twice": (rule("{kind: end}\n  a: {kind: end}"), [":3: key 'a' is there twice"]),
    "store that is not there": (
        level("store: resevoir", "date: 10-01", "at_least: 0.5"),
        [":4: rules.full: no stores match 'resevoir'", "allowed: reservoir", "'reservoir'?"],
    ),
    "term that is not there": (
        rule("\n    kind: limit\n    at_most: 5\n    terms:\n      - {component: links, name: line 9}"),
        [":6: rules.a: no links match 'line 9'"],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_rules_are_explained(name: str, tmp_path: Path) -> None:
    text, parts = BROKEN[name]
    case = Path(shutil.copytree(TWO_BUS, tmp_path / "case"))
    kept = "" if "services" in text else "services: {own_demand: a, casa: b}\n"
    (case / "rules.yaml").write_text(text + "\n" + kept, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_case(case)
    said = str(caught.value)
    assert str(case / "rules.yaml") in said
    for part in parts:
        assert part in said, said


def test_months_are_numbers_once_read() -> None:
    text = {"flow": {"kind": "flow", "link": "a", "at_least": {"4": 290, "10": 120.5}}}
    book = RuleBook.model_validate({"rules": text})
    assert book.rules["flow"].at_least == {4: 290.0, 10: 120.5}
    start = RuleBook.model_validate({"rules": {"s": {"kind": "start", "store": "a", "level": {"4": 7}}}}).rules["s"]
    assert (start.at(4), start.at(5)) == (7, None)


def test_rules_are_frozen_and_travel_to_workers() -> None:
    rules = read_case(TWO_BUS).rules
    with pytest.raises(TypeError):
        rules.rules["reservoir_end"] = None
    assert pickle.loads(pickle.dumps(rules)) == rules
    assert RuleBook.model_validate(rules.model_dump(by_alias=True, exclude_none=True)) == rules


def test_a_scenario_switches_rules_off_and_changes_their_fields() -> None:
    case = read_case(TWO_BUS)
    scenario = Scenario.model_validate(
        {
            "name": "x",
            "year": 2028,
            "rules": {"reservoir_end": "off", "reservoir_start": {"level": {"4": 30}}},
            "contract": {"season": {"from": "06-01", "to": "08-31"}, "prices": {"transit": 0}},
        }
    )
    book = rule_book(case, scenario)
    assert set(book.rules) == {"reservoir_start"}
    assert book.rules["reservoir_start"].at(4) == 30
    assert book.contract.season.start == "06-01"
    assert book.contract.prices == {"energy": 50, "transmission": 30, "transit": 0}
    assert rule_book(case, Scenario(name="x", year=2028)) == case.rules


def test_a_scenario_hears_of_every_change_that_a_rule_refuses() -> None:
    rules = {"reservoir_end": {"levle": 3}, "reservoir_start": {"level": "full"}, "reservoir": "off"}
    scenario = Scenario(name="wrong", year=2028, rules=rules, protection_order=("casa", "own"))
    with pytest.raises(InputError) as caught:
        rule_book(read_case(TWO_BUS), scenario)
    said = str(caught.value)
    assert len(caught.value.faults) == 4, said
    for part in (
        "wrong: the case has no rule 'reservoir'; allowed: reservoir_start, reservoir_end",
        "wrong: the case has no service 'own'; allowed: own_demand, casa",
        "wrong: unknown key 'rules.reservoir_end.levle'; allowed: kind, level, note, store, value; "
        "do: did you mean 'level'?",
        "wrong: rules.reservoir_start.level: 'full' is no content; allowed: a number",
    ):
        assert part in said, said
