"""Network and mean flows of a run for geographic programs: GeoJSON and KML."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energy.plots.flows import flows, places, plants
from energy.results.files import MARK, atomic_file
from energy.results.run_folder import read_record

if TYPE_CHECKING:
    import xarray as xr

KML = "http://www.opengis.net/kml/2.2"
UNITS = {"power": "MW", "loading": "%", "size": "MW"}
"""Property of a feature → its unit, which stands in its name."""


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
        of_bus = {"kind": "bus", "name": name, "country": bus.country}
        features.append(_feature("Point", [bus.x, bus.y], of_bus))
    for plant in plants(dataset):
        properties = {
            "kind": "plant",
            "name": plant.name,
            "size [MW]": round(plant.size, 1),
            "power [MW]": round(plant.power, 1),
        }
        features.append(_feature("Point", [plant.x, plant.y], properties))
    for flow in flows(dataset):
        ends = [buses.get(flow.begin), buses.get(flow.end)]
        if None in ends:
            continue
        line = [[bus.x, bus.y] for bus in ends if bus is not None]
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
        "name": str(dataset.attrs.get("scenario_title", dataset.attrs["scenario"])),
        "made_by": MARK,
        "features": features,
    }


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def _kml(collection: dict[str, Any]) -> str:
    """Return a GeoJSON feature collection as KML 2.2; properties become extended data.

    Parameters
    ----------
    collection
        From ``_geojson``.
    """
    ET.register_namespace("", KML)
    root = ET.Element(f"{{{KML}}}kml")
    document = ET.SubElement(root, f"{{{KML}}}Document")
    ET.SubElement(document, f"{{{KML}}}name").text = collection["name"]
    ET.SubElement(document, f"{{{KML}}}description").text = f"made by {collection['made_by']}"
    for feature in collection["features"]:
        _add_placemark(document, feature)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _add_placemark(document: ET.Element, feature: dict[str, Any]) -> None:
    properties = feature["properties"]
    geometry = feature["geometry"]
    placemark = ET.SubElement(document, f"{{{KML}}}Placemark")
    ET.SubElement(placemark, f"{{{KML}}}name").text = properties["name"]
    extended = ET.SubElement(placemark, f"{{{KML}}}ExtendedData")
    for key, value in properties.items():
        data = ET.SubElement(extended, f"{{{KML}}}Data", name=key)
        ET.SubElement(data, f"{{{KML}}}value").text = str(value)
    shape = ET.SubElement(placemark, f"{{{KML}}}{geometry['type']}")
    points = geometry["coordinates"] if geometry["type"] == "LineString" else [geometry["coordinates"]]
    coordinates = " ".join(f"{longitude},{latitude}" for longitude, latitude in points)
    ET.SubElement(shape, f"{{{KML}}}coordinates").text = coordinates


def write_geography(folder: Path, path: Path, kind: str, force: bool = False) -> Path:
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
    collection = _geojson(read_record(folder))
    text = _kml(collection) if kind == "kml" else json.dumps(collection, indent=1, ensure_ascii=False)
    with atomic_file(path, force) as draft:
        draft.write_text(text + "\n", encoding="utf-8")
    return path
