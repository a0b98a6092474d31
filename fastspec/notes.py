"""Notes, MIDI numbers and octaves: conversions with librosa 0.11's names, signatures and results.

Notes are spelled by the circle of fifths. Every spelling has a place on it, ``... B♭ -2, F -1, C 0,
G 1, D 2 ... F♯ 6 ...``, and each accidental moves it by 7. The twelve notes of a key are twelve
neighbours on the circle, so what a key decides is where they begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError, check_bool, check_int, show
from fastspec.caches import plan_cache
from fastspec.convert import numbers
from fastspec.intervals import tuning_factor

__all__ = [
    "hz_to_midi",
    "hz_to_note",
    "hz_to_octs",
    "key_to_notes",
    "midi_to_hz",
    "midi_to_note",
    "note_to_hz",
    "note_to_midi",
    "octs_to_hz",
]

_RealScalar: TypeAlias = float | np.integer[Any] | np.floating[Any]
_AnyArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]

_FIFTHS = "FCGDAEB"  # places -1 to 5
_ACCIDENTALS = {"#": 1, "♯": 1, "𝄪": 2, "b": -1, "!": -1, "♭": -1, "𝄫": -2, "♮": 0, "n": 0}
# By how much the signature of a mode differs from that of the major key on the same tonic.
_MODES = {
    "maj": 0,
    "min": -3,
    "ion": 0,
    "dor": -2,
    "phr": -4,
    "lyd": 1,
    "mix": -1,
    "aeo": -3,
    "loc": -5,
}
_ASCII = str.maketrans({"♯": "#", "𝄪": "##", "♭": "b", "𝄫": "bb"})

# Bounds on the repetitions keep numbers and names small; librosa has none.
_LETTER = r"(?P<letter>[A-Ga-g])(?P<accidentals>[#♯𝄪b!♭𝄫♮n]{0,8})"
_NOTE = re.compile(_LETTER + r"(?P<octave>[+-]?[0-9]{1,4})?(?P<cents>[+-][0-9]{1,4})?")
_KEY = re.compile(
    _LETTER
    + r":(?P<mode>(maj|min)(or)?|(ion|dor|phryg|lyd|mixolyd|aeol|locr)(ian)?|phr|mix|aeo|loc)"
)

_KEY_FORM = (
    "must be a tonic and a mode such as 'C:maj', 'F#:min' or 'Eb:dorian' (modes: major, minor, "
    "ionian, dorian, phrygian, lydian, mixolydian, aeolian, locrian)"
)
_NOTE_FORM = "must be notes such as 'C', 'C#3', 'E♭4' or 'A4-30' (the last in cents)"


# ---- spelling -----------------------------------------------------------------------------------


def key_to_notes(key: str, *, unicode: bool = True) -> list[str]:
    """Return the names of the twelve notes from C on, as `librosa.key_to_notes` of librosa 0.11.

    Parameters
    ----------
    key : str
        Tonic and mode, such as ``'C:maj'``, ``'F#:min'`` or ``'E♭:dorian'``.
    unicode : bool
        Whether accidentals are ♯ 𝄪 ♭ 𝄫, or # ## b bb.

    Returns
    -------
    list of str
        Name k is that of the note k semitones above C.

    Raises
    ------
    ParameterError
        If the key is not one.

    Examples
    --------
    >>> key_to_notes("F:maj", unicode=False)
    ['C', 'Db', 'D', 'Eb', 'E', 'F', 'Gb', 'G', 'Ab', 'A', 'Bb', 'B']
    """
    names = _spelled(check_key(key))
    return [n if check_bool("unicode", unicode) else n.translate(_ASCII) for n in names]


def check_key(key: Any) -> str:
    """Return the argument `key`, checked."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ParameterError(f"key={show(key)}: {_KEY_FORM}")
    return str(key)


def note_name(midi: int, key: str, unicode: bool) -> str:
    """Return the name of a MIDI number with the octave of its letter: below C4, C♭4 not C♭3."""
    name = _spelled(check_key(key))[midi % 12]
    octave = (midi - _shift(name[1:])) // 12 - 1
    return (name if unicode else name.translate(_ASCII)) + str(octave)


