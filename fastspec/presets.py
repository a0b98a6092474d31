"""Front ends by name: the exact features that a model was trained on.

``get(name)`` makes a `FrontEnd` plan; ``list()`` says what there is, and which version of which
source each one matches. A preset is one entry of `PRESETS`: arguments of `FrontEnd`, of which those
that follow from others (Kaldi's frames from the sample rate) are functions of the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastspec._validate import ParameterError, check_choice
from fastspec.front_end import FrontEnd

__all__ = ["PRESETS", "Preset", "get", "list"]

_EPSILON = 1.1920928955078125e-07  # of single precision: Kaldi's floor


class Preset(NamedTuple):
    """A named front end.

    Attributes
    ----------
    name : str
        What `get` takes.
    source : str
        The library and the function or class whose result it gives.
    version : str
        The version of the source that it was checked against.
    about : str
        What to know before use: input, shape, what is left to the caller.
    settings : mapping
        Arguments of `FrontEnd`.
    """

    name: str
    source: str
    version: str
    about: str
    settings: Mapping[str, Any]

    @property
    def precision(self) -> str:
        """'double' where the source has double, or is nearer to the truth than our single."""
        return str(self.settings.get("precision", "single"))


_Arguments = Mapping[str, Any]


def _milliseconds(ms: int) -> Callable[[_Arguments], int]:
    """Kaldi's and torchaudio's samples of so many milliseconds."""
    return lambda a: int(a["sr"] * ms * 0.001)


def _power_of_two(a: _Arguments) -> int:
    """The smallest power of two that holds a window."""
    return int(1 << (int(a["win_length"]) - 1).bit_length())


def _whole_nyquist(a: _Arguments) -> float:
    """The highest frequency in torchaudio, where 22051 Hz reach up to 11025 Hz."""
    return float(int(a["sr"]) // 2)


_TORCHAUDIO: dict[str, Any] = {
    "sr": 16000,
    "n_fft": 400,
    "hop_length": 200,
    "window_dtype": "float32",
    "pad_mode": "reflect",
    "n_mels": 128,
    "fmax": _whole_nyquist,
    "mel_scale": "htk",
    "norm": None,
    "integer_nyquist": True,
}

_KALDI: dict[str, Any] = {
    "sr": 16000,
    "win_length": _milliseconds(25),
    "hop_length": _milliseconds(10),
    "n_fft": _power_of_two,
    "window": "povey",
    "window_align": "left",
    "align": "snip_edges",
    "remove_dc": True,
    "preemphasis": 0.97,
    "n_mels": 23,
    "fmin": 20.0,
    "fmax": 0.0,
    "mel_scale": "kaldi",
    "triangles": "mel",
    "norm": None,
    "zero_nyquist": True,
    "log": "ln",
    "amin": _EPSILON,
    "layout": "frames_first",
}

_KALDI_MFCC: dict[str, Any] = {**_KALDI, "n_mfcc": 13, "lifter": 22.0, "lifter_origin": 0}

_WHISPER: dict[str, Any] = {
    "sr": 16000,
    "n_fft": 400,
    "hop_length": 160,
    "pad_mode": "reflect",
    "drop_last": True,
    "n_mels": 80,
    "fmax": 8000.0,
    "log": "log10",
    "amin": 1e-10,
    "rel_clip": 8.0,
    "scale": 0.25,
    "offset": 1.0,
}

_SPEECH: dict[str, Any] = {
    **_KALDI,
    "gain": 32768.0,
    "n_mels": 80,
    "bank_dtype": "float64",
    "normalize": "mean_var",
}

_CLAP: dict[str, Any] = {
    "sr": 48000,
    "n_fft": 1024,
    "hop_length": 480,
    "pad_mode": "reflect",
    "n_mels": 64,
    "fmax": 14000.0,
    "bank_dtype": "float64",
    "integer_nyquist": True,
    "log": "db",
    "layout": "frames_first",
    "precision": "double",
}

_VOCODER: dict[str, Any] = {
    "n_fft": 1024,
    "hop_length": 256,
    "pad": (384, 384),
    "pad_mode": "reflect",
    "power": 1.0,
    "magnitude_eps": 1e-9,
    "log": "ln",
    "amin": 1e-5,
}

_AUDIOSET_MEAN, _AUDIOSET_STD = -4.2677393, 4.5689974

_ALL = (
    Preset(
        "librosa_mel",
        "librosa.feature.melspectrogram",
        "0.11",
        "Power; any sample rate with sr=.",
        {
            "sr": 22050,
            "n_fft": 2048,
            "hop_length": 512,
            "n_mels": 128,
            "precision": "double",
        },
    ),
    Preset(
        "torchaudio_mel",
        "torchaudio.transforms.MelSpectrogram",
        "2.11",
        "Power.",
        _TORCHAUDIO,
    ),
    Preset(
        "torchaudio_mfcc",
        "torchaudio.transforms.MFCC",
        "2.11",
        "80 dB below the maximum of the whole array, as torchaudio clips up to three dimensions.",
        {**_TORCHAUDIO, "log": "db", "rel_clip": 80.0, "clip_scope": "array", "n_mfcc": 40},
    ),
    Preset(
        "kaldi_fbank",
        "torchaudio.compliance.kaldi.fbank",
        "2.11",
        "Samples as they are: for Kaldi's numbers give them the range of int16.",
        _KALDI,
    ),
    Preset(
        "kaldi_mfcc",
        "torchaudio.compliance.kaldi.mfcc",
        "2.11",
        "Samples as they are: for Kaldi's numbers give them the range of int16.",
        _KALDI_MFCC,
    ),
    Preset(
        "knf_fbank",
        "kaldi_native_fbank.OnlineFbank",
        "1.23",
        "With its dither of 3e-5, here a function of seed=; dither=0 turns it off.",
        {**_KALDI, "dither": 3e-5},
    ),
    Preset(
        "knf_mfcc",
        "kaldi_native_fbank.OnlineMfcc",
        "1.23",
        "Log energy in the place of C0; with its dither of 3e-5, dither=0 turns it off.",
        {**_KALDI_MFCC, "dither": 3e-5, "energy": "raw", "energy_floor": _EPSILON},
    ),
    Preset(
        "lhotse_fbank",
        "lhotse.Fbank",
        "1.33",
        "Samples as they are; one frame per 10 ms.",
        {**_KALDI, "align": "kaldi", "n_mels": 80, "fmax": -400.0},
    ),
    Preset(
        "whisper",
        "openai-whisper: whisper.audio.log_mel_spectrogram",
        "20250625",
        "Clipped below the maximum of the whole array. For 30 s give pad_to=480000.",
        {**_WHISPER, "clip_scope": "array"},
    ),
    Preset(
        "hf_whisper",
        "transformers.WhisperFeatureExtractor",
        "5.23",
        "Clipped below each signal's maximum. For 30 s give pad_to=480000.",
        _WHISPER,
    ),
    Preset(
        "faster_whisper",
        "faster_whisper.feature_extractor.FeatureExtractor",
        "1.2.1",
        "With its 160 zeros at the end.",
        {**_WHISPER, "append": 160, "clip_scope": "array", "precision": "double"},
    ),
    Preset(
        "ast",
        "transformers.ASTFeatureExtractor",
        "5.23",
        "Normalised by AudioSet's mean and deviation; not padded to 1024 frames.",
        {
            **_KALDI,
            "window": "hann",
            "window_symmetric": True,
            "n_mels": 128,
            "scale": 0.5 / _AUDIOSET_STD,
            "offset": -0.5 * _AUDIOSET_MEAN / _AUDIOSET_STD,
        },
    ),
    Preset(
        "seamless_m4t",
        "transformers.SeamlessM4TFeatureExtractor",
        "5.23",
        "Normalised per band, then pairs of frames; zeros behind an odd last one.",
        {
            **_SPEECH,
            "norm_ddof": 1,
            "norm_eps": 1e-7,
            "stack": 2,
            "stack_end": "zero",
            "precision": "double",
        },
    ),
    Preset(
        "speech_to_text",
        "transformers.Speech2TextFeatureExtractor",
        "5.23",
        "Normalised per band.",
        {**_SPEECH, "precision": "double"},
    ),
    Preset(
        "parakeet",
        "transformers.ParakeetFeatureExtractor (NeMo's AudioToMelSpectrogramPreprocessor)",
        "5.23",
        "Normalised per band over the valid frames, which are those that are returned.",
        {
            "sr": 16000,
            "n_fft": 512,
            "win_length": 400,
            "hop_length": 160,
            "window_symmetric": True,
            "window_dtype": "float32",
            "drop_last": True,
            "preemphasis": 0.97,
            "preemphasis_mode": "signal",
            "n_mels": 80,
            "log": "ln",
            "log_mode": "add",
            "amin": 2.0**-24,
            "normalize": "mean_var",
            "norm_ddof": 1,
            "norm_eps": 1e-5,
            "norm_eps_mode": "std",
            "layout": "frames_first",
        },
    ),
    Preset(
        "clap",
        "transformers.ClapFeatureExtractor, truncation='rand_trunc'",
        "5.23",
        "Slaney's bank; a single mel spectrogram of what was repeated or cut to 10 s before.",
        _CLAP,
    ),
    Preset(
        "clap_fusion",
        "transformers.ClapFeatureExtractor, truncation='fusion'",
        "5.23",
        "HTK's bank; a single mel spectrogram of what was repeated or cut to 10 s before.",
        {**_CLAP, "mel_scale": "htk", "norm": None},
    ),
    Preset(
        "speecht5",
        "transformers.SpeechT5FeatureExtractor, audio_target",
        "5.23",
        "Magnitudes, log10.",
        {
            "sr": 16000,
            "n_fft": 1024,
            "hop_length": 256,
            "pad_mode": "reflect",
            "power": 1.0,
            "n_mels": 80,
            "fmin": 80.0,
            "fmax": 7600.0,
            "bank_dtype": "float64",
            "log": "log10",
            "layout": "frames_first",
            "precision": "double",
        },
    ),
    Preset(
        "univnet",
        "transformers.UnivNetFeatureExtractor",
        "5.23",
        "Not scaled to [-1, 1], which is its do_normalize.",
        {
            **_VOCODER,
            "sr": 24000,
            "n_mels": 100,
            "bank_dtype": "float64",
            "layout": "frames_first",
            "precision": "double",
        },
    ),
    Preset(
        "hifigan",
        "HiFi-GAN: meldataset.mel_spectrogram, config v1",
        "2020",
        "Samples in [-1, 1].",
        {**_VOCODER, "sr": 22050, "n_mels": 80, "fmax": 8000.0, "window_dtype": "float32"},
    ),
    Preset(
        "pop2piano",
        "transformers.Pop2PianoFeatureExtractor",
        "5.23",
        "The spectrogram of a segment; finding beats and cutting at them is not part of it.",
        {
            "sr": 22050,
            "n_fft": 4096,
            "hop_length": 1024,
            "pad_mode": "reflect",
            "n_mels": 512,
            "fmin": 10.0,
            "fmax": _whole_nyquist,
            "mel_scale": "htk",
            "norm": None,
            "bank_dtype": "float64",
            "integer_nyquist": True,
            "log": "ln",
            "amin": 1e-6,
            "layout": "frames_first",
            "precision": "double",
        },
    ),
    Preset(
        "gemma3n",
        "transformers.Gemma3nAudioFeatureExtractor",
        "5.23",
        "Frames need one sample more than they hold; not padded to a multiple of 128 samples.",
        {
            "sr": 16000,
            "n_fft": 1024,
            "win_length": 512,
            "hop_length": 160,
            "window_align": "left",
            "pad": (0, -1),
            "preemphasis": 0.97,
            "power": 1.0,
            "n_mels": 128,
            "fmin": 125.0,
            "fmax": 7600.0,
            "mel_scale": "htk",
            "norm": None,
            "bank_dtype": "float64",
            "log": "ln",
            "amin": 1e-5,
            "layout": "frames_first",
            "precision": "double",
        },
    ),
    Preset(
        "phi4",
        "transformers.Phi4MultimodalFeatureExtractor",
        "5.23",
        "Samples in [-1, 1].",
        {
            "sr": 16000,
            "n_fft": 512,
            "win_length": 400,
            "hop_length": 160,
            "window": "hamming",
            "window_symmetric": True,
            "window_align": "left",
            "align": "left",
            "gain": 32768.0,
            "preemphasis": 0.97,
            "n_mels": 80,
            "fmax": 7690.0,
            "mel_scale": "kaldi",
            "triangles": "mel",
            "norm": None,
            "log": "ln",
            "amin": 1.0,
            "layout": "frames_first",
            "precision": "double",
        },
    ),
    Preset(
        "vggish",
        "VGGish: mel_features.log_mel_spectrogram",
        "2017",
        "Cut into examples of 96 frames by the caller; window_symmetric=True gives essentia's.",
        {
            "sr": 16000,
            "n_fft": 512,
            "win_length": 400,
            "hop_length": 160,
            "window_align": "left",
            "align": "left",
            "power": 1.0,
            "n_mels": 64,
            "fmin": 125.0,
            "fmax": 7500.0,
            "mel_scale": "kaldi",
            "triangles": "mel",
            "norm": None,
            "bank_dtype": "float64",
            "zero_dc": True,
            "log": "ln",
            "log_mode": "add",
            "amin": 0.01,
            "layout": "frames_first",
            "precision": "double",
        },
    ),
    Preset(
        "musicnn",
        "essentia: TensorflowInputMusiCNN",
        "2.1",
        "Frames from the first sample.",
        {
            "sr": 16000,
            "n_fft": 512,
            "hop_length": 256,
            "window_symmetric": True,
            "window_dtype": "float32",
            "align": "left",
            "n_mels": 96,
            "log": "log10",
            "log_mode": "add",
            "log_multiplier": 10000.0,
            "amin": 1.0,
            "layout": "frames_first",
        },
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}
"""All presets by name."""

_DEFAULTS: dict[str, Any] = FrontEnd.__init__.__kwdefaults__ or {}


def arguments(name: str, **overrides: Any) -> dict[str, Any]:
    """Return a preset's arguments of `FrontEnd`.

    Parameters
    ----------
    name : str
        Name of the preset.
    **overrides
        Arguments in place of the preset's.

    Returns
    -------
    dict
    """
    preset = PRESETS[check_choice("name", name, tuple(PRESETS))]
    for key in overrides:
        if key not in _DEFAULTS:
            try:
                check_choice(key, key, tuple(_DEFAULTS))
            except ParameterError as error:
                known = str(error).partition("unknown; ")[2].partition("one of")[0]
                raise ParameterError(
                    f"{key}: is not an argument of FrontEnd; {known or 'see fastspec.FrontEnd'}"
                ) from None
    merged = {**preset.settings, **overrides}
    derived = [key for key, value in merged.items() if key not in overrides and callable(value)]
    for key in derived:
        merged[key] = merged[key](merged)
    return merged


def get(name: str, **overrides: Any) -> FrontEnd:
    """Return a front end by name.

    Parameters
    ----------
    name : str
        One of the names that `list` gives.
    **overrides
        Arguments of `FrontEnd` in place of the preset's, such as ``n_mels=128``. In Kaldi's
        presets, `sr` also changes the lengths that are in milliseconds.

    Returns
    -------
    FrontEnd
        A plan. Presets whose source computes in double have ``precision='double'``.

    Raises
    ------
    ParameterError
        If there is no such preset or argument, or if a value is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec import presets
    >>> presets.get("whisper", n_mels=128)(np.zeros(16000, np.float32)).shape
    (128, 100)
    """
    return FrontEnd(**arguments(name, **overrides))


def list() -> tuple[Preset, ...]:
    """Return all presets: name, source, version and what to know of each.

    Returns
    -------
    tuple of Preset

    Examples
    --------
    >>> from fastspec import presets
    >>> [(p.source, p.version) for p in presets.list() if p.name == "lhotse_fbank"]
    [('lhotse.Fbank', '1.33')]
    """
    return _ALL
