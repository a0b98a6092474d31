"""Window functions, by name, by parameter, by callable or by their samples.

Every symmetric window is computed as its first half and mirrored, so it is exactly symmetric;
the periodic window of n points is the symmetric one of n + 1 points without its last.
"""

import math
import warnings
from collections.abc import Callable
from numbers import Number
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from ._validate import ParameterError, check_bool, check_choice, check_float, check_int, show

__all__ = ["WindowSpec", "get_window", "pad_window"]

WindowSpec: TypeAlias = (
    str | tuple[Any, ...] | float | Callable[[int], npt.ArrayLike] | npt.ArrayLike
)
"""What `get_window` and every ``window=`` argument accept."""

_Array: TypeAlias = npt.NDArray[np.float64]

# The Bessel function I0 overflows double precision a little above this argument.
_MAX_KAISER_BETA = 700.0

# Decibels whose amplitude, summed over any window length, stays inside double precision.
_MAX_DECIBELS = 5000.0

# The weights of a Taylor window are quotients of products over its lobes, which leave double
# precision at some 500 of them.
_MAX_TAYLOR_LOBES = 400

# More samples than memory has, few enough for NumPy to count their bytes.
_MAX_SIZE = 2**56

# Chebyshev windows below this attenuation are poor analysis windows (scipy warns here too).
_MIN_USEFUL_CHEBYSHEV = 45.0


def get_window(window: WindowSpec, Nx: int, *, fftbins: bool = True) -> _Array:
    """Return the samples of a window.

    Parameters
    ----------
    window : str, tuple, number, callable or array-like
        - str: the name of a window that needs no parameter, such as ``'hann'``;
        - tuple: a name followed by its parameters, such as ``('kaiser', 14.0)``;
        - number: the parameter beta of a Kaiser window;
        - callable: called as ``window(Nx)``, returns the samples (`fftbins` is not passed on);
        - array-like, not a tuple: the `Nx` samples themselves.
    Nx : int
        Number of samples, at least 1.
    fftbins : bool
        True (default) for a periodic window, as used in front of an FFT; False for a symmetric
        one. A name with ``'_periodic'`` or ``'_symmetric'`` appended overrides it.

    Returns
    -------
    numpy.ndarray, shape (Nx,), float64
        A new array. A named window of one sample is ``[1.0]``.

    Raises
    ------
    ParameterError
        If the name is unknown, a parameter is missing, superfluous or out of its range, `Nx` is
        not a positive integer, or given samples are not `Nx` finite real numbers in one
        dimension.

    Warns
    -----
    UserWarning
        For a Chebyshev window of less than 45 dB.

    Notes
    -----
    Names, short names and parameters are those of ``scipy.signal.get_window`` (scipy 1.17),
    whose values are reproduced within 1e-12 (``dpss`` within 1e-9); the ways to specify a window
    are those of ``librosa.filters.get_window`` (librosa 0.11). ``'povey'`` is an addition.

    ===========================  ==================================  =========================
    name                         short names                         parameters
    ===========================  ==================================  =========================
    ``'barthann'``               brthan, bth
    ``'bartlett'``               bart, brt
    ``'blackman'``               black, blk
    ``'blackmanharris'``         blackharr, bkh
    ``'bohman'``                 bman, bmn
    ``'boxcar'``                 box, ones, rect, rectangular
    ``'chebwin'``                cheb                                attenuation (dB)
    ``'cosine'``                 halfcosine
    ``'dpss'``                                                       NW, 0 < NW < Nx / 2
    ``'exponential'``            poisson                             [center, [tau]]: None, 1
    ``'flattop'``                flat, flt
    ``'gaussian'``               gauss, gss                          std (samples)
    ``'general_cosine'``         general cosine                      list of weights
    ``'general_gaussian'``       general gaussian, general gauss,    p, sig (samples)
                                 general_gauss, ggs
    ``'general_hamming'``        general hamming                     alpha
    ``'hamming'``                hamm, ham
    ``'hann'``                   han
    ``'kaiser'``                 ksr                                 beta, at most 700
    ``'kaiser_bessel_derived'``  kaiser bessel derived, kbd          beta, at most 700
    ``'lanczos'``                sinc
    ``'nuttall'``                nutl, nut
    ``'parzen'``                 parz, par
    ``'povey'``
    ``'taylor'``                 taylorwin                           [nbar, [sll, [norm]]]:
                                                                     4 (at most 400), 30 dB,
                                                                     True
    ``'triang'``                 triangle, tri
    ``'tukey'``                  tuk                                 [alpha]: 0.5
    ===========================  ==================================  =========================

    ``'povey'`` is Kaldi's window, a symmetric Hann window to the power 0.85. As it is defined
    symmetric, `fftbins` has no effect on it; ``'povey_periodic'`` gives the periodic variant.
    ``'kaiser_bessel_derived'`` exists only symmetric and with an even `Nx`.

    References
    ----------
    .. [1] F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier
       transform", Proceedings of the IEEE 66(1), 1978.
    .. [2] A. H. Nuttall, "Some windows with very good sidelobe behavior", IEEE Transactions on
       Acoustics, Speech, and Signal Processing 29(1), 1981.
    .. [3] C. L. Dolph, "A current distribution for broadside arrays which optimizes the
       relationship between beam width and side-lobe level", Proceedings of the IRE 34(6), 1946.
    .. [4] W. G. Carrara, R. S. Goodman, R. M. Majewski, "Spotlight Synthetic Aperture Radar",
       Artech House, 1995 (Taylor window).
    .. [5] D. B. Percival, A. T. Walden, "Spectral Analysis for Physical Applications",
       Cambridge University Press, 1993 (dpss).

    Examples
    --------
    >>> get_window("hann", 4)
    array([0. , 0.5, 1. , 0.5])
    >>> get_window(("general_hamming", 0.75), 3, fftbins=False)
    array([0.5, 1. , 0.5])
    """
    size = check_int("Nx", Nx, minimum=1)
    if size > _MAX_SIZE:
        raise ParameterError(f"Nx={show(Nx)}: is too large")
    periodic = check_bool("fftbins", fftbins)
    if callable(window):
        return _given(window(size), size)
    if isinstance(window, str):
        return _named(window, (), size, periodic)
    if isinstance(window, tuple):
        if not (window and isinstance(window[0], str)):
            raise ParameterError(
                f"window={show(window)}: a tuple must start with the name of a window; "
                "give samples as a list or an array"
            )
        return _named(window[0], window[1:], size, periodic)
    if isinstance(window, Number | np.generic):
        return _kaiser(size, not periodic, check_float("window", window))
    return _given(window, size)


