"""Reading scenario files: parents, overrides, provenance, words that YAML readers like to change."""

from pathlib import Path

import pytest

from energy.errors import InputError
from energy.scenario import list_scenarios, read_scenario, resolve

ROOT = Path(__file__).parents[2]
FIRST = ("baseline", "border_closed_summer", "dry_year", "hvdc_pole_out_july")


def written(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", FIRST)
def test_shipped_scenarios_load_and_say_why(name: str) -> None:
    scenario = read_scenario(name, ROOT / "scenarios")
    assert scenario.name == name
    assert scenario.description
    assert scenario.source
    assert (scenario.year, scenario.case, scenario.time.start) == (2028, "casa1000", "04-01")


def test_shipped_scenarios_differ_from_the_baseline_only_as_they_say() -> None:
    baseline, border, dry, pole = (read_scenario(name, ROOT / "scenarios") for name in FIRST)
    words = {"name": "", "description": "", "source": "", "question": "base"}
    assert dry.replace(**(words | {"name": "x", "hydrology": "median"})) == baseline.replace(**(words | {"name": "x"}))
    assert [event.name for event in border.events] == ["transit stopped"]
    start, end = border.events[0].window(border.horizon()[0])
    assert (str(start), str(end)) == ("2028-06-01 00:00:00", "2028-09-01 00:00:00")
    start, end = pole.events[0].window(pole.horizon()[0])
    assert (str(start), str(end)) == ("2028-07-01 00:00:00", "2028-08-01 00:00:00")


def test_maps_merge_and_lists_replace(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        grandparent="year: 2028\ntime: {start: 05-01, years: 2}\ntags: [a, b]\nrules: {x: off, y: {at_least: 3}}\n",
        parent="extends: grandparent\ntime: {years: 3}\ngrowth: {KG: low, TJ: low}\n",
        child="extends: parent\ntags: [c]\nrules: {x: on, y: {at_most: 5}}\ngrowth: {TJ: high}\n",
    )
    child = read_scenario("child", folder)
    assert (child.time.start, child.time.years, child.time.resolution) == ("05-01", 3, "typical-days-3h")
    assert child.tags == ("c",)
    assert child.rules == {"x": {}, "y": {"at_least": 3, "at_most": 5}}
    assert child.growth == {"KG": "low", "TJ": "high"}


def test_origin_of_every_value(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        parent="year: 2028\ntime:\n  years: 2\n",
        child="extends: parent\n\nhydrology: dry\nvalues:\n  links.a.p_nom: 3\ntags: [x]\n",
    )
    resolved = resolve("child", folder, ["time.resolution=3h", "values.links.b.c.p_nom=4"])
    parent, child = folder / "parent.yaml", folder / "child.yaml"
    expected = {
        "name": str(child),
        "year": f"{parent}:1",
        "time.years": f"{parent}:3",
        "time.start": "default",
        "time.resolution": "--set",
        "hydrology": f"{child}:3",
        "values.links.a.p_nom": f"{child}:5",
        "values.links.b.c.p_nom": "--set",
        "tags": f"{child}:6",
        "contract.prices": "default",
        "events": "default",
    }
    assert {key: resolved.origin[key] for key in expected} == expected
    assert resolved.files == (child, parent)
    assert resolved.scenario.values == {"links.a.p_nom": 3.0, "links.b.c.p_nom": 4.0}


def test_words_stay_words(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        words=(
            "year: 2028\nhydrology: 2001\nquestion: no\ndescription: off\nsource: 2028-07-01\n"
            "time: {start: 05-01, resolution: 1h}\nrules: {a: off, b: on, c: false}\ntags: [yes, NO, 05-01, 1:30]\n"
        ),
    )
    scenario = read_scenario("words", folder)
    assert scenario.hydrology == "2001"
    assert (scenario.question, scenario.description, scenario.source) == ("no", "off", "2028-07-01")
    assert (scenario.time.start, scenario.time.resolution) == ("05-01", "1h")
    assert scenario.rules == {"a": "off", "b": {}, "c": "off"}
    assert scenario.tags == ("yes", "NO", "05-01", "1:30")


def test_hydrology_by_site_takes_years_too(tmp_path: Path) -> None:
    folder = written(tmp_path, sites="year: 2028\nhydrology:\n  Naryn inflow: 2021\n  Vakhsh inflow: dry\n")
    assert read_scenario("sites", folder).hydrology == {"Naryn inflow": "2021", "Vakhsh inflow": "dry"}


def test_files_of_other_editors(tmp_path: Path) -> None:
    (tmp_path / "windows.yaml").write_bytes("\ufeffyear: 2028\r\ndescription: Нурек – 水\r\n".encode())
    assert read_scenario("windows", tmp_path).description == "Нурек – 水"
    text = (
        "year: 2028\nvalues: &v {links.a.p_nom: 1}\nrules:\n  a: &r {at_least: 3}\n  b: *r\ndescription: |\n  a\n  b\n"
    )
    written(tmp_path, anchors=text)
    scenario = read_scenario("anchors", tmp_path)
    assert scenario.rules["a"] == scenario.rules["b"] == {"at_least": 3}
    assert scenario.description == "a\nb\n"


def test_overrides_as_texts_and_as_mapping(tmp_path: Path) -> None:
    folder = written(tmp_path, base=(ROOT / "scenarios" / "baseline.yaml").read_text(encoding="utf-8"))
    event = "{name: a, kind: border_stop, cause: b, where: [crossing], start: 07-01, duration: 31d}"
    texts = [f"events=[{event}]", "events.0.duration=10d", "year = 2030", "contract.season={from: 06-01, to: 08-31}"]
    texts += ["description=dry: very # dry", "hydrology=2001", "contract.season.to=09-30"]
    scenario = read_scenario("base", folder, texts)
    assert scenario.events[0].duration == "10d"
    assert (scenario.year, scenario.hydrology, scenario.description) == (2030, "2001", "dry: very # dry")
    assert scenario.contract.season is not None
    assert (scenario.contract.season.first, scenario.contract.season.last) == ("06-01", "09-30")
    assert read_scenario("base", folder, {"year": 2030, "hydrology": "dry"}).year == 2030
    assert read_scenario("base", folder, {"year": "2030"}).year == 2030


def test_list_finds_the_folders_and_leaves_out_what_is_no_scenario(tmp_path: Path) -> None:
    for name in ("b", "record/a", "hazards/calm", "sweeps/s", ".hidden/h"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.yaml").write_text("year: 2028\n", encoding="utf-8")
    assert list_scenarios(tmp_path) == {"a": tmp_path / "record" / "a.yaml", "b": tmp_path / "b.yaml"}
    assert read_scenario("record/a", tmp_path) == read_scenario("a", tmp_path)


def test_a_path_finds_its_parents_from_any_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "scenarios"
    (folder / "record").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    written(folder, base="year: 2028\n")
    written(folder / "record", child="extends: base\n")
    monkeypatch.chdir(tmp_path / "notebooks")
    assert read_scenario("../scenarios/record/child.yaml").year == 2028


def test_a_name_is_found_from_a_folder_below_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (tmp_path / "notebooks").mkdir()
    written(folder, base="year: 2028\n", child="extends: base\n")
    monkeypatch.chdir(tmp_path / "notebooks")
    assert read_scenario("child").year == 2028
    assert resolve("child").files == (folder / "child.yaml", folder / "base.yaml")
    listed = list_scenarios()
    assert (listed["base"], listed["child"]) == (folder / "base.yaml", folder / "child.yaml")
    monkeypatch.chdir(tmp_path)
    assert resolve("child").files == (Path("scenarios/child.yaml"), Path("scenarios/base.yaml"))


def test_a_file_alone_is_read_where_there_is_no_folder_of_scenarios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="scenario 'a' not found"):
        read_scenario("a")
    (tmp_path / "alone.yaml").write_text("year: 2028\n", encoding="utf-8")
    assert read_scenario("alone.yaml").year == 2028
