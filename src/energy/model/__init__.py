"""Case + scenario → inputs → pypsa.Network."""

from energy.model.inputs import Inputs, inputs
from energy.model.network import build, network
from energy.model.rules import rules

__all__ = ["Inputs", "build", "inputs", "network", "rules"]
