"""The command line: recordings in, ``.npy`` arrays and pictures out.

What can be computed is the table `FEATURES`; a new feature adds a row. Files are read, transformed
and written in blocks, so memory does not grow with their length, unless a help text says so.
Standard output gets one line that says what was made; warnings, progress and errors go to standard
error.

Exit codes: 0 done, 1 an error, 2 wrong usage, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import fastspec

from ..audio import FileBlocks, file_facts
from .features import FEATURES, Feature, compute
from .files import NpyWriter, appearing_whole, checked_output, open_source, progress, say, speed
from .options import (
    AUDIO_OPTIONS,
    BANDS,
    HOP,
    N_FFT,
    N_MFCC,
    PRECISION,
    SHOWN_DB,
    THREADS,
    WINDOW,
    Option,
)
from .preset import add_preset_command
from .run import HELP as RUN_HELP
from .run import run_program

__all__ = ["main", "FEATURES", "Feature", "NpyWriter", "Option"]

# ---- pictures and facts -------------------------------------------------------------------------

_PAGE = (N_FFT, HOP, WINDOW, *BANDS, N_MFCC, SHOWN_DB)


def _show(args: argparse.Namespace) -> None:
    """Draw a recording."""
    from ..display import show_page

    started = time.perf_counter()
    output = checked_output(args.output, ".png", args.input)
    source = open_source(args)
    settings = {option.name: getattr(args, option.name) for option in _PAGE}
    settings |= {"width": args.width, "title": source.name if args.title is None else args.title}
    with progress(source, 2) as watched, appearing_whole(output) as file:
        show_page(watched, source.sr, file, **settings)
    say(f"{args.output}: {args.width} pixels wide, {speed(source, started)}")


def _info(args: argparse.Namespace) -> None:
    """Print the configuration, and the facts of a file."""
    fastspec.show_config()
    if args.input is None:
        return
    facts = file_facts(args.input)
    frames = fastspec.STFT().n_frames(FileBlocks(args.input).n_samples)
    say(
        f"\n{args.input}\n"
        f"  format       {facts.format}\n"
        f"  duration     {facts.duration:.3f} s ({facts.n_samples} samples)\n"
        f"  sample rate  {facts.sr} Hz\n"
        f"  channels     {facts.channels}\n"
        f"  frames       {frames} by default (22050 Hz, n_fft=2048, hop_length=512)"
    )


# ---- the command --------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        say(f"fastspec: error: {message} (see {self.prog} --help)", sys.stderr)
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
        command = _recording_command(commands, name, feature.help, "OUT.npy", compute)
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
    commands.add_parser("run", help=RUN_HELP)  # `main` reads its arguments
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
    say("fastspec: warning: " + " ".join(str(message).split()), sys.stderr)


class _Terminated(BaseException):
    """The process was asked to end."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def _terminate(signum: int, frame: Any) -> NoReturn:
    raise _Terminated(signum)


@contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the command as Ctrl-C does: no half-written file stays behind."""
    changed = []
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _terminate)
                changed.append(number)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str or None
        The arguments without the program's name; None takes ``sys.argv[1:]``.

    Returns
    -------
    int
        Exit code: 0 done, 1 an error, 130 interrupted, 143 terminated. Wrong usage raises
        SystemExit(2).
    """
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] == "run":
        return run_program(argv[1:])  # what follows the program is the program's
    args = _parser().parse_args(_with_dashes(argv))
    if hasattr(args, "synth") and args.synth == (args.input is not None):
        args.error("give either IN or --synth")
    with warnings.catch_warnings(), _terminable():
        warnings.showwarning = _print_warning
        try:
            args.run(args)
        except KeyboardInterrupt:
            say("fastspec: interrupted", sys.stderr)
            return 130
        except _Terminated as exc:
            say("fastspec: terminated", sys.stderr)
            return 128 + exc.signum
        except (ValueError, RuntimeError, ImportError, OSError, MemoryError) as exc:
            say(f"fastspec: error: {_one_line(exc)}", sys.stderr)
            return 1
    return 0
