"""Emulator: sparse polynomial chaos of the modelled quantities in the unknown numbers.

Each number is a share of its range, and Legendre polynomials are orthogonal over even ranges. Terms are added one by
one, each time the one that explains most of what is left (orthogonal matching pursuit), first among the polynomials of
one number, then among products of the numbers that were taken. The extended Bayesian information criterion of Chen and
Chen (2008) says when to stop: it allows for the many terms among which one is chosen, so that hundreds of numbers
without effect stay out. Blatman and Sudret (2011) take least angles instead; on a Latin hypercube, whose terms are
nearly orthogonal, both find the same terms. What the numbers that stay out do is in the residuals, each of which is
that of a fit without its own point (leave-one-out).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

Term = tuple[tuple[int, int], ...]
"""((number, degree of its polynomial), …); empty for the constant."""
LARGEST_DEGREE = 2
MOST_TERMS = 80
INTERACTING = 20  # numbers, of the first that are taken, whose products are tried
PATIENCE = 5  # terms without gain after which no more are tried
LEAST_LEFT = 1e-12  # part of a term's square that must be left beside the terms before it


@dataclass(frozen=True, eq=False)
class Emulator:
    """Polynomials of several quantities.

    Attributes
    ----------
    terms
        All terms that occur in one of them.
    coefficients
        Shape (terms, quantities); zero where a quantity does not have a term.
    residuals
        Leave-one-out residuals of the sets that it was fitted to; shape (sets, quantities).
    explained
        Share of the variance of each quantity that the polynomial predicts, leave-one-out; shape (quantities,).
    """

    terms: tuple[Term, ...]
    coefficients: np.ndarray
    residuals: np.ndarray
    explained: np.ndarray

    @cached_property
    def numbers(self) -> np.ndarray:
        """Positions of the numbers that occur in a term, in order."""
        positions = {number for term in self.terms for number, _ in term}
        return np.array(sorted(positions), dtype=int)

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariance of the residuals; shape (quantities, quantities)."""
        covariance: np.ndarray = np.atleast_2d(np.cov(self.residuals.T))
        return covariance

    @cached_property
    def restricted(self) -> Emulator:
        """The same polynomials as functions of `numbers` alone."""
        numbers = self.numbers.tolist()
        terms = []
        for term in self.terms:
            placed = [(numbers.index(number), degree) for number, degree in term]
            terms.append(tuple(placed))
        return Emulator(
            tuple(terms),
            self.coefficients,
            self.residuals,
            self.explained,
        )

    def predict(self, shares: np.ndarray) -> np.ndarray:
        """Return the quantities at shares of the ranges of all numbers; shape (points, quantities)."""
        design = _design_matrix(shares, self.terms)
        return np.asarray(design @ self.coefficients)


def fit_emulator(shares: np.ndarray, quantities: np.ndarray) -> Emulator:
    """Fit polynomials to quantities of sets of numbers.

    Parameters
    ----------
    shares
        Shares of the ranges; shape (sets, numbers).
    quantities
        Shape (sets, quantities), all finite.

    Returns
    -------
    Emulator

    Examples
    --------
    >>> shares = np.random.default_rng(1).random((200, 50))
    >>> emulator = fit_emulator(shares, 3 + 2 * shares[:, [7]] + shares[:, [9]])
    >>> emulator.numbers.tolist(), round(float(emulator.explained[0]), 6)
    ([7, 9], 1.0)
    """
    centred = _polynomials(shares)
    fits = [_fitted(centred, column) for column in quantities.T]
    position: dict[Term, int] = {}
    for fit in fits:
        for term in fit.terms:
            position.setdefault(term, len(position))
    shape = (len(position), len(fits))
    coefficients = np.zeros(shape)
    for column, fit in enumerate(fits):
        rows = [position[term] for term in fit.terms]
        coefficients[rows, column] = fit.coefficients
    residuals = np.column_stack([fit.residuals for fit in fits])
    explained = _explained(residuals, quantities)
    return Emulator(tuple(position), coefficients, residuals, explained)


def _explained(residuals: np.ndarray, quantities: np.ndarray) -> np.ndarray:
    variance = quantities.var(axis=0)
    variance_left = residuals.var(axis=0)
    varies = variance > 0
    unexplained = np.zeros(len(variance))
    np.divide(variance_left, variance, out=unexplained, where=varies)
    return np.asarray(1 - unexplained)


def _polynomials(shares: np.ndarray) -> np.ndarray:
    """Return the normalised Legendre polynomials of each number; shape (degrees, points, numbers)."""
    x = 2 * shares - 1
    first = math.sqrt(3) * x
    second = math.sqrt(5) * (1.5 * x**2 - 0.5)
    return np.stack([first, second])


