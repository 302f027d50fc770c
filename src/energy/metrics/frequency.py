"""Frequency after a loss of power: rate of change, nadir and steady deviation of a system frequency response model.

One machine stands for the area (Anderson and Mirheydar, IEEE Transactions on Power Systems 5, 1990):

    (2 E / f0) · d f/dt = - P - D · f - g        stored energy E [MW·s], load relief D [MW/Hz]
    T · d g/dt = K · f - g                       governors: gain K [MW/Hz], time constant T [s]

with f the deviation [Hz] and P the loss [MW]. The model is linear: the deviation is proportional to the loss. Limits of
governors, dead bands and the inverse response of water columns are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CRITICAL = 1e-9
"""Damping ratios this near to one count as one."""


def _rate_of_change(
    loss: float,
    inertia: float,
    rating: float,
    nominal: float = 50.0,
) -> float:
    """Return the initial rate of change of frequency [Hz/s]: P · f0 / (2 · H · S).

    Parameters
    ----------
    loss
        Lost power [MW].
    inertia
        Inertia constant H [s].
    rating
        Rating S of what is synchronous [MVA].
    nominal
        Nominal frequency [Hz].

    Examples
    --------
    >>> round(_rate_of_change(1300, 4, 20_000), 3)
    0.406
    """
    return loss * nominal / (2 * inertia * rating)


@dataclass(frozen=True)
class SynchronousArea:
    """A synchronous area in every snapshot; each attribute a number, or an array of shape (snapshots,).

    Attributes
    ----------
    stored
        Kinetic energy of what runs [MW·s].
    relief
        Load relief [MW/Hz].
    gain
        Governors' gain [MW/Hz]: governed capacity / (droop · f0).
    time
        Time constant of governors and turbines [s].
    nominal
        Nominal frequency [Hz].
    """

    stored: np.ndarray
    relief: np.ndarray
    gain: np.ndarray
    time: float = 8.0
    nominal: float = 50.0

    @property
    def slope_per_mw(self) -> np.ndarray:
        """Initial rate of change of frequency for each MW that is lost [Hz/s/MW]."""
        stored = np.asarray(self.stored, float)
        return np.asarray(self.nominal / (2 * stored))

    @property
    def steady_per_mw(self) -> np.ndarray:
        """Deviation that stays for each MW that is lost [Hz/MW]."""
        relief = np.asarray(self.relief, float)
        gain = np.asarray(self.gain, float)
        return np.asarray(1 / (relief + gain))

    @property
    def nadir_per_mw(self) -> np.ndarray:
        """Largest deviation for each MW that is lost [Hz/MW].

        With natural frequency w and damping ratio z of the two equations: for z < 1 the deviation overshoots its steady
        value by sqrt(1 - 2 T z w + T² w²) · exp(-z w t*), at t* = atan2(T w_d, T z w - 1) / w_d, w_d = w sqrt(1 - z²);
        for z > 1 the same with hyperbolic functions, and nothing where the approach is monotone.

        Examples
        --------
        >>> no_governor = SynchronousArea(np.array(80_000.0), np.array(500.0), np.array(0.0))
        >>> float(no_governor.nadir_per_mw * 1000)  # only load relief: the nadir is the steady value
        2.0
        """
        steady = self.steady_per_mw
        stored = np.asarray(self.stored, float)
        relief = np.asarray(self.relief, float)
        mass = 2 * stored / self.nominal
        natural = np.sqrt(1 / (steady * mass * self.time))
        damping = (mass + relief * self.time) / (2 * mass * self.time * natural)
        overshoot = _overshoot(natural, damping, self.time)
        return np.asarray(steady * (1 + overshoot))

    def largest_loss(self, deviation: float, slope: float | None = None) -> np.ndarray:
        """Return the largest loss [MW] that keeps the nadir within a deviation, and the slope within a limit.

        Parameters
        ----------
        deviation
            Most that frequency may move [Hz]: 0.6 for a threshold of 49.4 Hz.
        slope
            Most Hz/s; None: no limit.

        Examples
        --------
        >>> area = SynchronousArea(np.array(80_000.0), np.array(500.0), np.array(0.0))
        >>> float(area.largest_loss(0.6))
        300.0
        """
        by_nadir = deviation / self.nadir_per_mw
        if slope is None:
            return np.asarray(by_nadir)
        return np.minimum(by_nadir, slope / self.slope_per_mw)


@np.vectorize
def _overshoot(
    natural: float,
    damping: float,
    time: float,
) -> float:
    """Return by how much the first extremum exceeds the steady value, as a share of it."""
    decay = damping * natural
    size = np.sqrt(max(1 - 2 * time * decay + (time * natural) ** 2, 0.0))
    instant = _extremum(natural, damping, time)
    return float(size * np.exp(-decay * instant))


def _extremum(
    natural: float,
    damping: float,
    time: float,
) -> float:
    """Return when the deviation first stops growing [s]; infinite where it grows for ever."""
    lead = time * damping * natural - 1
    if abs(damping - 1) < CRITICAL:
        return time / lead if lead > 0 else np.inf
    if damping < 1:
        damped = natural * np.sqrt(1 - damping**2)
        angle = np.arctan2(time * damped, lead)
        return float(angle / damped)
    spread = natural * np.sqrt(damping**2 - 1)
    ratio = time * spread / lead
    if not 0 < ratio < 1:
        return np.inf
    instant = np.arctanh(ratio) / spread
    return float(instant)
