"""Pictures: where cells lie, what axes say, and that a page comes out whole and bounded."""

import io
import subprocess
import sys
import warnings

import numpy as np
import pytest

import fastspec
from fastspec import ParameterError, display_axes, display_page, notes
from fastspec.audio import ArrayBlocks, MissingExtraError, example_signal
from fastspec.display import AXES, PANELS, AxisOptions, colorbar, show_page, specshow, waveshow
from fastspec.display_columns import Columns

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")
image = pytest.importorskip("matplotlib.image")


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


@pytest.fixture(scope="module")
def y():
    return example_signal(22050, 2.0)


def corners(mesh):
    grid = mesh.get_coordinates()
    return grid[0, :, 0], grid[:, 0, 1]


def labels(axis):
    axis.figure.canvas.draw()
    return [label.get_text() for label in axis.get_ticklabels() if label.get_text()]


# ---- cells --------------------------------------------------------------------------------------


def test_cells_are_centred_on_frame_times_and_bin_frequencies(ax):
    mesh = specshow(np.ones((1025, 50)), x_axis="time", y_axis="hz", ax=ax)
    x, f = corners(mesh)
    np.testing.assert_allclose((x[1:] + x[:-1]) / 2, fastspec.frames_to_time(np.arange(50)))
    centres = fastspec.fft_frequencies()
    np.testing.assert_allclose((f[2:-1] + f[1:-2]) / 2, centres[1:-1])
    assert (f[0], f[-1]) == (0.0, 11025.0)
    assert ax.get_xlim() == (x[0], x[-1])
    assert ax.get_ylim() == (f[0], f[-1])


def test_odd_n_fft_and_other_rates(ax):
    x, f = corners(
        specshow(np.ones((3, 4)), x_axis="s", y_axis="hz", sr=1000, hop_length=10, n_fft=5, ax=ax)
    )
    np.testing.assert_allclose(x, np.array([-0.5, 0.5, 1.5, 2.5, 3.5]) * 0.01)
    np.testing.assert_allclose(f, [0, 100, 300, 500])
    _, f = corners(specshow(np.ones((3, 4)), y_axis="hz", sr=1000, n_fft=100, ax=ax))  # cropped
    np.testing.assert_allclose(f, [0, 5, 15, 25])


@pytest.mark.parametrize("htk", [False, True])
def test_mel_cells_hold_the_centres_of_their_bands(ax, htk):
    mesh = specshow(np.ones((40, 3)), y_axis="mel", fmin=50, fmax=8000, htk=htk, ax=ax)
    edges = corners(mesh)[1]
    centres = fastspec.mel_frequencies(42, fmin=50, fmax=8000, htk=htk)[1:-1]
    assert (edges[:-1] < centres).all()
    assert (centres < edges[1:]).all()
    heights = np.diff(ax.transData.transform(np.stack([edges * 0, edges], axis=1))[:, 1])
    np.testing.assert_allclose(heights, heights[0], rtol=1e-6)  # even on the screen


def test_given_coordinates(ax):
    data = np.ones((2, 3))
    x, f = corners(specshow(data, x_coords=[0, 1, 3], y_coords=[5, 3], ax=ax))
    np.testing.assert_allclose(x, [-0.5, 0.5, 2, 4])
    np.testing.assert_allclose(f, [6, 4, 2])
    x, f = corners(specshow(data, x_coords=[0, 1, 3, 7], y_coords=[0, 1, 10], ax=ax))
    np.testing.assert_allclose(x, [0, 1, 3, 7])
    np.testing.assert_allclose(f, [0, 1, 10])
    x, _ = corners(specshow(data[:, :1], x_coords=[4.0], ax=ax))
    np.testing.assert_allclose(x, [3.5, 4.5])


