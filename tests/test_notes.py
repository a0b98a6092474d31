"""Notes, MIDI numbers and octaves, against formulas written here and against live librosa."""

import inspect
import itertools
import math
import warnings

import numpy as np
import pytest

import fastspec
from fastspec import ParameterError, notes

librosa = pytest.importorskip("librosa")

NAMES = [
    "hz_to_midi",
    "hz_to_note",
    "hz_to_octs",
    "midi_to_hz",
    "midi_to_note",
    "note_to_hz",
    "note_to_midi",
    "octs_to_hz",
]
SHARPS = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


def same(found, expected, narrow=False):
    assert np.shape(found) == np.shape(expected)
    if narrow:  # librosa takes logarithms of int16 in float32
        np.testing.assert_allclose(found, expected, rtol=3e-7, atol=3e-6)
    else:
        np.testing.assert_array_equal(found, expected)
    assert isinstance(found, np.ndarray) == isinstance(expected, np.ndarray)


@pytest.mark.parametrize("name", NAMES)
def test_signatures(name):
    ours, theirs = (inspect.signature(getattr(m, name)).parameters for m in (fastspec, librosa))
    assert {n: (p.kind, p.default) for n, p in ours.items()} == {
        n: (p.kind, p.default) for n, p in theirs.items()
    }


# ---- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int16])
@pytest.mark.parametrize("shape", [(), (1,), (7,), (2, 3), (0,)])
def test_conversions_of_numbers(dtype, shape):
    narrow = dtype is np.int16
    rng = np.random.default_rng(3)
    hertz = np.asarray(rng.uniform(1, 12000, shape)).astype(dtype)
    midi = np.asarray(rng.uniform(-20, 140, shape)).astype(dtype)
    same(fastspec.hz_to_midi(hertz), librosa.hz_to_midi(hertz), narrow)
    same(fastspec.midi_to_hz(midi), librosa.midi_to_hz(midi))
    for options in ({}, {"tuning": 0.3}, {"tuning": -1.2, "bins_per_octave": 36}):
        same(fastspec.hz_to_octs(hertz, **options), librosa.hz_to_octs(hertz, **options), narrow)
        octaves = midi / 12
        same(fastspec.octs_to_hz(octaves, **options), librosa.octs_to_hz(octaves, **options))


def test_numbers_by_their_formulas():
    for midi in (-3.5, 0, 60, 69, 127.25):
        hertz = 440 * 2 ** ((midi - 69) / 12)
        assert fastspec.midi_to_hz(midi) == pytest.approx(hertz, rel=1e-15)
        assert fastspec.hz_to_midi(hertz) == pytest.approx(midi, abs=1e-12)
        octaves = math.log2(hertz / 27.5)
        assert fastspec.hz_to_octs(hertz) == pytest.approx(octaves, abs=1e-12)
        assert fastspec.octs_to_hz(octaves) == pytest.approx(hertz, rel=1e-13)


def test_what_pitch_trackers_give_goes_through():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fastspec.hz_to_midi([np.nan, 0.0, 440.0, np.inf])
    np.testing.assert_array_equal(found, [np.nan, -np.inf, 69.0, np.inf])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        fastspec.hz_to_octs(0.0)


# ---- notes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("cents", [True, False])
def test_midi_to_note(unicode, cents):
    rng = np.random.default_rng(5)
    midi = np.concatenate([np.arange(-30, 140), np.round(rng.uniform(-40, 140, 300), 3)])
    options = {"unicode": unicode, "cents": cents}
    same(fastspec.midi_to_note(midi, **options), librosa.midi_to_note(midi, **options))
    same(
        fastspec.midi_to_note(midi.reshape(2, -1), **options),
        librosa.midi_to_note(midi.reshape(2, -1), **options),
    )
    for value in (60, 61.4, np.float32(61.5), np.int16(3)):
        found = fastspec.midi_to_note(value, **options)
        assert found == librosa.midi_to_note(value, **options)
        assert type(found) is str
    assert fastspec.midi_to_note(np.array([]), **options).shape == (0,)


