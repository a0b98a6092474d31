"""The front end from its definition: float64, sample by sample, frame by frame; no dither."""

import math

import numpy as np
from reference import dft

SLOPE = 200 / 3  # Slaney's mel scale


def to_mel(f, scale):
    if scale == "htk":
        return 2595 * math.log10(1 + f / 700)
    if scale == "kaldi":
        return 1127 * math.log(1 + f / 700)
    return f / SLOPE if f < 1000 else 15 + 27 * math.log(f / 1000) / math.log(6.4)


def to_hz(mel, scale):
    if scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    if scale == "kaldi":
        return 700 * (math.exp(mel / 1127) - 1)
    return SLOPE * mel if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)


def mel_bank(*, sr, n_fft, n_mels, fmin, fmax, mel_scale, triangles, norm, **_):
    low, high = to_mel(fmin, mel_scale), to_mel(fmax, mel_scale)
    edges = [low + (high - low) * i / (n_mels + 1) for i in range(n_mels + 2)]
    hz = [to_hz(m, mel_scale) for m in edges]
    bank = np.zeros((n_mels, n_fft // 2 + 1))
    for band in range(n_mels):
        for k in range(n_fft // 2 + 1):
            f, (a, b, c) = k * sr / n_fft, hz[band : band + 3]
            if triangles == "mel":
                f, (a, b, c) = to_mel(f, mel_scale), edges[band : band + 3]
            bank[band, k] = max(0, min((f - a) / (b - a), (c - f) / (c - b)))
        row = bank[band]
        if norm == "slaney":
            row *= 2 / (hz[band + 2] - hz[band])
        elif norm == "unit_sum" and row.any():
            row /= row.sum()
        elif norm == "unit_max" and row.any():
            row /= row.max()
        elif norm == 2 and row.any():
            row /= math.sqrt((row**2).sum())
    return bank


def outside(y, position, mode, before, behind):
    """The sample that stands at a position beyond the ends of y."""
    n = len(y)
    if mode == "constant":
        return 0.0
    if mode == "edge":
        return y[0] if position < 0 else y[-1]
    if mode == "linear_ramp":
        if position < 0:
            return y[0] * (position + before) / before
        return y[-1] * (n + behind - 1 - position) / behind
    if mode == "reflect" and n == 1:
        return y[0]
    while not 0 <= position < n:
        if mode == "reflect":
            position = -position if position < 0 else 2 * (n - 1) - position
        else:
            position = -1 - position if position < 0 else 2 * n - 1 - position
    return y[position]


def whole_signal(y, a):
    """Gain, pre-emphasis of the signal, zeros behind it."""
    x = np.asarray(y, np.float64) * a["gain"]
    if a["preemphasis_mode"] == "signal":
        x = np.array([x[i] - a["preemphasis"] * (x[i - 1] if i else 0) for i in range(len(x))])
    x = np.concatenate([x, np.zeros(a["append"])])
    x = np.concatenate([x, np.zeros(max(0, a["pad_to"] - len(x)))])
    return np.concatenate([x, np.zeros(-len(x) % a["pad_to_multiple"])])


def frames_of(x, a):
    """Frames of L samples, one per row."""
    hop, n = a["hop_length"], len(x)
    length = a["win_length"] if a["window_align"] == "left" else a["n_fft"]
    if a["pad"] is not None:
        before, behind = a["pad"]
        n_frames = 1 + (n + before + behind - length) // hop
    elif a["align"] == "center":
        before = behind = length // 2
        n_frames = 1 + (n + 2 * (length // 2) - length) // hop
    elif a["align"] == "kaldi":
        before = length // 2 - hop // 2
        n_frames = (n + hop // 2) // hop
        behind = (n_frames - 1) * hop - before + length - n
    elif a["align"] == "semicausal":
        before, behind = max(length - hop, 0), 0
        n_frames = 1 + (n + before - length) // hop
    else:
        before = behind = 0
        n_frames = 1 + (n - length) // hop
    mode = a["pad_mode"] or ("symmetric" if a["align"] == "kaldi" else "constant")
    frames = []
    for t in range(max(0, n_frames - a["drop_last"])):
        where = range(t * hop - before, t * hop - before + length)
        frames.append([x[i] if 0 <= i < n else outside(x, i, mode, before, behind) for i in where])
    return np.array(frames, np.float64).reshape(-1, length)


def energies(frames, floor):
    return np.log(np.maximum(np.sum(frames**2, axis=1), max(floor, np.finfo(np.float32).tiny)))


def bank_of(a):
    n_bins = a["n_fft"] // 2 + 1
    if a["filterbank"] is not None:
        bank = np.array(a["filterbank"], np.float64)
    elif a["n_mels"] is None:
        return np.eye(n_bins)
    else:
        fmax = a["sr"] / 2 if a["fmax"] is None else a["fmax"]
        bank = mel_bank(**dict(a, fmax=fmax if fmax > 0 else fmax + a["sr"] / 2))
    if a["zero_dc"]:
        bank[:, 0] = 0
    if a["zero_nyquist"] and a["n_fft"] % 2 == 0:
        bank[:, -1] = 0
    return bank


def compressed(x, a, largest=None):
    """The logarithm and all clipping and scaling; `largest`: of the array, for clip_scope."""
    if a["log"] == "pcen":
        x = normalised_energy(x, a)
    elif a["log"] is not None:
        log, ref = (np.log, math.log) if a["log"] == "ln" else (np.log10, math.log10)
        factor = 10 if a["log"] == "db" else 1
        if a["log_mode"] == "add":
            x = log(a["log_multiplier"] * x + a["amin"])
            x = factor * (x - ref(a["ref"]))
        else:
            x = factor * (log(np.maximum(x, a["amin"])) - ref(max(a["ref"], a["amin"])))
        if a["log_floor"] is not None:
            x = np.maximum(x, a["log_floor"])
        if a["rel_clip"] is not None:
            x = np.maximum(x, (x.max() if largest is None else largest) - a["rel_clip"])
    return x * a["scale"] + a["offset"]


def normalised_energy(x, a):
    """PCEN of (frames, bands)."""
    t = a["pcen_time_constant"] * a["sr"] / a["hop_length"]
    b = (math.sqrt(1 + 4 * t * t) - 1) / (2 * t * t) if a["pcen_b"] is None else a["pcen_b"]
    s, out = np.ones(x.shape[1]), np.zeros_like(x)
    for i, row in enumerate(x):
        s = (1 - b) * s + b * row
        level = row / (a["pcen_eps"] + s) ** a["pcen_gain"]
        if a["pcen_power"] == 0:
            out[i] = np.log1p(level)
        else:
            p = a["pcen_power"]
            out[i] = (level + a["pcen_bias"]) ** p - a["pcen_bias"] ** p
    return out


def cepstrum(x, a):
    n, n_out = x.shape[1], a["n_mfcc"]
    i = np.arange(n)
    rows = []
    for k in range(n_out):
        row = np.cos(np.pi * k * (2 * i + 1) / (2 * n))
        if a["dct_norm"] == "ortho":
            row *= math.sqrt((1 if k == 0 else 2) / n)
        elif a["dct_norm"] == "htk":
            row *= math.sqrt(2 / n)
        else:
            row *= 2
        if a["lifter"]:
            row *= 1 + a["lifter"] / 2 * math.sin(math.pi * (k + a["lifter_origin"]) / a["lifter"])
        rows.append(row)
    return x @ np.array(rows).T


def with_energy(x, energy, a):
    """Energy or c0 in its place."""
    parts = list(x.T)
    if a["n_mfcc"] is not None:
        zeroth = parts.pop(0)
        if energy is None:
            energy = zeroth * (math.sqrt(2) if a["energy_last"] and a["dct_norm"] != "htk" else 1)
    if energy is not None:
        parts = [*parts, energy] if a["energy_last"] else [energy, *parts]
    return np.array(parts).T


def delta(x, reach):
    n = len(x)
    out = np.zeros_like(x)
    for t in range(n):
        for k in range(1, reach + 1):
            out[t] += k * (x[min(t + k, n - 1)] - x[max(t - k, 0)])
    return out / (2 * sum(k * k for k in range(1, reach + 1)))


def kaldi_delta_2(x, reach):
    """The first filter twice, on a signal whose ends are repeated as far as that reaches."""
    longer = np.concatenate([[x[0]] * 2 * reach, x, [x[-1]] * 2 * reach])
    return delta(delta(longer, reach), reach)[2 * reach : -2 * reach]


def fitted_delta(x, reach, order):
    """The derivative of the polynomials of that degree that fit the frames around each frame."""
    n, t = len(x), np.arange(-reach, reach + 1)
    out = np.zeros_like(x)
    for i in range(n):
        middle = min(max(i, reach), n - 1 - reach)
        fit = np.polyfit(t, x[middle - reach : middle + reach + 1], order)
        out[i] = fit[0] * math.factorial(order)
    return out


def normalised(x, a):
    if a["normalize"] is None:
        return x
    axis = None if a["norm_scope"] == "item" else 0
    x = x - x.mean(axis=axis)
    if a["normalize"] == "mean":
        return x
    n = x.size if axis is None else len(x)
    var = (x**2).sum(axis=axis) / (n - a["norm_ddof"]) if n > a["norm_ddof"] else 0 * x[0]
    eps = a["norm_eps"]
    divisor = {
        "var": np.sqrt(var + eps),
        "std": np.sqrt(var) + eps,
        "max": np.sqrt(np.maximum(var, eps)),
    }[a["norm_eps_mode"]]
    return x / np.where(divisor > 0, divisor, 1)


def stacked(x, a):
    n, stack, stride, left = len(x), a["stack"], a["stack_stride"], a["stack_left"]
    padded = np.concatenate([np.repeat(x[:1], left, axis=0), x])
    if a["stack_end"] == "drop":
        count = 1 + (len(padded) - stack) // stride if len(padded) >= stack else 0
    else:
        count = math.ceil(n / stride)
        more = np.zeros_like(x[:1]) if a["stack_end"] == "zero" else x[-1:]
        padded = np.concatenate([padded, np.repeat(more, stack + stride * count, axis=0)])
    rows = [padded[v * stride : v * stride + stack].ravel() for v in range(count)]
    return np.array(rows).reshape(count, stack * x.shape[1])


def bands_of(y, window, a):
    """(frames, bands) before the logarithm, and the energies or None."""
    frames = frames_of(whole_signal(y, a), a)
    if a["remove_dc"]:
        frames = frames - frames.mean(axis=1, keepdims=True)
    energy = energies(frames, a["energy_floor"]) if a["energy"] == "raw" else None
    if a["preemphasis_mode"] == "frame":
        before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
        frames = frames - a["preemphasis"] * before
    n_fft = a["n_fft"]
    rest = n_fft - len(window)
    if a["window_align"] == "left":
        frames = np.pad(frames * window, ((0, 0), (0, rest)))
    else:
        frames = frames * np.pad(window, (rest // 2, rest - rest // 2))
    if a["energy"] == "windowed":
        energy = energies(frames, a["energy_floor"])
    x = np.abs(dft(frames.T).T) ** 2
    if a["magnitude_eps_mode"] == "add":
        x = x + a["magnitude_eps"]
    else:
        x = np.maximum(x, a["magnitude_eps"])
    return x ** (a["power"] / 2) @ bank_of(a).T, energy


def front_end(y, window, a, largest=None):
    """One signal (n,) to (frames, features), by all arguments of a plan."""
    x, energy = bands_of(y, window, a)
    x = compressed(x, a, largest)
    if a["n_mfcc"] is not None:
        x = cepstrum(x, a)
    if energy is not None or a["energy_last"]:
        x = with_energy(x, energy, a)
    features = [x]
    if a["delta_mode"] == "librosa":
        orders = range(1, a["deltas"] + 1)
        features += [fitted_delta(x, a["delta_window"], order) for order in orders]
    elif a["deltas"]:
        features.append(delta(x, a["delta_window"]))
    if a["deltas"] == 2 and a["delta_mode"] != "librosa":
        kaldi = a["delta_mode"] == "kaldi"
        reach = a["delta_window"]
        features.append(kaldi_delta_2(x, reach) if kaldi else delta(features[1], reach))
    return stacked(normalised(np.concatenate(features, axis=1), a), a)