@pytest.mark.parametrize("kind", sorted(AXES))
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1025, 20)])
def test_every_kind_of_axis_draws_on_both_sides(kind, shape):
    for sides in ({"x_axis": kind}, {"y_axis": kind}, {"x_axis": kind, "y_axis": kind}):
        figure, axes = plt.subplots()
        edges = AXES[kind].edges(shape[1], AxisOptions())
        assert edges.shape == (shape[1] + 1,)
        if (np.diff(edges) > 0).all():
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="the axis reaches")
                specshow(np.ones(shape), ax=axes, **sides)
            figure.canvas.draw()
        plt.close(figure)


# ---- axes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "label", "ticks"),
    [
        (0.4, "Time (ms)", ["0", "100", "200"]),
        (5, "Time (s)", ["0", "1", "2"]),
        (90, "Time (min:s)", ["0:00", "0:10", "1:20"]),
        (5000, "Time (h:min:s)", ["0:00:00", "0:10:00", "1:20:00"]),
        (500000, "Time (h:min:s)", ["0:00:00", "12:00:00", "132:00:00"]),
    ],
)
def test_time_reads_well_at_any_length(ax, seconds, label, ticks):
    specshow(np.ones((2, 10)), x_coords=np.linspace(0, seconds, 11), x_axis="time", ax=ax)
    assert ax.get_xlabel() == label
    assert set(ticks) <= set(labels(ax.xaxis))
    assert len(labels(ax.xaxis)) <= 14


def test_clock_labels_when_zoomed(ax):
    specshow(np.ones((2, 10)), x_coords=np.linspace(0, 100, 11), x_axis="time", ax=ax)
    ax.set_xlim(61, 62)
    assert "1:01.2" in labels(ax.xaxis)
    assert display_axes.clock_label(-61.5) == "-1:01.5"
    assert display_axes.clock_label(59.9999) == "1:00"


@pytest.mark.parametrize(
    ("hertz", "text"),
    [(0, "0"), (512, "512"), (1000, "1k"), (2500, "2.5k"), (11025, "11025"), (20000, "20k")],
)
def test_hertz_labels(hertz, text):
    assert display_axes.hertz_label(hertz) == text


def test_frequency_axes_have_landmarks(ax):
    data = np.ones((1025, 4))
    specshow(data, y_axis="log", ax=ax)
    assert labels(ax.yaxis) == ["0", "100", "200", "500", "1k", "2k", "5k", "10k"]
    assert ax.get_ylabel() == "Frequency (Hz)"
    ax.set_ylim(300, 400)  # no landmark in view
    assert len(labels(ax.yaxis)) >= 3
    specshow(data[:128], y_axis="mel", ax=ax)
    assert labels(ax.yaxis) == ["500", "1k", "2k", "4k", "8k"]


# ---- axes of pitch ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cqt_hz", "cqt_note", "vqt_hz", "vqt_note"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bins_per_octave": 24},
        {"fmin": 55.0, "tuning": 0.3, "bins_per_octave": 36},
        {"intervals": "pythagorean"},
        {"intervals": [1.0, 1.2, 1.5], "fmin": 100.0, "sr": 2e6},
    ],
    ids=str,
)
def test_pitch_cells_hold_the_centres_of_their_bins(ax, kind, options):
    data = np.ones((40, 3))
    edges = corners(specshow(data, y_axis=kind, ax=ax, **options))[1]
    grid = {"fmin": 32.70319566257483, "intervals": "equal", **options}
    grid.pop("sr", None)
    centres = fastspec.interval_frequencies(40, **grid)
    assert (edges[:-1] < centres).all()
    assert (centres < edges[1:]).all()
    np.testing.assert_allclose(edges[1:-1] ** 2, centres[1:] * centres[:-1])
    if "intervals" not in options:
        heights = np.diff(ax.transData.transform(np.stack([edges * 0, edges], axis=1))[:, 1])
        np.testing.assert_allclose(heights, heights[0], rtol=1e-6)  # even on the screen


