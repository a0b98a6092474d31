"""Random calls of librosa's functions: for each public name, a function that draws arguments.

A draw is (positional arguments, keyword arguments). `spoil` makes calls out of it that librosa
refuses, or that fastspec does not serve.
"""

import numpy as np

SR = 22050
WINDOWS = ("hann", "hamming", "blackman", ("kaiser", 6.0), ("tukey", 0.3), "boxcar")
PAD_MODES = ("constant", "reflect", "edge", "symmetric", "linear_ramp")


def pick(rng, *choices):
    return choices[rng.integers(len(choices))]


def maybe(rng, kwargs, share=0.4, **draws):
    """Add each argument to kwargs, or leave it to its default."""
    for name, draw in draws.items():
        if rng.random() < share:
            kwargs[name] = draw() if callable(draw) else pick(rng, *draw)
    return kwargs


def floats(rng):
    return pick(rng, np.float32, np.float32, np.float64)


def layout(rng, x):
    kind = rng.integers(5)
    if kind == 0:
        return np.asfortranarray(x)
    if kind == 1:
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if kind == 2:
        return np.ascontiguousarray(x[..., ::-1])[..., ::-1]
    return x


def signal(rng, least=2000, most=9000, channels=True):
    """Music-like: noise and a few tones, so that no frame is silent."""
    n = int(rng.integers(least, most))
    t = np.arange(n) / SR
    y = 0.2 * rng.standard_normal(n)
    for f in 110 * 2 ** rng.uniform(0, 5, 4):
        y += rng.uniform(0.2, 1) * np.sin(2 * np.pi * f * t + rng.uniform(0, 6))
    y *= 10.0 ** rng.uniform(-2, 1)
    if channels and rng.random() < 0.25:
        y = np.stack([y, y[::-1]])
    return layout(rng, y.astype(floats(rng)))


