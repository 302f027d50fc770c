"""Case + scenario → inputs → pypsa.Network."""

from energy.model.custom_constraints import extra_functionality
from energy.model.inputs import Inputs, inputs
from energy.model.network import build, network

__all__ = ["Inputs", "build", "extra_functionality", "inputs", "network"]