def test_notes_are_named(ax):
    specshow(np.ones((84, 3)), y_axis="cqt_note", ax=ax)
    assert labels(ax.yaxis) == [f"C{octave}" for octave in range(1, 8)]
    assert ax.get_ylabel() == "Note"
    low, high = fastspec.note_to_hz(["A3", "A4"])
    ax.set_ylim(low / 1.01, high * 1.01)
    assert labels(ax.yaxis) == ["A3", "B3", "C4", "D4", "E4", "F4", "G4", "A4"]
    ax.set_ylim(low / 1.01, low * 1.3)
    assert labels(ax.yaxis) == ["A3", "A♯3", "B3", "C4", "C♯4"]
    ax.set_ylim(low / 1.01, low * 1.01)
    assert "A3+10" in labels(ax.yaxis)
    specshow(np.ones((84, 3)), y_axis="cqt_note", key="Eb:min", unicode=False, ax=ax)
    ax.set_ylim(low / 1.01, high * 1.01)
    assert labels(ax.yaxis) == ["Bb3", "Cb4", "Db4", "Eb4", "F4", "Gb4", "Ab4"]


def test_pitch_in_hertz(ax):
    specshow(np.ones((84, 3)), y_axis="cqt_hz", ax=ax)
    assert labels(ax.yaxis) == ["50", "100", "200", "500", "1k", "2k"]
    assert ax.get_ylabel() == "Frequency (Hz)"


def test_chroma_rows_are_named(ax):
    _, edges = corners(specshow(np.ones((12, 3)), y_axis="chroma", ax=ax))
    np.testing.assert_allclose(edges, np.arange(13) - 0.5)
    assert labels(ax.yaxis) == ["C", "D", "E", "F", "G", "A", "B"]
    assert ax.get_ylabel() == "Pitch class"
    _, edges = corners(specshow(np.ones((36, 3)), y_axis="chroma", bins_per_octave=36, ax=ax))
    np.testing.assert_allclose(edges, (np.arange(37) - 0.5) / 3)
    specshow(np.ones((12, 3)), y_axis="chroma", key="F:min", ax=ax)
    assert labels(ax.yaxis) == ["C", "D♭", "E♭", "F", "G", "A♭", "B♭"]
    ax.set_ylim(0, 4)
    assert labels(ax.yaxis) == ["C", "D♭", "D", "E♭", "E"]


@pytest.mark.parametrize("key", ["C:maj", "G:min", "F#:dor", "Bb:lyd", "D#:min", "Cb:maj"])
def test_labelled_pitch_classes_are_those_of_the_key(key):
    librosa = pytest.importorskip("librosa")
    assert notes.scale_degrees(key) == sorted(librosa.key_to_degrees(key))


def test_bins_beyond_the_recording_warn(ax):
    with pytest.warns(UserWarning, match="beyond sr / 2"):
        specshow(np.ones((120, 3)), y_axis="cqt_note", ax=ax)


def test_none_draws_no_ticks(ax):
    specshow(np.ones((4, 4)), ax=ax)
    assert labels(ax.xaxis) == labels(ax.yaxis) == []


# ---- colours ------------------------------------------------------------------------------------


def test_colours_follow_the_sign(ax):
    assert specshow([[0.0, 2.0]], ax=ax).get_cmap().name == "magma"
    assert specshow([[-3.0, 0.0]], ax=ax).get_cmap().name == "magma"
    assert specshow([[True, False]], ax=ax).get_cmap().name == "magma"
    both = specshow([[-1.0, 5.0, np.nan]], ax=ax)
    assert both.get_cmap().name == "coolwarm"
    assert both.get_clim() == (-5.0, 5.0)
    assert specshow([[-1.0, 5.0]], ax=ax, vmax=3).get_clim() == (-5.0, 3.0)
    chosen = specshow([[-1.0, 5.0]], ax=ax, cmap="viridis")
    assert chosen.get_cmap().name == "viridis"
    assert chosen.get_clim() == (-1.0, 5.0)
    specshow([[np.nan, np.inf]], ax=ax)


