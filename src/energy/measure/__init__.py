"""Result → numbers."""

from energy.measure.audit import TOLERANCE, audit
from energy.measure.balance import injections, net_position
from energy.measure.monthly import ceiling, energy_by_month, monthly_table, sent, transferable, weighted_quantile

__all__ = [
    "TOLERANCE",
    "audit",
    "ceiling",
    "energy_by_month",
    "injections",
    "monthly_table",
    "net_position",
    "sent",
    "transferable",
    "weighted_quantile",
]
