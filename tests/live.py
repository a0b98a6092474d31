"""The live libraries whose front ends the presets match: one function per preset.

Each imports its library when called. `numpy_` and `torch_` paths of one class are separate entries.
A function takes a float32 signal and returns what its library makes of it, as an array.
"""

import importlib
import importlib.util
import logging
import sys
import types
import warnings
from functools import lru_cache

import numpy as np


def import_part(package, module):
    """A module of an installed package, without what the package itself would import."""
    if package not in sys.modules:
        spec = importlib.util.find_spec(package)
        if spec is None:
            raise ImportError(f"{package} is not installed")
        bare = types.ModuleType(package)
        bare.__path__ = list(spec.submodule_search_locations)
        sys.modules[package] = bare
    return importlib.import_module(f"{package}.{module}")


def no_op(name):
    """What stands for torchaudio's decorators: they mark what needs its binary."""
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda function: function


@lru_cache
def import_torchaudio():
    """torchaudio; its Python parts alone where its binary does not fit the installed torch."""
    try:
        return importlib.import_module("torchaudio")
    except (OSError, AttributeError):
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
    import torch

    stub = types.ModuleType("torchaudio._extension")
    stub.__getattr__ = no_op
    stub._IS_RNNT_AVAILABLE = stub._IS_ALIGN_AVAILABLE = False
    sys.modules["torchaudio._extension"] = stub
    for name in ("_lfilter_core_loop", "_overdrive_core_loop"):
        setattr(torch.ops.torchaudio, name, None)
    try:
        return importlib.import_module("torchaudio")
    except Exception as error:
        raise ImportError(f"torchaudio: {error}") from error


def kaldi():
    import_torchaudio()
    return importlib.import_module("torchaudio.compliance.kaldi")


# Classes of transformers that exist without torch, and fail when they are called.
NEED_TORCH = ("ASTFeatureExtractor", "ParakeetFeatureExtractor", "Phi4MultimodalFeatureExtractor")


def model(name, class_name):
    """A feature extractor class of transformers, whose optional packages may be missing."""
    logging.getLogger("transformers").setLevel(logging.ERROR)
    if class_name in NEED_TORCH:
        importlib.import_module("torch")
    if importlib.util.find_spec("torchaudio"):
        import_torchaudio()
    module = importlib.import_module(f"transformers.models.{name}.feature_extraction_{name}")
    return getattr(module, class_name)


@lru_cache
def made(name, class_name, **arguments):
    return model(name, class_name)(**arguments)


class without:
    """A module of transformers as it is where torch or torchaudio are not installed."""

    def __init__(self, extractor, test):
        self.module, self.test = sys.modules[type(extractor).__module__], test

    def __enter__(self):
        self.before = getattr(self.module, self.test)
        setattr(self.module, self.test, lambda: False)

    def __exit__(self, *_):
        setattr(self.module, self.test, self.before)


def tensor(y):
    import torch

    return torch.from_numpy(y)


def librosa_mel(y):
    import librosa

    return librosa.feature.melspectrogram(y=y)


