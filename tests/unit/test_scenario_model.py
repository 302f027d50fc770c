"""The scenario itself: frozen, described, replaced, hashed."""

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from energy.errors import InputError
from energy.scenario import Closure, Contract, Event, RepairAccess, Scenario, Season, Time

STOP = Event(name="a", kind="border_stop", cause="c", where=("crossing",), start="07-01", duration="31d")
SCENARIO = Scenario(name="x", year=2028, events=(STOP,), values={"links.a.p_nom": 600}, rules={"r": {"at": {"5": 3}}})


@pytest.mark.parametrize("model", [Scenario, Time, Contract, Event, RepairAccess, Season, Closure])
def test_every_field_is_described(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert field.description, f"{model.__name__}.{name}"
        assert field.description.endswith("."), f"{model.__name__}.{name}"


def test_schema_for_the_reference_page() -> None:
    assert "events" in json.dumps(Scenario.model_json_schema())


def test_frozen_all_the_way_down() -> None:
    with pytest.raises(ValidationError):
        SCENARIO.year = 2030
    with pytest.raises(TypeError, match=r"Scenario\.replace"):
        SCENARIO.values["links.a.p_nom"] = 3  # type: ignore[index]
    with pytest.raises(TypeError, match=r"Scenario\.replace"):
        SCENARIO.rules["r"]["at"]["5"] = 4
    with pytest.raises(TypeError):
        SCENARIO.rules.update({})  # type: ignore[attr-defined]


def test_travels_to_worker_processes() -> None:
    assert pickle.loads(pickle.dumps(SCENARIO)) == SCENARIO == copy.deepcopy(SCENARIO)
    assert hash(SCENARIO) == hash(copy.deepcopy(SCENARIO))


def test_replace_returns_a_checked_copy() -> None:
    other = SCENARIO.replace(**{"events.0.duration": "10d", "hydrology": 2001, "values.links.a.b.p_nom": 5})
    assert (other.events[0].duration, other.hydrology) == ("10d", "2001")
    assert other.values == {"links.a.p_nom": 600.0, "links.a.b.p_nom": 5.0}
    assert SCENARIO.events[0].duration == "31d"
    assert SCENARIO.replace() == SCENARIO
    assert SCENARIO.replace(events=()).events == ()
    assert SCENARIO.replace(events=[STOP]).events == (STOP,)


def test_replace_takes_the_numbers_of_numpy() -> None:
    other = SCENARIO.replace(**{"year": np.int64(2030), "events.0.depth": np.float32(0.5)})
    assert (other.year, other.events[0].depth) == (2030, 0.5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"yaer": 2030}, "did you mean 'year'"),
        ({"events.0.depth": 2}, "events.0.depth is 2; allowed: from 0 to 1"),
        ({"events.3.depth": 1}, "events has no item '3'"),
        ({"year": 2028.5}, "a whole number"),
    ],
)
def test_replace_explains_what_it_refuses(change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        SCENARIO.replace(**change)


def test_digest_sees_what_changes_results_and_nothing_else() -> None:
    same = {"name": "y", "description": "d", "source": "s", "question": "water", "tags": ("t",)}
    assert SCENARIO.replace(**same).digest() == SCENARIO.digest()
    changes: list[dict[str, object]] = [
        {"year": 2029},
        {"growth": "high"},
        {"values.links.a.p_nom": 601},
        {"events.0.depth": 0.99},
        {"rules": {}},
        {"contract.direction": "both"},
        {"protection_order": ["casa"]},
    ]
    digests = {SCENARIO.replace(**change).digest() for change in changes} | {SCENARIO.digest()}
    assert len(digests) == len(changes) + 1


def test_digest_is_a_known_one() -> None:
    # computed once, so that a change of the canonical form, which would make every stored result unknown, is noticed
    scenario = Scenario(name="x", year=2028).replace(**{"time.resolution": "typical-days"})
    assert scenario.digest() == "f24247ad7dcaabed44cc5e6a907573e7ee4eb79a4d731e6b7a96e6b616f8e832"


def test_numbers_that_are_equal_hash_equal() -> None:
    rules = [SCENARIO.replace(rules={"r": {"at_least": number}}).digest() for number in (3, 3.0)]
    assert rules[0] == rules[1]


def test_import_is_light() -> None:
    code = "import sys, energy.scenario; print(sorted({'pypsa', 'xarray', 'linopy', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
