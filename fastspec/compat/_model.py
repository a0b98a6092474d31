"""What transformers' feature extractors share here: the plan and Whisper's class."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastspec import presets
from fastspec._validate import ParameterError, check_int
from fastspec.caches import plan_cache
from fastspec.compat._batch import BatchFeature, Extractor, target_lengths
from fastspec.config import get_precision, resolve_precision
from fastspec.filters import mel_filter
from fastspec.front_end import FrontEnd

Array = npt.NDArray[Any]

LOGGER = logging.getLogger("fastspec.compat.transformers")


@plan_cache("compat.transformers", 32)
def _cached_plan(name: str, settings: tuple[tuple[str, Any], ...]) -> FrontEnd:
    return presets.get(name, **dict(settings))


class Model(Extractor):
    """What the four classes share: the plan."""

    _preset = ""
    _derived = (*Extractor._derived, "precision")

    precision: str | None

    def __init__(self, *args: Any, precision: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.precision = None if precision is None else resolve_precision(precision)

    def _plan(self, **settings: Any) -> FrontEnd:
        if self.precision is not None:
            settings["precision"] = self.precision
        elif "precision" not in presets.PRESETS[self._preset].settings:
            settings["precision"] = get_precision()
        return _cached_plan(self._preset, tuple(settings.items()))

    def _check_length(self, name: str, signal: Array, least: int) -> None:
        if len(signal) < least:
            raise ParameterError(
                f"{name}: has a signal of {len(signal)} samples; {type(self).__name__} needs at "
                f"least {least}"
            )


class WhisperFeatureExtractor(Model):
    """Log-mel spectrograms for Whisper.

    Parameters
    ----------
    feature_size : int >= 1
        Mel bands. Default: 80; 128 for large-v3.
    sampling_rate : int >= 1
        Sample rate in Hz. Default: 16000.
    hop_length : int >= 1
        Samples between frames. Default: 160.
    chunk_length : int >= 1
        Seconds to pad to. Default: 30.
    n_fft : int >= 1
        Size of the FFT. Default: 400.
    padding_value : float
        What signals are padded with. Default: 0.
    dither : float >= 0
        Standard deviation of noise that is added to the samples of each frame. Default: 0.
    return_attention_mask : bool
        Whether a call returns ``attention_mask`` unless told. Default: False.
    precision : {'single', 'double'}, optional
        What to compute in. Default: `fastspec.get_precision`.
    **kwargs
        Become attributes.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec.compat.transformers import WhisperFeatureExtractor
    >>> extractor = WhisperFeatureExtractor()
    >>> speech = np.zeros(16000, np.float32)
    >>> extractor(speech, sampling_rate=16000, return_tensors="np")["input_features"].shape
    (1, 80, 3000)
    """

    model_input_names: ClassVar[list[str]] = ["input_features"]
    _preset = "hf_whisper"

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        chunk_length: int = 30,
        n_fft: int = 400,
        padding_value: float = 0.0,
        dither: float = 0.0,
        return_attention_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size,
            sampling_rate,
            padding_value,
            return_attention_mask=return_attention_mask,
            **kwargs,
        )
        self.n_fft = n_fft
        self.hop_length = check_int("hop_length", hop_length, minimum=1)
        self.chunk_length = check_int("chunk_length", chunk_length, minimum=1)
        self.n_samples = chunk_length * sampling_rate
        self.nb_max_frames = self.n_samples // hop_length
        self.dither = dither
        self._mel_plan()  # refuses bad values now

    def _is_plain(self, length: int, kept: list[int]) -> bool:
        """Whether signals may be padded by a plan of their length, which is then kept."""
        usual = length == self.n_samples
        # The noise of a signal depends on its number in a call.
        return usual and min(kept) > 0 and (self.dither == 0 or len(kept) == 1)

    def _mel_plan(self, pad_to: int = 0) -> FrontEnd:
        return self._plan(
            pad_to=pad_to,
            sr=self.sampling_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            n_mels=self.feature_size,
            dither=self.dither,
        )

    @property
    def mel_filters(self) -> Array:
        """The bank, shape=(n_fft // 2 + 1, feature_size)."""
        return mel_filter(
            sr=self.sampling_rate,
            n_fft=self.n_fft,
            n_mels=self.feature_size,
            fmax=8000.0,
            dtype=np.float64,
        ).T

    def __call__(
        self,
        raw_speech: Any,
        truncation: bool = True,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        return_attention_mask: bool | None = None,
        padding: Any = "max_length",
        max_length: int | None = None,
        sampling_rate: int | None = None,
        do_normalize: bool | None = None,
        device: Any = "cpu",
        *,
        n_threads: int = 1,
        **kwargs: Any,
    ) -> BatchFeature:
        """Make the features of one signal or a batch.

        Parameters
        ----------
        raw_speech : array, shape=(n,) or (batch, n), or list of signals
            Mono signals in [-1, 1].
        truncation : bool
            Whether to cut signals at `max_length`. Default: True.
        pad_to_multiple_of : int, optional
            Round the length up to a multiple of this many samples.
        return_tensors : {'np', 'pt'}, optional
            Type of the result. Default: NumPy arrays.
        return_attention_mask : bool, optional
            Whether to return ``attention_mask``. Default: the extractor's own.
        padding : bool or {'longest', 'max_length', 'do_not_pad'}
            Default: ``'max_length'``.
        max_length : int, optional
            Length in samples. Default: `n_samples`, 30 seconds.
        sampling_rate : int, optional
            The signals' rate: refused unless it is the extractor's; a warning without it.
        do_normalize : bool, optional
            Whether to bring signals to mean 0 and variance 1 first. Default: no.
        device : object
            Ignored: computed on the CPU, where transformers' result is as well.
        n_threads : int >= 1, or -1
            Threads to use at the most. The result does not depend on it.
        **kwargs
            Ignored.

        Returns
        -------
        BatchFeature
            ``input_features`` [shape=(batch, feature_size, n_frames)], and ``attention_mask``
            [shape=(batch, n_frames)] if asked for.

        Raises
        ------
        ParameterError
            If the rate is another, a signal is not mono, or an argument is out of its range.
        """
        self._check_rate(sampling_rate, LOGGER)
        signals = self._signals("raw_speech", raw_speech)
        kept, targets = target_lengths(
            [len(signal) for signal in signals],
            padding,
            max_length or self.n_samples,
            truncation,
            pad_to_multiple_of,
        )
        if len(set(targets)) > 1:
            raise ParameterError(
                f"padding={padding!r}: leaves signals of different lengths; use 'longest' or "
                "'max_length'"
            )
        if targets[0] < self.hop_length:
            raise ParameterError(
                f"raw_speech: is {targets[0]} samples long; must be at least one hop, "
                f"{self.hop_length}"
            )
        # Neither asked for nor refused, the mask is the constructor's choice. transformers then
        # returns it in samples rather than frames, and so do we.
        with_mask = bool(return_attention_mask)
        own_mask = (return_attention_mask or do_normalize) is None and self.return_attention_mask
        masks = []
        if with_mask or own_mask or do_normalize:
            masks = [self._mask(n, targets[0]) for n in kept]
        length = targets[0]
        silence_behind = self.padding_side == "right" and self.padding_value == 0
        if self._is_plain(length, kept) and not do_normalize and silence_behind:
            # The plan itself sees zeros behind each signal: nothing is copied.
            plan = self._mel_plan(length)
            out = np.empty((len(signals), plan.n_bins, plan.n_frames(1)), np.float32)
            parts = [signal[:n] for signal, n in zip(signals, kept)]
            plan.map(parts, out=[*out], n_threads=n_threads)
        else:
            batch = np.empty((len(signals), length), np.float32)
            for row, signal, n in zip(batch, signals, kept):
                self._place(row, signal, n)
            if do_normalize:
                normalised = self.zero_mean_unit_var_norm(batch, masks, self.padding_value)
                batch = np.stack(normalised).astype(np.float32, copy=False)
            out = self._mel_plan()(batch, n_threads=n_threads)
        features = BatchFeature({"input_features": out})
        if masks:
            mask = np.stack(masks)
            if with_mask:
                mask = mask[:, : targets[0] // self.hop_length * self.hop_length : self.hop_length]
            features["attention_mask"] = mask
        return features.convert_to_tensors(return_tensors)
