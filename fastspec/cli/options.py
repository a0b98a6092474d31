"""Options of the command line: API arguments, and how their values are written."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..audio import RESAMPLERS
from ..notes import note_to_hz


@dataclass(frozen=True)
class Option:
    """One option: the name of an API argument, and how the command line takes it.

    Attributes
    ----------
    name : str
        The argument's name, such as ``n_fft``; the option is ``--n-fft`` or ``--n_fft``.
    default : object
        Its default; True or False makes an option with a ``--no-`` twin.
    help : str
        What it is, in a few words.
    parse : callable
        Turns the text into the value.
    choices : sequence or None
        The values allowed, if they are few.
    """

    name: str
    default: Any
    help: str
    parse: Callable[[str], Any] = str
    choices: Sequence[Any] | None = None

    def add_to(self, parser: argparse._ActionsContainer) -> None:
        """Declare the option to a parser."""
        flag = "--" + self.name.replace("_", "-")
        if isinstance(self.default, bool):
            help = f"{self.help} [{'yes' if self.default else 'no'}]"
            parser.add_argument(
                flag, action=argparse.BooleanOptionalAction, default=self.default, help=help
            )
            return
        metavar = "N" if self.parse is int else "X"
        if self.choices is not None:
            metavar = "{" + ",".join(map(_shown, self.choices)) + "}"
        parser.add_argument(
            flag,
            type=self.parse,
            choices=self.choices,
            default=self.default,
            metavar=metavar,
            help=f"{self.help} [{_shown(self.default)}]",
        )


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def or_none(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let ``none`` stand for None."""

    def parsed(text: str) -> Any:
        return None if text.lower() == "none" else parse(text)

    parsed.__name__ = parse.__name__  # argparse says "invalid int value"
    return parsed


# argparse calls a parser by its name: "invalid number value: 'x'".


def number(text: str) -> float:
    """An integer where the text is one, so that ``--norm 1`` is the integer that librosa takes."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def norm(text: str) -> Any:
    try:
        return number(text)
    except ValueError:
        return text


def window(text: str) -> Any:
    """``hann``, ``kaiser,8.6`` (a name and its parameters) or a number (beta of Kaiser)."""
    name, *parameters = text.split(",")
    if parameters:
        return (name, *map(number, parameters))
    try:
        return float(text)
    except ValueError:
        return text


def rate(text: str) -> float | None:
    return None if text.lower() in ("native", "none") else number(text)


def pitch(text: str) -> float:
    """A frequency in Hz, or a note such as ``C1`` or ``A#3``."""
    try:
        return float(text)
    except ValueError:
        return float(note_to_hz(text))


def or_word(word: str, parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let one word stand for itself."""

    def parsed(text: str) -> Any:
        return text.lower() if text.lower() == word else parse(text)

    parsed.__name__ = parse.__name__
    return parsed


AUDIO_OPTIONS = (
    Option("sr", 22050, "resample to this rate in Hz; 'native' keeps the file's", rate),
    Option("mono", True, "average the channels"),
    Option("offset", 0.0, "start after this many seconds", float),
    Option("duration", None, "read at most this many seconds", or_none(float)),
    Option("res_type", "soxr_hq", "quality of the resampler", str, RESAMPLERS),
)

PRECISION = Option("precision", None, "single or double; none: as fastspec is set", or_none(str))
THREADS = Option("n_threads", 1, "threads; with 2 or more, another one reads ahead", int)

N_FFT = Option("n_fft", 2048, "FFT length in samples", int)
HOP = Option("hop_length", 512, "samples between frames", int)
WINDOW = Option("window", "hann", "a name, 'name,parameter', or beta of Kaiser", window)

WINDOWING = (
    Option("win_length", None, "window length in samples; none: n_fft", or_none(int)),
    WINDOW,
    Option("center", True, "centre frame t on sample t * hop_length"),
    Option("pad_mode", "constant", "what lies beyond the ends, if centred"),
)

BANDS = (
    Option("n_mels", 128, "number of mel bands", int),
    Option("fmin", 0.0, "lowest frequency in Hz", float),
    Option("fmax", None, "highest frequency in Hz; none: sr / 2", or_none(float)),
)

MEL = (
    N_FFT,
    HOP,
    *WINDOWING,
    *BANDS,
    Option("htk", False, "use HTK's formula for the mel scale"),
    Option("norm", "slaney", "norm of the bands: slaney, none, 1, 2 or inf", or_none(norm)),
    Option("power", 2.0, "exponent of the magnitudes", float),
)

N_MFCC = Option("n_mfcc", 20, "number of coefficients", int)
SHOWN_DB = Option("top_db", 80.0, "range of the pictures in dB", float)
