"""librosa's private functions that are worth serving where librosa calls them itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastspec._validate import ParameterError, check_float
from fastspec.pitch import spectra_of
from fastspec.plans import new_array

__all__ = ["spectrogram"]


def spectrogram(
    *,
    y: Any = None,
    S: Any = None,
    n_fft: int | None = 2048,
    hop_length: int | None = 512,
    power: float = 1,
    win_length: int | None = None,
    window: Any = "hann",
    center: bool = True,
    pad_mode: Any = "constant",
) -> tuple[Any, int]:
    """Return a spectrogram of magnitudes to a power, and its n_fft; a given one as it is."""
    if S is not None:
        if n_fft is None or n_fft // 2 + 1 != S.shape[-2]:
            n_fft = 2 * (S.shape[-2] - 1)
        return S, n_fft
    if n_fft is None or y is None:
        raise ParameterError("y=None: a signal y and n_fft, or a spectrogram S, must be given")
    power = check_float("power", power, exclusive_minimum=0)
    frames = {
        "hop_length": hop_length,
        "win_length": win_length,
        "window": window,
        "center": center,
        "pad_mode": pad_mode,
    }
    # Counted from here: this line, librosa's feature.
    spectra = spectra_of(y, n_fft, frames, power, 2)
    core = spectra.plan
    assert core is not None
    y = spectra.data
    kind = np.float64 if spectra.double and y.dtype.itemsize == 8 else np.float32
    shape = (*y.shape[:-1], core.n_bins, core.n_frames(y.shape[-1]))
    out = new_array("y", shape, kind, "F")
    core.exec(y, out, 1, False)
    return out, n_fft
