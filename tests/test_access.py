"""Some frames of a signal or a recording against the whole call; estimates against calls."""

import io
import math
import threading
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastspec
from fastspec import presets
from fastspec.access import Estimate, resolve_frames
from fastspec.nsgt_access import whole_memory

PADS = ("constant", "edge", "linear_ramp", "reflect", "symmetric", "empty")
FREE = {"top_db": None, "log": "db"}

PLANS = {
    "STFT": fastspec.STFT(n_fft=512, hop_length=100, pad_mode="reflect"),
    "STFT, odd": fastspec.STFT(n_fft=333, hop_length=700, pad_mode="symmetric"),
    "STFT, librosa's tail": fastspec.STFT(
        n_fft=512, hop_length=96, pad_mode="reflect", pad_tail="librosa", window="boxcar"
    ),
    "Spectrogram": fastspec.Spectrogram(
        n_fft=400, hop_length=160, power=1, input_scale=2.0**-15, center=False
    ),
    "mel": fastspec.MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=40, **FREE),
    "MFCC": fastspec.MFCC(sr=16000, n_fft=512, hop_length=128, n_mels=40, top_db=None),
    "ChromaSTFT": fastspec.ChromaSTFT(sr=16000, n_fft=1024, hop_length=200),
    "CQT": fastspec.CQT(sr=16000, fmin=110, n_bins=48, hop_length=160),
    "CQT, any hop": fastspec.CQT(sr=16000, fmin=440, n_bins=24, hop_length=77, output="power"),
    "CQT, librosa's": fastspec.CQT(
        sr=16000, fmin=110, n_bins=60, hop_length=256, definition="librosa"
    ),
    "Chroma": fastspec.Chroma(sr=16000, fmin=220, n_octaves=4, hop_length=200),
    "CENS": fastspec.Chroma(sr=16000, fmin=220, n_octaves=4, cens=True, win_len_smooth=12),
    "FrontEnd, deltas": fastspec.FrontEnd(deltas=2, delta_window=3, dither=0.1, log="ln"),
    "FrontEnd, Kaldi's": fastspec.FrontEnd(
        deltas=2, delta_mode="kaldi", layout="frames_first", preemphasis=0.9
    ),
    "FrontEnd, stacks": fastspec.FrontEnd(
        deltas=1, stack=5, stack_stride=3, stack_left=2, stack_end="zero", preemphasis=0.9,
        preemphasis_mode="signal", log="log10", drop_last=True, align="center", pad_mode="reflect",
    ),
}  # fmt: skip


def noise(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def cut(plan, result, frames):
    """The frames of a whole result."""
    if getattr(plan, "_frames_first", False):
        return result[..., frames, :]
    return result[..., frames]


def axis_of(plan):
    return -2 if getattr(plan, "_frames_first", False) else -1


def same(got, want):
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    assert np.ascontiguousarray(got).tobytes() == np.ascontiguousarray(want).tobytes()


# ---- arrays -------------------------------------------------------------------------------------

index = st.one_of(st.none(), st.integers(-400, 400), st.integers(-4, 4))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(PLANS)),
    n=st.integers(1500, 30000),
    start=index,
    stop=index,
    n_threads=st.integers(1, 3),
    seed=st.integers(0, 2**20),
    double=st.booleans(),
    given_out=st.booleans(),
)
def test_frames_are_those_of_the_whole(name, n, start, stop, n_threads, seed, double, given_out):
    plan = PLANS[name]
    y = noise(2, n, seed=seed, dtype=np.float64 if double else np.float32)
    frames = slice(start, stop)
    want = cut(plan, plan(y), frames)
    out = np.full(want.shape, 7, want.dtype) if given_out else None
    got = plan(y, out, n_threads, frames=frames)
    assert out is None or got is out
    same(got, want)
    begin, end = plan.needed_samples(frames, n)
    assert 0 <= begin <= end <= n
    assert want.size == 0 or begin < end
    poisoned = y.copy()
    poisoned[:, :begin] = np.nan
    poisoned[:, end:] = np.inf
    same(plan(poisoned, frames=frames), want)


