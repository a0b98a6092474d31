"""The discrete cosine transform as a matrix."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError, check_choice, check_int

__all__ = ["dct_matrix"]


def dct_matrix(
    n: int, n_out: int, *, dct_type: int = 2, norm: str | None = "ortho", lifter: float = 0
) -> npt.NDArray[Any]:
    """Return the first rows of a DCT matrix, liftered.

    Parameters
    ----------
    n : int >= 1
        Columns: length of the input. Type 1 needs 2 or more.
    n_out : int >= 1
        Rows; at most `n` are returned.
    dct_type : {1, 2, 3}
        With k the row and i the column, ``2 cos(pi k (2 i + 1) / 2 n)`` for type 2, its transpose
        up to scale for type 3, and ``2 cos(pi k i / (n - 1))`` for type 1, first and last column
        halved.
    norm : {'ortho', None}
        'ortho' scales to an orthonormal matrix. Definitions: scipy.fft.dct, SciPy 1.17.
    lifter : float >= 0
        Row k is multiplied by ``1 + lifter / 2 * sin(pi (k + 1) / lifter)``; 0 is off.

    Returns
    -------
    np.ndarray, shape=(min(n, n_out), n), float64

    Raises
    ------
    ParameterError
        If a type or a norm is unknown, or if `lifter` is used with more rows than there are.
    """
    dct_type = check_int("dct_type", dct_type, minimum=1, maximum=3)
    if norm is not None:
        check_choice("norm", norm, ("ortho",))
    if dct_type == 1 and n < 2:
        raise ParameterError(f"dct_type=1: needs at least 2 bands, there are {n}")
    if lifter and n_out > n:
        raise ParameterError(f"n_mfcc={n_out}: must be at most n_mels={n} where a lifter is used")
    row = np.arange(min(n, n_out), dtype=np.float64)[:, np.newaxis]
    column = np.arange(n, dtype=np.float64)
    ortho = norm == "ortho"
    if dct_type == 2:
        matrix = 2 * np.cos(np.pi * row * (2 * column + 1) / (2 * n))
        if ortho:
            matrix *= np.sqrt(1 / (2 * n))
            matrix[0] *= np.sqrt(0.5)
    elif dct_type == 3:
        matrix = 2 * np.cos(np.pi * column * (2 * row + 1) / (2 * n))
        matrix[:, 0] = 1
        if ortho:
            matrix *= np.sqrt(1 / (2 * n))
            matrix[:, 0] *= np.sqrt(2)
    else:
        matrix = 2 * np.cos(np.pi * row * column / (n - 1))
        matrix[:, [0, -1]] /= 2
        if ortho:
            matrix *= np.sqrt(1 / (2 * (n - 1)))
            matrix[:, [0, -1]] *= np.sqrt(2)
            ends = [k for k in (0, n - 1) if k < matrix.shape[0]]
            matrix[ends] *= np.sqrt(0.5)
    if lifter:
        with np.errstate(over="ignore", invalid="ignore"):
            matrix *= 1 + lifter / 2 * np.sin(np.pi * (row + 1) / lifter)
        if not np.isfinite(matrix).all():
            raise ParameterError(f"lifter={lifter}: is too small")
    return matrix