def pad_window(window: npt.ArrayLike, n_fft: int) -> _Array:
    """Centre a window in a frame by padding it with zeros.

    Parameters
    ----------
    window : array-like, shape (n,)
        The samples of the window, ``n <= n_fft``.
    n_fft : int
        Length of the frame in samples, at least 1.

    Returns
    -------
    numpy.ndarray, shape (n_fft,), float64
        A new array: ``(n_fft - n) // 2`` zeros, the window, zeros to the end.

    Raises
    ------
    ParameterError
        If `window` is longer than `n_fft`, or is not a vector of finite real numbers.

    Notes
    -----
    The position is that of ``librosa.util.pad_center`` (librosa 0.11): where an odd number of
    zeros is needed, the extra one comes last.

    Examples
    --------
    >>> pad_window([1.0, 2.0], 5)
    array([0., 1., 2., 0., 0.])
    """
    size = check_int("n_fft", n_fft, minimum=1)
    if size > _MAX_SIZE:
        raise ParameterError(f"n_fft={show(n_fft)}: is too large")
    samples = _samples(window)
    if samples.size > size:
        raise ParameterError(
            f"n_fft={size}: must be an integer >= {samples.size}, the length of the window"
        )
    padded = np.zeros(size)
    start = (size - samples.size) // 2
    padded[start : start + samples.size] = samples
    return padded


def _samples(window: Any) -> _Array:
    """Return array-like samples as a new float64 vector."""
    try:
        if hasattr(window, "__dlpack__") and not hasattr(window, "__array__"):
            given = np.from_dlpack(window)
        else:
            given = np.asarray(window)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise ParameterError(f"window={show(window)}: not convertible to an array") from error
    if given.dtype.kind not in "biuf":
        raise ParameterError(
            f"window={show(window)}: must be a name, a tuple of a name and parameters, a number, "
            "a callable, or a vector of real samples"
        )
    if given.ndim != 1:
        raise ParameterError(
            f"window=<array of shape {given.shape}>: samples must be a one-dimensional array"
        )
    samples: _Array = np.array(given, dtype=np.float64)
    if not np.isfinite(samples).all():
        raise ParameterError(f"window={show(window)}: samples must be finite")
    return samples


