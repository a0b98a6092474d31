"""The contestants: how each library computes each feature.

A class per library. Its methods have the names of `Feature.method`; one that is missing means that
the library lacks the feature. A method makes what a user would make once, and returns the call.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.cases import Case, Feature

Array = npt.NDArray[Any]
Call = Callable[[], Any]


class Peer:
    """A library. Making one imports it: ImportError or OSError where it is not there."""

    name: ClassVar[str]
    package: ClassVar[str]
    parallel: ClassVar[bool] = False  # whether it can use more than one thread
    longest: ClassVar[float] = math.inf  # seconds of signal that it is given at the most

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def version(self) -> str:
        """Return the version of the library."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return "?"

    def call(self, case: Case) -> Call | None:
        """Return the call that computes a case, None where the library lacks it."""
        make = getattr(self, case.feature.method, None)
        if make is None or case.seconds > self.longest:
            return None
        return make(case)  # type: ignore[no-any-return]

    def result(self, case: Case, value: Any) -> Array:
        """Return what a call returned as librosa's array."""
        return np.asarray(value)

    def reference(self, case: Case) -> Array | None:
        """Return what the result should be, where the library's conventions are not librosa's."""
        return None


def mel_bank(f: Feature) -> npt.NDArray[np.float32]:
    """Return librosa's default mel bank, shape=(n_mels, bins), for libraries that bring none."""

    def to_hz(mel: Array) -> Array:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * math.log(6.4) / 27))

    top = f.sr / 2
    mel_top = 15 + 27 * math.log(top / 1000) / math.log(6.4)
    edges = to_hz(np.linspace(0, mel_top, f.n_mels + 2))
    bins = np.linspace(0, top, f.n_fft // 2 + 1)
    ramps = edges[:, None] - bins
    widths = np.diff(edges)[:, None]
    bank = np.maximum(0, np.minimum(-ramps[:-2] / widths[:-1], ramps[2:] / widths[1:]))
    bank *= 2 / (edges[2:] - edges[:-2])[:, None]
    result: npt.NDArray[np.float32] = bank.astype(np.float32)
    return result


def kaldi_aligned(x: Case) -> Array:
    """Return the signal from where our first window begins: Kaldi's begins where the frame does."""
    return x.y[(x.feature.n_fft - x.feature.win_length) // 2 :]


def to_db(power: Array) -> Array:
    """Return decibels, in place, at most 80 below the largest, for libraries that have no own."""
    np.maximum(power, 1e-10, out=power)
    np.log10(power, out=power)
    power *= 10
    np.maximum(power, power.max() - 80, out=power)
    return power


def whisper_range(log_mel: Array) -> Array:
    """Finish Whisper's log-mel in place: drop the last frame, limit the range, scale."""
    x = log_mel[..., :-1]
    np.maximum(x, x.max() - 8, out=x)
    x += 4
    x /= 4
    return x


# ---- ours ---------------------------------------------------------------------------------------


class Fastspec(Peer):
    """fastspec: the functions where there is one, else plans that were made before."""

    name = "fastspec"
    package = "fastspec"
    parallel = True
    _options: ClassVar[dict[str, Any]] = {}

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._fs = importlib.import_module("fastspec")

    def version(self) -> str:
        return str(self._fs.__version__)

    def _frames(self, f: Feature) -> dict[str, Any]:
        return {"n_fft": f.n_fft, "hop_length": f.hop_length}

    def stft(self, x: Case) -> Call:
        stft, y, options, n = self._fs.stft, x.y, self._frames(x.feature), self.threads
        return lambda: stft(y, **options, n_threads=n)

    def stft_out(self, x: Case) -> Call:
        stft, y, options, n = self._fs.stft, x.y, self._frames(x.feature), self.threads
        out = np.empty_like(x.spectrum)
        return lambda: stft(y, **options, out=out, n_threads=n)

    def istft(self, x: Case) -> Call:
        istft, spectrum, hop, n = self._fs.istft, x.spectrum, x.feature.hop_length, self.threads
        size = x.y.size
        return lambda: istft(spectrum, hop_length=hop, length=size, n_threads=n)

    def mel(self, x: Case) -> Call:
        mel, y, n = self._fs.melspectrogram, x.y, self.threads
        options = self._frames(x.feature) | {"sr": x.feature.sr, "n_mels": x.feature.n_mels}
        return lambda: mel(y=y, **options, n_threads=n)

    def _log_mel(self, f: Feature) -> Any:
        return self._fs.MelSpectrogram(
            sr=f.sr, **self._frames(f), n_mels=f.n_mels, log="db", top_db=80, **self._options
        )

    def log_mel(self, x: Case) -> Call:
        plan, y, n = self._log_mel(x.feature), x.y, self.threads
        return lambda: plan(y, n_threads=n)

    def mfcc(self, x: Case) -> Call:
        mfcc, y, n, f = self._fs.mfcc, x.y, self.threads, x.feature
        options = self._frames(f) | {"sr": f.sr, "n_mels": f.n_mels, "n_mfcc": f.n_mfcc}
        return lambda: mfcc(y=y, **options, n_threads=n)

    def griffinlim(self, x: Case) -> Call:
        griffinlim, magnitude, f, n = self._fs.griffinlim, x.magnitude, x.feature, self.threads
        options = {"n_iter": f.n_iter, "hop_length": f.hop_length, "random_state": 0}
        return lambda: griffinlim(magnitude, **options, n_threads=n)

    def _whisper(self, f: Feature) -> Any:
        return self._fs.MelSpectrogram(
            sr=f.sr,
            **self._frames(f),
            n_mels=f.n_mels,
            pad_mode="reflect",
            log="log10",
            **self._options,
        )

    def whisper(self, x: Case) -> Call:
        plan, y, n = self._whisper(x.feature), x.y, self.threads
        return lambda: whisper_range(plan(y, n_threads=n))

    def _fbank(self, f: Feature) -> Any:
        return self._fs.MelSpectrogram(
            sr=f.sr,
            **self._frames(f),
            win_length=f.win_length,
            window=np.hanning(f.win_length),
            center=False,
            n_mels=f.n_mels,
            fmin=20,
            norm=None,
            htk=True,
            log="ln",
            amin=float(np.finfo(np.float32).eps),
            **self._options,
        )

    def fbank(self, x: Case) -> Call:
        plan, y, n = self._fbank(x.feature), x.y, self.threads
        return lambda: plan(y, n_threads=n)


class FastspecFftw(Fastspec):
    """fastspec's plans over FFTW, whose planner times candidates."""

    name = "fastspec over FFTW"
    istft = griffinlim = None  # type: ignore[assignment] # functions: they take no engine
    _options: ClassVar[dict[str, Any]] = {"engine": "fftw", "planner": "measure"}

    def call(self, case: Case) -> Call | None:
        try:
            call = super().call(case)
        except self._fs.EngineError:
            return None
        if importlib.util.find_spec("pyfftw") is not None:
            # fastspec loads pyfftw's library: what the planner has learnt shall not help others.
            importlib.import_module("pyfftw").forget_wisdom()
        return call

    def stft(self, x: Case) -> Call:
        plan, y, n = self._fs.STFT(**self._frames(x.feature), **self._options), x.y, self.threads
        return lambda: plan(y, n_threads=n)

    def stft_out(self, x: Case) -> Call:
        plan, y, n = self._fs.STFT(**self._frames(x.feature), **self._options), x.y, self.threads
        out = np.empty_like(x.spectrum)
        return lambda: plan(y, out=out, n_threads=n)

    def mel(self, x: Case) -> Call:
        f, y, n = x.feature, x.y, self.threads
        plan = self._fs.MelSpectrogram(sr=f.sr, **self._frames(f), n_mels=f.n_mels, **self._options)
        return lambda: plan(y, n_threads=n)

    def mfcc(self, x: Case) -> Call:
        f, y, n = x.feature, x.y, self.threads
        plan = self._fs.MFCC(
            sr=f.sr, **self._frames(f), n_mels=f.n_mels, n_mfcc=f.n_mfcc, **self._options
        )
        return lambda: plan(y, n_threads=n)


# ---- librosa and SciPy --------------------------------------------------------------------------


class Librosa(Peer):
    """librosa, over scipy.fft."""

    name = "librosa"
    package = "librosa"
    parallel = True

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._librosa = importlib.import_module("librosa")

    def _frames(self, f: Feature) -> dict[str, Any]:
        return {"n_fft": f.n_fft, "hop_length": f.hop_length}

    def stft(self, x: Case) -> Call:
        stft, y, options = self._librosa.stft, x.y, self._frames(x.feature)
        return lambda: stft(y, **options)

    def stft_out(self, x: Case) -> Call:
        stft, y, options = self._librosa.stft, x.y, self._frames(x.feature)
        out = np.empty_like(x.spectrum)
        return lambda: stft(y, **options, out=out)

    def istft(self, x: Case) -> Call:
        istft, spectrum, hop, size = (
            self._librosa.istft,
            x.spectrum,
            x.feature.hop_length,
            x.y.size,
        )
        return lambda: istft(spectrum, hop_length=hop, length=size)

    def mel(self, x: Case, **more: Any) -> Call:
        mel, y, f = self._librosa.feature.melspectrogram, x.y, x.feature
        options = self._frames(f) | {"sr": f.sr, "n_mels": f.n_mels} | more
        return lambda: mel(y=y, **options)

    def log_mel(self, x: Case, **more: Any) -> Call:
        mel, decibels = self.mel(x, **more), self._librosa.power_to_db
        return lambda: decibels(mel())

    def mfcc(self, x: Case, **more: Any) -> Call:
        mfcc, y, f = self._librosa.feature.mfcc, x.y, x.feature
        options = self._frames(f) | {"sr": f.sr, "n_mels": f.n_mels, "n_mfcc": f.n_mfcc} | more
        return lambda: mfcc(y=y, **options)

    def griffinlim(self, x: Case) -> Call:
        griffinlim, magnitude, f = self._librosa.griffinlim, x.magnitude, x.feature
        options = {"n_iter": f.n_iter, "hop_length": f.hop_length, "random_state": 0}
        return lambda: griffinlim(magnitude, **options)

    def whisper(self, x: Case) -> Call:
        mel = self.mel(x, pad_mode="reflect")

        def run() -> Array:
            power = mel()
            np.maximum(power, 1e-10, out=power)
            return whisper_range(np.log10(power, out=power))

        return run


class Scipy(Peer):
    """scipy.signal's vectorised functions; ShortTimeFFT loops over the frames, in double."""

    name = "scipy"
    package = "scipy"
    parallel = True

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._signal = importlib.import_module("scipy.signal")
        # The workers of scipy.fft, for librosa too.
        importlib.import_module("scipy.fft").set_workers(threads).__enter__()

    def _frames(self, f: Feature) -> dict[str, Any]:
        return {"window": "hann", "nperseg": f.n_fft, "noverlap": f.n_fft - f.hop_length}

    def stft(self, x: Case) -> Call:
        stft, y, options = self._signal.stft, x.y, self._frames(x.feature)
        return lambda: stft(y, **options, boundary="zeros", padded=False)

    def istft(self, x: Case) -> Call:
        istft, spectrum, options = self._signal.istft, x.spectrum, self._frames(x.feature)
        return lambda: istft(spectrum, **options)

    def result(self, case: Case, value: Any) -> Array:
        # SciPy's transforms are divided by the sum of the window, which is n_fft / 2.
        result, scale = np.asarray(value[-1]), case.feature.n_fft / 2
        return result * scale if case.feature.method == "stft" else result / scale


# ---- PyTorch ------------------------------------------------------------------------------------


class Torch(Peer):
    """PyTorch on the CPU.

    Mel, log-mel, MFCC and Griffin-Lim are written here as torchaudio has them, operation by
    operation; they take part where torchaudio itself does not.
    """

    name = "torch"
    package = "torch"
    parallel = True
    stands_in = ("mel", "log_mel", "mfcc", "griffinlim")  # for torchaudio

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._torch = torch = importlib.import_module("torch")
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)

    def version(self) -> str:
        fft = "MKL" if self._torch.backends.mkl.is_available() else "pocketfft"
        return f"{self._torch.__version__} with {fft}"

    def _stft(self, f: Feature, pad_mode: str = "constant") -> Callable[[Any], Any]:
        stft, window = self._torch.stft, self._torch.hann_window(f.n_fft)

        def run(y: Any) -> Any:
            return stft(
                y,
                n_fft=f.n_fft,
                hop_length=f.hop_length,
                win_length=f.n_fft,
                window=window,
                center=True,
                pad_mode=pad_mode,
                normalized=False,
                onesided=True,
                return_complex=True,
            )

        return run

    def _istft(self, f: Feature) -> Callable[..., Any]:
        istft, window = self._torch.istft, self._torch.hann_window(f.n_fft)
        return lambda spectrum, length=None: istft(
            spectrum,
            n_fft=f.n_fft,
            hop_length=f.hop_length,
            win_length=f.n_fft,
            window=window,
            length=length,
        )

    def stft(self, x: Case) -> Call:
        stft, y = self._stft(x.feature), self._torch.from_numpy(x.y)
        return lambda: stft(y)

    stft_out = stft  # torch.stft has no out=: its fresh call stands beside ours

    def istft(self, x: Case) -> Call:
        istft, spectrum = self._istft(x.feature), self._torch.from_numpy(x.spectrum)
        size = x.y.size
        return lambda: istft(spectrum, size)

    def mel(self, x: Case) -> Call:
        torch, stft, y = self._torch, self._stft(x.feature), self._torch.from_numpy(x.y)
        bank = torch.from_numpy(np.ascontiguousarray(mel_bank(x.feature).T))

        def run() -> Any:
            power = stft(y).abs().pow(2.0)
            return torch.matmul(power.transpose(-1, -2), bank).transpose(-1, -2)

        return run

    def log_mel(self, x: Case) -> Call:
        torch, mel = self._torch, self.mel(x)

        def run() -> Any:
            db = 10.0 * torch.log10(torch.clamp(mel(), min=1e-10))
            db -= 10.0 * 0.0
            return torch.max(db, db.amax() - 80.0)

        return run

    def mfcc(self, x: Case) -> Call:
        torch, log_mel, f = self._torch, self.log_mel(x), x.feature
        n = torch.arange(float(f.n_mels))
        dct = torch.cos(math.pi / f.n_mels * (n + 0.5) * torch.arange(float(f.n_mfcc))[:, None])
        dct[0] *= 1.0 / math.sqrt(2.0)
        dct *= math.sqrt(2.0 / f.n_mels)
        return lambda: torch.matmul(log_mel().transpose(-1, -2), dct.t()).transpose(-1, -2)

    def griffinlim(self, x: Case) -> Call:
        torch, f = self._torch, x.feature
        stft, istft = self._stft(f, "reflect"), self._istft(f)
        wanted = torch.from_numpy(x.magnitude)
        momentum = 0.99 / 1.99

        def run() -> Any:
            magnitude = wanted.pow(1 / 1)
            angles = torch.rand(magnitude.size(), dtype=torch.complex64)
            before = torch.tensor(0.0)
            for _ in range(f.n_iter):
                rebuilt = stft(istft(magnitude * angles))
                angles = rebuilt - before.mul_(momentum)
                angles = angles.div(angles.abs().add(1e-16))
                before = rebuilt
            return istft(magnitude * angles)

        return run

    def whisper(self, x: Case) -> Call:
        """openai/whisper's log_mel_spectrogram, as it stands."""
        torch, f = self._torch, x.feature
        y, bank = torch.from_numpy(x.y), torch.from_numpy(mel_bank(f))

        def run() -> Any:
            window = torch.hann_window(f.n_fft)
            stft = torch.stft(y, f.n_fft, f.hop_length, window=window, return_complex=True)
            magnitudes = stft[..., :-1].abs() ** 2
            log_spec = torch.clamp(bank @ magnitudes, min=1e-10).log10()
            log_spec = torch.maximum(log_spec, log_spec.max() - 8.0)
            return (log_spec + 4.0) / 4.0

        return run


class Torchaudio(Torch):
    """torchaudio's transforms, set to librosa's conventions."""

    name = "torchaudio"
    package = "torchaudio"
    stft = stft_out = istft = whisper = None  # type: ignore[assignment] # torch's own

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._audio = importlib.import_module("torchaudio")

    def version(self) -> str:
        return str(self._audio.__version__)

    def _mel(self, f: Feature) -> dict[str, Any]:
        return {
            "n_fft": f.n_fft,
            "hop_length": f.hop_length,
            "n_mels": f.n_mels,
            "pad_mode": "constant",
            "norm": "slaney",
            "mel_scale": "slaney",
        }

    def mel(self, x: Case) -> Call:
        mel = self._audio.transforms.MelSpectrogram(
            sample_rate=x.feature.sr, **self._mel(x.feature)
        )
        y = self._torch.from_numpy(x.y)
        return lambda: mel(y)

    def log_mel(self, x: Case) -> Call:
        mel, decibels = self.mel(x), self._audio.transforms.AmplitudeToDB("power", 80.0)
        return lambda: decibels(mel())

    def mfcc(self, x: Case) -> Call:
        f = x.feature
        mfcc = self._audio.transforms.MFCC(f.sr, f.n_mfcc, melkwargs=self._mel(f))
        y = self._torch.from_numpy(x.y)
        return lambda: mfcc(y)

    def griffinlim(self, x: Case) -> Call:
        f = x.feature
        griffinlim = self._audio.transforms.GriffinLim(
            f.n_fft, n_iter=f.n_iter, hop_length=f.hop_length, power=1.0
        )
        magnitude = self._torch.from_numpy(x.magnitude)
        return lambda: griffinlim(magnitude)

    def fbank(self, x: Case) -> Call:
        kaldi = importlib.import_module("torchaudio.compliance.kaldi")
        f, y = x.feature, self._torch.from_numpy(kaldi_aligned(x))[None]
        options = {
            "sample_frequency": float(f.sr),
            "frame_length": 1e3 * f.win_length / f.sr,
            "frame_shift": 1e3 * f.hop_length / f.sr,
            "num_mel_bins": f.n_mels,
            "window_type": "hanning",
            "preemphasis_coefficient": 0.0,
            "remove_dc_offset": False,
            "dither": 0.0,
        }
        return lambda: kaldi.fbank(y, **options)

    def result(self, case: Case, value: Any) -> Array:
        result: Array = value.numpy()
        return result.T if case.feature.method == "fbank" else result


# ---- others -------------------------------------------------------------------------------------


class KaldiNativeFbank(Peer):
    """kaldi-native-fbank; frames are fetched one by one, as its interface has it."""

    name = "kaldi-native-fbank"
    package = "kaldi-native-fbank"

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._knf = importlib.import_module("kaldi_native_fbank")

    def fbank(self, x: Case) -> Call:
        knf, f = self._knf, x.feature
        options = knf.FbankOptions()
        options.frame_opts.samp_freq = f.sr
        options.frame_opts.frame_length_ms = 1e3 * f.win_length / f.sr
        options.frame_opts.frame_shift_ms = 1e3 * f.hop_length / f.sr
        options.frame_opts.dither = 0
        options.frame_opts.preemph_coeff = 0
        options.frame_opts.remove_dc_offset = False
        options.frame_opts.window_type = "hanning"
        options.mel_opts.num_bins = f.n_mels
        y = kaldi_aligned(x)

        def run() -> Array:
            fbank = knf.OnlineFbank(options)
            fbank.accept_waveform(f.sr, y)
            fbank.input_finished()
            return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])

        return run

    def result(self, case: Case, value: Any) -> Array:
        return np.asarray(value).T


