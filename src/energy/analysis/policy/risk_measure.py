"""Risk measures: what the outcomes of a stage are worth together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy.errors import Fault, InputError


@dataclass(frozen=True)
class MeanCVaR:
    """Mean and conditional value at risk of a cost: (1 − λ)·E + λ·CVaR(α).

    CVaR is the mean of the worst share α of the outcomes (Rockafellar and Uryasev 2000). Applied from stage to stage it
    is the nested risk measure of Shapiro (2011) and of Philpott and de Matos (2012): a policy that is consistent in
    time.

    Attributes
    ----------
    weight
        λ, from 0 (the mean) to 1.
    tail
        α, above 0 and up to 1 (the mean).

    Raises
    ------
    InputError
        When a number is out of range.

    Examples
    --------
    >>> cost, probability = np.array([10.0, 50.0]), np.array([0.5, 0.5])
    >>> float(MeanCVaR(weight=0.5, tail=0.5).value(cost, probability))
    40.0
    """

    weight: float = 0.0
    tail: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise InputError(
                Fault(
                    f"weight of CVaR is {self.weight:g}",
                    "risk measure",
                    None,
                    "0 to 1",
                )
            )
        if not 0 < self.tail <= 1:
            raise InputError(
                Fault(
                    f"tail of CVaR is {self.tail:g}",
                    "risk measure",
                    None,
                    "above 0 and up to 1",
                )
            )

    def probabilities(
        self,
        costs: np.ndarray,
        probabilities: np.ndarray,
    ) -> np.ndarray:
        """Return the probabilities under which the mean is the risk-adjusted value; shape (outcomes,).

        The largest of all means over the risk measure's set of probabilities (Shapiro 2011, section 4): what makes its
        subgradients those of a mean.
        """
        if self.weight == 0:
            return probabilities
        worst_first = np.argsort(-costs, kind="stable")
        before = np.cumsum(probabilities[worst_first]) - probabilities[worst_first]
        in_tail = np.clip(self.tail - before, 0.0, probabilities[worst_first])
        tail_share = np.empty_like(probabilities)
        tail_share[worst_first] = in_tail / self.tail
        return np.asarray((1 - self.weight) * probabilities + self.weight * tail_share)

    def value(
        self,
        costs: np.ndarray,
        probabilities: np.ndarray,
    ) -> float:
        """Return the risk-adjusted value of costs whose probabilities sum to one."""
        return float(np.sum(self.probabilities(costs, probabilities) * costs))


EXPECTATION = MeanCVaR()
"""The mean: neutral to risk."""