def _given(window: Any, size: int) -> _Array:
    """Return the samples that a caller supplied, once they are known to fit."""
    samples = _samples(window)
    if samples.size != size:
        raise ParameterError(
            f"window=<array of shape {samples.shape}>: must have exactly Nx={size} samples"
        )
    return samples


def _named(name: str, params: tuple[Any, ...], size: int, periodic: bool) -> _Array:
    """Return the samples of a window known by name."""
    base = name
    if name.endswith("_symmetric"):
        base, periodic = name.removesuffix("_symmetric"), False
    elif name.endswith("_periodic"):
        base, periodic = name.removesuffix("_periodic"), True
    elif name == "povey":
        periodic = False
    base = check_choice("window", base, _NAMES, aliases=_ALIASES)

    half = _PLAIN.get(base)
    if half is not None:
        if params:
            raise ParameterError(f"window={show((name, *params))}: {base!r} takes no parameters")
        return _mirrored(size, not periodic, half)

    make, signature, n_required = _PARAMETRIC[base]
    if not n_required <= len(params) <= len(signature):
        missing = "needs a parameter" if len(params) < n_required else "has too many parameters"
        usage = ", ".join((repr(base), *signature))
        raise ParameterError(f"window={show((name, *params))}: {missing}; give ({usage})")
    return make(size, not periodic, *params)


def _mirrored(size: int, symmetric: bool, first_half: Callable[[int], _Array]) -> _Array:
    """Return a window given the first half of its symmetric form.

    `first_half` takes the number of points n >= 2 and returns the first ``(n + 1) // 2``.
    """
    if size == 1:
        return np.ones(1)
    n = size if symmetric else size + 1
    # Samples that fade to zero, or parameters so small that a ratio grows to infinity before it
    # is clipped, are no news to a caller who has NumPy raise on floating-point events.
    with np.errstate(over="ignore", under="ignore"):
        half = first_half(n)
    return np.concatenate([half, half[::-1][n % 2 :]])[:size]


