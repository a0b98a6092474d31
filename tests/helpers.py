"""Random signals and parameters, comparisons with librosa, and refusals."""

import re
import warnings

import numpy as np
import pytest

from fastspec import ParameterError

WIDE = np.dtype(np.float64)

PRIMES = (2, 3, 5, 7, 11, 13, 31, 61, 101, 127, 251, 509, 1021, 2039)
POWERS = (4, 8, 16, 64, 128, 256, 512, 1024, 2048)
COMPOSITES = (6, 15, 20, 45, 77, 100, 160, 255, 400, 441, 600, 882, 1200)

PAD_MODES = ("constant", "edge", "linear_ramp", "reflect", "symmetric", "empty")

WINDOWS = (
    "hann",
    "hamming",
    "blackman",
    "boxcar",
    "bartlett",
    "nuttall",
    ("kaiser", 8.6),
    ("gaussian", 30.0),
    ("tukey", 0.3),
    ("general_hamming", 0.6),
    5.0,
)

LARGEST_RESULT = 60_000  # complex values of one draw; bounds the time of 500 draws


def pad_with_ramp(vector, width, axis, kwargs):
    """A pad mode that is a function: what np.pad calls with each padded vector."""
    before, after = width
    if before:
        vector[:before] = np.linspace(-0.5, 1, before) * vector[before]
    if after:
        vector[-after:] = np.linspace(1, -0.3, after) * vector[-after - 1]


def flat_top(n):
    """A window that is a function, not symmetric."""
    return np.sin(np.linspace(0.1, 2.5, n)) + 0.05


# Kinds of signals: noise, tones, a decay, clicks, an offset, little noise.
ALL_KINDS = (0, 1, 2, 3, 4, 5)
BROAD = (0, 2, 3, 5)  # energy at all frequencies
NARROW = (1, 4)


def signal(rng, shape, dtype, kinds=ALL_KINDS):
    """A random signal of one of these kinds."""
    n = shape[-1]
    t = np.arange(n)
    kind = rng.choice(kinds)
    y = rng.standard_normal(shape)
    if kind == 1:
        y = 1e-3 * y + np.sin(rng.uniform(0.01, 3) * t) + 0.3 * np.cos(rng.uniform(0.01, 3) * t)
    elif kind == 2:
        y *= np.exp(-t / (1 + n / 6))
    elif kind == 3:
        y = np.where(rng.random(shape) < 0.05, y, 0)
        y[..., rng.integers(n)] = 1
    elif kind == 4:
        y = 0.1 * y + 3
    elif kind == 5:
        y *= 1e-4
    return y.astype(dtype)


def leading(rng):
    """Leading dimensions of a signal: none, one or two."""
    return tuple(rng.integers(1, 4, rng.integers(3)).tolist())


def layout(rng, y):
    """The same values in another memory layout."""
    kind = rng.integers(6)
    if kind == 0:
        return np.asfortranarray(y)
    if kind == 1:
        return np.repeat(y, 2, axis=-1)[..., ::2]
    if kind == 2:
        return np.ascontiguousarray(y[..., ::-1])[..., ::-1]
    if kind == 3:
        y = y.copy()
        y.flags.writeable = False
    return y


def frame_size(rng, largest=2048):
    """n_fft: odd and even, small and large, prime and smooth."""
    kind = rng.integers(4)
    if kind == 0:
        n_fft = int(rng.integers(2, 300))
    else:
        n_fft = int(rng.choice((PRIMES, POWERS, COMPOSITES)[kind - 1]))
    return min(n_fft, largest)


def window(rng, win_length):
    """A window specification of any kind."""
    kind = rng.integers(len(WINDOWS) + 3)
    if kind < len(WINDOWS):
        return WINDOWS[kind]
    if kind == len(WINDOWS):
        return flat_top
    if kind == len(WINDOWS) + 1:
        return rng.uniform(0.1, 1, win_length)
    return rng.uniform(-0.2, 1, win_length).astype(np.float32)


def frames(rng, *, largest=2048):
    """n_fft, win_length, hop_length, window as keyword arguments of librosa's functions."""
    n_fft = frame_size(rng, largest)
    win_length = None if rng.random() < 0.6 else int(rng.integers(1, n_fft + 1))
    hop = int(rng.integers(1, n_fft + 1))
    if (win_length or n_fft) >= 4 and rng.random() < 0.4:
        hop = None
    elif rng.random() < 0.15:
        hop = int(rng.integers(n_fft, 3 * n_fft + 1))
    return {
        "n_fft": n_fft,
        "win_length": win_length,
        "hop_length": hop,
        "window": window(rng, win_length or n_fft),
    }


