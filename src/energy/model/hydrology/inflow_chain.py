"""A Markov chain of inflows: what is known of the rivers in a month, in a few classes; docs/policy.md says why these.

The law of synthetic years (docs/water_years.md) gives each half-year one hidden number, its snow or its groundwater, in
which all its months share. The months that have passed tell it better the more they are: so the state is the water of
the half-year so far, and not that of the last month alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy.errors import Fault, InputError

WEIGHT_OF_HALF_BEFORE = {3: 0.2, 9: 1.0}
"""First month of a half-year, from January = 0 → months for which the half-year before counts in the index of the new
one: much for the winter, which lives on the summer's groundwater, and little for the summer, which lives on snow."""


@dataclass(frozen=True, eq=False)
class InflowChain:
    """Classes of water by month, the odds between them and the flows in them.

    Attributes
    ----------
    transitions
        Probability of each class of a month (last axis) after each class of the month before; shape (12, classes,
        classes), months from January. Rows sum to one.
    frequencies
        Probability of each class in each month, whatever was before; shape (12, classes). Class 0 is the driest.
    flows
        Mean flow of each outcome at every site [m³/s]; shape (12, classes, outcomes, sites).
    probabilities
        Of the outcomes within their class; shape (12, classes, outcomes).
    log_mean, log_spread
        Mean and standard deviation of the logarithm of each month's flow of all sites; shape (12,).
    edges
        Values of the index between the classes; shape (12, classes − 1).
    weights
        Weight of each site in the flow of all sites; shape (sites,).
    """

    transitions: np.ndarray
    frequencies: np.ndarray
    flows: np.ndarray
    probabilities: np.ndarray
    log_mean: np.ndarray
    log_spread: np.ndarray
    edges: np.ndarray
    weights: np.ndarray

    def mean_flows(self) -> np.ndarray:
        """Return the monthly mean flows that the chain has at each site [m³/s]; shape (12, sites)."""
        odds = self.frequencies[:, :, None] * self.probabilities
        weighted_flows = odds[..., None] * self.flows
        return np.asarray(weighted_flows.sum(axis=(1, 2)))

    def classes_of(self, flows: np.ndarray) -> np.ndarray:
        """Return the class of each month of a trace that begins with nothing known.

        Parameters
        ----------
        flows
            Monthly flows [m³/s]; shape (years, sites, 12), consecutive calendar years.

        Returns
        -------
        numpy.ndarray
            Shape (years, 12).
        """
        logs = np.log(_total(flows, self.weights))
        anomalies = (logs - self.log_mean) / self.log_spread
        index = _water_so_far(anomalies)
        return _class_between(index, self.edges)