def torchaudio_mel(y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of the bands hold no bin
        import_torchaudio()
        transforms = importlib.import_module("torchaudio.transforms")
        return transforms.MelSpectrogram()(tensor(y)).numpy()


def torchaudio_mfcc(y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_torchaudio()
        transforms = importlib.import_module("torchaudio.transforms")
        return transforms.MFCC()(tensor(y)).numpy()


def kaldi_fbank(y):
    return kaldi().fbank(tensor(y)[None]).numpy()


def kaldi_mfcc(y):
    return kaldi().mfcc(tensor(y)[None]).numpy()


def knf_frames(computer, y):
    computer.accept_waveform(16000, y.tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(t).copy() for t in range(computer.num_frames_ready)])


def knf_fbank(y, dither=0.0):
    import kaldi_native_fbank as knf

    options = knf.FbankOptions()
    options.frame_opts.dither = dither
    return knf_frames(knf.OnlineFbank(options), y)


def knf_mfcc(y):
    import kaldi_native_fbank as knf

    options = knf.MfccOptions()
    options.frame_opts.dither = 0
    return knf_frames(knf.OnlineMfcc(options), y)


def lhotse_fbank(y):
    layers = importlib.import_module("lhotse.features.kaldi.layers")
    return layers.Wav2LogFilterBank()(tensor(y)[None])[0].numpy()


def whisper(y):
    audio = import_part("whisper", "audio")
    return audio.log_mel_spectrogram(y).numpy()


def hf_whisper(y):
    importlib.import_module("torch")
    return made("whisper", "WhisperFeatureExtractor")._torch_extract_fbank_features(y)


def hf_whisper_numpy(y):
    return made("whisper", "WhisperFeatureExtractor")._np_extract_fbank_features(y[None], "cpu")[0]


def faster_whisper(y):
    return import_part("faster_whisper", "feature_extractor").FeatureExtractor()(y)


AST = ("audio_spectrogram_transformer", "ASTFeatureExtractor")


def ast(y):
    kaldi()
    extractor = made(*AST)
    return extractor.normalize(extractor._extract_fbank_features(y, (len(y) - 240) // 160))


def ast_numpy(y):
    extractor = model(*AST)
    with without(made(*AST), "is_speech_available"):
        extractor = extractor()
        return extractor.normalize(extractor._extract_fbank_features(y, (len(y) - 240) // 160))


def seamless_m4t(y):
    extractor = made("seamless_m4t", "SeamlessM4TFeatureExtractor")
    return extractor(y, sampling_rate=16000, return_tensors="np")["input_features"][0]


SPEECH_TO_TEXT = ("speech_to_text", "Speech2TextFeatureExtractor")


def speech_to_text(y):
    kaldi()
    return made(*SPEECH_TO_TEXT)(y, sampling_rate=16000)["input_features"][0]


def speech_to_text_numpy(y):
    extractor = model(*SPEECH_TO_TEXT)
    with without(made(*SPEECH_TO_TEXT), "is_speech_available"):
        return extractor()(y, sampling_rate=16000)["input_features"][0]


def parakeet(y):
    result = made("parakeet", "ParakeetFeatureExtractor")(y, sampling_rate=16000)
    return result["input_features"][0, : len(y) // 160].numpy()


def speecht5(y):
    extractor = made("speecht5", "SpeechT5FeatureExtractor")
    return extractor(audio_target=y, sampling_rate=16000)["input_values"][0]


def gemma3n(y):
    extractor = made("gemma3n", "Gemma3nAudioFeatureExtractor")
    return extractor._extract_spectrogram(y, np.ones(len(y)))[0].astype(np.float32)


def phi4(y):
    import torch

    extractor = made("phi4_multimodal", "Phi4MultimodalFeatureExtractor")
    return extractor._torch_extract_fbank_features(tensor(y)[None], torch.tensor([len(y)]))[
        0
    ].numpy()


def clap(y):
    extractor = made("clap", "ClapFeatureExtractor")
    return extractor._np_extract_fbank_features(y, extractor.mel_filters_slaney)


def clap_fusion(y):
    extractor = made("clap", "ClapFeatureExtractor")
    return extractor._np_extract_fbank_features(y, extractor.mel_filters)


def univnet(y):
    return made("univnet", "UnivNetFeatureExtractor").mel_spectrogram(y).astype(np.float32)


def pop2piano(y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of the bands hold no bin
        mel = made("pop2piano", "Pop2PianoFeatureExtractor").mel_spectrogram([y])[0]
    return np.log(np.clip(mel, 1e-6, None)).T.astype(np.float32)


def musicnn(y):
    standard = importlib.import_module("essentia.standard")
    compute = standard.TensorflowInputMusiCNN()
    n_frames = 1 + (len(y) - 512) // 256
    return np.stack([compute(y[256 * t : 256 * t + 512]) for t in range(n_frames)])
