"""What `energy run` says of exchanges, structure, certificate and options, from outside."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from energy.results.run_folder import read_record

Command = Callable[..., subprocess.CompletedProcess[str]]
COARSE = ("--set", "time.resolution=typical-days-24h")


def test_text_names_exchanges_structure_certificate_and_option(command: Command, tmp_path: Path) -> None:
    done = command("run", "china_bypass", *COARSE, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    for words in (
        "Exchanges by country [GWh]",
        "purchases May–Sep",
        "Structure:",
        "Certificate:",
        "Option China bypass",
    ):
        assert words in done.stdout, words
    dataset = read_record(tmp_path / "china_bypass")
    manifest = json.loads((tmp_path / "china_bypass" / "manifest.json").read_text())
    assert manifest["structure"]["kirchhoff"] == pytest.approx(float(dataset["month_delivered"].sum()))
    (option,) = manifest["options"]
    assert option["received"] == pytest.approx(float(dataset["option_received"].sel(option="China bypass KG - PK")))
    assert manifest["exchanges"]["TJ"]["sent over the line"] == pytest.approx(
        float(dataset["exchanges"].sel(area="TJ", exchange="sent over the line"))
    )


@pytest.mark.usefixtures("numbers_alone")
def test_structure_can_be_left_out(command: Command, tmp_path: Path) -> None:
    done = command("run", "baseline", *COARSE, "--no-structure", "--json", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    (said,) = json.loads(done.stdout)
    assert said["structure_gwh"] is None
    assert "structure" not in read_record(tmp_path / "baseline")
    assert said["exchanges_gwh"]["KG"]["unserved"] > 0
    assert max(said["certificate_mwh"].values()) <= 1e-3
    assert said["options"] == []
