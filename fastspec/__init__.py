"""fastspec: spectrograms, mel, MFCC and their inverses on CPUs, fast and exact.

Functions carry librosa's names and give librosa's results; plans (`STFT`, `MelSpectrogram`,
`MFCC`) fix the parameters once and are called many times, from any number of threads.
"""

from typing import TYPE_CHECKING, Any

from fastspec._core import DeadlineError, EngineError
from fastspec._validate import LimitError, ParameterError
from fastspec._version import __version__
from fastspec.access import Estimate
from fastspec.caches import cache_clear, cache_info
from fastspec.chroma import Chroma, chroma_cens, chroma_cqt, chroma_vqt, cq_to_chroma, tonnetz
from fastspec.chroma_filters import chroma_filter
from fastspec.chroma_spectra import ChromaSTFT, chroma_stft
from fastspec.config import get_include, get_precision, set_precision, show_config
from fastspec.constantq import CQT, cqt, cqt_frequencies, interval_frequencies, vqt
from fastspec.convert import (
    fft_frequencies,
    frames_to_samples,
    frames_to_time,
    hz_to_mel,
    mel_frequencies,
    mel_to_hz,
    samples_to_frames,
    samples_to_time,
    time_to_frames,
    time_to_samples,
)
from fastspec.decibels import amplitude_to_db, db_to_amplitude, db_to_power, magphase, power_to_db
from fastspec.decompose import hpss, softmask
from fastspec.deltas import delta, stack_memory
from fastspec.energy_normalization import pcen
from fastspec.features import Features
from fastspec.filters import mel_filter
from fastspec.frame_features import rms, zero_crossing_rate
from fastspec.front_end import FrontEnd
from fastspec.fundamental import pyin, yin
from fastspec.hybrid import hybrid_cqt, pseudo_cqt
from fastspec.icqt import griffinlim_cqt, icqt, ivqt
from fastspec.inverse_features import mel_to_audio, mel_to_stft, mfcc_to_audio, mfcc_to_mel
from fastspec.limits import deadline, get_limits, set_limits
from fastspec.mel import melspectrogram, mfcc
from fastspec.notes import (
    hz_to_midi,
    hz_to_note,
    hz_to_octs,
    midi_to_hz,
    midi_to_note,
    note_to_hz,
    note_to_midi,
    octs_to_hz,
)
from fastspec.nsgt import NSGT
from fastspec.onset import onset_strength, onset_strength_multi
from fastspec.pitch import estimate_tuning, piptrack, pitch_tuning
from fastspec.reassigned import reassigned_spectrogram
from fastspec.rhythm import (
    fourier_tempo_frequencies,
    fourier_tempogram,
    tempo,
    tempo_frequencies,
    tempogram,
)
from fastspec.signals import deemphasis, frame, preemphasis, resample
from fastspec.spectral import (
    poly_features,
    spectral_bandwidth,
    spectral_centroid,
    spectral_contrast,
    spectral_flatness,
    spectral_rolloff,
)
from fastspec.spectrum import griffinlim, istft, stft
from fastspec.stream_group import StreamGroup
from fastspec.streams import InverseStream, Stream
from fastspec.stretch import phase_vocoder
from fastspec.threads import cores
from fastspec.transforms import MFCC, STFT, MelSpectrogram, Spectrogram
from fastspec.weighting import (
    A_weighting,
    B_weighting,
    C_weighting,
    D_weighting,
    Z_weighting,
    frequency_weighting,
    multi_frequency_weighting,
    perceptual_weighting,
)
from fastspec.windows import get_window

