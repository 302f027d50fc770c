"""Readers fed with anything: they read it or refuse it with faults, and never break."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.case.rules import RuleBook
from energy.case.schema import PROFILES, component_schema
from energy.errors import InputError
from energy.reading.document import _parse_document, read_document
from energy.reading.schema_errors import validated
from energy.reading.table import read_table
from energy.reading.tree import Node, Origin, planted
from energy.results.run_folder import read_manifest
from energy.scenario import Scenario

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
SMALL = st.sampled_from(
    [
        "year",
        "events",
        "name",
        "kind",
        "where",
        "start",
        "duration",
        "depth",
        "time",
        "rules",
        "values",
        "hydrology",
        "07-01",
        "31d",
        "crossing",
        "border_stop",
        "casa",
        "2028",
        "level",
        "store",
        "contract",
        "links.line.p_nom",
    ]
)
KEYS = SMALL | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | SMALL, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
YAMLISH = st.text(alphabet=string.ascii_letters + string.digits + " \n:-[]{},&*!|>'\"#%@~.?\t", max_size=300)
FIELDS = st.fixed_dictionaries({}, optional=dict.fromkeys(Scenario.model_fields, VALUES))


def faults_of(error: InputError) -> None:
    assert error.faults
    assert all(fault.what for fault in error.faults)
    assert all(len(str(fault)) < 5000 for fault in error.faults)


def nodes(tree: Node) -> Iterator[Node]:
    yield tree
    for _, child in tree.children():
        yield from nodes(child)


@settings(max_examples=150)
@given(st.binary(max_size=400) | YAMLISH.map(str.encode))
def test_any_bytes_as_a_document(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(content)
    try:
        document = read_document(file)
    except InputError as error:
        faults_of(error)
    else:
        # data are never code: what is read is a mapping of plain values, each from a line of the file
        assert isinstance(document.plain(), dict)
        lines = len(content.splitlines())
        for node in nodes(document):
            assert isinstance(node.content, str | bool | int | float | None | Mapping | tuple)
            assert node.origin.line is not None
            assert 1 <= node.origin.line <= lines + 1


@settings(max_examples=150)
@given(FIELDS)
def test_any_values_as_a_scenario(fields: dict[str, object]) -> None:
    try:
        scenario = validated(Scenario, planted({"name": "a", **fields}, Origin("a.yaml", 1)))
    except InputError as error:
        faults_of(error)
    else:
        # what is accepted is a scenario like any other
        assert validated(Scenario, planted(scenario.plain(), Origin("again"))).digest() == scenario.digest()


@settings(max_examples=100)
@given(st.dictionaries(SMALL | st.sampled_from(["services", "protection_order", "security"]), VALUES, max_size=5))
def test_any_values_as_rules(fields: dict[str, object]) -> None:
    try:
        book = validated(RuleBook, planted(fields, Origin("rules.yaml", 1)))
    except InputError as error:
        faults_of(error)
    else:
        # what is accepted is a book like any other
        again = book.model_dump(mode="json", by_alias=True)
        assert validated(RuleBook, planted(again, Origin("again"))) == book


@settings(max_examples=100)
@given(
    st.sampled_from(["links", "stores", "loads"]),
    st.lists(
        st.lists(
            st.text(max_size=6) | st.sampled_from(["a", "b", "1", "nan", "inf", "-1", "=1", '"']),
            min_size=1,
            max_size=5,
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_any_cells_as_a_table(
    tmp_path_factory: pytest.TempPathFactory, component: str, rows: list[list[str]], headed: bool
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    head = {"links": "name,bus0,bus1,p_nom", "stores": "name,bus,e_nom", "loads": "name,bus,p_set"}[component]
    lines = [*([head] if headed else []), *(",".join(row) for row in rows)]
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        table = read_table(file, component_schema(component), ["name"])
    except InputError as error:
        faults_of(error)
    else:
        assert table.index.is_unique
        numbers = table.select_dtypes("number").drop(columns="lifetime", errors="ignore")
        assert not np.isinf(numbers.to_numpy(float)).any()


@settings(max_examples=60)
@given(st.sampled_from(sorted(PROFILES)), st.binary(max_size=300))
def test_any_bytes_as_a_profile(tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "profile.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_table(file, *PROFILES[name])
    faults_of(caught.value)


@settings(max_examples=60)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,0123456789aenrstuc.-', max_size=120).map(str.encode))
def test_any_bytes_as_a_manifest(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "manifest.json"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_manifest(file)
    faults_of(caught.value)


@given(st.integers(1, 200))
def test_depth_is_told_or_read(depth: int) -> None:
    text = f"a: {'[' * depth}{']' * depth}"
    if depth < 20:  # the mapping around them is the twentieth level
        _parse_document(text, Path("deep.yaml"))
    else:
        with pytest.raises(InputError, match="nested too deep"):
            _parse_document(text, Path("deep.yaml"))
