"""The transforms written from their definitions, in float64: slow, obvious, independent.

Nothing here comes from fastspec. Windows are given as samples. Signals are (..., n), spectra
(..., bins, frames).
"""

import numpy as np

# Above this size the DFT's matrix gets too large, and NumPy's FFT (of float64) takes its place.
LARGEST_MATRIX = 512


# ---- frames --------------------------------------------------------------------------------------


def pad_signal(y, n_fft, pad_mode):
    """Add n_fft // 2 samples at both ends."""
    widths = [(0, 0)] * (y.ndim - 1) + [(n_fft // 2, n_fft // 2)]
    return np.pad(y, widths, mode="constant" if pad_mode == "empty" else pad_mode)


def pad_signal_librosa(y, n_fft, hop, pad_mode):
    """The same with the end as librosa 0.11 pads it: from the first frame that runs over it."""
    padded = pad_signal(y, n_fft, pad_mode)
    half = n_fft // 2
    first = -(-half // hop)
    last = (y.shape[-1] + half - n_fft) // hop + 1
    begin = last * hop - half
    if half and last > first and begin + n_fft <= y.shape[-1] + half:
        widths = [(0, 0)] * (y.ndim - 1) + [(0, half)]
        mode = "constant" if pad_mode == "empty" else pad_mode
        padded[..., -half:] = np.pad(y[..., begin:], widths, mode=mode)[..., -half:]
    return padded


def cut_frames(y, n_fft, hop):
    """(..., n) to (..., n_fft, frames)."""
    n_frames = 1 + (y.shape[-1] - n_fft) // hop
    return np.stack([y[..., t * hop : t * hop + n_fft] for t in range(n_frames)], axis=-1)


def pad_window(window, n_fft):
    """A window in the middle of n_fft zeros."""
    before = (n_fft - len(window)) // 2
    padded = np.zeros(n_fft)
    padded[before : before + len(window)] = window
    return padded


# ---- the STFT ------------------------------------------------------------------------------------


def dft(frames):
    """Bins 0 to n // 2 of the DFT along the last axis but one."""
    n = frames.shape[-2]
    if n > LARGEST_MATRIX:
        return np.fft.rfft(frames, axis=-2)
    k, i = np.arange(n // 2 + 1)[:, None], np.arange(n)
    return np.exp(-2j * np.pi * (k * i % n) / n) @ frames


def inverse_dft(spectra, n):
    """Real frames of n samples from bins 0 to n // 2; the rest follows by symmetry."""
    if n > LARGEST_MATRIX:
        return np.fft.irfft(spectra, n, axis=-2)
    # The mirror images of all bins but the first and, where n is even, the last.
    k, i = np.arange(n // 2 + 1), np.arange(n)[:, None]
    times = np.where((k == 0) | (2 * k == n), 1, 2)
    turn = 2 * np.pi * (k * i % n) / n
    return ((times * np.cos(turn)) @ spectra.real - (times * np.sin(turn)) @ spectra.imag) / n


def stft(y, *, n_fft, hop, window, center=True, pad_mode="constant", tail="exact"):
    y = np.asarray(y, np.float64)
    if center:
        if tail == "librosa":
            y = pad_signal_librosa(y, n_fft, hop, pad_mode)
        else:
            y = pad_signal(y, n_fft, pad_mode)
    return dft(pad_window(window, n_fft)[:, None] * cut_frames(y, n_fft, hop))


def overlap_add(frames, hop):
    """(..., n_fft, frames) to (..., n)."""
    n_fft, n_frames = frames.shape[-2:]
    y = np.zeros((*frames.shape[:-2], n_fft + hop * (n_frames - 1)))
    for t in range(n_frames):
        y[..., t * hop : t * hop + n_fft] += frames[..., t]
    return y


def fit_length(y, begin, n):
    """n samples from a position on, with zeros where there are none."""
    part = y[..., begin : begin + n]
    return np.pad(part, [(0, 0)] * (y.ndim - 1) + [(0, n - part.shape[-1])])


def istft(spectra, *, n_fft, hop, window, center=True, length=None):
    """The signal, and the sum of squared windows at each of its samples.

    Where the sum is 0, so is the signal.
    """
    spectra = np.asarray(spectra, np.complex128)
    window = pad_window(window, n_fft)[:, None]
    y = overlap_add(window * inverse_dft(spectra, n_fft), hop)
    weight = overlap_add(np.repeat(window**2, spectra.shape[-1], axis=1), hop)
    begin = n_fft // 2 if center else 0
    n = length or y.shape[-1] - 2 * begin
    y, weight = fit_length(y, begin, n), fit_length(weight, begin, n)
    return np.divide(y, weight, out=np.zeros_like(y), where=weight > 0), weight


def griffinlim(S, *, start, n_iter, momentum, n_fft, hop, window, center=True, length=None):
    """The signal after n_iter iterations from a spectrogram `start` of the right magnitude."""
    angles, before = start, 0
    settings = {"n_fft": n_fft, "hop": hop, "window": window, "center": center}
    for _ in range(n_iter):
        now = stft(istft(angles, length=length, **settings)[0], **settings)
        angles = now - momentum / (1 + momentum) * before
        angles = S * angles / (np.abs(angles) + np.finfo(np.float64).tiny)
        before = now
    return istft(angles, length=length, **settings)[0]


# ---- mel -----------------------------------------------------------------------------------------


def hz_to_mel(f, htk):
    if htk:
        return 2595 * np.log10(1 + f / 700)
    return 3 * f / 200 if f < 1000 else 15 + 27 * np.log(f / 1000) / np.log(6.4)


def mel_to_hz(m, htk):
    if htk:
        return 700 * (10 ** (m / 2595) - 1)
    return 200 * m / 3 if m < 15 else 1000 * 6.4 ** ((m - 15) / 27)


def mel_bank(*, sr, n_fft, n_mels=128, fmin=0, fmax=None, htk=False, norm="slaney", dtype="f4"):
    """Triangles in Hz, rounded to dtype before and after Slaney's normalisation."""
    lowest, highest = hz_to_mel(fmin, htk), hz_to_mel(sr / 2 if fmax is None else fmax, htk)
    edges = [mel_to_hz(m, htk) for m in np.linspace(lowest, highest, n_mels + 2)]
    f = np.arange(n_fft // 2 + 1) * sr / n_fft
    bank = np.zeros((n_mels, len(f)))
    for band, (left, middle, right) in enumerate(zip(edges, edges[1:], edges[2:])):
        rising, falling = (f - left) / (middle - left), (right - f) / (right - middle)
        weights = np.maximum(0, np.minimum(rising, falling)).astype(dtype).astype(float)
        if norm == "slaney":
            weights *= 2 / (right - left)
        elif norm is not None and weights.any():
            weights /= np.linalg.norm(weights, norm)
        bank[band] = weights.astype(dtype)
    return bank


def melspectrogram(y, *, sr, power, bank=None, n_fft, hop, window, center=True,
                   pad_mode="constant", tail="exact", **mel):  # fmt: skip
    spectra = stft(
        y, n_fft=n_fft, hop=hop, window=window, center=center, pad_mode=pad_mode, tail=tail
    )
    if bank is None:
        bank = mel_bank(sr=sr, n_fft=n_fft, **mel)
    return bank @ np.abs(spectra) ** power


# ---- decibels and cepstra ------------------------------------------------------------------------


def decibels(x, *, ref=1.0, amin=1e-10, top_db=None):
    """10 log10, clipped below the maximum of the whole array."""
    x = np.asarray(x, np.float64)
    db = 10 * np.log10(np.maximum(amin, x)) - 10 * np.log10(max(amin, ref))
    return db if top_db is None else np.maximum(db, db.max() - top_db)


def dct(x, kind, norm):
    """Along the last axis but one, as scipy.fft.dct defines it."""
    n = x.shape[-2]
    k, i = np.arange(n)[:, None], np.arange(n)
    if kind == 1:
        matrix = 2 * np.cos(np.pi * k * i / (n - 1))
        matrix[:, [0, -1]] /= 2
    elif kind == 2:
        matrix = 2 * np.cos(np.pi * k * (2 * i + 1) / (2 * n))
    else:
        matrix = 2 * np.cos(np.pi * (2 * k + 1) * i / (2 * n))
        matrix[:, 0] /= 2
    if norm == "ortho":
        # What makes the matrix orthonormal: the ends weigh 1 / sqrt(2).
        if kind == 1:
            matrix[:, [0, -1]] *= np.sqrt(2)
            matrix[[0, -1]] /= np.sqrt(2)
            matrix /= np.sqrt(2 * (n - 1))
        elif kind == 2:
            matrix[0] /= np.sqrt(2)
            matrix /= np.sqrt(2 * n)
        else:
            matrix[:, 0] *= np.sqrt(2)
            matrix /= np.sqrt(2 * n)
    return matrix @ x


def cepstrum(log_mel, *, n_mfcc=20, dct_type=2, norm="ortho", lifter=0):
    """DCT and lifter of a logarithmic mel spectrogram."""
    result = dct(log_mel, dct_type, norm)[..., :n_mfcc, :]
    if lifter:
        k = np.arange(1, result.shape[-2] + 1)[:, None]
        result = result * (1 + lifter / 2 * np.sin(np.pi * k / lifter))
    return result