def scale_degrees(key: str) -> list[int]:
    """Return the seven notes of a key's scale in semitones above C, ascending."""
    tonic, mode = _signature(check_key(key))
    return sorted(7 * place % 12 for place in range(tonic + mode - 1, tonic + mode + 6))


def _signature(key: str) -> tuple[int, int]:
    """Return the place of a key's tonic on the circle of fifths and what its mode adds."""
    match = _KEY.fullmatch(key)
    assert match is not None
    tonic = _FIFTHS.index(match["letter"].upper()) - 1 + 7 * _shift(match["accidentals"])
    mode = match["mode"][:3]
    if mode not in ("maj", "min"):  # spelled as the major key of the same notes
        return tonic + _MODES[mode], 0
    return tonic, _MODES[mode]


@plan_cache("notes", 64)
def _spelled(key: str) -> tuple[str, ...]:
    tonic, mode = _signature(key)
    # A tonic with more than one accidental is spelled as that with one, all notes moved along.
    accidentals = (tonic + 1) // 7
    moved = accidentals - max(-1, min(1, accidentals))
    signature = tonic - 7 * moved + mode
    # Sharp keys spell from F to A sharp, flat ones from G flat to B; with six accidentals or more
    # in the signature, the twelve move on so that they hold the notes of the scale.
    first = -1 + max(0, signature - 5) if signature >= 0 else -6 - max(0, -signature - 5)
    first += 7 * moved
    names = [""] * 12
    for place in range(first, first + 12):
        names[7 * place % 12] = _name(place)
    return tuple(names)


def _name(place: int) -> str:
    """Spell a place on the circle of fifths."""
    accidentals, letter = divmod(place + 1, 7)
    sharp, double = ("♯", "𝄪") if accidentals > 0 else ("♭", "𝄫")
    doubles, singles = divmod(abs(accidentals), 2)
    return _FIFTHS[letter] + sharp * singles + double * doubles


def _shift(accidentals: str) -> int:
    return sum(_ACCIDENTALS[a] for a in accidentals)


# ---- notes --------------------------------------------------------------------------------------


def note_to_midi(note: str | Iterable[str], *, round_midi: bool = True) -> float | _AnyArray:
    """Convert notes to MIDI numbers, as `librosa.note_to_midi`.

    Parameters
    ----------
    note : str or iterable of str
        A letter, accidentals (# ♯ 𝄪 b ! ♭ 𝄫 ♮), an octave (C4 is 60; without one, it is 0) and
        cents (+30, -30).
    round_midi : bool
        Whether the result is rounded to integers.

    Returns
    -------
    int, float or np.ndarray
        MIDI numbers: integers, or floats with ``round_midi=False``.

    Raises
    ------
    ParameterError
        If a note is not one.

    Examples
    --------
    >>> note_to_midi("C#3")
    49
    >>> note_to_midi(["C", "E", "G"])
    array([12, 16, 19])
    """
    round_midi = check_bool("round_midi", round_midi)
    if isinstance(note, str):
        return _midi(note, round_midi)
    names = _names(note)
    numbers = [_midi(name, round_midi) for name in names.ravel().tolist()]
    return np.array(numbers, dtype=np.int64 if round_midi else np.float64).reshape(names.shape)


def _names(note: Any) -> _AnyArray:
    try:
        names = np.asarray(note if hasattr(note, "__array__") else list(note))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"note={show(note)}: {_NOTE_FORM}") from error
    if names.size and names.dtype.kind not in "UO":
        raise ParameterError(f"note={show(note)}: {_NOTE_FORM}")
    return names


def _midi(name: Any, round_midi: bool) -> float:
    match = _NOTE.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise ParameterError(f"note={show(name)}: {_NOTE_FORM}")
    step = 7 * (_FIFTHS.index(match["letter"].upper()) - 1) % 12
    whole = 12 * (int(match["octave"] or 0) + 1) + step + _shift(match["accidentals"])
    number = whole + int(match["cents"] or 0) * 1e-2
    return round(number) if round_midi else number


@overload
def midi_to_note(
    midi: _RealScalar, *, octave: bool = ..., cents: bool = ..., key: str = ..., unicode: bool = ...
) -> str: ...


@overload
def midi_to_note(
    midi: npt.ArrayLike,
    *,
    octave: bool = ...,
    cents: bool = ...,
    key: str = ...,
    unicode: bool = ...,
) -> str | _AnyArray: ...


