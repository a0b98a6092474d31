"""The command ``fastspec preset``: a recording through a front end that has a name."""

from __future__ import annotations

import argparse
import ast
from typing import Any

import numpy as np

import fastspec

from .._validate import ParameterError, check_int
from .files import appearing_whole, checked_output, say

__all__ = ["add_preset_command"]


def add_preset_command(commands: Any) -> None:
    """Declare the command to the subparsers of the command line."""
    help = "the features of a named front end, such as whisper or kaldi_fbank"
    command: argparse.ArgumentParser = commands.add_parser(
        "preset",
        help=help,
        description=help[0].upper() + help[1:] + ". The recording is resampled to its rate.",
        allow_abbrev=False,
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="one of those that --list shows")
    command.add_argument("input", nargs="?", metavar="IN", help="a recording")
    command.add_argument("-o", "--output", metavar="OUT.npy", help="what to write")
    command.add_argument("--list", action="store_true", help="show the names, and what they match")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ARGUMENT=VALUE",
        help="an argument of fastspec.FrontEnd in place of the preset's, such as n_mels=128; may "
        "be repeated. Samples lie in [-1, 1]: gain=32768 gives Kaldi's presets Kaldi's range",
    )
    command.add_argument(
        "--mono",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="average the channels [yes]",
    )
    command.add_argument("--offset", type=float, default=0.0, metavar="X", help="in seconds [0]")
    command.add_argument(
        "--duration", type=float, default=None, metavar="X", help="in seconds [to the end]"
    )
    command.add_argument("--n-threads", type=int, default=1, metavar="N", help="threads [1]")
    command.set_defaults(run=_run, error=command.error)


def _run(args: argparse.Namespace) -> None:
    from .. import presets

    if args.list:
        width = max(map(len, presets.PRESETS))
        for preset in presets.list():
            print(f"{preset.name:{width}}  {preset.source}, {preset.version}")
        return
    if args.name is None or args.input is None or args.output is None:
        args.error("give NAME, IN and -o OUT.npy, or --list")
    n_threads = check_int("n_threads", args.n_threads, minimum=1)
    settings = presets.arguments(args.name, **dict(map(_setting, args.set)))
    plan = fastspec.FrontEnd(**settings)
    target = checked_output(args.output, ".npy", args.input)
    y, _ = fastspec.load(
        args.input,
        sr=settings["sr"],
        mono=args.mono,
        offset=args.offset,
        duration=args.duration,
    )
    result = plan(y, n_threads=n_threads)
    with appearing_whole(target) as file:
        np.save(file, result)
    say(f"{args.output}: {result.shape} {result.dtype}")


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ParameterError(f"--set {text}: must be ARGUMENT=VALUE")
    try:
        return name.replace("-", "_"), ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name.replace("-", "_"), value