class AudioFlux(Peer):
    """audioFlux, over MKL. It gets padded signals: it does not pad them where librosa does."""

    name = "audioFlux"
    package = "audioflux"
    parallel = True

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._af = importlib.import_module("audioflux")
        self._type = importlib.import_module("audioflux.type")

    def _stft(self, f: Feature) -> Any:
        return self._af.STFT(f.n_fft.bit_length() - 1, self._type.WindowType.HANN, f.hop_length)

    def stft(self, x: Case) -> Call:
        stft, y = self._stft(x.feature).stft, np.pad(x.y, x.feature.n_fft // 2)
        return lambda: stft(y)

    def istft(self, x: Case) -> Call:
        istft, spectrum = self._stft(x.feature).istft, np.ascontiguousarray(x.spectrum)
        return lambda: istft(spectrum)

    def mel(self, x: Case) -> Call:
        f = x.feature
        bft = self._af.BFT(
            f.n_mels,
            f.n_fft.bit_length() - 1,
            f.sr,
            low_fre=0.0,
            high_fre=f.sr / 2,
            window_type=self._type.WindowType.HANN,
            slide_length=f.hop_length,
            scale_type=self._type.SpectralFilterBankScaleType.MEL,
            normal_type=self._type.SpectralFilterBankNormalType.BAND_WIDTH,
            data_type=self._type.SpectralDataType.POWER,
        )
        y = np.pad(x.y, f.n_fft // 2)
        return lambda: bft.bft(y, result_type=1)

    def log_mel(self, x: Case) -> Call:
        mel = self.mel(x)
        return lambda: to_db(mel())

    def mfcc(self, x: Case) -> Call:
        mel, n_mfcc = self.mel(x), x.feature.n_mfcc
        xxcc = self._af.XXCC(x.feature.n_mels)
        xxcc.set_time_length(x.feature.n_frames(x.y.size))
        return lambda: xxcc.xxcc(mel(), cc_num=n_mfcc)

    def result(self, case: Case, value: Any) -> Array:
        f, result = case.feature, np.asarray(value)
        if f.method == "istft":
            return result[f.n_fft // 2 :]
        return 10 * result if f.method == "mfcc" else result

    def reference(self, case: Case) -> Array | None:
        if case.feature.method not in ("mel", "log_mel", "mfcc"):
            return None
        make = getattr(Librosa(), case.feature.method)
        return np.asarray(make(case, htk=True)())  # its mel scale is HTK's


class NnAudio(Peer):
    """nnAudio: the transform as a convolution, meant for GPUs."""

    name = "nnAudio"
    package = "nnAudio"
    parallel = True
    longest = 30

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._torch = importlib.import_module("torch")
        self._features = importlib.import_module("nnAudio.features")

    def _layer(self, kind: str, x: Case, **options: Any) -> Call:
        f = x.feature
        layer = getattr(self._features, kind)(
            sr=f.sr,
            n_fft=f.n_fft,
            hop_length=f.hop_length,
            pad_mode="constant",
            verbose=False,
            **options,
        )
        y = self._torch.from_numpy(x.y)
        return lambda: layer(y)

    def stft(self, x: Case) -> Call:
        return self._layer("STFT", x)

    def mel(self, x: Case) -> Call:
        return self._layer("MelSpectrogram", x, n_mels=x.feature.n_mels)

    def mfcc(self, x: Case) -> Call:
        return self._layer("MFCC", x, n_mels=x.feature.n_mels, n_mfcc=x.feature.n_mfcc)

    def result(self, case: Case, value: Any) -> Array:
        result: Array = value.numpy()[0]
        return result[..., 0] + 1j * result[..., 1] if case.feature.method == "stft" else result


class Essentia(Peer):
    """essentia in its standard mode, frame by frame; the streaming mode is slower from Python."""

    name = "essentia"
    package = "essentia"

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        importlib.import_module("essentia").log.infoActive = False
        self._standard = importlib.import_module("essentia.standard")

    def _frames(self, f: Feature) -> Callable[[Array], Any]:
        """Return the generator of a signal's power spectra."""
        frames = self._standard.FrameGenerator
        window = self._standard.Windowing(
            type="hann", size=f.n_fft, normalized=False, symmetric=False, zeroPhase=False
        )
        spectrum = self._standard.PowerSpectrum(size=f.n_fft)
        n_fft, hop = f.n_fft, f.hop_length
        return lambda y: (spectrum(window(frame)) for frame in frames(y, n_fft, hop))

    def _bands(self, f: Feature) -> dict[str, Any]:
        return {
            "inputSize": f.n_fft // 2 + 1,
            "numberBands": f.n_mels,
            "sampleRate": f.sr,
            "highFrequencyBound": f.sr / 2,
            "warpingFormula": "slaneyMel",
            "weighting": "linear",
            "normalize": "unit_tri",
            "type": "magnitude",  # as it comes in, which is the power
        }

    def mel(self, x: Case) -> Call:
        spectra, y = self._frames(x.feature), x.y
        bands = self._standard.MelBands(**self._bands(x.feature))
        return lambda: np.array([bands(spectrum) for spectrum in spectra(y)])

    def log_mel(self, x: Case) -> Call:
        mel = self.mel(x)
        return lambda: to_db(mel())

    def mfcc(self, x: Case) -> Call:
        spectra, y, f = self._frames(x.feature), x.y, x.feature
        mfcc = self._standard.MFCC(**self._bands(f), numberCoefficients=f.n_mfcc, logType="dbpow")
        return lambda: np.array([mfcc(spectrum)[1] for spectrum in spectra(y)])

    def result(self, case: Case, value: Any) -> Array:
        return np.asarray(value).T


class Transformers(Peer):
    """Hugging Face's WhisperFeatureExtractor, without its padding to 30 s."""

    name = "transformers"
    package = "transformers"
    parallel = True

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._transformers = importlib.import_module("transformers")
        self._extractor = self._transformers.WhisperFeatureExtractor()

    def whisper(self, x: Case) -> Call:
        extractor, y, sr = self._extractor, x.y, x.feature.sr
        options = {"sampling_rate": sr, "padding": False, "truncation": False}
        return lambda: extractor(y, **options, return_tensors="np")["input_features"]

    def result(self, case: Case, value: Any) -> Array:
        return np.asarray(value[0])


PEERS: tuple[type[Peer], ...] = (
    Fastspec,
    FastspecFftw,
    Librosa,
    Scipy,
    AudioFlux,  # before torch: after it, on two threads, its mel bands are wrong
    Torch,
    Torchaudio,
    KaldiNativeFbank,
    NnAudio,
    Essentia,
    Transformers,
)


def load(kinds: Sequence[type[Peer]], threads: int) -> tuple[list[Peer], list[str]]:
    """Return the libraries that are there, and a note for each that is not."""
    peers: list[Peer] = []
    absent: list[str] = []
    for kind in kinds:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                peers.append(kind(threads))
        except (ImportError, OSError) as error:
            if kind in (Fastspec, FastspecFftw):
                raise
            absent.append(f"{kind.name}: {str(error).splitlines()[0]}")
    return peers, absent