@settings(max_examples=60, deadline=None)
@given(
    n_fft=st.integers(16, 300),
    hop=st.integers(1, 400),
    center=st.booleans(),
    pad_mode=st.sampled_from(PADS),
    tail=st.sampled_from(("exact", "librosa")),
    n=st.integers(1, 3000),
    data=st.data(),
)
def test_any_framing(n_fft, hop, center, pad_mode, tail, n, data):
    plan = fastspec.STFT(
        n_fft=n_fft, hop_length=hop, center=center, pad_mode=pad_mode, pad_tail=tail,
        engine="lanes", window="hamming",
    )  # fmt: skip
    count = plan.n_frames(n)
    y = noise(n, seed=n)
    if count == 0:
        with pytest.raises(fastspec.ParameterError, match="n_fft"):
            plan(y, frames=slice(0))
        return
    first = data.draw(st.integers(0, count - 1))
    last = data.draw(st.integers(first, min(count - 1, first + 9)))
    frames = slice(first, last + 1)
    want = plan(y)[:, frames]
    same(plan(y, frames=frames), want)
    begin, end = plan.needed_samples(frames, n)
    poisoned = np.full_like(y, np.nan)
    poisoned[begin:end] = y[begin:end]
    same(plan(poisoned, frames=frames), want)


def test_needed_samples_are_no_more_than_needed():
    plan = fastspec.STFT(n_fft=256, hop_length=100, window="boxcar", pad_mode="reflect")
    assert plan.needed_samples(slice(10, 12), 5000) == (872, 1228)
    assert plan.needed_samples(slice(0, 1), 5000) == (0, 129)
    assert plan.needed_samples(slice(-1, None), 5000) == (4871, 5000)  # 4999 reflected to 4871
    assert plan.needed_samples(slice(3, 3), 5000) == (0, 0)
    rows = fastspec.FrontEnd(sr=16000, deltas=1, delta_window=2, align="snip_edges", n_fft=400)
    begin, end = rows.needed_samples(slice(50, 51), 16000)
    hop = rows.hop_length
    assert begin >= 46 * hop
    assert end <= 54 * hop + 400
    long = fastspec.CQT(fmin=440, n_bins=24)
    begin, end = long.needed_samples(slice(5000, 5001), 10**7)
    assert end - begin < 40000


@pytest.mark.parametrize("name", [p.name for p in presets.list()])
def test_presets(name):
    plan = presets.get(name)
    n = int(plan._arguments["sr"] * 1.3)
    y = 0.1 * noise(n)
    whole = plan(y)
    frames = slice(7, 20)
    needs_all = [k for k in ("rel_clip", "normalize") if plan._arguments[k] is not None]
    if needs_all:
        with pytest.raises(fastspec.ParameterError, match=needs_all[0]):
            plan(y, frames=frames)
        with pytest.raises(fastspec.ParameterError, match=needs_all[0]):
            plan.needed_samples(frames, n)
        return
    same(plan(y, frames=frames), cut(plan, whole, frames))
    begin, end = plan.needed_samples(frames, n)
    assert end - begin < n


def test_a_clip_of_fixed_height_is_random_access():
    a = presets.get("whisper")._arguments
    floor = fastspec.FrontEnd(**{**a, "rel_clip": None, "log_floor": -1.5})
    y = 0.1 * noise(32000)
    same(floor(y, frames=slice(40, 60)), cut(floor, floor(y), slice(40, 60)))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (fastspec.MFCC(), r"top_db=80\.0: .*top_db=None.*log_floor"),
        (fastspec.MelSpectrogram(log="db", ref="max"), r"ref='max': .*number"),
        (fastspec.MelSpectrogram(log="db", top_db=60), r"top_db=60\.0: "),
        (fastspec.FrontEnd(log="ln", rel_clip=8.0), r"rel_clip=8\.0: .*log_floor"),
        (fastspec.FrontEnd(normalize="mean"), r"normalize='mean': .*scale and offset"),
        (fastspec.CQT(definition="librosa", pad_mode="reflect"), "pad_mode='reflect'.*exact"),
        (fastspec.CQT(definition="librosa", n_bins=24, hop_length=4096), "resamples"),
        (fastspec.NSGT(), "slice_length"),
    ],
)
def test_what_needs_the_whole_signal_says_so(plan, words):
    y = noise(30000)
    for frames in (slice(0, 3), slice(None), range(2)):
        with pytest.raises(fastspec.ParameterError, match=words):
            plan(y, frames=frames)
    with pytest.raises(fastspec.ParameterError, match=words):
        plan.needed_samples(slice(3), 30000)