__all__ = [
    "A_weighting",
    "B_weighting",
    "CQT",
    "C_weighting",
    "Chroma",
    "ChromaSTFT",
    "D_weighting",
    "DeadlineError",
    "EngineError",
    "Estimate",
    "Features",
    "FrontEnd",
    "InverseStream",
    "LimitError",
    "MFCC",
    "MelSpectrogram",
    "NSGT",
    "ParameterError",
    "STFT",
    "Spectrogram",
    "Stream",
    "StreamGroup",
    "Z_weighting",
    "__version__",
    "amplitude_to_db",
    "cache_clear",
    "cache_info",
    "chroma_cens",
    "chroma_cqt",
    "chroma_filter",
    "chroma_stft",
    "chroma_vqt",
    "cores",
    "cq_to_chroma",
    "cqt",
    "cqt_frequencies",
    "db_to_amplitude",
    "db_to_power",
    "deadline",
    "deemphasis",
    "delta",
    "estimate_tuning",
    "fft_frequencies",
    "fourier_tempo_frequencies",
    "fourier_tempogram",
    "frame",
    "frames_to_samples",
    "frames_to_time",
    "frequency_weighting",
    "get_include",
    "get_limits",
    "get_precision",
    "get_window",
    "griffinlim",
    "griffinlim_cqt",
    "hpss",
    "hybrid_cqt",
    "hz_to_mel",
    "hz_to_midi",
    "hz_to_note",
    "hz_to_octs",
    "icqt",
    "interval_frequencies",
    "is_patched",
    "istft",
    "ivqt",
    "librosa_compat",
    "librosa_patch",
    "load",
    "magphase",
    "mel_filter",
    "mel_frequencies",
    "mel_to_audio",
    "mel_to_hz",
    "mel_to_stft",
    "melspectrogram",
    "mfcc",
    "mfcc_to_audio",
    "mfcc_to_mel",
    "midi_to_hz",
    "midi_to_note",
    "multi_frequency_weighting",
    "note_to_hz",
    "note_to_midi",
    "octs_to_hz",
    "onset_strength",
    "onset_strength_multi",
    "patch_librosa",
    "patch_report",
    "pcen",
    "phase_vocoder",
    "perceptual_weighting",
    "piptrack",
    "pitch_tuning",
    "poly_features",
    "power_to_db",
    "preemphasis",
    "presets",
    "pseudo_cqt",
    "pyin",
    "reassigned_spectrogram",
    "resample",
    "rms",
    "samples_to_frames",
    "samples_to_time",
    "set_limits",
    "set_precision",
    "show_config",
    "softmask",
    "specshow",
    "spectral_bandwidth",
    "spectral_centroid",
    "spectral_contrast",
    "spectral_flatness",
    "spectral_rolloff",
    "stack_memory",
    "stft",
    "tempo",
    "tempo_frequencies",
    "tempogram",
    "time_to_frames",
    "time_to_samples",
    "tonnetz",
    "unpatch_librosa",
    "vqt",
    "yin",
    "zero_crossing_rate",
]

# Imported when first used: files and pictures need optional packages, few programs patch librosa.
_LATER = {
    "is_patched": "fastspec.librosa_compat._patch",
    "librosa_patch": "fastspec.librosa_compat._patch",
    "load": "fastspec.audio",
    "patch_librosa": "fastspec.librosa_compat._patch",
    "patch_report": "fastspec.librosa_compat._patch",
    "specshow": "fastspec.display",
    "unpatch_librosa": "fastspec.librosa_compat._patch",
}
_MODULES_LATER = ("compat", "librosa_compat", "presets")


if TYPE_CHECKING:
    from fastspec import compat as compat
    from fastspec import librosa_compat, presets
    from fastspec.audio import load
    from fastspec.display import specshow
    from fastspec.librosa_compat._patch import (
        is_patched,
        librosa_patch,
        patch_librosa,
        patch_report,
        unpatch_librosa,
    )
else:

    def __getattr__(name: str) -> Any:
        if name in _LATER:
            import importlib

            value = getattr(importlib.import_module(_LATER[name]), name)
            globals()[name] = value
            return value
        if name in _MODULES_LATER:
            import importlib

            return importlib.import_module(f"fastspec.{name}")
        raise AttributeError(f"module 'fastspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_MODULES_LATER})