def _design_matrix(shares: np.ndarray, terms: Sequence[Term]) -> np.ndarray:
    """Return the value of each term at shares of the ranges; shape (points, terms)."""
    constant = np.ones((1, *shares.shape))
    values = np.concatenate([constant, _polynomials(shares)])
    shape = (len(shares), len(terms))
    matrix = np.ones(shape)
    most_factors = max(map(len, terms), default=0)
    for factor in range(most_factors):
        numbers = []
        degrees = []
        for term in terms:
            # a term with fewer factors has the constant polynomial of any number here
            number, degree = 0, 0
            if factor < len(term):
                number, degree = term[factor]
            numbers.append(number)
            degrees.append(degree)
        matrix *= values[degrees, :, numbers].T
    return matrix


@dataclass(frozen=True, eq=False)
class _Fit:
    terms: tuple[Term, ...]
    coefficients: np.ndarray
    residuals: np.ndarray


def _fitted(values: np.ndarray, quantity: np.ndarray) -> _Fit:
    """Return the polynomial of one quantity."""
    degrees, _, numbers = values.shape
    single: list[Term] = []
    for degree in range(1, degrees + 1):
        single += [((number, degree),) for number in range(numbers)]
    by_set = values.transpose(1, 0, 2)
    columns = by_set.reshape(len(quantity), -1)
    search = _Pursuit(quantity)
    search.take_from(single, columns)

    numbers_taken = [number for term in search.terms for number, _ in term]
    in_order = list(dict.fromkeys(numbers_taken))
    products: list[Term] = []
    firsts = []
    seconds = []
    for first, second in combinations(in_order[:INTERACTING], 2):
        products.append(((first, 1), (second, 1)))
        firsts.append(first)
        seconds.append(second)
    if products:
        linear = values[0]
        columns = linear[:, firsts] * linear[:, seconds]
        search.take_from(products, columns)
    return search.fit()


class _Pursuit:
    """Orthogonal matching pursuit of one quantity: a basis that grows by the best term."""

    def __init__(self, quantity: np.ndarray) -> None:
        self.quantity = quantity
        self.terms: list[Term] = [()]
        points = len(quantity)
        self.columns = [np.ones(points)]
        unit_length = 1 / math.sqrt(points)
        self.basis = [np.full(points, unit_length)]
        self.left = quantity - quantity.mean()

    def take_from(self, candidates: Sequence[Term], columns: np.ndarray) -> None:
        """Take terms while they gain more than chance would."""
        remaining = columns.copy()
        for direction in self.basis:
            remaining -= np.outer(direction, direction @ remaining)
        least_square = LEAST_LEFT * (columns**2).sum(axis=0)
        best = self._criterion(len(candidates))
        kept = len(self.terms)
        best_left = self.left
        most_terms = min(MOST_TERMS, len(self.quantity) // 3)
        while len(self.terms) <= most_terms:
            square = (remaining**2).sum(axis=0)
            usable = square > least_square
            projection = self.left @ remaining
            divisor = np.where(usable, square, 1.0)
            gain = np.where(usable, projection**2 / divisor, 0.0)
            chosen = int(gain.argmax())
            if gain[chosen] <= 0:
                break
            length = math.sqrt(square[chosen])
            direction = remaining[:, chosen] / length
            self.terms.append(candidates[chosen])
            self.columns.append(columns[:, chosen])
            self.basis.append(direction)
            self.left = self.left - direction * (direction @ self.left)
            remaining = remaining - np.outer(direction, direction @ remaining)
            criterion = self._criterion(len(candidates))
            if criterion < best:
                best = criterion
                kept = len(self.terms)
                best_left = self.left
            elif len(self.terms) - kept >= PATIENCE:
                break
        del self.terms[kept:]
        del self.columns[kept:]
        del self.basis[kept:]
        self.left = best_left

    def _criterion(self, candidates: int) -> float:
        """Return the extended Bayesian information criterion of the terms so far."""
        points = len(self.quantity)
        unexplained = float(self.left @ self.left) / points
        least = 1e-24 * float(self.quantity @ self.quantity)
        variance = max(unexplained, least, 1e-300)
        choices = max(candidates, 2)
        complexity = math.log(points) + 2 * math.log(choices)
        misfit = points * math.log(variance)
        return misfit + len(self.terms) * complexity

    def fit(self) -> _Fit:
        """Return coefficients and leave-one-out residuals of the terms that were taken."""
        matrix = np.column_stack(self.columns)
        orthogonal, triangular = np.linalg.qr(matrix)
        projection = orthogonal.T @ self.quantity
        coefficients = np.linalg.solve(triangular, projection)
        leverage = (orthogonal**2).sum(axis=1)
        own_share = (1 - leverage).clip(1e-6)
        residuals = (self.quantity - matrix @ coefficients) / own_share
        return _Fit(tuple(self.terms), coefficients, residuals)
