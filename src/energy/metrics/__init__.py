"""Result → numbers."""

from energy.metrics.audit import TOLERANCE, audit
from energy.metrics.balance import injections, net_position
from energy.metrics.monthly import (
    ceiling,
    energy_by_month,
    monthly_table,
    sent,
    transferable,
    weighted_quantile,
)

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