def test_the_cqt_far_into_a_long_signal():
    y = noise(22050 * 60)
    for plan in (fastspec.CQT(), fastspec.CQT(definition="librosa"), fastspec.Chroma(cens=True)):
        whole = plan(y)
        for frames in (slice(1200, 1300), slice(-5, None), slice(2000, 2001)):
            same(plan(y, frames=frames), whole[:, frames])
        begin, end = plan.needed_samples(slice(1200, 1300), y.size)
        assert end - begin < y.size / 4


def test_noise_is_that_of_the_channel_and_the_frame():
    plan = fastspec.FrontEnd(dither=1.0, seed=3, log="ln")
    y = np.zeros((3, 16000), np.float32)
    whole = plan(y)
    assert not np.array_equal(whole[0], whole[1])
    same(plan(y, frames=slice(40, 50)), whole[..., 40:50])


def test_layouts_types_and_byte_orders():
    plan = fastspec.Spectrogram(n_fft=256, hop_length=64, input_scale=1 / 32768)
    y = (3000 * noise(3, 4000)).astype(np.int16)
    whole = plan(y)
    for given_y in (y, y[:, ::-1][:, ::-1], np.asfortranarray(y), y.astype(">i2")):
        same(plan(given_y, frames=slice(9, 30)), whole[..., 9:30])
    out = np.empty((3, 30, 129), np.float32).swapaxes(1, 2)[:, :, ::-1]
    result = plan(y, out=out, frames=slice(10, 40))
    assert result is out
    same(out, whole[..., 10:40])
    for shape, dtype in (((3, 129, 29), np.float32), ((3, 129, 30), np.float64)):
        with pytest.raises(fastspec.ParameterError, match="out"):
            plan(y, out=np.empty(shape, dtype), frames=slice(10, 40))
    x = noise(5000)
    with pytest.raises(fastspec.ParameterError, match="overlap"):
        plan(x, out=x[: 129 * 3].reshape(129, 3), frames=slice(3))
    empty = plan(np.zeros((0, 4000), np.float32), frames=slice(2, 4))
    assert empty.shape == (0, 129, 2)


def test_what_is_not_finite_counts_where_it_is_needed():
    plan = fastspec.STFT(n_fft=256, hop_length=64)
    y = noise(4000)
    y[2000] = np.nan
    plan(y, frames=slice(0, 20))
    with pytest.raises(fastspec.ParameterError, match="finite"):
        plan(y, frames=slice(20, 40))


def test_many_threads_on_one_plan():
    plan = PLANS["FrontEnd, deltas"]
    y = noise(40000)
    whole = plan(y)
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(20):
            first = int(rng.integers(0, whole.shape[-1] - 10))
            if (
                plan(y, frames=slice(first, first + 9)).tobytes()
                != np.ascontiguousarray(whole[:, first : first + 9]).tobytes()
            ):
                wrong.append(first)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# ---- slices -------------------------------------------------------------------------------------


@given(start=index, stop=index, n=st.integers(0, 300))
def test_slices_are_numpys(start, stop, n):
    want = np.arange(n)[start:stop]
    first, count = resolve_frames(slice(start, stop), n)
    assert count == want.size
    assert count == 0 or first == want[0]


