"""Columns of figures as arrays: of one length, finite, possible; errors name column and row, counted from 1."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def equal_columns(**columns: ArrayLike) -> dict[str, Array]:
    """Columns as float arrays; `ValueError` where their lengths differ or a value is infinite."""
    arrays = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in columns.items()}
    shapes = {name: values.shape for name, values in arrays.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) > 1 for shape in shapes.values()):
        raise ValueError("columns of unequal lengths: " + ", ".join(f"{name} {s}" for name, s in shapes.items()))
    for name, values in arrays.items():
        reject(np.isinf(values), "an infinite value", arrays, name)
    return arrays


def reject(bad: NDArray[np.bool_], what: str, columns: dict[str, Array], *names: str) -> None:
    """`ValueError` saying what is wrong in the first bad row, with its figures in these columns."""
    rows = np.flatnonzero(bad)
    if rows.size:
        row = rows[0]
        figures = ", ".join(f"{name} is {columns[name][row]:g}" for name in names)
        more = f" (and {rows.size - 1} more rows)" if rows.size > 1 else ""
        raise ValueError(f"row {row + 1}: {what}: {figures}{more}")
