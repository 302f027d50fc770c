"""Two published reliability test systems, generation only: the RBTS and the IEEE RTS-79.

Units and load shapes: Billinton and others, *A reliability test system for educational purposes: basic data*, IEEE
Transactions on Power Systems 4 (1989) 1238-1244; IEEE Committee, *IEEE reliability test system*, IEEE Transactions on
Power Apparatus and Systems PAS-98 (1979) 2047-2054. Published figures stand on 8,736 hours, 52 weeks from a Monday.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pypsa

WEEKS = """
86.2 90.0 87.8 83.4 88.0 84.1 83.2 80.6 74.0 73.7 71.5 72.7 70.4 75.0 72.1 80.0 75.4 83.7 87.0 88.0 85.6 81.1 90.0 88.7
89.6 86.1 75.5 81.6 80.1 88.0 72.2 77.6 80.0 72.9 72.6 70.5 78.0 69.5 72.4 72.4 74.3 74.4 80.0 88.1 88.5 90.9 94.0 89.0
94.2 97.0 100.0 95.2
"""
DAYS = "93 100 98 96 94 77 75"
HOURS = {  # season, weekday or weekend
    ("winter", "weekday"): "67 63 60 59 59 60 74 86 95 96 96 95 95 95 93 94 99 100 100 96 91 83 73 63",
    ("winter", "weekend"): "78 72 68 66 64 65 66 70 80 88 90 91 90 88 87 87 91 100 99 97 94 92 87 81",
    ("summer", "weekday"): "64 60 58 56 56 58 64 76 87 95 99 100 99 100 100 97 96 96 93 92 92 93 87 72",
    ("summer", "weekend"): "74 70 66 65 64 62 62 66 81 86 91 93 93 92 91 91 92 94 95 95 100 93 88 80",
    ("between", "weekday"): "63 62 60 58 59 65 72 85 95 99 100 99 93 92 90 88 90 92 96 98 96 90 80 70",
    ("between", "weekend"): "75 73 69 66 65 65 68 74 83 89 92 94 91 90 90 86 85 88 92 100 97 95 90 85",
}


class Units(NamedTuple):
    """Alike units: how many, size [MW], forced outage rate, mean time to repair [h]."""

    count: int
    size: float
    forced: float
    mttr: float


RTS79 = (
    Units(5, 12, 0.02, 60),
    Units(4, 20, 0.10, 50),
    Units(6, 50, 0.01, 20),
    Units(4, 76, 0.02, 40),
    Units(3, 100, 0.04, 50),
    Units(4, 155, 0.04, 40),
    Units(3, 197, 0.05, 50),
    Units(1, 350, 0.08, 100),
    Units(2, 400, 0.12, 150),
)
RBTS = (
    Units(2, 5, 0.010, 45),
    Units(4, 20, 0.015, 55),
    Units(1, 40, 0.020, 60),
    Units(2, 40, 0.030, 45),
    Units(1, 20, 0.025, 45),
    Units(1, 10, 0.020, 45),
)
PEAKS = {"RTS-79": 2850.0, "RBTS": 185.0}  # MW
SYSTEMS = {"RTS-79": RTS79, "RBTS": RBTS}


def hourly_load(peak: float) -> np.ndarray:
    """Return the load of the 8,736 hours [MW]; shape (8736,)."""
    week = np.array(WEEKS.split(), dtype=float) / 100
    day = np.array(DAYS.split(), dtype=float) / 100
    shares = []
    for number in range(1, 53):
        season = "winter" if number <= 8 or number >= 44 else "summer" if 18 <= number <= 30 else "between"
        for weekday in range(7):
            hours = HOURS[season, "weekday" if weekday < 5 else "weekend"]
            shares.append(week[number - 1] * day[weekday] * np.array(hours.split(), dtype=float) / 100)
    return peak * np.concatenate(shares)


def convolved(units: tuple[Units, ...], load: np.ndarray) -> tuple[float, float]:
    """Return LOLE [h] and EUE [MWh] by convolution of the units' two states, 1 MW a step: no sampling."""
    chance = np.array([1.0])  # of each MW of capacity
    for kind in units:
        up = 1 - kind.forced
        for _ in range(kind.count):
            grown = np.zeros(len(chance) + int(kind.size))
            grown[: len(chance)] += (1 - up) * chance
            grown[int(kind.size) :] += up * chance
            chance = grown
    capacity = np.arange(len(chance))
    short = np.clip(load[:, None] - capacity[None, :], 0.0, None)
    return float(((short > 1e-9) @ chance).sum()), float((short @ chance).sum())


def system_network(name: str) -> pypsa.Network:
    """Return a system as a PyPSA network of one bus."""
    load = hourly_load(PEAKS[name])
    n = pypsa.Network(snapshots=pd.date_range("2029-01-01", periods=len(load), freq="h"))  # a Monday
    n.add("Carrier", "AC")
    n.add("Bus", "system", carrier="AC")
    n.add("Load", "load", bus="system", p_set=pd.Series(load, n.snapshots))
    for group, kind in enumerate(SYSTEMS[name]):
        for number in range(kind.count):
            n.add("Generator", f"group {group} unit {number}", bus="system", p_nom=kind.size, marginal_cost=10.0)
    return n


def hazards_text(name: str) -> str:
    """Return the outages of a system as a file of hazards."""
    lines = ["hazards:"]
    for group, kind in enumerate(SYSTEMS[name]):
        rate = f"{{for: {kind.forced:g}, mttr: {kind.mttr:g}}}"
        where = f'["generators.group {group} unit *"]'
        lines.append(f"  group {group}: {{kind: plant_out, cause: failure, where: {where}, each: true, rate: {rate}}}")
    return "\n".join(lines) + "\n"


def saved_system(name: str, folder: Path) -> tuple[Path, Path]:
    """Save a system's network and hazards; return scenario and hazards files for the command line."""
    network, hazards, scenario = folder / "system.nc", folder / "outages.yaml", folder / "asked.yaml"
    system_network(name).export_to_netcdf(str(network))
    hazards.write_text(hazards_text(name), encoding="utf-8")
    scenario.write_text(f"case: {network}\nyear: 2029\nobjective: dispatch\n", encoding="utf-8")
    return scenario, hazards