def test_complex_data_is_drawn_as_magnitude(ax):
    with pytest.warns(UserWarning, match="magnitude"):
        mesh = specshow(np.array([[3 + 4j, 1j]]), ax=ax)
    np.testing.assert_allclose(mesh.get_array().ravel(), [5, 1])


def test_colorbar(ax):
    mesh = specshow([[-80.0, 0.0]], ax=ax)
    bar = colorbar(mesh)
    assert "+0 dB" in labels(bar.ax.yaxis)
    assert colorbar(mesh, ax, format=None, label="x").ax.get_ylabel() == "x"


def test_current_axes_are_used(ax):
    plt.sca(ax)
    mesh = specshow([[0.0, 1.0]])
    assert mesh.axes is ax
    assert plt.gci() is mesh


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("data: ", {"data": np.ones(5)}),
        ("data: ", {"data": np.ones((0, 5))}),
        ("data: ", {"data": np.array([["a"]])}),
        ("x_axis=", {"x_axis": "tiem"}),
        ("y_axis=", {"y_axis": 3}),
        ("data=", {"data": [[1, 2], [3]]}),
        ("data: has", {"data": np.broadcast_to(np.float32(1), (2**20, 2**20))}),
        ("x_coords: ", {"x_coords": [0, 1]}),
        ("x_coords: ", {"x_coords": [0, 1, 2, np.inf]}),
        ("x_coords: ", {"x_coords": [0, 1, 2, 1e300]}),
        ("x_coords=", {"x_coords": "abcd"}),
        ("x_coords=", {"x_coords": [0, 1, 2, 3j]}),
        ("x_coords=", {"x_coords": [0, [1], 2, 3]}),
        ("x_axis=", {"x_axis": ""}),
        ("x_axis: ", {"x_axis": "time", "sr": 1e-300}),
        ("x_axis: ", {"x_axis": "time", "sr": 1e300, "hop_length": 1}),
        ("y_axis: ", {"y_axis": "hz", "sr": 5e-324}),
        ("hop_length=", {"hop_length": 10**30}),
        ("fmin=", {"y_axis": "cqt_note", "fmin": 0}),
        ("fmin=", {"y_axis": "cqt_note", "fmin": 1e300}),
        ("fmin=", {"y_axis": "cqt_hz", "fmin": "C1"}),
        ("tuning=", {"y_axis": "cqt_hz", "tuning": 1e9}),
        ("tuning=", {"y_axis": "cqt_hz", "tuning": np.nan}),
        ("bins_per_octave=", {"y_axis": "chroma", "bins_per_octave": 0}),
        ("intervals=", {"y_axis": "vqt_hz", "intervals": "equl"}),
        ("intervals=", {"y_axis": "vqt_hz", "intervals": [0.0]}),
        ("key=", {"y_axis": "chroma", "key": "C"}),
        ("key=", {"y_axis": "chroma", "key": None}),
        ("unicode=", {"unicode": 1}),
        ("ax=", {"ax": "axes"}),
        ("x_coords: ", {"x_coords": [0, 1, 1, 2]}),
        ("y_coords: ", {"y_coords": [0, np.nan, 1]}),
        ("sr=", {"sr": 0}),
        ("hop_length=", {"hop_length": 0}),
        ("n_fft=", {"n_fft": -1}),
        ("win_length=", {"win_length": 0}),
        ("htk=", {"htk": "yes"}),
        ("fmin=", {"y_axis": "mel", "fmin": 9000, "fmax": 100}),
    ],
)
def test_bad_values_are_named(ax, message, arguments):
    with pytest.raises(ParameterError, match="^" + message):
        specshow(**{"data": np.ones((2, 4)), "ax": ax, **arguments})


