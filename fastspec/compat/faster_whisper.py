"""faster-whisper's feature extractor over fastspec's plans.

Change the import, or give the class to a model::

    from fastspec.compat.faster_whisper import FeatureExtractor

    model.feature_extractor = FeatureExtractor(**model.feat_kwargs)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import presets
from fastspec._validate import ParameterError, check_int
from fastspec.caches import plan_cache
from fastspec.config import resolve_precision
from fastspec.front_end import FrontEnd

__all__ = ["FeatureExtractor"]

Array = npt.NDArray[Any]


@plan_cache("compat.faster_whisper", 16)
def _plan(
    sr: int, n_fft: int, hop_length: int, n_mels: int, append: int, precision: str
) -> FrontEnd:
    return presets.get(
        "faster_whisper",
        sr=sr,
        n_fft=n_fft,
        hop_length=hop_length,
        n_mels=n_mels,
        append=append,
        precision=precision,
    )


class FeatureExtractor:
    """Log-mel spectrograms for Whisper, of one waveform.

    Parameters
    ----------
    feature_size : int >= 1
        Mel bands. Default: 80.
    sampling_rate : int >= 1
        Sample rate in Hz. Default: 16000.
    hop_length : int >= 1
        Samples between frames. Default: 160.
    chunk_length : int >= 1
        Seconds that a model takes at once. Default: 30.
    n_fft : int >= 1
        Size of the FFT. Default: 400.
    precision : {'double', 'single'}
        What to compute in. Default: 'double', which alone is as near to the exact result as the
        original; 'single' is twice as fast, and 1e-5 away.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec.compat.faster_whisper import FeatureExtractor
    >>> FeatureExtractor()(np.zeros(16000, np.float32)).shape
    (80, 101)
    """

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        chunk_length: int = 30,
        n_fft: int = 400,
        *,
        precision: str = "double",
    ) -> None:
        self.n_fft = n_fft
        self.hop_length = check_int("hop_length", hop_length, minimum=1)
        self.chunk_length = check_int("chunk_length", chunk_length, minimum=1)
        self.sampling_rate = check_int("sampling_rate", sampling_rate, minimum=1)
        self.n_samples = chunk_length * sampling_rate
        self.nb_max_frames = self.n_samples // hop_length
        self.time_per_frame = hop_length / sampling_rate
        self._n_mels = feature_size
        self._precision = resolve_precision(precision)
        self.mel_filters = self.get_mel_filters(sampling_rate, n_fft, feature_size).astype("f4")

    @staticmethod
    def get_mel_filters(sr: int, n_fft: int, n_mels: int = 128) -> Array:
        """Return the bank, shape=(n_mels, n_fft // 2 + 1); it reaches up to 8000 Hz."""
        import fastspec

        return fastspec.mel_filter(sr=sr, n_fft=n_fft, n_mels=n_mels, fmax=8000.0, dtype=np.float64)

    def __call__(
        self,
        waveform: Array,
        padding: int = 160,
        chunk_length: int | None = None,
        *,
        n_threads: int = 1,
    ) -> Array:
        """Return the features of a waveform.

        Parameters
        ----------
        waveform : np.ndarray, shape=(n,)
            Converted to float32.
        padding : int >= 0
            Zeros to add at the end. Default: 160.
        chunk_length : int, optional
            Seconds: sets `n_samples` and `nb_max_frames`, as the original does.
        n_threads : int >= 1, or -1
            Threads to use at the most. The result does not depend on it.

        Returns
        -------
        np.ndarray, shape=(feature_size, n_frames)
        """
        if chunk_length is not None:
            self.n_samples = chunk_length * self.sampling_rate
            self.nb_max_frames = self.n_samples // self.hop_length
        samples = np.asarray(waveform, dtype=np.float32)
        if samples.ndim != 1:
            raise ParameterError(f"waveform: has shape {samples.shape}; must have one dimension")
        plan = _plan(
            self.sampling_rate,
            self.n_fft,
            self.hop_length,
            self._n_mels,
            check_int("padding", padding, minimum=0),
            self._precision,
        )
        return plan(samples, n_threads=n_threads)