def hop_of(kwargs):
    return kwargs["hop_length"] or (kwargs["win_length"] or kwargs["n_fft"]) // 4


def length(rng, kwargs, shape, center=True):
    """Samples for a few to some hundred frames; often fewer than one frame where that may be."""
    n_fft, hop = kwargs["n_fft"], hop_of(kwargs)
    if center and rng.random() < 0.25:
        return int(rng.integers(1, n_fft + 1))
    frames = max(1, LARGEST_RESULT // (int(np.prod(shape)) * (n_fft // 2 + 1)))
    return n_fft + int(rng.integers(0, hop * min(frames, 60) + 1))


def error(ours, theirs):
    """The largest error over the largest value; of two silences, 0."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    wide = np.result_type(ours, theirs, np.float64)
    worst = np.abs(ours.astype(wide) - theirs).max(initial=0)
    return worst / np.abs(theirs).max(initial=0) if worst else 0.0


def memory_order(x):
    """The axes from the widest stride to the narrowest; those of length 1 do not count."""
    axes = [axis for axis in range(x.ndim) if x.shape[axis] > 1]
    return sorted(axes, key=lambda axis: -abs(x.strides[axis]))


def call(function, *args, **kwargs):
    """The result and the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(*args, **kwargs)
    return result, caught


def agree(ours, theirs, file):
    """Results agree in type, shape and layout, and warnings; ours point to the caller's file."""
    (our_result, our_warnings), (their_result, their_warnings) = ours, theirs
    assert our_result.shape == their_result.shape
    assert our_result.dtype == their_result.dtype
    assert memory_order(our_result) == memory_order(their_result)
    agree_on_warnings(our_warnings, their_warnings, file)


def agree_on_warnings(ours, theirs, file):
    # NumPy's own, from within librosa, that say nothing of the arguments
    own = ("encountered in cast", "'where' used without 'out'")
    theirs = [w for w in theirs if not any(text in str(w.message) for text in own)]
    texts = [sorted((w.category.__name__, str(w.message)) for w in ws) for ws in (ours, theirs)]
    assert texts[0] == texts[1]
    assert all(w.filename == file for w in ours), [w.filename for w in ours]


def samples(window, n):
    """The samples of a window specification, from SciPy."""
    if callable(window):
        return np.asarray(window(n), np.float64)
    if isinstance(window, np.ndarray):
        return window.astype(np.float64)
    from scipy.signal import get_window

    return get_window(window, n, fftbins=True)


def plain(kwargs):
    """Arguments of frames() as the reference takes them."""
    return {
        "n_fft": kwargs["n_fft"],
        "hop": hop_of(kwargs),
        "window": samples(kwargs["window"], kwargs["win_length"] or kwargs["n_fft"]),
    }


def describe(kwargs):
    """Arguments on one line, windows shortened."""
    values = {name: " ".join(repr(value).split())[:60] for name, value in kwargs.items()}
    return ", ".join(f"{name}={value}" for name, value in values.items())


def refused(name, function, *args, **kwargs):
    """The call raises ParameterError, and its message names the argument; returns the message."""
    with pytest.raises(ParameterError) as caught:
        function(*args, **kwargs)
    message = str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert re.search(rf"\b{name}\b", message), message
    return message


def misaligned(shape, dtype):
    """A writable array that does not begin at a multiple of its item's size."""
    dtype = np.dtype(dtype)
    buffer = bytearray(int(np.prod(shape)) * dtype.itemsize + 1)
    return np.ndarray(shape, dtype, buffer, offset=1)


def random(*shape, dtype=np.float32, seed=0):
    """Noise of a shape."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


class Bare:
    """An object that is an array only by __array__."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values


class Dlpack:
    """An object that is an array only by DLPack."""

    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **kwargs):
        return self.values.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


class Index:
    """An integer that is not an int."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


# What no integer argument takes.
NOT_INTEGERS = (True, np.True_, 2.0, 2.5, np.float32(2), "2", [2], 1j, float("nan"))
# What no real argument takes.
NOT_REALS = (True, np.True_, "1", [1.0], 1j, float("nan"))
