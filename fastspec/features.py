"""Several features of a signal in one pass: the plan `Features`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt

from fastspec import _core, limits
from fastspec._arrays import as_signal, check_out, check_room, new_array, same_memory
from fastspec._validate import ParameterError, check_bool, check_choice, check_float, show
from fastspec.access import Estimate, is_file, sum_up
from fastspec.config import check_threads
from fastspec.feature_kinds import FRAMING, KINDS, Feature, make_feature
from fastspec.filters import warn_empty_bands
from fastspec.plans import _check_signals, _Plan
from fastspec.spectral import _warn_rank
from fastspec.windows import WindowSpec

if TYPE_CHECKING:
    from fastspec.streams import Stream

__all__ = ["Features"]

Array = npt.NDArray[Any]
Arrays = dict[str, Array]
Option = bool | Mapping[str, Any] | None

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)


class Features(_Plan):
    """Several features of the same frames in one pass: each frame's spectrum is computed once.

    Each feature is switched on by its keyword: True, a dict of options, or where it says so a
    number, which stands for the option in brackets. Its numbers are, bit for bit, those of the
    plan or function alone with the same settings.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_fft, hop_length, win_length, window, center, pad_mode, pad_tail, input_scale, precision, \
engine, planner
        The frames of all features; see `STFT`. The functions with librosa's names have
        ``pad_tail='librosa'``, which differs for ``pad_mode='reflect'`` alone.
    stft : bool
        `STFT`, complex.
    spectrogram : bool, dict or float (power)
        `Spectrogram`. Options: power.
    mel : bool, dict or int (n_mels)
        `MelSpectrogram`. Options: its arguments from power to bank_dtype.
    mfcc : bool, dict or int (n_mfcc)
        `MFCC`. Options: its arguments from n_mfcc to lifter, and those of the bands. The bands are
        shared with `mel` where their settings are the same; they are not taken from there.
    chroma : bool, dict or int (n_chroma)
        `ChromaSTFT`. Options: n_chroma, tuning, norm, power, ctroct, octwidth, base_c, bank_norm,
        bank_dtype. `tuning` is a number, 0 by default: see `fastspec.estimate_tuning`.
    centroid : bool
        `spectral_centroid`.
    bandwidth : bool, dict or float (p)
        `spectral_bandwidth`. Options: norm, p > 0.
    rolloff : bool, dict or float (roll_percent)
        `spectral_rolloff`. Options: roll_percent.
    flatness : bool or dict
        `spectral_flatness`. Options: amin, power > 0.
    contrast : bool, dict or int (n_bands)
        `spectral_contrast`. Options: fmin, n_bands, quantile, linear, and top_db (80), the range
        in dB of peaks and of valleys below the largest one of the signal; None: unlimited.
    poly : bool, dict or int (order)
        `poly_features`. Options: order.
    rms : bool or dict
        `rms` of the frames' samples, with ``frame_length=n_fft``. Options: dtype.
    zcr : bool or dict
        `zero_crossing_rate`, with ``frame_length=n_fft``. Options: threshold, zero_pos, pad.

    Raises
    ------
    ParameterError
        If an argument or option is unknown or out of its range, or no feature is on.

    Warns
    -----
    UserWarning
        If a mel band is empty, or there are too few frequencies for the polynomial.

    Notes
    -----
    Where a feature looks at the whole signal (`top_db`, which `mfcc` and `contrast` have by
    default, or ``ref='max'``), that is each signal of a call by itself. Such features cannot be
    streamed or cropped: give ``mfcc={'top_db': None}``.

    With ``precision='double'``, and for samples of float64, all is computed in double, `rms` and
    `zcr` too; int16 samples are multiplied by `input_scale` for all features.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> plan = fastspec.Features(sr=22050, mel=64, mfcc=13, centroid=True, rms=True)
    >>> y = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    >>> {name: x.shape for name, x in plan(y).items()}
    {'mel': (64, 44), 'mfcc': (13, 44), 'centroid': (1, 44), 'rms': (1, 44)}
    >>> bool((plan(y)["centroid"] == fastspec.spectral_centroid(y=y)).all())
    True
    >>> plan.stack(y).shape, plan.rows["mfcc"]
    ((79, 44), slice(64, 77, None))
    """

    _output = "spectrum"
    _features: tuple[Feature, ...]

    def __init__(
        self,
        *,
        sr: float = 22050,
        n_fft: int = 2048,
        hop_length: int | None = 512,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        stft: bool = False,
        spectrogram: float | Option = False,
        mel: int | Option = False,
        mfcc: int | Option = False,
        chroma: int | Option = False,
        centroid: Option = False,
        bandwidth: float | Option = False,
        rolloff: float | Option = False,
        flatness: Option = False,
        contrast: int | Option = False,
        poly: int | Option = False,
        rms: Option = False,
        zcr: Option = False,
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
        **unknown: Any,
    ) -> None:
        arguments = dict(locals())
        del arguments["self"], arguments["unknown"]
        for name in unknown:
            check_choice("argument", name, ("sr", *FRAMING, *KINDS))
        self._make(arguments)
        for feature in self._features:
            if feature.warns == "empty bands":
                warn_empty_bands(2)
            elif feature.warns:
                _warn_rank(2)

    def _make(self, arguments: dict[str, Any]) -> None:
        a = arguments
        a["sr"] = check_float("sr", a["sr"], exclusive_minimum=0)
        given = {name: a[name] for name in KINDS}
        a |= dict.fromkeys(KINDS)  # which the hash is made of, once they are checked
        super()._make(a)
        a = self._arguments
        made = [make_feature(name, given[name], a) for name in KINDS]
        features = tuple(feature for feature in made if feature is not None)
        if not features:
            names = ", ".join(KINDS)
            raise ParameterError(f"mel=False: no feature is on; at least one of {names} must be")
        a |= dict.fromkeys(KINDS, False) | {f.name: f.given for f in features}
        object.__setattr__(self, "_features", features)
        object.__setattr__(self, "_hash", hash((type(self), *a.values())))
        self._finish(power=1.0)

    def _core(self, double: bool) -> Any:
        cores: dict[Any, Any] = self._cores
        core = cores.get(("features", double))
        if core is None:
            core = _core.Features(super()._core(double), [f.core(double) for f in self._features])
            core = cores.setdefault(("features", double), core)
        return core

    def __repr__(self) -> str:
        on = {f.name for f in self._features}
        shown = [name for name in self._arguments if name not in KINDS or name in on]
        inside = ", ".join(f"{name}={self._arguments[name]!r}" for name in shown)
        return f"{type(self).__name__}({inside})"

    # -- what there is -----------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order of results and of `rows`."""
        return tuple(feature.name for feature in self._features)

    @property
    def rows(self) -> dict[str, slice]:
        """Which rows of `stack` each feature has."""
        rows, end = {}, 0
        for feature in self._features:
            rows[feature.name] = slice(end, end + feature.n_rows)
            end += feature.n_rows
        return rows

    @property
    def n_bins(self) -> int:
        """Rows of all features together."""
        return sum(feature.n_rows for feature in self._features)

    # -- the call ----------------------------------------------------------------------------------

    def __call__(  # type: ignore[override]
        self,
        y: Any,
        out: Mapping[str, Array] | None = None,
        n_threads: int = 1,
        *,
        frames: slice | range | None = None,
    ) -> Any:
        """Compute the features of signals.

        Parameters
        ----------
        y : array, shape=(..., n), or str, os.PathLike, binary file object or soundfile.SoundFile
            As for a call of any plan: see `MelSpectrogram`.
        out : mapping of str to np.ndarray, optional
            Where to write the results: an array for each of `names`, of the shapes and types that
            would be returned; any strides.
        n_threads : int >= 1, or -1
            Threads to use at the most, the calling one included. The result does not depend on it.
        frames : slice or range, optional
            Compute these frames alone, at their cost, with the bits of the whole call. See `crop`.
            Default: all.

        Returns
        -------
        dict of np.ndarray, shape=(..., rows, n_frames)
            By name, in the order of `names`; or `out`. The types are those of the plans and
            functions: that of `y`, but float64 for centroid, bandwidth, rolloff, contrast, poly and
            zcr, and float32 for rms unless its dtype says otherwise. In new arrays for stft and
            spectrogram the values of a frame are neighbours in memory.

        Raises
        ------
        ParameterError
            If `y` is empty, too short, not finite or of another type, if `out` does not fit, or if
            `frames` are given and a feature needs the whole signal.
        """
        if frames is not None or is_file(y):
            return self.crop(y, frames, out=out, n_threads=n_threads)
        y, wide, n_frames = self._prepare(y)
        results = self._results("y", (*y.shape[:-1],), n_frames, wide, out, [y])
        self._compute(y, results, wide, check_threads(n_threads))
        return results if out is None else out

    def stack(
        self,
        y: Any,
        out: Array | None = None,
        n_threads: int = 1,
        *,
        frames: slice | range | None = None,
    ) -> Array:
        """Compute the features of signals as one matrix, one below the other.

        Parameters
        ----------
        y, n_threads, frames
            As for a call.
        out : np.ndarray, shape=(..., n_bins, n_frames), optional
            Where to write the result, of the type that would be returned; any strides.

        Returns
        -------
        np.ndarray, shape=(..., n_bins, n_frames)
            What a call gives, as the type of `y` (float32 for int16); `rows` says where each
            feature is.

        Raises
        ------
        ParameterError
            As a call, and if there is the complex `stft`.
        """
        if "stft" in self.names:
            raise ParameterError("stft=True: is complex and cannot be stacked with other features")
        if frames is not None or is_file(y):
            parts = self.crop(y, frames, n_threads=n_threads)
            wide = not is_file(y) and as_signal(y).dtype.itemsize == 8
            shape = next(iter(parts.values())).shape
            stacked = self._matrix((*shape[:-2],), shape[-1], wide, out)
            for name, rows in self.rows.items():
                stacked[..., rows, :] = parts[name]
            return stacked
        y, wide, n_frames = self._prepare(y)
        stacked = self._matrix((*y.shape[:-1],), n_frames, wide, out)
        if out is not None and same_memory(y, out):
            raise ParameterError("out: must not overlap y")
        views = {name: stacked[..., rows, :] for name, rows in self.rows.items()}
        results = dict(views)
        for f in self._features:  # rounded first, if the matrix is wider
            kind = f.dtype(wide)
            if kind.itemsize < stacked.itemsize:
                results[f.name] = new_array("y", views[f.name].shape, kind)
        self._compute(y, results, wide, check_threads(n_threads))
        for name, view in views.items():
            if results[name] is not view:
                view[...] = results[name]
        return stacked

    def map(
        self,
        signals: Iterable[Any],
        *,
        n_threads: int = 1,
        pad: bool = False,
        out: Any = None,
    ) -> Any:
        """Compute the features of signals of different lengths.

        Parameters
        ----------
        signals : sequence of arrays, shape=(n_i,)
            All of one type, each as for a call.
        n_threads : int >= 1, or -1
            Threads to use at the most. They share the frames of all signals.
        pad : bool
            Whether to return one array for each feature, with zeros behind the shorter results.
        out : list of mappings, or a mapping of np.ndarray if `pad`, optional
            Where to write the results, of the shapes and types that would be returned.

        Returns
        -------
        list of dict of np.ndarray
            ``[self(y) for y in signals]``, bit for bit.
        (dict of np.ndarray, shape=(n_signals, rows, most frames), np.ndarray of int64), if `pad`
            The results and their numbers of frames.

        Raises
        ------
        ParameterError
            If a signal is none that a call would take, or `out` does not fit.
        """
        n_threads, pad = check_threads(n_threads), check_bool("pad", pad)
        ys, wide = _check_signals(self, signals)
        core = self._core(wide or self.precision == "double")
        n_frames = [core.n_frames(y.shape[0]) for y in ys]
        for y, n in zip(ys, n_frames, strict=True):
            if n == 0:
                self._refuse_length(y.shape[0])
        if pad:
            most = max(n_frames, default=0)
            whole = self._results("signals", (len(ys),), most, wide, out, ys)
            parts = [
                {name: x[i, :, :n] for name, x in whole.items()} for i, n in enumerate(n_frames)
            ]
        elif out is None:
            parts = [self._results("signals", (), n, wide, None, ()) for n in n_frames]
        elif not isinstance(out, list | tuple) or len(out) != len(ys):
            raise ParameterError(f"out: must be a list of {len(ys)} dicts of arrays")
        else:
            parts = [
                self._results("signals", (), n, wide, part, ys)
                for n, part in zip(n_frames, out, strict=True)
            ]
        targets = [self._targets(part) for part in parts]
        core.exec_list(ys, targets, n_threads)
        for target, part in zip(targets, parts, strict=True):
            self._finish_targets(target, part, n_threads)
        if not pad:
            return parts if out is None else out
        for x in whole.values():
            for i, n in enumerate(n_frames):
                x[i, :, n:] = 0
        return whole if out is None else out, np.array(n_frames, dtype=np.int64)

    # -- pieces of a call --------------------------------------------------------------------------

    def _prepare(self, y: Any) -> tuple[Array, bool, int]:
        """Return a signal, whether it is double, and how many frames it has."""
        y = as_signal(y)
        wide = self._check_signal(y)
        n_frames = self._core(wide or self.precision == "double").n_frames(y.shape[-1])
        if n_frames == 0:
            self._refuse_length(y.shape[-1])
        return y, wide, n_frames

    def _compute(self, y: Array, results: Arrays, wide: bool, n_threads: int) -> None:
        targets = self._targets(results)
        if y.size:
            core = self._core(wide or self.precision == "double")
            core.exec(y, targets, n_threads)
            self._finish_targets(targets, results, n_threads)

    def _targets(self, results: Arrays) -> list[Array]:
        """Return what the core writes: the results, or what they are finished from."""
        return [
            new_array("y", (*x.shape[:-2], f.n_raw, x.shape[-1]), _F64) if f.finish else x
            for f, x in zip(self._features, results.values(), strict=True)
        ]

    def _finish_targets(self, targets: list[Array], results: Arrays, n_threads: int) -> None:
        for f, raw, x in zip(self._features, targets, results.values(), strict=True):
            if f.finish:
                f.finish(raw, x, n_threads)

    def _matrix(self, lead: tuple[int, ...], n: int, wide: bool, out: Any) -> Array:
        shape, dtype = (*lead, self.n_bins, n), _F64 if wide else _F32
        if out is None:
            return new_array("y", shape, dtype)
        check_out(out, shape, dtype)
        checked: Array = out
        return checked

    def _results(
        self,
        name: str,
        lead: tuple[int, ...],
        n: int,
        wide: bool,
        out: Any,
        inputs: Iterable[Array],
    ) -> Arrays:
        """Return the arrays for n frames: new ones, because of an argument, or those of `out`."""
        shapes = {f.name: ((*lead, f.n_rows, n), f.dtype(wide)) for f in self._features}
        if limits.are_set:
            total = sum(int(np.prod(shape)) * kind.itemsize for shape, kind in shapes.values())
            limits.check_output((total,), np.uint8)
        if out is None:
            return {f.name: f.new(name, *shapes[f.name]) for f in self._features}
        results = self._given(out, lambda key, x: check_out(x, *shapes[key]))
        for key, x in results.items():
            if any(same_memory(x, y) for y in inputs):
                raise ParameterError(f"out[{key!r}]: must not overlap {name}")
        return results

    def _given(self, out: Any, check: Callable[[str, Any], None]) -> Arrays:
        """Return the arrays of an argument `out`, checked, in the order of the features."""
        if not isinstance(out, Mapping):
            raise ParameterError(f"out={show(out)}: must be a dict of arrays")
        for key in out:
            check_choice("out: name", key, self.names)
        results: Arrays = {}
        places = set()
        for key in self.names:
            if key not in out:
                raise ParameterError(f"out: has no array for {key!r}")
            try:
                check(key, out[key])
            except ParameterError as error:
                text = str(error).removeprefix("out")
                raise type(error)(f"out[{key!r}]{text}") from None
            results[key] = out[key]
            places.add(out[key].ctypes.data)
        if len(places) < len(results) and all(x.size for x in results.values()):
            raise ParameterError("out: two features have the same memory")
        return results

    # -- streams -----------------------------------------------------------------------------------

    def stream(self, channels: int = 1, n_threads: int = 1) -> Stream:
        """Return a stream: the same features of signals that arrive in pieces.

        Its latency is that of the stream of an `STFT` with these frames.

        Parameters
        ----------
        channels : int >= 1
            Signals that advance together.
        n_threads : int >= 1
            Threads to use at the most.

        Returns
        -------
        Stream
            Its ``push`` and ``flush`` return dicts of frames, by name, as soon as they are
            complete, bit for bit those of one call. With ``out``, a dict of arrays with room for
            them, their number.

        Raises
        ------
        ParameterError
            If a feature needs the whole signal.
        """
        return super().stream(channels, n_threads)

    def stream_group(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: the frames of a group have one type. Use a `stream` of many channels."""
        raise ParameterError("stream_group: not for Features; use stream(channels=...)")

    def _check_stream(self) -> None:
        for feature in self._features:
            if feature.whole is not None:
                option, value = feature.whole
                fix = "a number" if option == "ref" else "None"
                raise ParameterError(
                    f"{feature.name}: {option}={show(value)} needs the whole signal; for a stream "
                    f"or some frames give {feature.name}={{{option!r}: {fix}}}"
                )

    def _stream_core(self, double: bool, channels: int) -> Any:
        core = _core.FeatureStream(self._core(double), channels)
        return _Finishing(self, core) if any(f.finish for f in self._features) else core

    def _stream_maker(
        self, core: Any, lead: tuple[int, ...], wide: bool
    ) -> Callable[[int], tuple[Any, Any]]:
        layout = [(f.name, f.n_rows, f.dtype(wide), f.by_frame) for f in self._features]

        def make(n: int) -> tuple[Arrays, list[Array]]:
            if n >= 4096:
                results = self._results("chunk", lead, n, wide, None, ())
            else:
                results = {
                    name: np.empty((*lead, n, rows), kind).swapaxes(-1, -2)
                    if by_frame
                    else np.empty((*lead, rows, n), kind)
                    for name, rows, kind, by_frame in layout
                }
            return results, list(results.values())

        return make

    def _stream_fit(self, core: Any, lead: tuple[int, ...], n: int, wide: bool, out: Any) -> Any:
        features = {f.name: f for f in self._features}

        def check(key: str, x: Any) -> None:
            f = features[key]
            check_room(x, (*lead, f.n_rows, n), f.dtype(wide), axis=-1)

        return list(self._given(out, check).values())

    # -- some frames, and what calls cost ----------------------------------------------------------

    def _part_core(self, wide: bool, n: int) -> Any:
        self._check_stream()
        return self._core(wide or self.precision == "double")

    def _part_needs(self, core: Any, n: int, first: int, count: int) -> tuple[int, int]:
        return _core.needs(core.frames, n, first, count)

    def _part_exec(
        self,
        core: Any,
        y: Array,
        offset: int,
        n: int,
        first: int,
        count: int,
        wide: bool,
        out: Any,
        n_threads: int,
    ) -> Any:
        results = self._results("y", (*y.shape[:-1],), count, wide, out, [y])
        targets = self._targets(results)
        if targets[0].size:
            core.exec_part(y, targets, offset, n, first, count, n_threads)
            self._finish_targets(targets, results, n_threads)
        return results if out is None else out

    def _estimate(self, n: int, channels: int, n_threads: int, wide: bool) -> Estimate:
        core = self._core(wide or self.precision == "double")
        frames: int = core.n_frames(n)
        if frames == 0:
            self._refuse_length(n)
        output = sum(f.n_rows * f.dtype(wide).itemsize for f in self._features)
        scratch = core.memory(channels, n, n_threads)
        if scratch:  # what results are finished from; and as much for the logarithms
            scratch += 2 * channels * frames * 8 * sum(f.n_raw for f in self._features)
        return sum_up(n, channels, frames, channels * frames * output, scratch, core.flops(n))


class _Finishing:
    """What a stream works with where features are not finished by the core."""

    def __init__(self, plan: Features, core: _core.FeatureStream) -> None:
        self._plan, self._core = plan, core
        self._room: dict[int, Array] = {}  # of each such feature
        self._unfinished = False  # what the core gave was not passed on

    @property
    def latency(self) -> int:
        return self._core.latency

    @property
    def broken(self) -> bool:
        return self._core.broken or self._unfinished

    def ready(self, n: int) -> int:
        return self._core.ready(n)

    def pending(self) -> int:
        return self._core.pending()

    def reset(self) -> None:
        self._core.reset()
        self._unfinished = False

    def copy(self) -> _Finishing:
        twin = _Finishing(self._plan, self._core.copy())
        twin._unfinished = self._unfinished
        return twin

    def push(self, chunk: Array, outs: list[Array], n_threads: int) -> int:
        n = self._core.ready(chunk.shape[-1])
        return self._finish(n, outs, n_threads, lambda raw: self._core.push(chunk, raw, n_threads))

    def flush(self, outs: list[Array], n_threads: int) -> int:
        n = self._core.pending()
        return self._finish(n, outs, n_threads, lambda raw: self._core.flush(raw, n_threads))

    def _finish(
        self, n: int, outs: list[Array], n_threads: int, call: Callable[[list[Array]], int]
    ) -> int:
        raws = list(outs)
        features = self._plan._features
        for i, f in enumerate(features):
            if f.finish:
                room, shape = self._room.get(i), (*outs[i].shape[:-2], f.n_raw, n)
                if room is None or room.shape[:-1] != shape[:-1] or room.shape[-1] < n:
                    room = self._room[i] = new_array("chunk", shape, _F64)
                raws[i] = room[..., :n]
        k = call(raws)
        self._unfinished = True
        for f, raw, x in zip(features, raws, outs, strict=True):
            if f.finish:
                f.finish(raw[..., :k], x[..., :k], n_threads)
        self._unfinished = False
        return k
