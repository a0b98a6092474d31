"""Write docs/presets.md: what each preset was compared with, and the largest error.

Run in an environment with the live libraries (``pip install .[test,live]``); rows of libraries that
are missing say so::

    python docs/make_presets.py            # writes docs/presets.md
    python docs/make_presets.py --list     # the list of presets alone, not the errors
"""

import argparse
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

import live  # noqa: E402
import recipes  # noqa: E402
import speech  # noqa: E402

from fastspec import presets  # noqa: E402

TARGET = HERE / "presets.md"
PACKAGES = {
    "librosa_mel": "librosa",
    "torchaudio_mel": "torchaudio",
    "torchaudio_mfcc": "torchaudio",
    "kaldi_fbank": "torchaudio",
    "kaldi_mfcc": "torchaudio",
    "knf_fbank": "kaldi-native-fbank",
    "knf_mfcc": "kaldi-native-fbank",
    "lhotse_fbank": "lhotse",
    "whisper": "openai-whisper",
    "faster_whisper": "faster-whisper",
    "musicnn": "essentia",
}
# Sources with a way in NumPy (double) beside that in torch.
NUMPY_WAYS = ("hf_whisper", "ast")
KALDI = ("kaldi_fbank", "kaldi_mfcc", "knf_fbank", "knf_mfcc", "lhotse_fbank")

HEAD = """# Presets

`fastspec.presets.get(name)` is a front end with the numbers of its source;
`fastspec.presets.list()` lists them. Arguments of `fastspec.FrontEnd` may be given in place of the
preset's: `presets.get("whisper", n_mels=128)`.

| preset | source | version | computes in | to know |
|---|---|---|---|---|
"""

ERRORS = """
## Compared with what

Each preset is compared with the recipe of its source in float64, written out in `tests/recipes.py`
("truth"), and with the library itself where it installs from the Python Package Index. Columns are
the largest error over all signals, and the RMS and 99.9 % errors of the signal on which they are
largest. Errors after a logarithm are those of single precision in the quietest bands, so what
counts is the library's own distance from the truth: ours is at most 1.2 times that in RMS and
at 99.9 %, plus 4 units in the last place (tested, see `tests/test_presets.py`). Units are those
of the output: natural logarithms, tenths of decades, dB, or
power.

Signals: {signals}; lengths of one to three frames (two to
four where bands are normalised); Kaldi's presets also in the range of int16. float32 in and out.

| preset | compared with | in | largest, from it | largest, from truth: ours | its own | \
RMS: ours | its own | 99.9 %: ours | its own |
|---|---|---|---|---|---|---|---|---|---|
"""

TAIL = """
Where the library is `-`, none can be installed and only the recipe is compared with.
Made by `python docs/make_presets.py`.
"""


def signals(preset):
    sr = recipes.RECIPES[preset][0]
    result = {**speech.signals(sr), "speech, 30 s": speech.speech(sr, 30, seed=1)}
    plan = presets.get(preset, stack=1, normalize=None)
    normalized = presets.PRESETS[preset].settings.get("normalize")
    first = 2 if normalized else 1
    least = next(n for n in range(1, 10**5) if plan.n_frames(n) >= first)
    for k in range(3):
        n = least + k * plan.hop_length
        result[f"{n} samples"] = speech.noise(n, n)
    if normalized:
        # Nothing to compare where a band's deviation is 0.
        result = {k: y for k, y in result.items() if k not in ("silence", "impulses")}
    if preset in KALDI:
        result |= {f"{k}, int16": 32768 * y for k, y in result.items() if k != "silence"}
    return result


def of_live(name, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.asarray(getattr(live, name)(y), np.float64)
        except (RuntimeError, AssertionError):
            return None  # too short for it


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


def errors_of(preset, name, precision):
    """Return the row's numbers: largest from live, ours and its own (largest, RMS, 99.9 %)."""
    settings = {"precision": precision} if precision else {}
    if preset.startswith("knf"):
        settings["dither"] = 0.0
    plan = presets.get(preset, **settings)
    from_live, mine, own = 0.0, [0.0] * 3, [0.0] * 3
    for y in signals(preset).values():
        truth = recipes.RECIPES[preset][1](y.astype(np.float64))
        ours = plan(y)
        worst = mine
        for got in (ours, of_live(name, y) if name else None):
            if got is not None:
                error = np.abs(got - truth)
                values = (error.max(), rms(error), np.quantile(error, 0.999))
                worst[:] = map(max, worst, map(float, values))
                if worst is own:
                    from_live = max(from_live, float(np.abs(got - ours).max()))
            worst = own
    return from_live, mine, own


def row(preset, name, way=""):
    entry = presets.PRESETS[preset]
    package = PACKAGES.get(preset, "transformers")
    precision = "double" if way == "NumPy" else entry.precision
    compared = "-"
    if hasattr(live, name):
        try:
            compared = f"{package} {version(package)}" + (f" ({way})" if way else "")
            live_name = name
            from_live, mine, own = errors_of(preset, live_name, precision)
        except (ImportError, PackageNotFoundError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            compared = f"{package}, not installed"
    if not compared[-1:].isdigit() and not compared.endswith(")"):
        from_live, mine, own = errors_of(preset, None, precision)
    cells = [f"`{preset}`", compared, precision]
    there = any(own) or from_live
    cells.append(f"{from_live:.1e}" if there else "-")
    for a, b in zip(mine, own):
        cells += [f"{a:.1e}", f"{b:.1e}" if there else "-"]
    return "| " + " | ".join(cells) + " |\n"


def listing():
    return HEAD + "".join(
        f"| `{p.name}` | {p.source} | {p.version} | {p.precision} | {p.about} |\n"
        for p in presets.list()
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="write the list of presets only")
    if parser.parse_args().list:
        errors = TARGET.read_text().partition("\n## Compared with what")
        TARGET.write_text(listing() + errors[1] + errors[2])
        return
    rows = []
    for entry in presets.list():
        ways = ("torch", "NumPy") if entry.name in NUMPY_WAYS else ("",)
        for way in ways:
            name = entry.name + ("_numpy" if way == "NumPy" else "")
            rows.append(row(entry.name, name, way))
            print(rows[-1], end="", flush=True)
    what = ", ".join([*speech.signals(16000), "30 s of speech"])
    TARGET.write_text(listing() + ERRORS.format(signals=what) + "".join(rows) + TAIL)


if __name__ == "__main__":
    main()