def inflow_chain(
    flows: np.ndarray,
    classes: int = 3,
    outcomes: int = 5,
    weights: np.ndarray | None = None,
) -> InflowChain:
    """Estimate the chain from a long trace.

    Parameters
    ----------
    flows
        Monthly flows [m³/s]; shape (years, sites, 12), consecutive calendar years, such as one trace of `draw_years`.
    classes
        Classes of water a month, each as frequent as the others.
    outcomes
        Outcomes a class: its months in the order of their flow, in groups of the same size; each outcome is the mean
        of its group, so that no mean is lost.
    weights
        Weight of each site in the index; all the same unless given.

    Raises
    ------
    InputError
        When the trace is too short to fill every class, or a flow is not positive.

    Examples
    --------
    >>> from energy.case import read_case
    >>> from energy.model.hydrology.statistics import water_statistics
    >>> from energy.model.hydrology.years import draw_years
    >>> river = water_statistics(read_case("networks/two_bus").profiles["water_statistics"])
    >>> chain = inflow_chain(draw_years(river, seed=1, draw=0, years=300))
    >>> chain.transitions.shape, chain.flows.shape
    ((12, 3, 3), (12, 3, 5, 1))
    """
    years, sites, _ = flows.shape
    fewest = 2 * classes * outcomes
    if years < fewest:
        what = f"{years} years are too few for {classes} classes of {outcomes} outcomes"
        raise InputError(Fault(what, "chain of inflows", None, f"at least {fewest} years"))
    weight = np.ones(sites) if weights is None else weights
    total = _total(flows, weight)
    if not (total > 0).all():
        raise InputError(
            Fault(
                "a month's flow is not positive",
                "chain of inflows",
                None,
                "flows above 0 m³/s",
            )
        )
    logs = np.log(total)
    log_mean = logs.mean(axis=0)
    deviation = logs.std(axis=0)
    log_spread = np.where(deviation > 0, deviation, 1.0)
    index = _water_so_far((logs - log_mean) / log_spread)
    shares = np.arange(1, classes) / classes
    edges = np.quantile(index, shares, axis=0).T
    class_of = _class_between(index, edges)
    frequencies = [(class_of == number).mean(axis=0) for number in range(classes)]
    mean_flows = []
    probabilities = []
    for month in range(12):
        for number in range(classes):
            is_in_class = class_of[:, month] == number
            flows_of_class = flows[is_in_class, :, month]
            means, odds = _outcomes(flows_of_class, weight, outcomes)
            mean_flows.append(means)
            probabilities.append(odds)
    return InflowChain(
        transitions=_transitions(class_of, classes),
        frequencies=np.stack(frequencies, axis=1),
        flows=np.reshape(mean_flows, (12, classes, outcomes, sites)),
        probabilities=np.reshape(probabilities, (12, classes, outcomes)),
        log_mean=log_mean,
        log_spread=log_spread,
        edges=edges,
        weights=weight,
    )


def _class_between(index: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the class of each month, 0 below the first of its month's edges; shape (years, 12)."""
    is_above = index[:, :, None] > edges
    return np.asarray(is_above.sum(axis=2))


def _water_so_far(anomalies: np.ndarray) -> np.ndarray:
    """Return the mean anomaly of each half-year's months up to each month, with a share of the half-year before.

    Parameters
    ----------
    anomalies
        Standardised logarithms of monthly flows; shape (years, 12), consecutive calendar years.

    Returns
    -------
    numpy.ndarray
        Shape (years, 12).

    Examples
    --------
    >>> year = np.zeros((1, 12))
    >>> year[0, 3:6] = 1.0  # April to June
    >>> _water_so_far(year)[0].round(2).tolist()
    [0.0, 0.0, 0.0, 0.83, 0.91, 0.94, 0.71, 0.58, 0.48, 0.24, 0.16, 0.12]
    """
    series = anomalies.ravel()
    index = np.empty(len(series))
    total = 0.0
    weight = WEIGHT_OF_HALF_BEFORE[9]
    for position, anomaly in enumerate(series):
        month = position % 12
        if position > 0 and month in WEIGHT_OF_HALF_BEFORE:
            weight = WEIGHT_OF_HALF_BEFORE[month]
            total = weight * index[position - 1]
        total += anomaly
        weight += 1.0
        index[position] = total / weight
    return index.reshape(anomalies.shape)


def _total(flows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted flow of all sites; shape (years, 12)."""
    weighted = flows * weights[:, None]
    return np.asarray(weighted.sum(axis=1))


def _transitions(class_of: np.ndarray, classes: int) -> np.ndarray:
    """Return the share of each class after each class of the month before, counted month by month."""
    series = class_of.ravel()
    before = series[:-1]
    after = series[1:]
    month = np.arange(1, len(series)) % 12
    counts = np.zeros((12, classes, classes))
    np.add.at(counts, (month, before, after), 1.0)
    total = counts.sum(axis=2, keepdims=True)
    return np.asarray(counts / total)


def _outcomes(
    flows: np.ndarray,
    weights: np.ndarray,
    outcomes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean flows and probabilities of groups of months, from the driest to the wettest."""
    total = (flows * weights).sum(axis=1)
    driest_first = np.argsort(total, kind="stable")
    groups = np.array_split(driest_first, outcomes)
    means = np.array([flows[group].mean(axis=0) for group in groups])
    counts = np.array([len(group) for group in groups])
    return means, counts / len(flows)