def test_missing_extra_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import numpy, fastspec, fastspec.display\n"
        "try: fastspec.display.specshow(numpy.ones((2, 2)))\n"
        "except ImportError as exc: assert 'fastspec[plot]' in str(exc), exc\n"
        "else: raise AssertionError\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert issubclass(MissingExtraError, ImportError)


# ---- waveforms ----------------------------------------------------------------------------------


def test_short_waveforms_are_lines_and_long_ones_outlines(ax):
    samples = np.sin(np.arange(300.0))
    line = waveshow(samples, sr=100, offset=2.0, ax=ax)
    np.testing.assert_allclose(line.get_xdata(), 2.0 + np.arange(300) / 100)
    np.testing.assert_allclose(line.get_ydata(), samples, rtol=1e-6)
    assert ax.get_xlim() == (2.0, 5.0)
    long = np.zeros(1_000_000)
    long[123_456] = 0.9  # one sample in a million is not lost
    long[-1] = -0.4
    outline = waveshow(long, ax=ax)
    points = outline.get_paths()[0].vertices
    assert points[:, 1].max() == pytest.approx(0.9)
    assert points[:, 1].min() == pytest.approx(-0.4)
    assert len(points) < 10_000
    assert points[:, 0].max() == pytest.approx(1_000_000 / 22050)


def test_waveshow_refuses(ax):
    with pytest.raises(ParameterError, match=r"^y: "):
        waveshow(np.zeros((2, 5)), ax=ax)
    with pytest.raises(ParameterError, match=r"^x_axis="):
        waveshow(np.zeros(5), x_axis="mel", ax=ax)


# ---- few columns --------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [2, 5, 8, 100])
@pytest.mark.parametrize("seed", range(5))
def test_columns_are_the_reduced_input(limit, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 2000))
    values = rng.standard_normal((3, n))
    for reduce in (np.maximum, np.minimum, np.add):
        columns = Columns(limit, reduce)
        start = 0
        while start < n:
            stop = start + int(rng.integers(1, 300))
            columns.push(values[:, start:stop])
            start = stop
        result, edges, sizes = columns.result()
        assert result.shape[1] <= limit
        assert edges[-1] == n == sizes.sum()
        starts = edges[:-1].astype(int)
        np.testing.assert_allclose(result, reduce.reduceat(values, starts, axis=1), atol=1e-12)


@pytest.mark.parametrize("n_fft", [1, 2, 3, 400, 2048, 65536])
def test_log_rows_cover_the_spectrum(n_fft):
    starts, edges = display_page._log_rows(n_fft, 22050)
    assert starts[0] == 0
    assert len(edges) == len(starts) + 1 <= 602
    assert (np.diff(starts) > 0).all()
    assert edges[0] == 0.0


# ---- the page -----------------------------------------------------------------------------------


def read_png(path):
    return image.imread(path, format="png")


def test_page(tmp_path, y):
    path = tmp_path / "page.png"
    show_page(y, 22050, path, title="a $title_ with 録音")
    picture = read_png(path)
    assert picture.shape[1] == 1400
    assert picture.shape[0] > 800
    assert len(np.unique(picture[..., :3].reshape(-1, 3), axis=0)) > 100


def test_page_takes_sources_file_objects_channels_and_other_sizes(y):
    def drawn(signal, **options):
        file = io.BytesIO()
        show_page(signal, 22050, file, title="", **options)
        return read_png(io.BytesIO(file.getvalue()))

    mono = drawn(y, width=700)
    assert mono.shape[1] == 700
    np.testing.assert_array_equal(mono, drawn(ArrayBlocks(y, 22050, "y"), width=700))
    np.testing.assert_array_equal(mono, drawn(np.stack([y, y]), width=700))


@pytest.mark.parametrize("name", list(PANELS))
def test_each_panel_alone(name, y):
    file = io.BytesIO()
    show_page(y, 22050, file, panels=[name])
    assert read_png(io.BytesIO(file.getvalue())).shape[1] == 1400


