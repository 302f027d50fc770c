"""Finished runs for other programs: an Excel workbook, and network and mean flows as GeoJSON and KML."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from energy.plots.flows import flows, places, plants
from energy.results.files import MARK, atomic_file
from energy.results.run_folder import read_record, read_run
from energy.results.season import month_table, words

if TYPE_CHECKING:
    import xarray as xr

HEAD_WIDTH = 30  # characters
SEASON_COLUMNS = {
    "ceiling": "ceiling [GWh]",
    "delivered": "delivered [GWh]",
}
EVENT_FIELDS = {
    "event_kind": "kind",
    "event_cause": "cause",
    "event_where": "hits",
    "event_start": "start [UTC]",
    "event_end": "end [UTC]",
}
KML = "http://www.opengis.net/kml/2.2"


def _workbook_tables(folders: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """Return the tables of finished runs: sheet → table.

    Parameters
    ----------
    folders
        Finished runs.

    Returns
    -------
    dict
        ``season`` (a row a run), ``months`` (a row a run and month; they sum to the season), ``exchanges`` by country
        over the horizon, ``events``, ``changes`` (what overrides changed) and ``about`` (what each run rests on).

    Raises
    ------
    InputError
        When a folder holds no finished run.
    """
    seasons = []
    months = []
    exchanges = []
    events = []
    changes = []
    for folder in folders:
        dataset = read_record(folder)
        seasons.append(_season(dataset))
        months.append(_months(dataset))
        exchanges.append(_exchanges(dataset))
        events.append(_events(dataset))
        changes.append(_changes(dataset))
    origins = [_about(folder) for folder in folders]
    tables = {
        "season": pd.DataFrame(seasons),
        "months": pd.concat(months, ignore_index=True),
        "exchanges": _joined(exchanges),
        "events": _joined(events),
        "changes": _joined(changes),
        "about": pd.DataFrame(origins),
    }
    return {name: table for name, table in tables.items() if not table.empty}


def write_workbook(
    folders: Sequence[Path],
    path: Path,
    force: bool = False,
) -> Path:
    """Write finished runs as an Excel workbook.

    Raises
    ------
    InputError
        When a folder holds no finished run, or a file of another origin is in the way.
    """
    tables = _workbook_tables(folders)
    return _write_tables_as_workbook(tables, path, force)


def _write_tables_as_workbook(
    tables: dict[str, pd.DataFrame],
    path: Path,
    force: bool,
) -> Path:
    """Write tables as an Excel workbook, a sheet each: heads stay in sight, thousands are grouped."""
    with (
        atomic_file(path, force) as draft,
        draft.open("wb") as file,
        pd.ExcelWriter(file, engine="openpyxl") as writer,
    ):
        for name, table in tables.items():
            table.to_excel(writer, sheet_name=name, index=False)
            _laid_out(writer.sheets[name], table)
        writer.book.properties.creator = MARK
    return path


def _laid_out(sheet: object, table: pd.DataFrame) -> None:
    """Set widths and number formats of a sheet, and keep its head in sight."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "B2"  # type: ignore[attr-defined]
    for number, column in enumerate(table.columns, start=1):
        letter = get_column_letter(number)
        dimension = sheet.column_dimensions[letter]  # type: ignore[attr-defined]
        dimension.width = _column_width(str(column), table[column])
        head = sheet[f"{letter}1"]  # type: ignore[index]
        head.alignment = Alignment(wrap_text=True, vertical="top")
        if not pd.api.types.is_float_dtype(table[column]):
            continue
        last_row = len(table) + 1
        for row in range(2, last_row + 1):
            cell = sheet[f"{letter}{row}"]  # type: ignore[index]
            cell.number_format = "#,##0.0"


def _column_width(head: str, values: pd.Series) -> int:
    """Return the width that the first values of a column need [characters]."""
    first_values = values.head(50)
    lengths = [len(head)]
    for value in first_values:
        text = str(value)
        lengths.append(len(text))
    longest = max(lengths)
    return min(longest + 2, HEAD_WIDTH)


def _title(dataset: xr.Dataset) -> str:
    name = dataset.attrs["scenario"]
    title = dataset.attrs.get("scenario_title", name)
    return str(title)


def _season(dataset: xr.Dataset) -> dict[str, object]:
    """Return the season of a run in one row."""
    table = month_table(dataset)
    sums = table.sum()
    row: dict[str, object] = {
        "scenario": _title(dataset),
        "year": int(dataset.attrs["year"]),
        "water": str(dataset.attrs["water"]),
    }
    for column, energy in sums.items():
        row[_energy_head(str(column))] = float(energy)
    return row


