"""Bounds that no network passes: shares of capacity, losses, signs, sizes; what lies outside is a slip of the pen."""

from __future__ import annotations

import math
from typing import NamedTuple


class _Limit(NamedTuple):
    """Least and greatest value of an attribute, and what to say of them."""

    low: float
    high: float
    allowed: str


SHARE = _Limit(-10.0, 10.0, "a share of the capacity, from -10 to 10 (1 is the whole of it, not 100)")
SIZE = _Limit(-math.inf, 1e12, "up to 1e12, beyond which a solver's tolerances mean nothing")
PRICE = _Limit(-1e9, 1e9, "from -1e9 to 1e9, beyond which a solver's tolerances mean nothing")
LIMITS = {
    "standing_loss": _Limit(0.0, 1.0, "a share an hour, from 0 to 1"),
    "p_nom": SIZE,
    "s_nom": SIZE,
    "e_nom": SIZE,
    "e_initial": SIZE,
    "marginal_cost": PRICE,
    "marginal_cost_storage": PRICE,
}
SIGN = "1 or -1"


def allowed_instead(attribute: str, value: float) -> str | None:
    """Return what an attribute may be where a value lies outside of it, or None.

    Parameters
    ----------
    attribute
        PyPSA's name of it.
    value
        In PyPSA's unit.

    Examples
    --------
    >>> allowed_instead("p_max_pu", 0.95)
    >>> allowed_instead("p_max_pu", 95)
    'a share of the capacity, from -10 to 10 (1 is the whole of it, not 100)'
    """
    if attribute == "sign":
        return None if value in (1.0, -1.0) else SIGN
    limit = SHARE if attribute.endswith("_pu") else LIMITS.get(attribute)
    if limit is None or not math.isfinite(value) or limit.low <= value <= limit.high:
        return None
    return limit.allowed