def midi_to_note(
    midi: npt.ArrayLike,
    *,
    octave: bool = True,
    cents: bool = False,
    key: str = "C:maj",
    unicode: bool = True,
) -> str | _AnyArray:
    """Convert MIDI numbers to notes, as `librosa.midi_to_note` of librosa 0.11.

    Parameters
    ----------
    midi : float or array_like
        MIDI numbers; rounded to the nearest integers. Below 0 the octave is that of librosa, which
        rounds towards 0: -2 is A♯-1.
    octave : bool
        Whether names have octaves.
    cents : bool
        Whether names have the deviation in cents; needs `octave`.
    key : str
        Key whose spelling is used; see `key_to_notes`.
    unicode : bool
        Whether accidentals are ♯ and ♭, or # and b.

    Returns
    -------
    str or np.ndarray of str
        Names, in the shape of `midi`.

    Raises
    ------
    ParameterError
        If a number is not finite, or an argument is out of its range.

    Examples
    --------
    >>> midi_to_note(61, unicode=False)
    'C#4'
    >>> midi_to_note(104.7, cents=True)
    'A7-30'
    """
    octave, cents = check_bool("octave", octave), check_bool("cents", cents)
    if cents and not octave:
        raise ParameterError("cents=True: needs octave=True")
    names = key_to_notes(key, unicode=unicode)
    data = _plain(numbers("midi", midi))
    if not np.isfinite(data).all():
        raise ParameterError(f"midi={show(midi)}: must be finite")

    def spelled(number: Any) -> str:
        nearest = int(np.round(number))
        name = names[nearest % 12]
        if octave:
            name += str((nearest // 12 if nearest >= 0 else -(-nearest // 12)) - 1)
        if cents:
            name += f"{int(100 * np.around(number - nearest, 2)):+02d}"
        return name

    if data.ndim == 0 and not isinstance(midi, np.ndarray):
        return spelled(data[()])
    return np.array([spelled(number) for number in data.ravel()], dtype=str).reshape(data.shape)


@overload
def hz_to_note(frequencies: _RealScalar, **kwargs: Any) -> str: ...


@overload
def hz_to_note(frequencies: npt.ArrayLike, **kwargs: Any) -> str | _AnyArray: ...


def hz_to_note(frequencies: npt.ArrayLike, **kwargs: Any) -> str | _AnyArray:
    """Convert frequencies to the nearest notes, as `librosa.hz_to_note`.

    Parameters
    ----------
    frequencies : float or array_like
        Frequencies in Hz, above 0.
    **kwargs
        Further arguments of `midi_to_note`.

    Returns
    -------
    str or np.ndarray of str
        Names, in the shape of `frequencies`.

    Raises
    ------
    ParameterError
        If a frequency is not finite and above 0, or an argument is out of its range.

    Examples
    --------
    >>> hz_to_note(440.0)
    'A4'
    """
    data = _plain(numbers("frequencies", frequencies))
    if not (np.isfinite(data) & (data > 0)).all():
        raise ParameterError(f"frequencies={show(frequencies)}: must be finite and > 0")
    midi: _AnyArray = np.asarray(hz_to_midi(data))[()]
    return midi_to_note(midi, **kwargs)


def note_to_hz(note: str | Iterable[str], **kwargs: Any) -> np.floating[Any] | _AnyArray:
    """Convert notes to frequencies, as `librosa.note_to_hz`.

    Parameters
    ----------
    note : str or iterable of str
        As for `note_to_midi`.
    **kwargs
        Further arguments of `note_to_midi`.

    Returns
    -------
    float or np.ndarray
        Frequencies in Hz.

    Raises
    ------
    ParameterError
        If a note is not one.

    Examples
    --------
    >>> float(note_to_hz("A4"))
    440.0
    """
    return midi_to_hz(note_to_midi(note, **kwargs))


# ---- numbers ------------------------------------------------------------------------------------


@overload
def hz_to_midi(frequencies: _RealScalar) -> np.floating[Any]: ...


@overload
def hz_to_midi(frequencies: npt.ArrayLike) -> np.floating[Any] | _AnyArray: ...


def hz_to_midi(frequencies: npt.ArrayLike) -> np.floating[Any] | _AnyArray:
    """Convert frequencies to MIDI numbers, as `librosa.hz_to_midi`.

    Parameters
    ----------
    frequencies : float or array_like
        Frequencies in Hz. NaN, as pitch trackers have it where there is none, gives NaN; 0 gives
        -inf and NumPy's warning.

    Returns
    -------
    float or np.ndarray
        MIDI numbers; A4, 440 Hz, is 69.

    Raises
    ------
    ParameterError
        If a frequency is below 0.

    Examples
    --------
    >>> float(hz_to_midi(440.0))
    69.0
    """
    result: _AnyArray = 12 * (np.log2(_heard("frequencies", frequencies)) - np.log2(440.0)) + 69
    return result


@overload
def midi_to_hz(notes: _RealScalar) -> np.floating[Any]: ...


@overload
def midi_to_hz(notes: npt.ArrayLike) -> np.floating[Any] | _AnyArray: ...


def midi_to_hz(notes: npt.ArrayLike) -> np.floating[Any] | _AnyArray:
    """Convert MIDI numbers to frequencies, as `librosa.midi_to_hz`.

    Parameters
    ----------
    notes : float or array_like
        MIDI numbers.

    Returns
    -------
    float or np.ndarray
        Frequencies in Hz.

    Raises
    ------
    ParameterError
        If `notes` are not real numbers.

    Examples
    --------
    >>> float(midi_to_hz(69))
    440.0
    """
    result: _AnyArray = 440.0 * (2.0 ** ((_real("notes", notes) - 69.0) / 12.0))
    return result


def hz_to_octs(
    frequencies: npt.ArrayLike, *, tuning: float = 0.0, bins_per_octave: int = 12
) -> np.floating[Any] | _AnyArray:
    """Convert frequencies to octaves, as `librosa.hz_to_octs`.

    Parameters
    ----------
    frequencies : float or array_like
        Frequencies in Hz; see `hz_to_midi` for NaN and 0.
    tuning : float
        Deviation from A440 in fractions of a bin.
    bins_per_octave : int >= 1
        Bins per octave.

    Returns
    -------
    float or np.ndarray
        Octaves; A4, 440 Hz, is 4.

    Raises
    ------
    ParameterError
        If a frequency is below 0, or an argument is out of its range.

    Examples
    --------
    >>> float(hz_to_octs(440.0))
    4.0
    """
    reference = _reference(tuning, bins_per_octave)
    result: _AnyArray = np.log2(_heard("frequencies", frequencies) / reference)
    return result


def octs_to_hz(
    octs: npt.ArrayLike, *, tuning: float = 0.0, bins_per_octave: int = 12
) -> np.floating[Any] | _AnyArray:
    """Convert octaves to frequencies, as `librosa.octs_to_hz`.

    Parameters
    ----------
    octs : float or array_like
        Octaves; 4 is A4.
    tuning : float
        Deviation from A440 in fractions of a bin.
    bins_per_octave : int >= 1
        Bins per octave.

    Returns
    -------
    float or np.ndarray
        Frequencies in Hz.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> float(octs_to_hz(4))
    440.0
    """
    reference = _reference(tuning, bins_per_octave)
    result: _AnyArray = reference * (2.0 ** _real("octs", octs))
    return result


def _plain(data: _AnyArray) -> _AnyArray:
    """Return the same values as no subclass of arrays: names have no masks."""
    return np.array(data, copy=None, subok=False)


def _real(name: str, value: npt.ArrayLike) -> _AnyArray:
    """Return real data as an array; of its subclasses, only masks stay."""
    data = numbers(name, value)
    return data if isinstance(data, np.ma.MaskedArray) else _plain(data)


def _heard(name: str, value: npt.ArrayLike) -> _AnyArray:
    data = _real(name, value)
    if (data < 0).any():
        raise ParameterError(f"{name}={show(value)}: must be >= 0")
    return data


def _reference(tuning: float, bins_per_octave: int) -> float:
    """Return the frequency of A0, where octave 0 begins."""
    per_octave = check_int("bins_per_octave", bins_per_octave, minimum=1, maximum=2**53)
    return 440.0 * tuning_factor(tuning, per_octave) / 16