def _months(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the months of a run, a row each."""
    table = month_table(dataset)
    names = [str(month) for month in table.index]
    months = table.rename(columns=_energy_head)
    months = months.reset_index(drop=True)
    months.insert(0, "month", names)
    months.insert(0, "scenario", _title(dataset))
    return months


def _energy_head(column: str) -> str:
    label = SEASON_COLUMNS.get(column)
    if label is not None:
        return label
    prefix = "lost to "
    if not column.startswith(prefix):
        return f"{column} [GWh]"
    cause = column.removeprefix(prefix)
    return f"{prefix}{words(cause)} [GWh]"


def _exchanges(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the exchanges of a run by country over the horizon; empty where there are none."""
    if "exchanges" not in dataset:
        return pd.DataFrame()
    energies = dataset["exchanges"].transpose("exchange", "area")
    areas = energies["area"].to_numpy()
    heads = [f"{area} [GWh]" for area in areas]
    labels = []
    for name in energies["exchange"].to_numpy():
        label = words(str(name))
        labels.append(label)
    exchanges = pd.DataFrame(energies.to_numpy(), columns=heads)
    exchanges.insert(0, "exchange", labels)
    exchanges.insert(0, "scenario", _title(dataset))
    return exchanges


def _events(dataset: xr.Dataset) -> pd.DataFrame:
    if "event" not in dataset.dims:
        return pd.DataFrame()
    columns: dict[str, object] = {
        "scenario": _title(dataset),
        "event": dataset["event"].to_numpy().astype(str),
    }
    for field, head in EVENT_FIELDS.items():
        values = dataset[field].to_numpy()
        is_time = values.dtype.kind == "M"
        if is_time:
            columns[head] = pd.to_datetime(values)
        else:
            columns[head] = values.astype(str)
    return pd.DataFrame(columns)


def _changes(dataset: xr.Dataset) -> pd.DataFrame:
    changes = str(dataset.attrs.get("changes", ""))
    texts = [text for text in changes.split("; ") if text]
    columns = {
        "scenario": str(dataset.attrs["scenario"]),
        "changed": texts,
    }
    return pd.DataFrame(columns)


def _about(folder: Path) -> dict[str, object]:
    """Return what a run rests on."""
    manifest, _ = read_run(folder)
    scenario = manifest["scenario"]
    return {
        "scenario": scenario["name"],
        "description": str(scenario["description"]).strip(),
        "case": manifest["case"],
        "weakest evidence": manifest["weakest_confidence"],
        "made": manifest["made"],
        "version": manifest["versions"]["casa1000-energy"],
        "folder": folder.name,
    }


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if not table.empty]
    if not filled:
        return pd.DataFrame()
    return pd.concat(filled, ignore_index=True)


def _geojson(dataset: xr.Dataset) -> dict[str, Any]:
    """Return buses, plants and mean flows of a run as a GeoJSON feature collection (RFC 7946; WGS 84 [degrees]).

    Parameters
    ----------
    dataset
        From ``energy.results.dataset.record``.

    Returns
    -------
    dict
        Points for buses and plants, lines for flows; ``power [MW]`` is the mean of the season, positive from ``from``
        to ``to``; ``loading [%]`` is that of the capacity in service.
    """
    buses = places(dataset)
    features = []
    for name, bus in buses.items():
        point = [bus.x, bus.y]
        properties: dict[str, Any] = {
            "kind": "bus",
            "name": name,
            "country": bus.country,
        }
        features.append(_feature("Point", point, properties))
    for plant in plants(dataset):
        point = [plant.x, plant.y]
        properties = {
            "kind": "plant",
            "name": plant.name,
            "size [MW]": round(plant.size, 1),
            "power [MW]": round(plant.power, 1),
        }
        features.append(_feature("Point", point, properties))
    for flow in flows(dataset):
        begin = buses.get(flow.begin)
        end = buses.get(flow.end)
        if begin is None or end is None:
            continue
        line = [[begin.x, begin.y], [end.x, end.y]]
        properties = {
            "kind": "flow",
            "name": f"{flow.begin} - {flow.end}",
            "from": flow.begin,
            "to": flow.end,
            "power [MW]": round(flow.power, 1),
            "loading [%]": round(100 * flow.loading, 1),
            "under study": flow.studied,
            "hit by an event": flow.disrupted,
        }
        features.append(_feature("LineString", line, properties))
    return {
        "type": "FeatureCollection",
        "name": _title(dataset),
        "made_by": MARK,
        "features": features,
    }


def _feature(
    kind: str,
    coordinates: Any,
    properties: dict[str, Any],
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def _json(collection: dict[str, Any]) -> str:
    return json.dumps(collection, indent=1, ensure_ascii=False)


def _kml(collection: dict[str, Any]) -> str:
    """Return a GeoJSON feature collection as KML 2.2; properties become extended data.

    Parameters
    ----------
    collection
        From ``_geojson``.
    """
    ET.register_namespace("", KML)
    root = ET.Element(f"{{{KML}}}kml")
    document = _added(root, "Document")
    _added(document, "name", collection["name"])
    _added(document, "description", f"made by {collection['made_by']}")
    for feature in collection["features"]:
        _add_placemark(document, feature)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _added(
    parent: ET.Element,
    tag: str,
    text: str | None = None,
    **attributes: str,
) -> ET.Element:
    """Return a new element of KML within another one."""
    element = ET.SubElement(parent, f"{{{KML}}}{tag}", attributes)
    element.text = text
    return element


def _add_placemark(document: ET.Element, feature: dict[str, Any]) -> None:
    properties = feature["properties"]
    placemark = _added(document, "Placemark")
    _added(placemark, "name", properties["name"])
    extended = _added(placemark, "ExtendedData")
    for key, value in properties.items():
        data = _added(extended, "Data", name=key)
        _added(data, "value", str(value))
    geometry = feature["geometry"]
    kind = geometry["type"]
    coordinates = geometry["coordinates"]
    points = coordinates if kind == "LineString" else [coordinates]
    pairs = [f"{longitude},{latitude}" for longitude, latitude in points]
    shape = _added(placemark, kind)
    _added(shape, "coordinates", " ".join(pairs))


def write_geography(
    folder: Path,
    path: Path,
    kind: str,
    force: bool = False,
) -> Path:
    """Write buses, plants and mean flows of a finished run.

    Parameters
    ----------
    folder
        The run.
    path
        File to write.
    kind
        ``geojson`` or ``kml``.
    force
        Whether a file of another origin may be replaced.

    Raises
    ------
    InputError
        When the folder holds no finished run, or a file of another origin is in the way.
    """
    dataset = read_record(folder)
    collection = _geojson(dataset)
    written_as = _kml if kind == "kml" else _json
    text = written_as(collection)
    with atomic_file(path, force) as draft:
        draft.write_text(text + "\n", encoding="utf-8")
    return path
