"""Feature extractors with transformers' names, arguments and results, over fastspec's plans.

Change the import, and nothing else::

    from fastspec.compat.transformers import WhisperFeatureExtractor

Neither transformers nor torch is needed; ``return_tensors='pt'`` imports torch. Configurations are
read from local folders and files (`from_pretrained`), and written as transformers writes them.

Every call takes two keyword arguments more than transformers': `n_threads`, and each constructor
`precision` ('single', 'double' or None), which is not part of the saved configuration. Without it
SeamlessM4T and SpeechT5 compute in double, as the originals do, and Whisper and AST in single, as
the originals do where torch and torchaudio are installed.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError, check_bool, check_int
from fastspec.compat._batch import BatchFeature, as_array, strategy, target_lengths
from fastspec.compat._model import LOGGER, Model, WhisperFeatureExtractor
from fastspec.front_end import FrontEnd
from fastspec.plans import freeze_window

__all__ = [
    "ASTFeatureExtractor",
    "BatchFeature",
    "SeamlessM4TFeatureExtractor",
    "SpeechT5FeatureExtractor",
    "WhisperFeatureExtractor",
]

Array = npt.NDArray[Any]


class ASTFeatureExtractor(Model):
    """Normalised log-mel spectrograms for the Audio Spectrogram Transformer.

    Parameters
    ----------
    feature_size : int >= 1
        Kept for the configuration. Default: 1.
    sampling_rate : int >= 1
        Sample rate in Hz. Default: 16000.
    num_mel_bins : int >= 1
        Mel bands. Default: 128.
    max_length : int >= 1
        Frames to pad or cut to. Default: 1024.
    padding_value : float
        Kept for the configuration; frames are padded with 0 before normalisation. Default: 0.
    do_normalize : bool
        Whether to return ``(x - mean) / (2 * std)``. Default: True.
    mean, std : float
        Default: AudioSet's.
    return_attention_mask : bool
        Kept for the configuration.
    precision : {'single', 'double'}, optional
        What to compute in. Default: `fastspec.get_precision`.
    **kwargs
        Become attributes.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec.compat.transformers import ASTFeatureExtractor
    >>> extractor = ASTFeatureExtractor()
    >>> sound = np.zeros(16000, np.float32)
    >>> extractor(sound, sampling_rate=16000, return_tensors="np")["input_values"].shape
    (1, 1024, 128)
    """

    model_input_names: ClassVar[list[str]] = ["input_values", "attention_mask"]
    _preset = "ast"

    def __init__(
        self,
        feature_size: int = 1,
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        max_length: int = 1024,
        padding_value: float = 0.0,
        do_normalize: bool = True,
        mean: float = -4.2677393,
        std: float = 4.5689974,
        return_attention_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.num_mel_bins = num_mel_bins
        self.max_length = check_int("max_length", max_length, minimum=1)
        self.do_normalize = check_bool("do_normalize", do_normalize)
        self.mean = mean
        self.std = std
        self.return_attention_mask = return_attention_mask
        self._mel_plan()

    def _mel_plan(self) -> FrontEnd:
        # The frames are torchaudio's of this rate; transformers without torchaudio has 400 and 160
        # samples at every rate, which is the same at 16000 Hz, AST's.
        scale, offset = (
            (0.5 / self.std, -0.5 * self.mean / self.std) if (self.do_normalize) else (1.0, 0.0)
        )
        return self._plan(
            sr=self.sampling_rate, n_mels=self.num_mel_bins, scale=scale, offset=offset
        )

    def normalize(self, input_values: Array) -> Array:
        """Return ``(input_values - mean) / (2 * std)``."""
        return np.asarray((input_values - self.mean) / (self.std * 2))

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        return_tensors: Any = None,
        *,
        n_threads: int = 1,
        **kwargs: Any,
    ) -> BatchFeature:
        """Make the features of one signal or a batch.

        Parameters
        ----------
        raw_speech : array, shape=(n,) or (batch, n), or list of signals
            Mono signals in [-1, 1].
        sampling_rate : int, optional
            The signals' rate: refused unless it is the extractor's; a warning without it.
        return_tensors : {'np', 'pt'}, optional
            Type of the result. Default: a list of NumPy arrays.
        n_threads : int >= 1, or -1
            Threads to use at the most. The result does not depend on it.
        **kwargs
            Ignored.

        Returns
        -------
        BatchFeature
            ``input_values`` [shape=(batch, max_length, num_mel_bins)].

        Raises
        ------
        ParameterError
            If the rate is another, or a signal is not mono or shorter than a frame.
        """
        self._check_rate(sampling_rate, LOGGER)
        signals = self._signals("raw_speech", raw_speech)
        plan = self._mel_plan()
        length = plan._arguments["win_length"]
        longest = (self.max_length - 1) * plan.hop_length + length
        silence = self.normalize(np.zeros((), np.float32)) if self.do_normalize else 0.0
        out = np.empty((len(signals), self.max_length, self.num_mel_bins), np.float32)
        for item, signal in zip(out, signals):
            self._check_length("raw_speech", signal, length)
            part = signal[:longest]
            n_frames = plan.n_frames(len(part))
            plan(part, out=item[:n_frames], n_threads=n_threads)
            item[n_frames:] = silence
        values: Any = out if return_tensors is not None else [*out]
        return BatchFeature({"input_values": values}, tensor_type=return_tensors)


class SeamlessM4TFeatureExtractor(Model):
    """Normalised Kaldi filter bank energies, two frames in one, for SeamlessM4T and Wav2Vec2-BERT.

    Parameters
    ----------
    feature_size : int >= 1
        Kept for the configuration. Default: 80.
    sampling_rate : int >= 1
        Sample rate in Hz. Default: 16000.
    num_mel_bins : int >= 1
        Mel bands. Default: 80.
    padding_value : float
        What frames are padded with. Default: 0.
    stride : int >= 1
        Frames that are put together. Default: 2.
    precision : {'single', 'double'}, optional
        What to compute in. Default: 'double', as transformers does.
    **kwargs
        Become attributes.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec.compat.transformers import SeamlessM4TFeatureExtractor
    >>> extractor = SeamlessM4TFeatureExtractor()
    >>> speech = np.zeros(16000, np.float32)
    >>> extractor(speech, sampling_rate=16000, return_tensors="np")["input_features"].shape
    (1, 49, 160)
    """

    model_input_names: ClassVar[list[str]] = ["input_features", "attention_mask"]
    _preset = "seamless_m4t"

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        num_mel_bins: int = 80,
        padding_value: float = 0.0,
        stride: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.num_mel_bins = num_mel_bins
        self.stride = check_int("stride", stride, minimum=1)
        self._mel_plan(True)

    def _mel_plan(self, normalize: bool) -> FrontEnd:
        return self._plan(
            sr=self.sampling_rate,
            win_length=400,
            hop_length=160,
            n_fft=512,
            n_mels=self.num_mel_bins,
            fmax=float(self.sampling_rate // 2),
            normalize="mean_var" if normalize else None,
            stack=1,
        )

    def __call__(
        self,
        raw_speech: Any,
        padding: Any = True,
        pad_to_multiple_of: int | None = 2,
        max_length: int | None = None,
        truncation: bool = False,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        return_attention_mask: bool | None = None,
        do_normalize_per_mel_bins: bool | None = True,
        *,
        n_threads: int = 1,
        **kwargs: Any,
    ) -> BatchFeature:
        """Make the features of one signal or a batch.

        Parameters
        ----------
        raw_speech : array, shape=(n,), (batch, n) or (batch, channels, n), or list of signals
            Signals in [-1, 1]; of several channels the first is taken.
        padding : bool or {'longest', 'max_length', 'do_not_pad'}
            Default: True, the longest.
        pad_to_multiple_of : int, optional
            Round the number of frames, before they are put together, up to a multiple of this.
            Default: 2.
        max_length : int, optional
            Frames to pad and cut to, before they are put together.
        truncation : bool
            Whether to cut at `max_length`. Default: False.
        return_tensors : {'np', 'pt'}, optional
            Type of the result. Default: NumPy arrays.
        sampling_rate : int, optional
            The signals' rate: refused unless it is the extractor's; a warning without it.
        return_attention_mask : bool, optional
            Whether to return ``attention_mask``. Default: the extractor's own, yes.
        do_normalize_per_mel_bins : bool
            Whether each band is brought to mean 0 and variance 1. Default: True.
        n_threads : int >= 1, or -1
            Threads to use at the most. The result does not depend on it.
        **kwargs
            Ignored.

        Returns
        -------
        BatchFeature
            ``input_features`` [shape=(batch, n_frames // stride, num_mel_bins * stride)] and
            ``attention_mask`` [shape=(batch, n_frames // stride)].

        Raises
        ------
        ParameterError
            If the rate is another, a signal is shorter than a frame, or lengths differ and
            padding is off.
        """
        self._check_rate(sampling_rate, LOGGER)
        with_mask = (
            self.return_attention_mask if return_attention_mask is None else (return_attention_mask)
        )
        signals = self._signals("raw_speech", raw_speech, channels=True)
        plan = self._mel_plan(bool(do_normalize_per_mel_bins))
        for signal in signals:
            self._check_length("raw_speech", signal, 400)
        frames = [plan.n_frames(len(signal)) for signal in signals]
        kept, targets = target_lengths(frames, padding, max_length, truncation, pad_to_multiple_of)
        if len(set(targets)) > 1:
            raise ParameterError(f"padding={padding!r}: leaves signals of different lengths")
        n_frames = targets[0]
        out = np.empty((len(signals), n_frames, self.num_mel_bins), np.float32)
        for item, signal, length, whole in zip(out, signals, kept, frames):
            if length == whole and self.padding_side == "right":
                plan(signal, out=item[:length], n_threads=n_threads)
                item[length:] = self.padding_value
            else:
                self._place(item, plan(signal, n_threads=n_threads), length)
        stacked = n_frames // self.stride
        out = out[:, : stacked * self.stride]
        features = BatchFeature(
            {"input_features": out.reshape(len(out), stacked, self.stride * self.num_mel_bins)}
        )
        if with_mask:
            mask = np.stack([self._mask(length, n_frames) for length in kept])
            at = np.arange(stacked * self.stride)
            features["attention_mask"] = mask[:, at[at % self.stride == 1]]
        return features.convert_to_tensors(return_tensors)


class SpeechT5FeatureExtractor(Model):
    """Waveforms for SpeechT5's encoder, log-mel spectrograms for its decoder.

    Parameters
    ----------
    feature_size : int >= 1
        Kept for the configuration. Default: 1.
    sampling_rate : int >= 1
        Sample rate in Hz. Default: 16000.
    padding_value : float
        What is padded with. Default: 0.
    do_normalize : bool
        Whether to bring waveforms to mean 0 and variance 1. Default: False.
    num_mel_bins : int >= 1
        Mel bands. Default: 80.
    hop_length, win_length : int >= 1
        Time between frames, and length of a frame, in milliseconds. Default: 16 and 64.
    win_function : {'hann_window', 'hann', 'hamming_window', 'hamming', 'boxcar', 'povey'}
        Default: 'hann_window'.
    fmin, fmax : float
        Lowest and highest frequency in Hz. Default: 80 and 7600.
    mel_floor : float > 0
        Smallest value before the logarithm. Default: 1e-10.
    return_attention_mask : bool
        Whether a call returns ``attention_mask`` unless told. Default: True.
    precision : {'single', 'double'}, optional
        What to compute in. Default: 'double', as transformers does.
    **kwargs
        Become attributes.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec.compat.transformers import SpeechT5FeatureExtractor
    >>> extractor = SpeechT5FeatureExtractor()
    >>> speech = np.zeros(16000, np.float32)
    >>> extractor(audio_target=speech, sampling_rate=16000)["input_values"].shape
    (1, 63, 80)
    """

    model_input_names: ClassVar[list[str]] = ["input_values", "attention_mask"]
    _preset = "speecht5"
    _derived = (*Model._derived, "sample_size", "sample_stride", "n_fft", "n_freqs")

    def __init__(
        self,
        feature_size: int = 1,
        sampling_rate: int = 16000,
        padding_value: float = 0.0,
        do_normalize: bool = False,
        num_mel_bins: int = 80,
        hop_length: int = 16,
        win_length: int = 64,
        win_function: str = "hann_window",
        fmin: float = 80,
        fmax: float = 7600,
        mel_floor: float = 1e-10,
        return_attention_mask: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.do_normalize = do_normalize
        self.return_attention_mask = return_attention_mask
        self.num_mel_bins = num_mel_bins
        self.hop_length = check_int("hop_length", hop_length, minimum=1)
        self.win_length = check_int("win_length", win_length, minimum=1)
        self.win_function = win_function
        self.fmin = fmin
        self.fmax = fmax
        self.mel_floor = mel_floor
        self.sample_size = win_length * sampling_rate // 1000
        self.sample_stride = hop_length * sampling_rate // 1000
        self.n_fft = 1 << max(self.sample_size - 1, 0).bit_length()
        self.n_freqs = self.n_fft // 2 + 1
        self._mel_plan()

    def _mel_plan(self) -> FrontEnd:
        window = self.win_function.removesuffix("_window")
        half = self.sample_size // 2
        return self._plan(
            sr=self.sampling_rate,
            n_fft=self.n_fft,
            win_length=self.sample_size,
            hop_length=self.sample_stride,
            window=_periodic_povey(self.sample_size) if window == "povey" else window,
            window_align="left",
            pad=(half, half),
            n_mels=self.num_mel_bins,
            fmin=self.fmin,
            fmax=self.fmax,
            integer_nyquist=True,
            amin=self.mel_floor,
        )

    def __call__(
        self,
        audio: Any = None,
        audio_target: Any = None,
        padding: Any = False,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        *,
        n_threads: int = 1,
        **kwargs: Any,
    ) -> BatchFeature:
        """Make the inputs of one signal or a batch.

        Parameters
        ----------
        audio : array, shape=(n,) or (batch, n), or list of signals, optional
            Mono signals whose waveforms are returned.
        audio_target : array, shape=(n,) or (batch, n), or list of signals, optional
            Mono signals whose spectrograms are returned.
        padding : bool or {'longest', 'max_length', 'do_not_pad'}
            Default: False.
        max_length : int, optional
            Samples, or frames of `audio_target`, to pad and cut to.
        truncation : bool
            Whether to cut at `max_length`. Default: False.
        pad_to_multiple_of : int, optional
            Round lengths up to a multiple of this.
        return_attention_mask : bool, optional
            Whether to return ``attention_mask``. Default: the extractor's own.
        return_tensors : {'np', 'pt'}, optional
            Type of the result. Default: NumPy arrays, of objects where lengths differ.
        sampling_rate : int, optional
            The signals' rate: refused unless it is the extractor's; a warning without it.
        n_threads : int >= 1, or -1
            Threads to use at the most. The result does not depend on it.
        **kwargs
            Ignored.

        Returns
        -------
        BatchFeature
            ``input_values`` [shape=(batch, n), or (batch, n_frames, num_mel_bins) for
            `audio_target` alone] and ``attention_mask``; with both, those of the targets are
            ``labels`` and ``decoder_attention_mask``.

        Raises
        ------
        ParameterError
            If there is no audio, the rate is another, or an argument is out of its range.
        """
        if audio is None and audio_target is None:
            raise ParameterError("audio=None: give audio or audio_target, or both")
        self._check_rate(sampling_rate, LOGGER)
        how = {
            "padding": padding,
            "max_length": max_length,
            "truncation": truncation,
            "pad_to_multiple_of": pad_to_multiple_of,
            "return_attention_mask": return_attention_mask,
        }
        inputs = targets = None
        if audio is not None:
            inputs = self._waveforms(audio, how, return_tensors)
        if audio_target is not None:
            targets = self._targets(audio_target, how, return_tensors, n_threads)
        if inputs is None:
            assert targets is not None
            return targets
        if targets is not None:
            inputs["labels"] = targets["input_values"]
            if "attention_mask" in targets:
                inputs["decoder_attention_mask"] = targets["attention_mask"]
        return inputs

    def _waveforms(self, audio: Any, how: dict[str, Any], tensors: Any) -> BatchFeature:
        signals = self._signals("audio", audio)
        padded = self.pad({"input_values": signals}, return_tensors="np", **how)
        if self.do_normalize:
            mask = padded.get("attention_mask")
            if strategy(how["padding"]) == "do_not_pad":
                mask = None
            padded["input_values"] = self.zero_mean_unit_var_norm(
                padded["input_values"], mask, self.padding_value
            )
        return self._finish(padded, tensors)

    def _targets(
        self, audio: Any, how: dict[str, Any], tensors: Any, n_threads: int
    ) -> BatchFeature:
        signals = self._signals("audio_target", audio)
        plan = self._mel_plan()
        for signal in signals:
            self._check_length("audio_target", signal, 1)
        frames = [plan(signal, n_threads=n_threads) for signal in signals]
        padded = self.pad({"input_values": frames}, return_tensors="np", **how)
        return self._finish(padded, tensors)

    @staticmethod
    def _finish(padded: BatchFeature, tensors: Any) -> BatchFeature:
        # transformers returns lists of masks, and arrays only where they are asked for.
        if "attention_mask" in padded:
            padded["attention_mask"] = [*padded["attention_mask"]]
        if tensors == "np":
            padded = BatchFeature({key: as_array(value) for key, value in padded.items()})
        return padded.convert_to_tensors(tensors)


def _periodic_povey(n: int) -> Any:
    """transformers' Povey window of its periodic kind, as a value that can be hashed."""
    return freeze_window(np.power(np.hanning(n + 1)[:-1], 0.85), n)