def _index(n: int) -> _Array:
    """Return the indices of the first half of n points."""
    return np.arange((n + 1) // 2, dtype=np.float64)


def _to_centre(n: int) -> _Array:
    """Return the distances of the first half of n points from the middle, in samples."""
    return (n - 1) / 2 - _index(n)


def _cosine_sum(*weights: float) -> Callable[[int], _Array]:
    """Return the window that is a sum of cosines, with its maximum in the middle."""

    def first_half(n: int) -> _Array:
        angle = 2 * np.pi / (n - 1) * _index(n)
        total = np.full(angle.shape, weights[0])
        for order, weight in enumerate(weights[1:], start=1):
            # Shifting the origin from the middle to the first sample flips the odd orders.
            total += (-weight if order % 2 else weight) * np.cos(order * angle)
        return total

    return first_half


_hann = _cosine_sum(0.5, 0.5)


def _barthann(n: int) -> _Array:
    distance = _to_centre(n) / (n - 1)
    return 0.62 - 0.48 * distance + 0.38 * np.cos(2 * np.pi * distance)


def _bartlett(n: int) -> _Array:
    return 2 * _index(n) / (n - 1)


def _bohman(n: int) -> _Array:
    # In terms of the distance from the end, where the window is exactly zero.
    rise = 2 * _index(n) / (n - 1)
    return np.sin(np.pi * rise) / np.pi - rise * np.cos(np.pi * rise)


def _boxcar(n: int) -> _Array:
    return np.ones((n + 1) // 2)


def _cosine(n: int) -> _Array:
    return np.sin(np.pi / n * (_index(n) + 0.5))


def _lanczos(n: int) -> _Array:
    return np.sinc(2 * _to_centre(n) / (n - 1))


def _parzen(n: int) -> _Array:
    distance = _to_centre(n)
    x = distance / (n / 2)
    return np.where(distance <= (n - 1) / 4, 1 - 6 * x**2 * (1 - x), 2 * (1 - x) ** 3)


def _povey(n: int) -> _Array:
    return _hann(n) ** 0.85


def _triang(n: int) -> _Array:
    return (2 * _index(n) + 1) / n if n % 2 == 0 else 2 * (_index(n) + 1) / (n + 1)


def _chebwin(size: int, symmetric: bool, at: Any) -> _Array:
    decibels = abs(check_float("chebwin at", at, minimum=-_MAX_DECIBELS, maximum=_MAX_DECIBELS))
    if decibels < _MIN_USEFUL_CHEBYSHEV:
        warnings.warn(
            f"a Chebyshev window of {decibels:g} dB is a poor analysis window: below about "
            f"{_MIN_USEFUL_CHEBYSHEV:g} dB its noise bandwidth grows as sidelobes are raised",
            stacklevel=4,
        )

    def first_half(n: int) -> _Array:
        # The spectrum is a Chebyshev polynomial of degree n - 1 that reaches the main lobe's
        # height at frequency 0 and stays within 1 in the sidelobes. Close to 1 the inverse
        # functions magnify the rounding of their arguments to some 1e-11 of the result. To agree
        # with scipy beyond that, take products in its order, and both signs of frequency though
        # one would do: they round differently, and the window is made of their mean.
        degree = n - 1
        beta = np.cosh(1 / degree * np.arccosh(10 ** (decibels / 20)))
        k = np.arange(n)
        x = beta * np.cos(np.pi * k / n)
        main = np.abs(x) > 1
        spectrum = np.empty(n)
        spectrum[main] = np.cosh(degree * np.arccosh(np.abs(x[main])))
        if degree % 2:
            spectrum[main & (x < 0)] *= -1
        spectrum[~main] = np.cos(degree * np.arccos(x[~main]))
        # A delay of (n - 1) / 2 samples: half a turn per bin, and back by half a sample.
        turn = np.where(k % 2, -1.0, 1.0) * np.exp(1j * np.pi / n * k)
        half: _Array = np.fft.ifft(spectrum * turn).real[: (n + 1) // 2]
        half /= half.max()
        return half

    return _mirrored(size, symmetric, first_half)


def _dpss(size: int, symmetric: bool, nw: Any) -> _Array:
    bandwidth = check_float("dpss NW", nw, exclusive_minimum=0.0)
    if size == 1:
        return np.ones(1)
    if bandwidth >= size / 2:
        raise ParameterError(f"dpss NW={show(nw)}: must be < Nx / 2 = {size / 2:g}")

    def first_half(n: int) -> _Array:
        half = _slepian_half(n, bandwidth / n)
        # Scaled to 1 in the middle of the samples, or between the two of an even number
        # (scipy's norm 'approximate').
        return half if n % 2 else half * (n**2 / (n**2 + bandwidth))

    return _mirrored(size, symmetric, first_half)


def _slepian_half(n: int, w: float) -> _Array:
    """Return the first half of the zeroth Slepian sequence, scaled to a maximum of 1.

    Parameters
    ----------
    n : int
        Length of the sequence in samples, at least 2.
    w : float
        Half bandwidth in cycles per sample, 0 < w < 0.5.

    Returns
    -------
    numpy.ndarray, shape ((n + 1) // 2,), float64

    Notes
    -----
    The sequence is the eigenvector of the largest eigenvalue of a tridiagonal matrix [1]_. That
    matrix is a multiple of the identity minus (G + S), where G is the graph Laplacian of a path
    whose edge between samples t - 1 and t weighs ``t (n - t) / 2``, and S is the non-negative
    diagonal ``2 sin(pi w)^2 ((n - 1) / 2 - t)^2``. The smallest eigenvalue mu of G + S is found
    by bisection, with the elimination written so that the large edge weights never cancel; mu
    and the sequence are then accurate however close the eigenvalues lie, in O(n) time.

    References
    ----------
    .. [1] D. Slepian, "Prolate spheroidal wave functions, Fourier analysis, and uncertainty V",
       Bell System Technical Journal 57(5), 1978.
    """
    rim = 2 * math.sin(math.pi * w) ** 2 * _to_centre(n) ** 2
    t = _index(n)[1:]
    edge = t * (n - t) / 2
    # By symmetry the middle sees the same flow from both sides: no flow crosses between the two
    # middle samples of an even length, and twice one side's flow reaches the one of an odd length.
    last_flow = 2 if n % 2 else 1
    rims, edges = rim.tolist(), edge.tolist()

    def eliminate(mu: float) -> list[float] | None:
        """Return the excesses r, where v[t] = v[t - 1] (1 + r[t - 1] / edge[t]) solves the rows
        of G + S - mu from the end to the middle; None if mu exceeds the smallest eigenvalue.
        """
        excess = rims[0] - mu
        found = [excess]
        last = len(edges) - 1
        for i, weight in enumerate(edges):
            pivot = weight + excess
            if pivot <= 0:
                return None
            flow = weight * excess / pivot
            excess = rims[i + 1] - mu + (last_flow * flow if i == last else flow)
            found.append(excess)
        return found if excess >= 0 else None

    # Zero lies below the spectrum, and the quadratic form of a constant above its bottom.
    low = 0.0
    high = float(np.concatenate([rim, rim[: n // 2]]).mean())
    excesses = eliminate(low)
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        tried = eliminate(middle)
        if tried is None:
            high = middle
        else:
            low, excesses = middle, tried
    # Outwards from the middle, where the values can only fade.
    falls = edge / (edge + np.array(excesses)[:-1])
    half: _Array = np.concatenate([[1.0], np.cumprod(falls[::-1])])[::-1]
    return half


def _exponential(size: int, symmetric: bool, center: Any = None, tau: Any = 1.0) -> _Array:
    decay = check_float("exponential tau", tau, exclusive_minimum=0.0)
    if center is None:
        return _mirrored(size, symmetric, lambda n: np.exp(-_to_centre(n) / decay))
    if symmetric:
        raise ParameterError(
            f"exponential center={show(center)}: must be None for a symmetric window"
        )
    middle = check_float("exponential center", center)
    if size == 1:
        return np.ones(1)
    with np.errstate(over="ignore", under="ignore"):
        window: _Array = np.exp(-np.abs(np.arange(size) - middle) / decay)
    return window


def _gaussian(size: int, symmetric: bool, std: Any) -> _Array:
    width = check_float("gaussian std", std, exclusive_minimum=0.0)
    return _mirrored(size, symmetric, lambda n: np.exp(-0.5 * (_to_centre(n) / width) ** 2))


def _general_cosine(size: int, symmetric: bool, weights: Any) -> _Array:
    try:
        values = [check_float("general_cosine weight", weight) for weight in weights]
    except TypeError:
        values = []
    if not values:
        raise ParameterError(
            f"general_cosine weights={show(weights)}: must be a sequence of at least one number"
        )
    return _mirrored(size, symmetric, _cosine_sum(*values))


def _general_gaussian(size: int, symmetric: bool, p: Any, sig: Any) -> _Array:
    power = 2 * check_float("general_gaussian p", p, exclusive_minimum=0.0)
    width = check_float("general_gaussian sig", sig, exclusive_minimum=0.0)
    return _mirrored(size, symmetric, lambda n: np.exp(-0.5 * (_to_centre(n) / width) ** power))


def _general_hamming(size: int, symmetric: bool, alpha: Any) -> _Array:
    weight = check_float("general_hamming alpha", alpha)
    return _mirrored(size, symmetric, _cosine_sum(weight, 1 - weight))


def _check_beta(name: str, beta: Any) -> float:
    return check_float(f"{name} beta", beta, minimum=-_MAX_KAISER_BETA, maximum=_MAX_KAISER_BETA)


def _kaiser_half(n: int, beta: float) -> _Array:
    # The usual sqrt(1 - x^2), factored so that it keeps its digits near the end.
    i = _index(n)
    arc = 2 * np.sqrt(i * (n - 1 - i)) / (n - 1)
    half: _Array = np.i0(beta * arc) / np.i0(beta)
    return half


def _kaiser(size: int, symmetric: bool, beta: Any) -> _Array:
    shape = _check_beta("kaiser", beta)
    return _mirrored(size, symmetric, lambda n: _kaiser_half(n, shape))


def _kaiser_bessel_derived(size: int, symmetric: bool, beta: Any) -> _Array:
    shape = _check_beta("kaiser_bessel_derived", beta)
    if not symmetric:
        raise ParameterError(
            "window='kaiser_bessel_derived': exists only as a symmetric window; give "
            "fftbins=False or the name 'kaiser_bessel_derived_symmetric'"
        )
    if size % 2:
        raise ParameterError(f"Nx={size}: must be even for window='kaiser_bessel_derived'")

    def first_half(n: int) -> _Array:
        total = np.cumsum(_kaiser(n // 2 + 1, True, shape))
        half: _Array = np.sqrt(total[:-1] / total[-1])
        return half

    return _mirrored(size, symmetric, first_half)


def _taylor(size: int, symmetric: bool, nbar: Any = 4, sll: Any = 30.0, norm: Any = True) -> _Array:
    n_lobes = check_int("taylor nbar", nbar, minimum=1, maximum=_MAX_TAYLOR_LOBES)
    level = check_float("taylor sll", sll, minimum=0.0, maximum=_MAX_DECIBELS)
    unit_peak = check_bool("taylor norm", norm)

    a2 = (math.acosh(10 ** (level / 20)) / math.pi) ** 2
    stretch = n_lobes**2 / (a2 + (n_lobes - 0.5) ** 2)
    order = np.arange(1, n_lobes, dtype=np.float64)
    # Weight of cosine m: a product over all orders j, where the factor of the denominator that
    # belongs to j = m is absent. Dividing factor by factor keeps long products in range.
    numerator = 1 - order[:, None] ** 2 / stretch / (a2 + (order - 0.5) ** 2)
    denominator = 1 - (order[:, None] / order) ** 2
    np.fill_diagonal(denominator, 2.0)
    weights = np.where(order % 2, 1.0, -1.0) * np.prod(numerator / denominator, axis=1)
    peak = 1 + 2 * weights.sum()

    def first_half(n: int) -> _Array:
        angle = 2 * np.pi / n * _to_centre(n)
        half: _Array = 1 + 2 * (weights @ np.cos(order[:, None] * angle))
        if unit_peak:
            half /= peak
        return half

    return _mirrored(size, symmetric, first_half)


def _tukey(size: int, symmetric: bool, alpha: Any = 0.5) -> _Array:
    taper = min(check_float("tukey alpha", alpha), 1.0)
    if taper <= 0:
        return np.ones(size)

    def first_half(n: int) -> _Array:
        rise = np.minimum(2 * _index(n) / taper / (n - 1), 1.0)
        return 0.5 - 0.5 * np.cos(np.pi * rise)

    return _mirrored(size, symmetric, first_half)


class _Parametric(NamedTuple):
    """A window with parameters: its maker, their names, and how many are required."""

    make: Callable[..., _Array]
    signature: tuple[str, ...]
    n_required: int


# Windows without parameters: n points >= 2 to the first half of the symmetric window.
_PLAIN: dict[str, Callable[[int], _Array]] = {
    "barthann": _barthann,
    "bartlett": _bartlett,
    "blackman": _cosine_sum(0.42, 0.5, 0.08),
    "blackmanharris": _cosine_sum(0.35875, 0.48829, 0.14128, 0.01168),
    "bohman": _bohman,
    "boxcar": _boxcar,
    "cosine": _cosine,
    "flattop": _cosine_sum(0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    "hamming": _cosine_sum(0.54, 0.46),
    "hann": _hann,
    "lanczos": _lanczos,
    "nuttall": _cosine_sum(0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "parzen": _parzen,
    "povey": _povey,
    "triang": _triang,
}

_PARAMETRIC = {
    "chebwin": _Parametric(_chebwin, ("at",), 1),
    "dpss": _Parametric(_dpss, ("NW",), 1),
    "exponential": _Parametric(_exponential, ("center", "tau"), 0),
    "gaussian": _Parametric(_gaussian, ("std",), 1),
    "general_cosine": _Parametric(_general_cosine, ("weights",), 1),
    "general_gaussian": _Parametric(_general_gaussian, ("p", "sig"), 2),
    "general_hamming": _Parametric(_general_hamming, ("alpha",), 1),
    "kaiser": _Parametric(_kaiser, ("beta",), 1),
    "kaiser_bessel_derived": _Parametric(_kaiser_bessel_derived, ("beta",), 1),
    "taylor": _Parametric(_taylor, ("nbar", "sll", "norm"), 0),
    "tukey": _Parametric(_tukey, ("alpha",), 0),
}

_NAMES = tuple(sorted((*_PLAIN, *_PARAMETRIC)))

_ALIASES = {
    alias: name
    for name, aliases in {
        "barthann": ("brthan", "bth"),
        "bartlett": ("bart", "brt"),
        "blackman": ("black", "blk"),
        "blackmanharris": ("blackharr", "bkh"),
        "bohman": ("bman", "bmn"),
        "boxcar": ("box", "ones", "rect", "rectangular"),
        "chebwin": ("cheb",),
        "cosine": ("halfcosine",),
        "exponential": ("poisson",),
        "flattop": ("flat", "flt"),
        "gaussian": ("gauss", "gss"),
        "general_cosine": ("general cosine",),
        "general_gaussian": ("general gaussian", "general gauss", "general_gauss", "ggs"),
        "general_hamming": ("general hamming",),
        "hamming": ("hamm", "ham"),
        "hann": ("han",),
        "kaiser": ("ksr",),
        "kaiser_bessel_derived": ("kaiser bessel derived", "kbd"),
        "lanczos": ("sinc",),
        "nuttall": ("nutl", "nut"),
        "parzen": ("parz", "par"),
        "taylor": ("taylorwin",),
        "triang": ("triangle", "tri"),
        "tukey": ("tuk",),
    }.items()
    for alias in aliases
}
