"""The command line: recordings in, ``.npy`` arrays and pictures out.

What can be computed is the table `FEATURES`; a new feature adds a row. Files are read, transformed
and written in blocks, so memory does not grow with their length. Standard output gets one line that
says what was made; warnings, progress and errors go to standard error.

Exit codes: 0 done, 1 an error, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, TextIO

import numpy as np
from numpy.typing import NDArray

import fastspec

from ._validate import ParameterError, check_int
from .audio import (
    RESAMPLERS,
    ArrayBlocks,
    AudioBlocks,
    FileBlocks,
    example_signal,
    file_facts,
    stream_frames,
)
from .cli_preset import add_preset_command

__all__ = ["main", "FEATURES", "Feature", "Option"]

# ---- options ------------------------------------------------------------------------------------


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


def _or_none(parse: Callable[[str], Any]) -> Callable[[str], Any]:
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


AUDIO_OPTIONS = (
    Option("sr", 22050, "resample to this rate in Hz; 'native' keeps the file's", rate),
    Option("mono", True, "average the channels"),
    Option("offset", 0.0, "start after this many seconds", float),
    Option("duration", None, "read at most this many seconds", _or_none(float)),
    Option("res_type", "soxr_hq", "quality of the resampler", str, RESAMPLERS),
)

_N_FFT = Option("n_fft", 2048, "FFT length in samples", int)
_HOP = Option("hop_length", 512, "samples between frames", int)
_WINDOW = Option("window", "hann", "a name, 'name,parameter', or beta of Kaiser", window)

_WINDOWING = (
    Option("win_length", None, "window length in samples; none: n_fft", _or_none(int)),
    _WINDOW,
    Option("center", True, "centre frame t on sample t * hop_length"),
    Option("pad_mode", "constant", "what lies beyond the ends, if centred"),
)

_BANDS = (
    Option("n_mels", 128, "number of mel bands", int),
    Option("fmin", 0.0, "lowest frequency in Hz", float),
    Option("fmax", None, "highest frequency in Hz; none: sr / 2", _or_none(float)),
)

_MEL = (
    _N_FFT,
    _HOP,
    *_WINDOWING,
    *_BANDS,
    Option("htk", False, "use HTK's formula for the mel scale"),
    Option("norm", "slaney", "norm of the bands: slaney, none, 1, 2 or inf", _or_none(norm)),
    Option("power", 2.0, "exponent of the magnitudes", float),
)

_N_MFCC = Option("n_mfcc", 20, "number of coefficients", int)
_SHOWN_DB = Option("top_db", 80.0, "range of the pictures in dB", float)

PRECISION = Option("precision", None, "single or double; none: as fastspec is set", _or_none(str))
THREADS = Option("n_threads", 1, "threads; with 2 or more, another one reads ahead", int)


# ---- features -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Feature:
    """One feature that the command line computes.

    Attributes
    ----------
    help : str
        What it is, in a few words.
    plan : str
        Name of the plan in `fastspec`.
    options : tuple of Option
        Those of the plan's arguments that the command line offers.
    needs_sr : bool
        Whether the plan takes ``sr``.
    """

    help: str
    plan: str
    options: tuple[Option, ...]
    needs_sr: bool = True

    def make(self, settings: Mapping[str, Any]) -> Any:
        """Make the plan."""
        return getattr(fastspec, self.plan)(**settings)


FEATURES = {
    "stft": Feature(
        "complex short-time Fourier transform",
        "STFT",
        (
            _N_FFT,
            Option("hop_length", None, _HOP.help + "; none: window / 4", _or_none(int)),
            *_WINDOWING,
        ),
        needs_sr=False,
    ),
    "mel": Feature(
        "mel spectrogram, as power or in decibels or as a logarithm",
        "MelSpectrogram",
        (
            *_MEL,
            Option("log", None, "compression", _or_none(str), ("db", "ln", "log10", None)),
            Option("amin", 1e-10, "least power before the logarithm", float),
            Option("ref", 1.0, "power of 0 dB", float),
            Option("top_db", None, "range below the maximum in dB", _or_none(float)),
        ),
    ),
    "mfcc": Feature(
        "mel-frequency cepstral coefficients",
        "MFCC",
        (
            _N_MFCC,
            Option("dct_type", 2, "type of the cosine transform: 1, 2 or 3", int),
            Option("dct_norm", "ortho", "its norm: ortho or none", _or_none(str)),
            Option("lifter", 0, "cepstral filtering; 0: none", number),
            Option("top_db", 80.0, "range below the maximum in dB", _or_none(float)),
            *_MEL,
        ),
    ),
}
"""Commands that write a feature to a .npy file, by name."""


def _compute(args: argparse.Namespace) -> None:
    """Stream a recording through a plan into a .npy file."""
    started = time.perf_counter()
    feature = FEATURES[args.command]
    output = _checked_output(args.output, ".npy", args.input)
    n_threads = check_int("n_threads", args.n_threads, minimum=1)
    source = _source(args)
    settings = {option.name: getattr(args, option.name) for option in feature.options}
    if feature.needs_sr:
        settings["sr"] = source.sr
    if args.precision is not None:
        settings["precision"] = args.precision
    # This refuses bad values before any work.
    if feature.make(settings).n_frames(source.n_samples) == 0:
        raise ParameterError(
            f"n_fft={args.n_fft}: {source.name} is shorter, and its frames are not centred"
        )

    # A threshold below the maximum takes one pass to find the maximum and one to apply it.
    top_db: Any = settings.get("top_db")
    two_passes = top_db is not None and settings.get("log", "db") == "db"
    with _progress(source, 2 if two_passes else 1) as watched:
        blocks = watched if n_threads == 1 else _ReadAhead(watched)
        if two_passes:
            peak = _loudest(blocks, settings, n_threads)
            # The difference is rounded to the precision of the result, as the plan rounds it.
            settings |= {"top_db": None, "log_floor": float(peak - top_db)}
        with _appearing_whole(output) as file:
            writer = NpyWriter(file)
            for frames in _frames(feature.make(settings), blocks, settings, n_threads):
                writer.append(frames)
            shape, dtype = writer.finish()
    _say(f"{args.output}: {shape} {dtype}, {_speed(source, started)}")


def _frames(
    plan: Any, blocks: AudioBlocks, settings: Mapping[str, Any], n_threads: int
) -> Iterator[NDArray[Any]]:
    n_fft = settings["n_fft"]
    hop_length = settings["hop_length"] or (settings["win_length"] or n_fft) // 4
    return stream_frames(plan, blocks, n_fft=n_fft, hop_length=hop_length, n_threads=n_threads)


def _loudest(blocks: AudioBlocks, settings: Mapping[str, Any], n_threads: int) -> np.floating[Any]:
    """The highest value in decibels over all bands, frames and channels."""
    shared = ("sr", "precision", "amin", "ref", *(option.name for option in _MEL))
    plan = fastspec.MelSpectrogram(log="db", **{k: settings[k] for k in shared if k in settings})
    return max(frames.max() for frames in _frames(plan, blocks, settings, n_threads))


class NpyWriter:
    """A .npy file that grows by frames.

    The array is in Fortran order, of shape (bins, frames), or (channels, bins, frames) for more
    than one channel: in the file, frames follow each other; within a frame bins do; within a bin
    channels do. So ``numpy.load(path, mmap_mode="r")[..., t]`` reads one place.

    Parameters
    ----------
    file : binary file object
        An empty file, open for writing, that can be sought.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._shape: tuple[int, ...] = ()
        self._dtype = np.dtype(np.float32)
        self._header_length = 0

    def append(self, frames: NDArray[Any]) -> None:
        """Add frames [shape=(channels, bins, k)], always of the same channels, bins and dtype."""
        if not self._shape:
            self._shape = (*frames.shape[:2], 0)
            self._dtype = frames.dtype
            self._header_length = self._write_header()
        self._shape = (*self._shape[:2], self._shape[2] + frames.shape[2])
        self._file.write(np.ascontiguousarray(frames.T).data)

    def finish(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Write the final shape into the header and return it with the dtype."""
        if not self._shape:
            raise RuntimeError("the recording gave no frames")
        self._file.seek(0)
        if self._write_header() != self._header_length:
            raise RuntimeError("the .npy header has changed its length")
        return self._final_shape, self._dtype

    @property
    def _final_shape(self) -> tuple[int, ...]:
        return self._shape[1:] if self._shape[0] == 1 else self._shape

    def _write_header(self) -> int:
        # NumPy pads the header so that the last axis may grow to any length.
        description = np.lib.format.dtype_to_descr(self._dtype)
        np.lib.format.write_array_header_1_0(
            self._file,
            {"descr": description, "fortran_order": True, "shape": self._final_shape},
        )
        return self._file.tell()


# ---- pictures and facts -------------------------------------------------------------------------

_PAGE = (_N_FFT, _HOP, _WINDOW, *_BANDS, _N_MFCC, _SHOWN_DB)


def _show(args: argparse.Namespace) -> None:
    """Draw a recording."""
    from .display import show_page

    started = time.perf_counter()
    output = _checked_output(args.output, ".png", args.input)
    source = _source(args)
    settings = {option.name: getattr(args, option.name) for option in _PAGE}
    settings |= {"width": args.width, "title": source.name if args.title is None else args.title}
    with _progress(source, 2) as watched, _appearing_whole(output) as file:
        show_page(watched, source.sr, file, **settings)
    _say(f"{args.output}: {args.width} pixels wide, {_speed(source, started)}")


def _info(args: argparse.Namespace) -> None:
    """Print the configuration, and the facts of a file."""
    fastspec.show_config()
    if args.input is None:
        return
    facts = file_facts(args.input)
    frames = fastspec.STFT().n_frames(FileBlocks(args.input).n_samples)
    _say(
        f"\n{args.input}\n"
        f"  format       {facts.format}\n"
        f"  duration     {facts.duration:.3f} s ({facts.n_samples} samples)\n"
        f"  sample rate  {facts.sr} Hz\n"
        f"  channels     {facts.channels}\n"
        f"  frames       {frames} by default (22050 Hz, n_fft=2048, hop_length=512)"
    )


# ---- input and output ---------------------------------------------------------------------------


def _source(args: argparse.Namespace) -> AudioBlocks:
    if not args.synth:
        reading = {option.name: getattr(args, option.name) for option in AUDIO_OPTIONS}
        return FileBlocks(args.input, **reading)
    sr = 22050 if args.sr is None else args.sr
    y = example_signal(sr, 10.0 if args.duration is None else args.duration)
    return ArrayBlocks(y, sr, "synthesised example")


def _checked_output(path: str, suffix: str, source: str | None) -> str:
    """Return where the output really goes, or say now what would fail after the work."""
    target = os.path.realpath(path)
    directory = os.path.dirname(target)
    if os.path.splitext(path)[1].lower() != suffix:
        raise ParameterError(f"{path}: the output must be a {suffix} file")
    if not os.path.isdir(directory):
        raise ParameterError(f"{path}: there is no directory {directory}")
    if os.path.isdir(target):
        raise ParameterError(f"{path}: is a directory")
    both_exist = source is not None and os.path.exists(target) and os.path.exists(source)
    if source is not None and both_exist and os.path.samefile(target, source):
        raise ParameterError(f"{path}: the output would overwrite the input")
    return target


@contextmanager
def _appearing_whole(path: str) -> Iterator[BinaryIO]:
    """Write a file under a temporary name and rename it when it is complete."""
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name}.{secrets.token_hex(4)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


class _Wrapped:
    """A source of blocks around another one."""

    def __init__(self, source: AudioBlocks) -> None:
        self._source = source
        self.name = source.name
        self.sr = source.sr
        self.channels = source.channels
        self.n_samples = source.n_samples


class _ReadAhead(_Wrapped):
    """Decodes and resamples the next block in a thread while the last one is worked on."""

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        blocks = iter(self._source)
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(next, blocks, None)
            while (block := future.result()) is not None:
                future = pool.submit(next, blocks, None)
                yield block


class _Watched(_Wrapped):
    """Counts what is read, and says so now and then on a terminal."""

    def __init__(self, source: AudioBlocks, passes: int, terminal: TextIO) -> None:
        super().__init__(source)
        self._terminal = terminal
        self._total = passes * source.n_samples
        self._read = 0
        self._started = time.monotonic()
        self._next_report = self._started + 1.0
        self._said = False

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._source:
            yield block
            self._read += block.shape[1]
            if time.monotonic() > self._next_report and self._terminal.isatty():
                self._report()

    def _report(self) -> None:
        self._next_report = time.monotonic() + 0.1
        share = min(1.0, self._read / self._total)
        left = (time.monotonic() - self._started) * (1 / share - 1)
        bar = ("#" * int(30 * share)).ljust(30, ".")
        self._terminal.write(f"\rfastspec [{bar}] {share:4.0%}, {left:.0f} s left \033[K")
        self._terminal.flush()
        self._said = True

    def clear(self) -> None:
        """Remove the progress line."""
        if self._said:
            self._terminal.write("\r\033[K")
            self._terminal.flush()


@contextmanager
def _progress(source: AudioBlocks, passes: int) -> Iterator[_Watched]:
    watched = _Watched(source, passes, sys.stderr)
    try:
        yield watched
    finally:
        watched.clear()


def _speed(source: AudioBlocks, started: float) -> str:
    seconds = source.n_samples / source.sr
    taken = time.perf_counter() - started
    return f"{seconds:.2f} s of audio in {taken:.2f} s ({seconds / taken:.0f} times real time)"


def _say(text: str, stream: TextIO | None = None) -> None:
    """Print, with what the stream cannot encode (in file names) written as escapes."""
    out = sys.stdout if stream is None else stream
    encoding = out.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=out)


# ---- the command --------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        _say(f"fastspec: error: {message} (see {self.prog} --help)", sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="fastspec",
        description="Spectrograms of recordings, as arrays and as pictures.",
        epilog="Options may be written --n-fft or --n_fft. `fastspec COMMAND --help` lists them.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"fastspec {fastspec.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, feature in FEATURES.items():
        command = _recording_command(commands, name, feature.help, "OUT.npy", _compute)
        _add_options(command, "transform", feature.options)
        _add_options(command, "computation", (PRECISION, THREADS))
    show = _recording_command(
        commands, "show", "waveform, STFT, log-mel and MFCC as one picture", "OUT.png", _show
    )
    _add_options(show, "pictures", _PAGE)
    show.add_argument("--title", help="heading of the page [name of the file]")
    show.add_argument("--width", type=int, default=1400, metavar="N", help="in pixels [1400]")
    info = commands.add_parser(
        "info", help="the configuration, and facts about a file", allow_abbrev=False
    )
    info.add_argument("input", nargs="?", metavar="IN", help="a recording")
    info.set_defaults(run=_info)
    add_preset_command(commands)
    return parser


def _recording_command(
    commands: Any, name: str, help: str, output: str, run: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    """A command that turns a recording into a file."""
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=help[0].upper() + help[1:] + ".", allow_abbrev=False
    )
    command.add_argument("input", nargs="?", metavar="IN", help="a recording")
    command.add_argument("-o", "--output", required=True, metavar=output, help="what to write")
    command.add_argument(
        "--synth",
        action="store_true",
        help="in place of IN, synthesise ten seconds of music (or --duration, at --sr)",
    )
    _add_options(command, "recording", AUDIO_OPTIONS)
    command.set_defaults(run=run, error=command.error)
    return command


def _add_options(parser: argparse.ArgumentParser, title: str, options: Sequence[Option]) -> None:
    group = parser.add_argument_group(title)
    for option in options:
        option.add_to(group)


def _with_dashes(arguments: Sequence[str]) -> list[str]:
    """Spell ``--n_fft=512`` as ``--n-fft=512``."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    spelled = []
    for argument in arguments[:end]:
        name, equals, value = argument.partition("=")
        if name.startswith("--"):
            name = name.replace("_", "-")
        spelled.append(name + equals + value)
    return [*spelled, *arguments[end:]]


def _one_line(exc: BaseException) -> str:
    if isinstance(exc, OSError) and exc.strerror:
        text = f"{exc.filename}: {exc.strerror}" if exc.filename else exc.strerror
    elif isinstance(exc, MemoryError):
        text = f"out of memory {exc}"
    else:
        text = str(exc) or type(exc).__name__
    return " ".join(text.split())


def _print_warning(message: Warning | str, *details: Any, **more: Any) -> None:
    _say("fastspec: warning: " + " ".join(str(message).split()), sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str or None
        The arguments without the program's name; None takes ``sys.argv[1:]``.

    Returns
    -------
    int
        Exit code: 0 done, 1 an error, 130 interrupted. Wrong usage raises SystemExit(2).
    """
    args = _parser().parse_args(_with_dashes(sys.argv[1:] if argv is None else argv))
    if hasattr(args, "synth") and args.synth == (args.input is not None):
        args.error("give either IN or --synth")
    with warnings.catch_warnings():
        warnings.showwarning = _print_warning
        try:
            args.run(args)
        except KeyboardInterrupt:
            _say("fastspec: interrupted", sys.stderr)
            return 130
        except (ValueError, RuntimeError, ImportError, OSError, MemoryError) as exc:
            _say(f"fastspec: error: {_one_line(exc)}", sys.stderr)
            return 1
    return 0