@pytest.mark.parametrize("signal", [np.zeros(5000), np.ones(1), np.full(3, -0.5)])
def test_silence_and_single_samples(signal):
    show_page(signal.astype(np.float32), 22050, io.BytesIO(), n_mels=20)


def test_page_keeps_few_columns_and_reads_twice(y, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        display_page, "specshow", lambda data, **o: drawn.append(data.shape) or specshow(data, **o)
    )

    class Counted(ArrayBlocks):
        passes = 0

        def __iter__(self):
            self.passes += 1
            return super().__iter__()

    source = Counted(np.tile(y, 10), 22050)
    show_page(source, 22050, io.BytesIO(), hop_length=64, width=400)
    assert source.passes == 2
    assert len(drawn) == 5
    assert all(400 <= columns <= 800 for _, columns in drawn)


def test_chords_can_be_read_from_the_chromagram(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        display_page, "specshow", lambda data, **o: drawn.append(data) or specshow(data, **o)
    )
    show_page(example_signal(), 22050, io.BytesIO(), panels=["chroma"], hop_length=1024)
    (chroma,) = drawn
    bar = chroma.shape[1] / 4
    for i, chord in enumerate(("C E G", "G B D", "A C E", "F A C")):
        middle = chroma[:, round((i + 0.15) * bar) : round((i + 0.85) * bar)]
        classes = fastspec.midi_to_note(range(12), octave=False)
        order = np.argsort(np.median(middle, axis=1))[::-1]
        assert set(classes[order[:3]]) == set(chord.split())
        # The weakest of the chord stands out of the rest.
        levels = np.median(middle, axis=1)[order]
        assert levels[2] > 2 * levels[3]


def test_cqt_panel_shows_what_cqt_computes(y, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        display_page, "specshow", lambda data, **o: drawn.append(data) or specshow(data, **o)
    )
    show_page(y, 22050, io.BytesIO(), panels=["cqt"])
    plan = fastspec.CQT(n_bins=len(drawn[0]), bins_per_octave=36, output="magnitude")
    expected = fastspec.amplitude_to_db(plan(y), ref=np.max)
    np.testing.assert_allclose(drawn[0], expected, atol=1e-4)


@pytest.mark.parametrize("sr", [1.0, 50.0, 400.0, 8000.0, 192000.0])
def test_pitch_at_any_rate(sr):
    y = example_signal(8000.0, 0.2)
    show_page(y, sr, io.BytesIO(), panels=["cqt", "chroma"], hop_length=64)


def test_mfcc_panel_shows_what_mfcc_computes(y, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        display_page, "specshow", lambda data, **o: drawn.append(data) or specshow(data, **o)
    )
    show_page(y, 22050, io.BytesIO(), panels=["mfcc"])
    np.testing.assert_allclose(drawn[0], fastspec.mfcc(y=y, sr=22050), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("panels", []),
        ("panels", ["stfd"]),
        ("width", 10),
        ("width", 1e3),
        ("top_db", 0.0),
        ("n_fft", 0),
        ("hop_length", 0),
        ("n_mels", 0),
        ("n_mfcc", 0),
    ],
)
def test_page_refuses(tmp_path, y, name, value):
    path = tmp_path / "page.png"
    with pytest.raises(ParameterError, match=f"^{name}="):
        show_page(y, 22050, path, **{name: value})
    assert not path.exists()


def test_new_axes_and_panels_are_rows_of_a_table(ax, y, monkeypatch):
    monkeypatch.setitem(AXES, "cells", AXES["frames"])
    specshow(np.ones((2, 2)), y_axis="cells", ax=ax)
    monkeypatch.setitem(PANELS, "again", PANELS["waveform"])
    show_page(y, 22050, io.BytesIO(), panels=["again", "waveform"])