def test_what_is_no_slice_is_refused():
    plan, y = PLANS["STFT"], noise(5000)
    bad = [
        5, 2.0, "3", (0, 3), [1, 2], np.arange(3), True, object(), ..., slice(0, 9, 2),
        slice(None, None, -1), slice(0, 5, 0), slice(1.5), slice("a"), slice(None, Fraction(3)),
        slice(True, 3), range(0, 8, 2), range(5, 0, -1), range(-3, 0), range(10**6),
        range(2**70, 2**70 + 1), slice(np.float64(3)), slice(0, 3, "1"),
    ]  # fmt: skip
    for frames in bad:
        with pytest.raises(fastspec.ParameterError, match="frames"):
            plan(y, frames=frames)
        with pytest.raises(fastspec.ParameterError, match="frames"):
            plan.needed_samples(frames, 5000)
    whole = plan(y)
    for frames in (slice(2**200), slice(-(2**200), 2**70), slice(np.int8(3), np.uint64(9)), None):
        same(plan(y, frames=frames), whole if frames is None else whole[:, frames])
    same(plan(y, frames=range(3, 9)), whole[:, 3:9])
    assert plan(y, frames=range(9, 3)).shape == (257, 0)
    assert plan(y, frames=slice(9, 3, 1)).shape == (257, 0)
    with pytest.raises(fastspec.ParameterError, match="n_samples"):
        plan.needed_samples(slice(3), -1)
    with pytest.raises(fastspec.ParameterError, match="empty"):
        plan.needed_samples(slice(3), 0)


# ---- slices of the NSGT -------------------------------------------------------------------------


@pytest.mark.parametrize("hop", [None, "common"])
def test_slices_of_the_nsgt(hop):
    plan = fastspec.NSGT(sr=16000, fmin=220, slice_length=8192, hop_length=hop)
    y = noise(2, 50000)
    whole = plan(y)
    bands = whole if hop is None else [whole]
    for frames in (slice(2, 5), slice(0, 1), slice(-2, None), slice(4, 4), slice(None)):
        got = plan(y, frames=frames)
        for a, b in zip(got if hop is None else [got], bands, strict=True):
            same(a, b[:, frames])
    begin, end = plan.needed_samples(slice(3, 5), 50000)
    assert (begin, end) == (2 * 4096, 2 * 4096 + 8192 + 4096)
    y[:, :begin] = np.nan
    y[:, end:] = np.nan
    got = plan(y, frames=slice(3, 5))
    for a, b in zip(got if hop is None else [got], bands, strict=True):
        same(a, b[:, 3:5])
    out = [np.empty_like(a) for a in got] if hop is None else np.empty_like(got)
    assert plan.crop(y, slice(3, 5), out=out) is out


# ---- recordings ---------------------------------------------------------------------------------

