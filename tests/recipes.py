"""Front ends written from their sources' recipes, in float64: slow, obvious, independent.

One function per preset, with the source and the version that it was read from. Nothing here comes
from fastspec and nothing is rounded to float32 on the way, so a recipe is the truth from which both
we and the live library are measured. Signals are (n,); a result has its source's layout.
"""

import numpy as np

EPSILON = float(np.finfo(np.float32).eps)

# ---- windows -------------------------------------------------------------------------------------


def cosine_window(n, a, symmetric):
    """a - (1 - a) cos."""
    return a - (1 - a) * np.cos(2 * np.pi * np.arange(n) / (n - 1 if symmetric else n))


def hann(n):
    return cosine_window(n, 0.5, symmetric=False)


def hann_symmetric(n):
    return cosine_window(n, 0.5, symmetric=True)


def hamming(n):
    return cosine_window(n, 0.54, symmetric=True)


def povey(n):
    return hann_symmetric(n) ** 0.85


# ---- frames --------------------------------------------------------------------------------------


def left_frames(y, length, hop, *, needs=None):
    """Frames that begin at 0, hop, 2 hop ... and have `needs` samples before the end."""
    n_frames = max(0, 1 + (len(y) - (needs or length)) // hop)
    if n_frames == 0:
        return np.zeros((0, length))
    return np.stack([y[t * hop : t * hop + length] for t in range(n_frames)])


def centred_frames(y, n_fft, hop, mode):
    return left_frames(np.pad(y, n_fft // 2, mode=mode), n_fft, hop)


def unsnipped_frames(y, length, hop):
    """Kaldi's snip_edges=False: round(n / hop) frames about (t + 1/2) hop; ends are mirrored."""
    n_frames = (len(y) + hop // 2) // hop
    begin = np.arange(n_frames) * hop + hop // 2 - length // 2
    at = begin[:, None] + np.arange(length)
    at %= 2 * len(y)
    return y[np.where(at < len(y), at, 2 * len(y) - 1 - at)]


def kaldi_frames(frames, *, dc=True, preemphasis=0.97):
    """Frames without their mean; samples without the one before, which the first is itself."""
    if dc:
        frames = frames - frames.mean(1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    return frames - preemphasis * before


# ---- bands ---------------------------------------------------------------------------------------


def to_mel(f, scale):
    f = np.asarray(f, np.float64)
    if scale == "htk":
        return 2595 * np.log10(1 + f / 700)
    if scale == "kaldi":
        return 1127 * np.log(1 + f / 700)
    return np.where(f < 1000, 3 * f / 200, 15 + 27 * np.log(np.maximum(f, 1) / 1000) / np.log(6.4))


def to_hz(m, scale):
    if scale == "htk":
        return 700 * (10 ** (m / 2595) - 1)
    if scale == "kaldi":
        return 700 * (np.exp(m / 1127) - 1)
    return np.where(m < 15, 200 * m / 3, 1000 * 6.4 ** ((m - 15) / 27))


def mel_bank(sr, n_fft, n_mels, low, high, *, scale, domain="hz", norm=None):
    """(bins, bands): triangles that are straight in Hz or in mel."""
    f = np.arange(n_fft // 2 + 1) * sr / n_fft
    edges = np.linspace(to_mel(low, scale), to_mel(high, scale), n_mels + 2)
    hz = to_hz(edges, scale)
    if domain == "mel":
        x = to_mel(f, scale)
    else:
        x, edges = f, hz
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (x[:, None] - left) / (middle - left)
    falling = (right - x[:, None]) / (right - middle)
    weights = np.maximum(0, np.minimum(rising, falling))
    if norm == "slaney":
        weights *= 2 / (hz[2:] - hz[:-2])
    return weights


def kaldi_bank(sr, n_fft, n_mels, low=20, high=0):
    """Kaldi's: triangles in mel, and nothing from the bin at half the sample rate."""
    high = high if high > 0 else sr / 2 + high
    bank = mel_bank(sr, n_fft, n_mels, low, high, scale="kaldi", domain="mel")
    bank[-1] = 0
    return bank


def spectrum(frames, window, n_fft=None):
    return np.abs(np.fft.rfft(frames * window, n_fft or frames.shape[1], axis=1))


def ortho_dct(n, k):
    """(n, k): the first k cosines of the orthonormal DCT-II."""
    matrix = np.cos(np.pi / n * (np.arange(n)[:, None] + 0.5) * np.arange(k)) * np.sqrt(2 / n)
    matrix[:, 0] = np.sqrt(1 / n)
    return matrix


# ---- general purpose -----------------------------------------------------------------------------


def librosa_mel(y):
    """librosa 0.11, feature.melspectrogram with its defaults."""
    frames = centred_frames(y, 2048, 512, "constant")
    bank = mel_bank(22050, 2048, 128, 0, 11025, scale="slaney", norm="slaney")
    return (spectrum(frames, hann(2048)) ** 2 @ bank).T


def torchaudio_mel(y):
    """torchaudio 2.11, transforms.MelSpectrogram with its defaults."""
    frames = centred_frames(y, 400, 200, "reflect")
    bank = mel_bank(16000, 400, 128, 0, 8000, scale="htk")
    return (spectrum(frames, hann(400)) ** 2 @ bank).T


def torchaudio_mfcc(y):
    """torchaudio 2.11, transforms.MFCC with its defaults."""
    db = 10 * np.log10(np.maximum(torchaudio_mel(y), 1e-10))
    db = np.maximum(db, db.max() - 80)
    return (db.T @ ortho_dct(128, 40)).T


# ---- Kaldi ---------------------------------------------------------------------------------------


def kaldi_power(y, window, *, snip=True, gain=1.0):
    frames = left_frames(y, 400, 160) if snip else unsnipped_frames(y, 400, 160)
    return spectrum(kaldi_frames(frames * gain), window, 512) ** 2


def kaldi_log(mel):
    return np.log(np.maximum(mel, EPSILON))


def kaldi_fbank(y):
    """torchaudio 2.11, compliance.kaldi.fbank with its defaults."""
    return kaldi_log(kaldi_power(y, povey(400)) @ kaldi_bank(16000, 512, 23))


def kaldi_mfcc(y):
    """torchaudio 2.11, compliance.kaldi.mfcc with its defaults."""
    lifter = 1 + 11 * np.sin(np.pi * np.arange(13) / 22)
    return kaldi_fbank(y) @ ortho_dct(23, 13) * lifter


def knf_fbank(y):
    """kaldi-native-fbank 1.23, FbankOptions() without dither."""
    return kaldi_fbank(y)


def knf_mfcc(y):
    """kaldi-native-fbank 1.23, MfccOptions() without dither: energy in the place of C0."""
    result = kaldi_mfcc(y)
    frames = left_frames(y, 400, 160)
    frames = frames - frames.mean(1, keepdims=True)
    result[:, 0] = np.log(np.maximum((frames**2).sum(1), EPSILON))
    return result


def lhotse_fbank(y):
    """lhotse 1.33, Fbank with FbankConfig()."""
    return kaldi_log(kaldi_power(y, povey(400), snip=False) @ kaldi_bank(16000, 512, 80, 20, -400))


# ---- Whisper -------------------------------------------------------------------------------------


def whisper(y, n_mels=80):
    """openai-whisper 20250625, audio.log_mel_spectrogram."""
    frames = centred_frames(y, 400, 160, "reflect")[:-1]
    bank = mel_bank(16000, 400, n_mels, 0, 8000, scale="slaney", norm="slaney")
    log = np.log10(np.maximum(spectrum(frames, hann(400)) ** 2 @ bank, 1e-10))
    return ((np.maximum(log, log.max() - 8) + 4) / 4).T


def hf_whisper(y):
    """transformers 5.23, WhisperFeatureExtractor, of a waveform that is not padded."""
    return whisper(y)


def faster_whisper(y):
    """faster-whisper 1.2, FeatureExtractor: a hop of zeros at the end."""
    return whisper(np.pad(y, (0, 160)))


# ---- other speech --------------------------------------------------------------------------------


def ast(y):
    """transformers 5.23, ASTFeatureExtractor before it pads."""
    log = kaldi_log(kaldi_power(y, hann_symmetric(400)) @ kaldi_bank(16000, 512, 128))
    return (log + 4.2677393) / (2 * 4.5689974)


def speech_fbank(y):
    return kaldi_log(kaldi_power(y, povey(400), gain=2.0**15) @ kaldi_bank(16000, 512, 80))


def seamless_m4t(y):
    """transformers 5.23, SeamlessM4TFeatureExtractor: pairs of frames, zeros behind an odd one."""
    x = speech_fbank(y)
    x = (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + 1e-7)
    return np.pad(x, ((0, len(x) % 2), (0, 0))).reshape(-1, 160)


def speech_to_text(y):
    """transformers 5.23, Speech2TextFeatureExtractor."""
    x = speech_fbank(y)
    return (x - x.mean(0)) / x.std(0)


def parakeet(y):
    """transformers 5.23, ParakeetFeatureExtractor (NeMo's), the valid frames."""
    emphasised = np.concatenate([y[:1], y[1:] - 0.97 * y[:-1]])
    window = np.zeros(512)
    window[56:456] = hann_symmetric(400)
    frames = centred_frames(emphasised, 512, 160, "constant")[: len(y) // 160]
    bank = mel_bank(16000, 512, 80, 0, 8000, scale="slaney", norm="slaney")
    x = np.log(spectrum(frames, window) ** 2 @ bank + 2.0**-24)
    return (x - x.mean(0)) / (x.std(0, ddof=1) + 1e-5)


def speecht5(y):
    """transformers 5.23, SpeechT5FeatureExtractor, targets."""
    frames = centred_frames(y, 1024, 256, "reflect")
    bank = mel_bank(16000, 1024, 80, 80, 7600, scale="slaney", norm="slaney")
    return np.log10(np.maximum(spectrum(frames, hann(1024)) @ bank, 1e-10))


def gemma3n(y):
    """transformers 5.23, Gemma3nAudioFeatureExtractor: frames reach one sample further."""
    frames = kaldi_frames(left_frames(y, 512, 160, needs=513), dc=False)
    bank = mel_bank(16000, 1024, 128, 125, 7600, scale="htk")
    return np.log(np.maximum(spectrum(frames, hann(512), 1024) @ bank, 1e-5))


def phi4(y):
    """transformers 5.23, Phi4MultimodalFeatureExtractor, of one waveform."""
    frames = kaldi_frames(left_frames(y, 400, 160), dc=False) * 32768
    bank = mel_bank(16000, 512, 80, 0, 7690, scale="kaldi", domain="mel")
    return np.log(np.maximum(spectrum(frames, hamming(400), 512) ** 2 @ bank, 1))


# ---- sounds and music ----------------------------------------------------------------------------


def clap_db(y, **bank):
    frames = centred_frames(y, 1024, 480, "reflect")
    power = spectrum(frames, hann(1024)) ** 2 @ mel_bank(48000, 1024, 64, 0, 14000, **bank)
    return 10 * np.log10(np.maximum(power, 1e-10))


def clap_fusion(y):
    """transformers 5.23, ClapFeatureExtractor, the bank of truncation='fusion'."""
    return clap_db(y, scale="htk")


def clap(y):
    """transformers 5.23, ClapFeatureExtractor, the bank of truncation='rand_trunc'."""
    return clap_db(y, scale="slaney", norm="slaney")


def vocoder(y, n_mels, high, sr):
    frames = left_frames(np.pad(y, 384, mode="reflect"), 1024, 256)
    magnitude = np.sqrt(spectrum(frames, hann(1024)) ** 2 + 1e-9)
    bank = mel_bank(sr, 1024, n_mels, 0, high, scale="slaney", norm="slaney")
    return np.log(np.maximum(magnitude @ bank, 1e-5))


def univnet(y):
    """transformers 5.23, UnivNetFeatureExtractor.mel_spectrogram."""
    return vocoder(y, 100, 12000, 24000)


def hifigan(y):
    """HiFi-GAN (github.com/jik876/hifi-gan, 2020), meldataset.mel_spectrogram, config v1."""
    return vocoder(y, 80, 8000, 22050).T


def pop2piano(y):
    """transformers 5.23, Pop2PianoFeatureExtractor, of one segment."""
    frames = centred_frames(y, 4096, 1024, "reflect")
    bank = mel_bank(22050, 4096, 512, 10, 11025, scale="htk")
    return np.log(np.maximum(spectrum(frames, hann(4096)) ** 2 @ bank, 1e-6))


def vggish(y):
    """VGGish (tensorflow/models, research/audioset/vggish, 2017), mel_features.py."""
    frames = left_frames(y, 400, 160)
    bank = mel_bank(16000, 512, 64, 125, 7500, scale="kaldi", domain="mel")
    bank[0] = 0
    return np.log(spectrum(frames, hann(400), 512) @ bank + 0.01)


def musicnn(y):
    """MusiCNN by essentia 2.1, TensorflowInputMusiCNN, of frames from the first sample."""
    frames = left_frames(y, 512, 256)
    bank = mel_bank(16000, 512, 96, 0, 8000, scale="slaney", norm="slaney")
    return np.log10(1 + 10000 * (spectrum(frames, hann_symmetric(512)) ** 2 @ bank))


RECIPES = {
    "librosa_mel": (22050, librosa_mel),
    "torchaudio_mel": (16000, torchaudio_mel),
    "torchaudio_mfcc": (16000, torchaudio_mfcc),
    "kaldi_fbank": (16000, kaldi_fbank),
    "kaldi_mfcc": (16000, kaldi_mfcc),
    "knf_fbank": (16000, knf_fbank),
    "knf_mfcc": (16000, knf_mfcc),
    "lhotse_fbank": (16000, lhotse_fbank),
    "whisper": (16000, whisper),
    "hf_whisper": (16000, hf_whisper),
    "faster_whisper": (16000, faster_whisper),
    "ast": (16000, ast),
    "seamless_m4t": (16000, seamless_m4t),
    "speech_to_text": (16000, speech_to_text),
    "parakeet": (16000, parakeet),
    "clap": (48000, clap),
    "clap_fusion": (48000, clap_fusion),
    "speecht5": (16000, speecht5),
    "univnet": (24000, univnet),
    "hifigan": (22050, hifigan),
    "pop2piano": (22050, pop2piano),
    "gemma3n": (16000, gemma3n),
    "phi4": (16000, phi4),
    "vggish": (16000, vggish),
    "musicnn": (16000, musicnn),
}
"""The recipes by preset name: sample rate and function."""