def test_notes_by_counting_up():
    for midi in range(12, 128):
        name = SHARPS[midi % 12] + str(midi // 12 - 1)
        assert fastspec.midi_to_note(midi) == name
        assert fastspec.note_to_midi(name) == midi
        assert fastspec.hz_to_note(440 * 2 ** ((midi - 69) / 12)) == name
    same(fastspec.midi_to_note(range(12), octave=False), np.array(SHARPS))


def test_hz_to_note():
    hertz = np.random.default_rng(6).uniform(8.5, 12000, 300)
    for options in ({}, {"cents": True}, {"octave": False, "key": "Ab:min"}, {"unicode": False}):
        same(fastspec.hz_to_note(hertz, **options), librosa.hz_to_note(hertz, **options))
    assert fastspec.hz_to_note(440.0) == "A4"


@pytest.mark.parametrize("letter", "CDEFGABceg")
def test_note_to_midi_and_hz(letter):
    accidentals = ("", "#", "b", "!", "♯", "♭", "♮", "𝄪", "𝄫", "##", "bb", "♭𝄫", "#b", "###")
    texts = [
        letter + "".join(parts)
        for parts in itertools.product(
            accidentals, ("", "0", "4", "-1", "+2", "10"), ("", "+7", "-30", "+50", "-50")
        )
    ]
    for round_midi in (True, False):
        options = {"round_midi": round_midi}
        expected = librosa.note_to_midi(texts, **options)
        same(fastspec.note_to_midi(texts, **options), expected)
        same(fastspec.note_to_hz(texts, **options), librosa.note_to_hz(texts, **options))
        for text in texts[::17]:
            found = fastspec.note_to_midi(text, **options)
            assert found == librosa.note_to_midi(text, **options)
            assert type(found) is (int if round_midi else float)


def test_note_to_midi_takes_what_holds_strings():
    expected = [60, 73]
    for given in (["C4", "C#5"], ("C4", "C#5"), np.array(["C4", "C#5"]), iter(["C4", "C#5"])):
        same(fastspec.note_to_midi(given), np.array(expected))
    same(fastspec.note_to_midi([["C4"], ["C#5"]]), np.array([[60], [73]]))
    assert fastspec.note_to_midi([]).shape == (0,)


def test_natural_n_is_a_natural():  # librosa takes it into the pattern, but not into the sum
    assert fastspec.note_to_midi("Dn4") == fastspec.note_to_midi("D♮4") == 62


MODES = [
    "maj",
    "min",
    "major",
    "minor",
    "ion",
    "dor",
    "phr",
    "lyd",
    "mix",
    "aeo",
    "loc",
    "ionian",
    "dorian",
    "phrygian",
    "lydian",
    "mixolydian",
    "aeolian",
    "locrian",
    "phryg",
    "mixolyd",
    "aeol",
    "locr",
]
ACCIDENTALS = ("", "#", "b", "♯", "♭", "!", "##", "bb", "#b", "𝄪", "♭𝄫", "###", "bbbb", "n")


@pytest.mark.parametrize("letter", "CDEFGABa")
def test_keys(letter):
    for accidental, mode in itertools.product(ACCIDENTALS, MODES):
        key = f"{letter}{accidental}:{mode}"
        for unicode in (True, False):
            found = notes.key_to_notes(key, unicode=unicode)
            assert found == list(librosa.key_to_notes(key, unicode=unicode)), key


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("note='H4'", lambda: fastspec.note_to_midi("H4")),
        ("note='C4 '", lambda: fastspec.note_to_hz("C4 ")),
        (r"note='C4\\n'", lambda: fastspec.note_to_hz("C4\n")),
        ("note=''", lambda: fastspec.note_to_hz("")),
        ("note='x'", lambda: fastspec.note_to_midi(["C", "x"])),
        ("note=5", lambda: fastspec.note_to_midi(5)),
        ("note=None", lambda: fastspec.note_to_midi(None)),
        (r"note=\[1, 2\]", lambda: fastspec.note_to_midi([1, 2])),
        ("note=b'C'", lambda: fastspec.note_to_midi(b"C")),
        ("note=", lambda: fastspec.note_to_midi("C" + "#" * 9999)),
        ("note=", lambda: fastspec.note_to_midi("C" + "9" * 9999)),
        ("round_midi=1", lambda: fastspec.note_to_midi("C", round_midi=1)),
        ("cents=True: ", lambda: fastspec.midi_to_note(60, cents=True, octave=False)),
        ("octave=1", lambda: fastspec.midi_to_note(60, octave=1)),
        ("unicode=None", lambda: fastspec.midi_to_note(60, unicode=None)),
        ("key='C'", lambda: fastspec.midi_to_note(60, key="C")),
        ("key='H:maj'", lambda: fastspec.hz_to_note(60, key="H:maj")),
        ("key=5", lambda: fastspec.midi_to_note(60, key=5)),
        ("midi=nan", lambda: fastspec.midi_to_note(math.nan)),
        ("midi='x'", lambda: fastspec.midi_to_note("x")),
        ("frequencies=0", lambda: fastspec.hz_to_note(0)),
        ("frequencies=-1", lambda: fastspec.hz_to_midi(-1)),
        (r"frequencies=\[1, -1\]", lambda: fastspec.hz_to_octs([1, -1])),
        ("notes='x'", lambda: fastspec.midi_to_hz("x")),
        ("tuning=nan", lambda: fastspec.octs_to_hz(1, tuning=math.nan)),
        (r"tuning=1e\+300", lambda: fastspec.octs_to_hz(1, tuning=1e300)),
        ("bins_per_octave=0", lambda: fastspec.hz_to_octs(1, bins_per_octave=0)),
    ],
)
def test_bad_values_are_named(message, call):
    with pytest.raises(ParameterError, match="^" + message):
        call()