soundfile = pytest.importorskip("soundfile")
KINDS = [
    ("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("wav", "DOUBLE"), ("flac", "PCM_16"),
    ("wav", "IMA_ADPCM"), ("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III"), ("ogg", "OPUS"),
]  # fmt: skip


def record(path, channels=1, n=40000, sr=16000, subtype="PCM_16", seed=5):
    y = 0.2 * noise(n, channels, seed=seed)
    try:
        soundfile.write(path, y, sr, subtype=subtype)
    except (soundfile.SoundFileError, ValueError) as error:
        pytest.skip(str(error))
    return path


@pytest.mark.parametrize(("extension", "subtype"), KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_crops_of_files_are_those_of_load(tmp_path, extension, subtype, channels):
    path = record(tmp_path / f"x.{extension}", channels, subtype=subtype)
    plan = PLANS["mel"]
    rng = np.random.default_rng(1)
    for mono, dtype in ((True, "float32"), (False, "float32"), (True, "float64")):
        whole = plan(fastspec.load(path, sr=None, mono=mono, dtype=dtype)[0])
        count = whole.shape[-1]
        spans = [(0, 3), (count - 3, None), *rng.integers(-count, count, (6, 2)).tolist()]
        for start, stop in spans:
            got = plan.crop(path, slice(start, stop), mono=mono, dtype=dtype)
            same(got, whole[..., start:stop])
    y = fastspec.load(path, sr=None)[0]
    same(plan(str(path), frames=slice(9, 40)), plan(y)[:, 9:40])
    same(plan(path), plan(y))


@pytest.mark.parametrize("channels", [3, 9])
def test_crops_of_many_channels(tmp_path, channels):
    path = record(tmp_path / "x.wav", channels)
    for name in ("mel", "CQT", "FrontEnd, deltas"):
        plan = PLANS[name]
        for mono in (True, False):
            whole = plan(fastspec.load(path, sr=None, mono=mono)[0])
            same(plan.crop(path, slice(30, 40), mono=mono), cut(plan, whole, slice(30, 40)))


def test_int16_files_stay_int16(tmp_path):
    path = record(tmp_path / "x.flac", 2)
    plan = PLANS["Spectrogram"]
    y = fastspec.load(path, sr=None, mono=False, dtype="int16")[0]
    assert y.dtype == np.int16
    got = plan.crop(path, slice(5, 50), mono=False, dtype="int16", n_threads=2)
    same(got, plan(y)[..., 5:50])
    with pytest.raises(fastspec.ParameterError, match="dtype"):
        plan.crop(path, slice(3), dtype="int16")
    with pytest.raises(fastspec.ParameterError, match="input_scale"):
        PLANS["mel"].crop(path, slice(3), mono=False, dtype="int16")


def test_crops_of_plans_that_need_all_are_refused_but_whole_files_are_not(tmp_path):
    path = record(tmp_path / "x.wav")
    plan = fastspec.MFCC(sr=16000)
    same(plan(path), plan(fastspec.load(path, sr=None)[0]))
    with pytest.raises(fastspec.ParameterError, match="top_db"):
        plan(path, frames=slice(3))


def test_open_files_are_left_where_they_stand(tmp_path):
    path = record(tmp_path / "x.wav")
    plan = PLANS["mel"]
    whole = plan(fastspec.load(path, sr=None)[0])
    data = io.BytesIO(path.read_bytes())
    with path.open("rb") as file, soundfile.SoundFile(path) as sound:
        for source in (data, file, sound):
            for _ in range(2):
                same(plan(source, frames=slice(20, 30)), whole[:, 20:30])
            assert source.tell() == 0
        sound.seek(1600)
        want = plan(fastspec.load(path, sr=None, offset=0.1)[0])
        for _ in range(2):
            same(plan(sound, frames=slice(20, 30)), want[:, 20:30])
            assert sound.tell() == 1600


def test_only_the_samples_that_are_needed_are_read(tmp_path):
    path = record(tmp_path / "x.wav", n=160000)
    plan = PLANS["mel"]
    read = []

    class Counting(soundfile.SoundFile):
        def read(self, frames=-1, *args, **kwargs):
            read.append(frames)
            return super().read(frames, *args, **kwargs)

    with Counting(path) as sound:
        plan(sound, frames=slice(500, 510))
    assert read == [9 * 160 + 400]


def test_files_that_do_not_fit(tmp_path):
    plan = PLANS["mel"]
    path = record(tmp_path / "x.wav", sr=22050)
    with pytest.raises(fastspec.ParameterError, match=r"sr=16000\.0.*22050 Hz"):
        plan(path, frames=slice(3))
    assert PLANS["STFT"](path, frames=slice(3)).shape == (257, 3)  # has no rate of its own
    with pytest.raises(FileNotFoundError):
        plan(tmp_path / "none.wav", frames=slice(3))
    with pytest.raises(IsADirectoryError):
        plan(tmp_path, frames=slice(3))
    text = tmp_path / "x.txt"
    text.write_text("no audio")
    audio_error = fastspec.audio.AudioFileError
    with pytest.raises(audio_error, match=r"x\.txt"):
        plan(text, frames=slice(3))
    with pytest.raises(fastspec.ParameterError, match="range"):
        PLANS["STFT"](path, frames=range(10**6))
    assert PLANS["STFT"](path, frames=slice(10**6, None)).shape == (257, 0)
    for name, value in (("mono", 1.5), ("dtype", "int8"), ("n_threads", 0)):
        with pytest.raises(fastspec.ParameterError, match=name):
            plan.crop(path, slice(3), **{name: value})
    for frames in (3, "a", slice(0, 4, 2)):
        with pytest.raises(fastspec.ParameterError, match="frames"):
            PLANS["STFT"](path, frames=frames)

    class Unsought(io.RawIOBase):
        def tell(self):
            raise io.UnsupportedOperation("tell")

    with pytest.raises(fastspec.ParameterError, match="cannot be sought"):
        plan(Unsought(), frames=slice(3))


def test_files_that_end_too_soon(tmp_path):
    path = record(tmp_path / "x.flac", n=200000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with soundfile.SoundFile(path) as sound:
        assert sound.frames == 200000
    PLANS["mel"](path, frames=slice(0, 100))
    with pytest.raises(fastspec.audio.AudioFileError, match=r"header|decodable"):
        PLANS["mel"](path, frames=slice(1100, 1200))


def test_bad_samples_count_where_they_are_needed(tmp_path):
    y = 0.1 * noise(40000)
    y[30000] = np.nan
    path = tmp_path / "x.wav"
    soundfile.write(path, y, 16000, subtype="FLOAT")
    PLANS["mel"](path, frames=slice(0, 100))
    with pytest.raises(fastspec.ParameterError, match="sample 30000"):
        PLANS["mel"](path, frames=slice(180, 200))


# ---- estimates ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PLANS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_estimates_of_results(name, dtype):
    plan = PLANS[name]
    result = plan(noise(3, 20001, dtype=dtype))
    cost = plan.estimate(20001, channels=3, dtype=dtype)
    assert isinstance(cost, Estimate)
    assert cost.frames == result.shape[axis_of(plan)] == plan.n_frames(20001)
    assert cost.output_bytes == result.nbytes
    assert cost.total_bytes == cost.output_bytes + cost.scratch_bytes
    assert all(type(value) is int and value > 0 for value in cost)
    more = plan.estimate(20001, channels=6, dtype=dtype)
    assert more.output_bytes == 2 * cost.output_bytes
    assert abs(more.flops - 2 * cost.flops) <= 6
    assert plan.estimate(20001, 3, 4, dtype=dtype).scratch_bytes >= cost.scratch_bytes


def test_operations_of_front_ends():
    n, hop, n_mels, n_mfcc = 2048, 512, 128, 20
    frames = 1 + 10**6 // hop
    fft = 2.5 * n * math.log2(n) + n
    bank = 2 * np.count_nonzero(fastspec.mel_filter(sr=22050, n_fft=n, n_mels=n_mels))
    mel = fft + 3 * (n // 2 + 1) + bank + 10 * n_mels
    wants = {
        fastspec.STFT(): fft,
        fastspec.MelSpectrogram(log="db"): mel,
        fastspec.MFCC(top_db=None, n_mfcc=n_mfcc): mel + 2 * n_mels * n_mfcc,
    }
    for plan, want in wants.items():
        assert plan.estimate(10**6).flops == pytest.approx(frames * want, rel=0.05)
    deltas = fastspec.FrontEnd(n_fft=n, n_mels=n_mels, deltas=2, delta_window=9)
    plain = fastspec.FrontEnd(n_fft=n, n_mels=n_mels)
    per_frame = (deltas.estimate(10**6).flops - plain.estimate(10**6).flops) / frames
    assert per_frame == pytest.approx(2 * 3 * 9 * n_mels, rel=0.05)
    # PCEN: a power of the level and a root; or a power of both, or a logarithm more.
    for power, want in ((0.5, 25 + 2), (0.3, 25 + 25), (0, 25 + 10)):
        pcen = fastspec.FrontEnd(n_fft=n, n_mels=n_mels, log="pcen", pcen_power=power)
        per_frame = (pcen.estimate(10**6).flops - plain.estimate(10**6).flops) / frames
        assert want * n_mels < per_frame < (want + 12) * n_mels
    chirp = fastspec.STFT(n_fft=1021, hop_length=512, engine="lanes").estimate(10**6).flops
    assert 2 < chirp / fastspec.STFT(n_fft=1024, hop_length=512).estimate(10**6).flops < 12


def test_operations_of_the_constant_q_transform():
    n, hop = 10**6, 512
    for plan in (fastspec.CQT(), fastspec.CQT(definition="librosa")):
        flops = plan.estimate(n).flops
        direct = 4 * plan.lengths.sum() * (1 + n // hop)  # from the signal as it is
        assert 0.01 * direct < flops < direct
        assert plan.estimate(2 * n).flops == pytest.approx(2 * flops, rel=0.01)
    # Where nothing is decimated, and frames are folded or not: one or two products for each sample.
    high = fastspec.CQT(sr=8000, fmin=2000, n_bins=12, hop_length=100)
    frames = 1 + n // 100
    weights = high.lengths.sum()
    assert weights * 2 * frames < high.estimate(n).flops < weights * 12 * frames


def test_estimates_do_no_work():
    tracemalloc.start()
    try:
        for plan in PLANS.values():
            plan.estimate(2**50)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", sorted(PLANS))
def test_estimates_of_what_is_too_large(name):
    plan = PLANS[name]
    seen = 0
    for n in (2**40, 2**57, 2**58 - 1, 2**58, 2**60, 2**61 - 1, 2**61):
        for channels in (1, 2**20, 2**40):
            try:
                cost = plan.estimate(n, channels, 256)
            except fastspec.ParameterError:
                with pytest.raises(fastspec.ParameterError, match="n_samples"):
                    plan.estimate(n, channels, 256)
                continue
            seen += 1
            assert cost.frames == plan.n_frames(n)
            assert cost.output_bytes >= 4 * plan.n_bins * cost.frames * channels
            assert cost.scratch_bytes > 0
            assert cost.flops > cost.frames * channels
    assert seen


def test_estimates_of_nonsense():
    plan = PLANS["mel"]
    for bad in (
        {"n_samples": 0}, {"n_samples": -1}, {"n_samples": 1.5}, {"n_samples": 2**61 + 1},
        {"n_samples": "9"}, {"channels": 0}, {"channels": 2**41}, {"n_threads": 0},
        {"n_threads": 1000}, {"dtype": "int8"}, {"dtype": "complex64"},
    ):  # fmt: skip
        with pytest.raises(fastspec.ParameterError, match=next(iter(bad))):
            plan.estimate(**{"n_samples": 1000, **bad})
    with pytest.raises(fastspec.ParameterError, match="n_fft"):
        fastspec.STFT(center=False).estimate(100)


@pytest.mark.parametrize("slices", [None, 8192])
def test_estimates_of_the_nsgt(slices):
    plan = fastspec.NSGT(sr=16000, fmin=220, slice_length=slices)
    y = noise(2, 30000)
    cost = plan.estimate(30000, channels=2)
    assert cost.output_bytes == sum(band.nbytes for band in plan(y))
    assert cost.frames == plan.n_slices(30000)
    blocks = cost.frames * (8192 if slices else plan._length(30000))
    assert cost.flops > 2 * 2.5 * blocks * 13
    with pytest.raises(fastspec.ParameterError, match="n_samples"):
        plan.estimate(2**61)
    if slices is None:
        for n, n_threads, channels in (
            (30000, 1, 1),
            (400000, 1, 3),
            (400000, 3, 5),
            (99999, 4, 1),
        ):
            core = plan._core_for(False, n)
            true = fastspec._core.nsgt_memory(core, channels, 1, n_threads)
            most = int(plan.n_coefficients(n).max())
            said = whole_memory(plan._length(n), most, channels, n_threads, False)
            assert true <= said < 2 * true


def test_estimates_of_plans_in_stages():
    """librosa's transforms that resample first hold whole signals, as NumPy arrays."""
    y = noise(2, 300000)
    for given_plan in ({"hop_length": 4096, "n_bins": 24}, {"pad_mode": "reflect"}):
        plan = fastspec.CQT(definition="librosa", **given_plan)
        plan(y)
        tracemalloc.start()
        try:
            result = plan(y)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        cost = plan.estimate(300000, channels=2)
        assert cost.output_bytes == result.nbytes
        assert peak < cost.total_bytes < 4 * peak + 2**22