def frames(rng, most=1024):
    n_fft = int(pick(rng, 256, 400, 512, 1024, 500, rng.integers(64, most)))
    kwargs = {"n_fft": min(n_fft, most), "hop_length": int(rng.integers(n_fft // 8, n_fft // 2))}
    return maybe(
        rng, kwargs, 0.3, window=WINDOWS, center=(True, False), pad_mode=PAD_MODES,
        win_length=lambda: int(rng.integers(3 * n_fft // 4, kwargs["n_fft"] + 1)),
    )  # fmt: skip


def spectrogram(rng, rows=None, power=True, channels=True):
    rows = int(pick(rng, 129, 201, 257)) if rows is None else rows
    lead = (2,) if channels and rng.random() < 0.25 else ()
    S = np.abs(rng.standard_normal((*lead, rows, int(rng.integers(3, 40))))) ** (2 if power else 1)
    return layout(rng, (S * 10.0 ** rng.uniform(-3, 2)).astype(floats(rng)))


def spectra(rng, rows=None):
    rows = int(pick(rng, 129, 201, 257)) if rows is None else rows
    shape = (*((2,) if rng.random() < 0.25 else ()), rows, int(rng.integers(6, 40)))
    D = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return layout(rng, D.astype(pick(rng, np.complex64, np.complex128)))


def signal_or_spectrogram(rng, kwargs, share=0.7, power=False, n_fft=True):
    """Add y and frames, or S, to kwargs."""
    if rng.random() < share:
        return {"y": signal(rng), **frames(rng), **kwargs}
    S = spectrogram(rng, power=power)
    more = {"n_fft": 2 * (S.shape[-2] - 1)} if n_fft and rng.random() < 0.5 else {}
    return {"S": S, **more, **kwargs}


# ---- spectra ------------------------------------------------------------------------------------


def stft(rng):
    kwargs = maybe(rng, frames(rng), 0.2, dtype=(np.complex64, np.complex128))
    if rng.random() < 0.2:
        kwargs["pad_mode"] = "wrap"
    if rng.random() < 0.1:
        kwargs["n_fft"] = 4096  # a warning
        kwargs.pop("win_length", None)
        kwargs["center"] = True
    return (signal(rng, channels=True),), kwargs


def framing_of_inverse(rng, D):
    n_fft = 2 * (D.shape[-2] - 1)
    kwargs = {"hop_length": int(rng.integers(n_fft // 8, n_fft // 3))}
    return maybe(
        rng, kwargs, 0.3, window=("hann", "hamming", "boxcar"), center=(True, False),
        n_fft=(n_fft,), length=lambda: int(rng.integers(n_fft, 12 * n_fft)),
    )  # fmt: skip


def istft(rng):
    D = spectra(rng)
    kwargs = framing_of_inverse(rng, D)
    # Without centring, the first and the last samples are divided by the window's ends.
    kwargs["center"] = True
    return (D,), maybe(rng, kwargs, 0.2, dtype=(np.float32, np.float64))


def griffinlim(rng):
    S = spectrogram(rng, power=False)
    kwargs = framing_of_inverse(rng, S)
    kwargs.pop("length", None)
    kwargs |= {"center": True, "n_iter": int(rng.integers(2)), "random_state": 3}
    return (S,), maybe(rng, kwargs, 0.3, momentum=(0.5, 0.0, 1.2), init=(None, "random"))


def magphase(rng):
    return (spectra(rng),), maybe(rng, {}, 0.5, power=(1, 2, 0.5))


def _spectrogram(rng):
    return (), maybe(rng, signal_or_spectrogram(rng, {}), power=(1, 2, 1.5, 1.0))


def decibels(rng):
    kind = rng.integers(6)
    if kind == 0:
        S = pick(rng, 0.5, 3, np.float32(2), np.float64(1e-3), [1.0, 2.0], np.float32(0))
    elif kind == 1:
        S = spectra(rng)
    else:
        S = spectrogram(rng)
    return (S,), maybe(
        rng, {}, ref=(1.0, np.max, np.median, 0.1), amin=(1e-10, 1e-5, 1e-3),
        top_db=(None, 80.0, 20, 0),
    )  # fmt: skip


def from_decibels(rng):
    S = pick(rng, -20 * rng.random((5, 9)), rng.uniform(-80, 20, 7).astype(np.float32), -3.0, [1.0])
    return (S,), maybe(rng, {}, ref=(1.0, 2.0, 0.3))


def perceptual_weighting(rng):
    S = spectrogram(rng, rows=40, channels=False)
    freqs = np.linspace(30, 9000, 40)
    return (S, freqs), maybe(rng, {}, kind=("A", "B", "C", "D"), top_db=(None, 60.0), ref=(2.0,))


def pcen(rng):
    return (spectrogram(rng, rows=40) * 1000,), maybe(
        rng, {}, gain=(0.8, 0.98), bias=(2, 0.5, 0), power=(0.5, 0.3, 0), time_constant=(0.4, 0.1),
        eps=(1e-6,), max_size=(1, 1, 3), b=(0.05,), sr=(16000,), hop_length=(256,),
    )  # fmt: skip


def phase_vocoder(rng):
    return (spectra(rng, 129),), {"rate": float(rng.uniform(0.5, 2)), "hop_length": 64}


def reassigned_spectrogram(rng):
    kwargs = {"y": signal(rng), **frames(rng)}
    maybe(
        rng, kwargs, fill_nan=(True, False), clip=(False, True), sr=(16000,),
        ref_power=(1e-6, 1e-3, np.median, np.max, lambda S: S.max() / 100),
    )  # fmt: skip
    if rng.random() < 0.3:
        kwargs[pick(rng, "reassign_times", "reassign_frequencies")] = False
    if rng.random() < 0.1:
        kwargs["dtype"] = pick(rng, np.complex64, np.complex128)
    return (), kwargs


# ---- mel ----------------------------------------------------------------------------------------


def bank(rng):
    return maybe(
        rng, {}, 0.35, n_mels=(20, 40, 64), fmin=(0, 50.0), fmax=(8000, 5000.0), htk=(True, False),
        norm=("slaney", None, 1, np.inf), sr=(SR, 16000),
    )  # fmt: skip


def melspectrogram(rng):
    kwargs = signal_or_spectrogram(rng, bank(rng), power=True)
    return (), maybe(rng, kwargs, 0.3, power=(1.0, 2.0, 1.5))


def mfcc(rng):
    if rng.random() < 0.3:
        S = 10 * np.log10(spectrogram(rng, rows=64)).astype(np.float32)
        kwargs = {"S": S}
    else:
        kwargs = {"y": signal(rng), **frames(rng), **bank(rng)}
        kwargs.pop("norm", None)
    return (), maybe(
        rng, kwargs, 0.35, n_mfcc=(13, 20), dct_type=(2, 3), norm=("ortho", None), lifter=(0, 22),
    )  # fmt: skip


def mel(rng):
    kwargs = {"sr": pick(rng, SR, 16000, 44100), "n_fft": int(pick(rng, 512, 1024, 400, 2048))}
    more = bank(rng)
    more.pop("sr", None)
    more["fmax"] = pick(rng, None, 7000)
    return (), maybe(rng, kwargs | more, dtype=(np.float32, np.float64))


def mel_inverse(rng):
    return (spectrogram(rng, rows=20, channels=False)[:, :3],), {"sr": 16000, "n_fft": 256}


def mel_to_audio(rng):
    (S,), kwargs = mel_inverse(rng)
    return (S,), {**kwargs, "n_iter": 1, "hop_length": 64}


def mfcc_inverse(rng):
    return (rng.standard_normal((20, 15)) * 20,), maybe(rng, {}, n_mels=(40, 64), lifter=(0, 22))


def mfcc_to_audio(rng):
    mfcc = rng.standard_normal((13, 3))
    return (mfcc,), {"n_mels": 20, "sr": 16000, "n_fft": 256, "n_iter": 1, "hop_length": 64}


# ---- constant-Q ---------------------------------------------------------------------------------


def pitch_grid(rng):
    per_octave = int(pick(rng, 12, 12, 24))
    kwargs = {
        "hop_length": int(pick(rng, 256, 512)),
        "fmin": float(pick(rng, 110, 130.8, 220)),
        "n_bins": int(rng.integers(per_octave, 4 * per_octave)),
        "bins_per_octave": per_octave,
    }
    return maybe(
        rng, kwargs, 0.25, tuning=(0.0, 0.2, -0.3), filter_scale=(0.5, 1), norm=(1, 2, np.inf),
        sparsity=(0.0, 0.01, 0.05), window=("hann", "hamming"), scale=(True, False),
        pad_mode=("constant", "reflect"),
    )  # fmt: skip


def cqt(rng):
    kwargs = maybe(rng, pitch_grid(rng), 0.15, dtype=(np.complex64, np.complex128),
                   res_type=("soxr_hq", "soxr_mq", None, "kaiser_fast"))  # fmt: skip
    return (signal(rng, 6000, 12000),), kwargs


def vqt(rng):
    (y,), kwargs = cqt(rng)
    maybe(rng, kwargs, 0.4, gamma=(0, 5.0, None), intervals=("equal", "ji5"))
    if kwargs.get("intervals") == "ji5":
        kwargs.pop("tuning", None)
    return (y,), kwargs


def plain_cqt(rng):
    (y,), kwargs = cqt(rng)
    kwargs.pop("res_type", None)
    return (y,), kwargs


def icqt(rng):
    C = spectra(rng, 36)
    kwargs = {"fmin": 110.0, "hop_length": int(pick(rng, 128, 256))}
    return (C,), maybe(rng, kwargs, 0.3, scale=(False,), norm=(2,), length=(4000,),
                       dtype=(np.float32, np.float64))  # fmt: skip


def griffinlim_cqt(rng):
    C = spectrogram(rng, rows=36, power=False, channels=False)
    kwargs = {"fmin": 110.0, "hop_length": 256, "n_iter": int(rng.integers(3)), "random_state": 5}
    return (C,), maybe(rng, kwargs, 0.3, momentum=(0.0, 0.5), init=(None,))


# ---- chroma -------------------------------------------------------------------------------------


def chroma_stft(rng):
    kwargs = signal_or_spectrogram(rng, {}, power=True)
    return (), maybe(
        rng, kwargs, 0.35, norm=(np.inf, 1, 2, None), tuning=(0.0, 0.1), n_chroma=(12, 24),
        octwidth=(2, None), base_c=(True, False),
    )  # fmt: skip


def chroma_cq(rng):
    kwargs = {"hop_length": 512, "fmin": 130.8, "n_octaves": 3}
    if rng.random() < 0.25:
        kwargs = {"C": spectrogram(rng, rows=36, power=False, channels=False)}
    else:
        kwargs["y"] = signal(rng, 8000, 14000)
        maybe(rng, kwargs, 0.3, tuning=(0.0, 0.1), cqt_mode=("full", "hybrid"))
    return kwargs


def chroma_cqt(rng):
    return (), maybe(rng, chroma_cq(rng), 0.3, norm=(np.inf, 1, 2, None), threshold=(0.0, 0.2))


def chroma_cens(rng):
    return (), maybe(rng, chroma_cq(rng), 0.3, norm=(2, np.inf), win_len_smooth=(41, 5, None),
                     smoothing_window=("hann", "boxcar"))  # fmt: skip


def chroma_vqt(rng):
    if rng.random() < 0.25:
        kwargs = {"V": spectrogram(rng, rows=36, power=False, channels=False)}
    else:
        kwargs = {"y": signal(rng, 8000, 14000), "fmin": 130.8, "n_octaves": 3}
    kwargs["intervals"] = pick(rng, "ji5", "ji3", "pythagorean")
    return (), maybe(rng, kwargs, 0.3, norm=(np.inf, 1, 2), threshold=(0.0, 0.2), gamma=(0, 10.0))


def tonnetz(rng):
    if rng.random() < 0.5:
        return (), {"chroma": rng.random((12, int(rng.integers(2, 40)))).astype(floats(rng))}
    return (), {"y": signal(rng, 8000, 12000, channels=False), "fmin": 130.8, "n_octaves": 3,
                "tuning": 0.0}  # fmt: skip


def chroma_filter(rng):
    kwargs = {"sr": pick(rng, SR, 16000), "n_fft": int(pick(rng, 512, 1024, 2048))}
    return (), maybe(rng, kwargs, n_chroma=(12, 24), tuning=(0.0, 0.3), norm=(2, 1, None, np.inf),
                     ctroct=(5.0, 4), octwidth=(2, None), base_c=(False,),
                     dtype=(np.float32, np.float64))  # fmt: skip


def cq_to_chroma(rng):
    n = int(pick(rng, 12, 24, 36))
    return (int(rng.integers(12, 100)),), maybe(
        rng, {"bins_per_octave": n}, n_chroma=(12,), fmin=(65.4, 32.7), base_c=(False,),
        dtype=(np.float32, np.float64),
    )  # fmt: skip


def get_window(rng):
    spec = pick(rng, *WINDOWS, 4.0, np.ones(64), np.hanning)
    return (spec, 64 if isinstance(spec, np.ndarray) else int(rng.integers(8, 300))), maybe(
        rng, {}, fftbins=(True, False)
    )


# ---- pitch --------------------------------------------------------------------------------------


def piptrack(rng):
    kwargs = maybe(rng, signal_or_spectrogram(rng, {}), 0.3, fmin=(100.0, 200), fmax=(3000.0,),
                   threshold=(0.1, 0.3), ref=(np.mean, 1.0))  # fmt: skip
    return (), kwargs


def estimate_tuning(rng):
    kwargs = {"y": signal(rng)} if rng.random() < 0.7 else {"S": spectrogram(rng, rows=1025)}
    return (), maybe(rng, kwargs, 0.3, resolution=(0.02, 0.05), bins_per_octave=(12, 24))


def pitch_tuning(rng):
    values = 440 * 2 ** rng.uniform(-4, 4, int(rng.integers(1, 500)))
    values = pick(rng, values, values.astype(np.float32), values.tolist(), np.zeros(4))
    return (values,), maybe(rng, {}, 0.3, resolution=(0.01, 0.05), bins_per_octave=(12, 36))


def yin(rng, most=6000):
    kwargs = {"fmin": float(rng.uniform(60, 200)), "frame_length": int(pick(rng, 1024, 800, 1500))}
    kwargs["fmax"] = kwargs["fmin"] * float(rng.uniform(2, 8))
    maybe(
        rng, kwargs, 0.3, center=(True, False), hop_length=(256, 300, 701), sr=(16000, 44100.0),
        pad_mode=(*PAD_MODES, "wrap"),
    )  # fmt: skip
    y = signal(rng, 3000, most)
    if rng.random() < 0.2:
        kwargs["fmin"] = 45  # a warning
        kwargs["sr"] = SR
    return (y,), kwargs


def yin_alone(rng):
    args, kwargs = yin(rng)
    return args, maybe(rng, kwargs, 0.3, trough_threshold=(0.2, 0.05, 0.7))


def pyin(rng):
    args, kwargs = yin(rng, 4500)
    # Twice the bins squared is what a frame costs librosa.
    return args, maybe(
        rng, kwargs, 0.25, n_thresholds=(50, 10), beta_parameters=((2, 11.3), [1, 18]),
        boltzmann_parameter=(1, 3.5), resolution=(0.2, 0.5), max_transition_rate=(20, 35.92),
        switch_prob=(0.1,), no_trough_prob=(0.2, 0), fill_na=(0.0, -1),
    )  # fmt: skip


# ---- features -----------------------------------------------------------------------------------


def rms(rng):
    if rng.random() < 0.3:
        S = spectrogram(rng, rows=257, power=False)
        return (), {"S": S, "frame_length": 512}
    return (), maybe(rng, {"y": signal(rng), "frame_length": 512}, hop_length=(128, 256),
                     center=(True, False), pad_mode=PAD_MODES)  # fmt: skip


def zero_crossing_rate(rng):
    return (signal(rng),), maybe(rng, {"frame_length": 512}, hop_length=(128,), center=(False,))


def spectral(rng):
    return (), signal_or_spectrogram(rng, {})


def spectral_bandwidth(rng):
    return (), maybe(rng, signal_or_spectrogram(rng, {}), p=(2, 1, 3.0), norm=(True, False))


def spectral_rolloff(rng):
    return (), maybe(rng, signal_or_spectrogram(rng, {}), roll_percent=(0.85, 0.5, 0.99))


def spectral_flatness(rng):
    kwargs = signal_or_spectrogram(rng, {})
    return (), maybe(rng, kwargs, amin=(1e-10, 1e-4), power=(2.0, 1.0))


def spectral_contrast(rng):
    kwargs = signal_or_spectrogram(rng, {})
    if "S" in kwargs:
        kwargs["S"] = spectrogram(rng, rows=513, power=False)
        kwargs.pop("n_fft", None)
    return (), maybe(rng, kwargs, n_bands=(4, 3), quantile=(0.02, 0.1), linear=(True,))


def poly_features(rng):
    return (), maybe(rng, signal_or_spectrogram(rng, {}), order=(1, 0, 2))


def delta(rng):
    data = rng.standard_normal((int(rng.integers(1, 20)), int(rng.integers(12, 60))))
    return (data.astype(floats(rng)),), maybe(
        rng, {}, width=(9, 5, 3), order=(1, 2), mode=("interp", "nearest", "mirror", "wrap")
    )


def stack_memory(rng):
    data = rng.standard_normal((int(rng.integers(1, 9)), int(rng.integers(12, 40))))
    return (data.astype(floats(rng)),), maybe(
        rng, {}, n_steps=(2, 3), delay=(1, 2, -1), mode=("constant", "edge")
    )


def onset_strength(rng):
    kwargs = {"y": signal(rng, 6000, 14000, channels=False)}
    if rng.random() < 0.3:
        kwargs = {"S": 10 * np.log10(spectrogram(rng, rows=40, channels=False))}
    return (), maybe(rng, kwargs, lag=(1, 2), max_size=(1, 3), detrend=(True, False),
                     center=(True, False), hop_length=(256, 512))  # fmt: skip


def envelope(rng):
    return np.abs(rng.standard_normal(int(rng.integers(400, 700)))).astype(floats(rng))


def tempogram(rng):
    kwargs = {"onset_envelope": envelope(rng)}
    return (), maybe(rng, kwargs, win_length=(64, 128), norm=(np.inf, None), window=("hann",))


def fourier_tempogram(rng):
    return (), maybe(rng, {"onset_envelope": envelope(rng)}, win_length=(64, 128))


def tempo(rng):
    return (), maybe(rng, {"onset_envelope": envelope(rng)}, start_bpm=(120, 90), ac_size=(8.0,))


# ---- signals ------------------------------------------------------------------------------------


def resample(rng):
    kwargs = {"orig_sr": SR, "target_sr": pick(rng, 16000, 11025, 44100)}
    return (signal(rng),), maybe(rng, kwargs, res_type=("soxr_hq", "soxr_mq", "polyphase"),
                                 fix=(True, False), scale=(True,))  # fmt: skip


def preemphasis(rng):
    return (signal(rng),), maybe(rng, {}, coef=(0.97, 0.5), return_zf=(True,))


def hpss(rng):
    S = pick(rng, spectrogram, spectra)(rng, 65)
    # scipy's medians of 31 of three frames are not of those frames alone.
    kwargs = {"kernel_size": 7} if S.shape[-1] < 4 else {}
    return (S,), maybe(rng, kwargs, kernel_size=(7, (5, 9)), power=(2.0, 1.0, np.inf), mask=(True,))


def softmask(rng):
    X = spectrogram(rng, rows=20, channels=False)
    return (X, np.abs(X[::-1])), maybe(rng, {}, power=(1, 2.0, np.inf), split_zeros=(True,))


def frame(rng):
    kwargs = {"frame_length": int(rng.integers(10, 300)), "hop_length": int(rng.integers(1, 200))}
    return (signal(rng),), kwargs


def normalize(rng):
    return (spectrogram(rng, rows=20),), maybe(rng, {}, norm=(np.inf, 1, 2, None), axis=(0, -1),
                                               fill=(None, True))  # fmt: skip


# ---- units --------------------------------------------------------------------------------------


def numbers(low, high, **more):
    def draw(rng):
        values = rng.uniform(low, high, int(rng.integers(1, 9)))
        values = pick(
            rng, values, values.astype(np.float32), values.tolist(), float(values[0]),
            round(values[0]), values.astype(np.int64), np.float32(values[0]), np.int16(values[0]),
            values.astype(np.int16),
        )  # fmt: skip
        return (values,), maybe(rng, {}, **more)

    return draw


def counts(low, high, **more):
    def draw(rng):
        values = rng.integers(low, high, int(rng.integers(1, 9)))
        values = pick(rng, values, values.tolist(), int(values[0]), values.astype(np.int32))
        return (values,), maybe(rng, {}, **more)

    return draw


def only(**more):
    return lambda rng: ((), maybe(rng, {}, 0.6, **more))


def cqt_frequencies(rng):
    return (), maybe(rng, {"n_bins": int(rng.integers(1, 100)), "fmin": 32.7},
                     bins_per_octave=(12, 24, 7), tuning=(0.0, 0.3))  # fmt: skip


def interval_frequencies(rng):
    return (), maybe(
        rng, {"n_bins": 30, "fmin": 55.0, "intervals": pick(rng, "equal", "ji5", [1, 1.25, 1.5])},
        bins_per_octave=(12, 24), tuning=(0.1,), sort=(True, False),
    )  # fmt: skip


def notes(rng):
    names = ["C4", "A#2", "Eb5", "G", "B3+20", "F♯6", "c3"]
    value = pick(rng, *names, names[: int(rng.integers(1, 7))])
    return (value,), {}


def tempo_frequencies(rng):
    return (int(rng.integers(2, 300)),), maybe(rng, {}, hop_length=(256,), sr=(16000,))


def multi_frequency_weighting(rng):
    return (np.linspace(20, 9000, 30),), {"kinds": pick(rng, "ZAC", "AB", ("A", "D"))}


_FRAMING = {"hop_length": (256, 512), "n_fft": (None, 1024)}
_TIME = {"sr": (22050, 16000), **_FRAMING}
_SPELL = {"octave": (True, False), "cents": (True, False), "key": ("C:maj", "Eb:maj", "F#:min"),
          "unicode": (True, False)}  # fmt: skip

_C, _F = "librosa.", "librosa.feature."
DRAWS = {
    _C + "stft": stft,
    _C + "istft": istft,
    _C + "griffinlim": griffinlim,
    _C + "magphase": magphase,
    _C + "core.spectrum._spectrogram": _spectrogram,
    _C + "power_to_db": decibels,
    _C + "amplitude_to_db": decibels,
    _C + "db_to_power": from_decibels,
    _C + "db_to_amplitude": from_decibels,
    _C + "perceptual_weighting": perceptual_weighting,
    _C + "pcen": pcen,
    _C + "phase_vocoder": phase_vocoder,
    _C + "reassigned_spectrogram": reassigned_spectrogram,
    _F + "melspectrogram": melspectrogram,
    _F + "mfcc": mfcc,
    _C + "filters.mel": mel,
    _F + "inverse.mel_to_stft": mel_inverse,
    _F + "inverse.mel_to_audio": mel_to_audio,
    _F + "inverse.mfcc_to_mel": mfcc_inverse,
    _F + "inverse.mfcc_to_audio": mfcc_to_audio,
    _C + "cqt": cqt,
    _C + "vqt": vqt,
    _C + "pseudo_cqt": plain_cqt,
    _C + "hybrid_cqt": cqt,
    _C + "icqt": icqt,
    _C + "griffinlim_cqt": griffinlim_cqt,
    _F + "chroma_stft": chroma_stft,
    _F + "chroma_cqt": chroma_cqt,
    _F + "chroma_cens": chroma_cens,
    _F + "chroma_vqt": chroma_vqt,
    _F + "tonnetz": tonnetz,
    _C + "filters.chroma": chroma_filter,
    _C + "filters.cq_to_chroma": cq_to_chroma,
    _C + "filters.get_window": get_window,
    _C + "piptrack": piptrack,
    _C + "estimate_tuning": estimate_tuning,
    _C + "pitch_tuning": pitch_tuning,
    _C + "yin": yin_alone,
    _C + "pyin": pyin,
    _F + "rms": rms,
    _F + "zero_crossing_rate": zero_crossing_rate,
    _F + "spectral_centroid": spectral,
    _F + "spectral_bandwidth": spectral_bandwidth,
    _F + "spectral_rolloff": spectral_rolloff,
    _F + "spectral_flatness": spectral_flatness,
    _F + "spectral_contrast": spectral_contrast,
    _F + "poly_features": poly_features,
    _F + "delta": delta,
    _F + "stack_memory": stack_memory,
    _C + "onset.onset_strength": onset_strength,
    _C + "onset.onset_strength_multi": onset_strength,
    _F + "tempogram": tempogram,
    _F + "fourier_tempogram": fourier_tempogram,
    _F + "tempo": tempo,
    _C + "resample": resample,
    _C + "effects.preemphasis": preemphasis,
    _C + "effects.deemphasis": preemphasis,
    _C + "decompose.hpss": hpss,
    _C + "util.softmask": softmask,
    _C + "util.frame": frame,
    _C + "util.normalize": normalize,
    _C + "hz_to_mel": numbers(0, 9000, htk=(True, False)),
    _C + "mel_to_hz": numbers(0, 60, htk=(True, False)),
    _C + "mel_frequencies": only(n_mels=(40, 128), fmin=(0.0, 50), fmax=(8000,), htk=(True,)),
    _C + "fft_frequencies": only(sr=(16000, 44100), n_fft=(512, 1000)),
    _C + "cqt_frequencies": cqt_frequencies,
    _C + "tempo_frequencies": tempo_frequencies,
    _C + "fourier_tempo_frequencies": only(sr=(16000,), win_length=(200,), hop_length=(256,)),
    _C + "interval_frequencies": interval_frequencies,
    _C + "frames_to_samples": counts(0, 1000, **_FRAMING),
    _C + "frames_to_time": counts(0, 1000, **_TIME),
    _C + "samples_to_frames": counts(0, 90000, **_FRAMING),
    _C + "samples_to_time": counts(0, 90000, sr=(16000,)),
    _C + "time_to_frames": numbers(0, 30, **_TIME),
    _C + "time_to_samples": numbers(0, 30, sr=(16000,)),
    _C + "hz_to_midi": numbers(20, 9000),
    _C + "midi_to_hz": numbers(0, 120),
    _C + "hz_to_octs": numbers(20, 9000, tuning=(0.1,), bins_per_octave=(24,)),
    _C + "octs_to_hz": numbers(1, 9, tuning=(0.1,), bins_per_octave=(24,)),
    _C + "hz_to_note": numbers(30, 9000, **_SPELL),
    _C + "midi_to_note": numbers(20, 110, **_SPELL),
    _C + "note_to_hz": notes,
    _C + "note_to_midi": notes,
    _C + "key_to_notes": lambda rng: ((pick(rng, *_SPELL["key"], "Db:min", "A:dor"),), {}),
    _C + "A_weighting": numbers(20, 9000, min_db=(-80.0, None, -10)),
    _C + "B_weighting": numbers(20, 9000, min_db=(-80.0, None, -10)),
    _C + "C_weighting": numbers(20, 9000, min_db=(-80.0, None, -10)),
    _C + "D_weighting": numbers(20, 9000, min_db=(-80.0, None, -10)),
    _C + "Z_weighting": lambda rng: (
        (np.linspace(20, 9000, 9),),
        maybe(rng, {}, min_db=(None, -10)),
    ),
    _C + "frequency_weighting": numbers(20, 9000, kind=("A", "B", "C", "D")),
    _C + "multi_frequency_weighting": multi_frequency_weighting,
}


# ---- what is not served, or wrong ----------------------------------------------------------------


class Subclass(np.ndarray):
    """An array of another class."""


def spoiled_array(rng, x):
    kind = rng.integers(9)
    if kind == 0:
        return (x.real * 1000).astype(np.int16)
    if kind == 1:
        return x.tolist()
    if kind == 2:
        return x.view(Subclass)
    if kind == 3:
        return x.astype(np.float16) if x.dtype.kind == "f" else x.astype(np.clongdouble)
    if kind == 4:
        return x[..., :0]
    if kind == 5 and x.dtype.kind in "fc":
        x = x.copy()
        x[..., -1] = pick(rng, np.nan, np.inf)
        return x
    if kind == 6:
        return x.astype(x.dtype.newbyteorder(">"))
    if kind == 7:
        return np.ma.masked_array(x)
    return None


JUNK = (None, -1, 0, "junk", 2.5, [1, 2], 10**6, True)


def spoil(rng, args, kwargs):
    """Change one argument of a draw for the worse."""
    args, kwargs = list(args), dict(kwargs)
    arrays = [i for i, x in enumerate(args) if isinstance(x, np.ndarray)]
    named = [n for n, x in kwargs.items() if isinstance(x, np.ndarray)]
    kind = rng.random()
    if kind < 0.5 and (arrays or named):
        if arrays and (not named or rng.random() < 0.5):
            args[arrays[0]] = spoiled_array(rng, args[arrays[0]])
        else:
            kwargs[named[0]] = spoiled_array(rng, kwargs[named[0]])
    elif kind < 0.9 and kwargs:
        name = pick(rng, *kwargs)
        kwargs[name] = pick(rng, *JUNK)
        large = isinstance(kwargs[name], int) and kwargs[name] == 10**6
        if large and name not in ("n_fft", "hop_length", "fmin"):
            kwargs[name] = -2  # a million iterations or bins are no error, but take long
        if name == "power":
            kwargs[name] = "2"  # nor are the largest or smallest magnitudes, much magnified
    else:
        kwargs[pick(rng, "n_threads", "precision", "no_such_argument")] = 1
    return tuple(args), kwargs
