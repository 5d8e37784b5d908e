"""A linear support vector machine: squared hinge loss with an L2 penalty, in the primal, by Newton's method.

Truncated Newton steps by conjugate gradients, as Keerthi and DeCoste 2005 (a modified finite Newton method for fast solution
of large scale linear SVMs) describe them; liblinear's primal solver reaches the same weights, and importing that costs ten
times as much as a fit. A fit begins at the weights of the last one, for from batch to batch little changes. Sums are
numpy's own and not BLAS's, so that the weights are the same for any number of threads.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

_STEPS, _INNER_STEPS, _SHORTEST = 20, 30, 1e-4


class SupportVectorMachine:
    """Weights that part two kinds of rows.

    Parameters
    ----------
    tolerance : float
        A fit ends when the gradient is smaller than this share of the gradient at zero weights.
    """

    def __init__(self, tolerance: float = 1e-2):
        self._tolerance = tolerance
        self._weights: Any = None
        self._bias = 0.0

    def fit(self, rows: Any, wanted: Any, cost: Any) -> Any:
        """Weights of the columns (float32); rows of a higher ``rows @ weights`` are rather wanted.

        Parameters
        ----------
        rows : scipy.sparse.csr_array
            Of float32, a row an example.
        wanted : array of bool
            The kind of each row.
        cost : array of float
            How much an error on each row counts, beside a penalty of half the square of the weights.
        """
        problem = _Problem(rows, rows.T, np.where(wanted, 1.0, -1.0), 2 * np.asarray(cost, float))
        weights = np.zeros(rows.shape[1], np.float32) if self._weights is None else self._weights
        at = problem.at(weights, self._bias, problem.margins(weights, self._bias))
        start, start_bias = problem.pull(problem.cost * problem.side)
        enough = self._tolerance**2 * (_inner(start, start) + start_bias**2)
        for _ in range(_STEPS):
            slope = problem.slope(at)
            if slope.size <= enough:
                break
            at = problem.step(at, *problem.direction(at, slope))
        self._weights, self._bias = at.weights, at.bias
        return at.weights


@dataclass(frozen=True)
class _Point:
    """Weights, and what they make of the rows."""

    weights: Any
    bias: float
    margins: Any
    loss: float


@dataclass(frozen=True)
class _Slope:
    """The gradient, and its squared length."""

    weights: Any
    bias: float
    size: float


@dataclass(frozen=True)
class _Problem:
    """The rows with their sides (1 or -1) and costs; ``columns`` is the transpose of ``rows``."""

    rows: Any
    columns: Any
    side: Any
    cost: Any

    def pull(self, forces: Any) -> tuple[Any, float]:
        """What forces on the rows do to the weights and the bias."""
        return self.columns @ forces.astype(np.float32), float(forces.sum())

    def margins(self, weights: Any, bias: float) -> Any:
        """How far on its own side each row lies."""
        return self.side * (self.rows @ weights + bias)

    def at(self, weights: Any, bias: float, margins: Any) -> _Point:
        """A point with its loss."""
        short = np.maximum(0, 1 - margins)
        loss = 0.5 * (_inner(weights, weights) + bias**2 + float((self.cost * short * short).sum()))
        return _Point(weights, bias, margins, loss)

    def slope(self, at: _Point) -> _Slope:
        """The gradient of the loss."""
        short = np.maximum(0, 1 - at.margins)
        weights, bias = self.pull(self.cost * self.side * short)
        weights, bias = at.weights - weights, at.bias - bias
        return _Slope(weights, bias, _inner(weights, weights) + bias**2)

    def direction(self, at: _Point, slope: _Slope) -> tuple[Any, float]:
        """The Newton direction, by conjugate gradients to a tenth of the gradient."""
        active = np.where(at.margins < 1, self.cost, 0.0)
        found, found_bias = np.zeros_like(slope.weights), 0.0
        left, left_bias, size = -slope.weights, -slope.bias, slope.size
        towards, towards_bias = left.copy(), left_bias
        for _ in range(_INNER_STEPS):
            curved, curved_bias = self.pull(active * (self.rows @ towards + towards_bias))
            curved, curved_bias = curved + towards, curved_bias + towards_bias
            length = size / (_inner(towards, curved) + towards_bias * curved_bias)
            found += np.float32(length) * towards
            found_bias += length * towards_bias
            left -= np.float32(length) * curved
            left_bias -= length * curved_bias
            before, size = size, _inner(left, left) + left_bias**2
            if size <= 0.01 * slope.size:
                break
            towards = left + np.float32(size / before) * towards
            towards_bias = left_bias + size / before * towards_bias
        return found, found_bias

    def step(self, at: _Point, weights: Any, bias: float) -> _Point:
        """Go along a direction, half as far as long as the loss does not fall."""
        change, length = self.margins(weights, bias), 1.0
        while True:
            there = self.at(
                at.weights + np.float32(length) * weights, at.bias + length * bias, at.margins + length * change
            )
            if there.loss < at.loss or length < _SHORTEST:
                return there
            length /= 2


def _inner(one: Any, two: Any) -> float:
    return float(np.multiply(one, two).sum(dtype=np.float64))
