"""Types of the compiled module. What its calls do is said in _core.pyx."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token
from typing import Any, Self, TypeAlias, final

import numpy.typing as npt
from typing_extensions import Buffer, disjoint_base

# NumPy's arrays are buffers in the eyes of a type checker from Python 3.12 on.
_Buffer: TypeAlias = Buffer | npt.NDArray[Any]

class EngineError(RuntimeError): ...

@final
class Frontend:
    def __new__(
        cls,
        *,
        output: int,
        double: bool,
        engine: int,
        effort: int,
        n_fft: int,
        hop_length: int,
        window: _Buffer,
        center: bool,
        pad_mode: int,
        librosa_tail: bool,
        input_scale: float,
        power: float = 2,
        bands: _Buffer | None = None,
        n_bands: int = 0,
        log: int = 0,
        amin: float = 1e-10,
        ref: float = 1,
        ref_max: bool = False,
        top_db: float = -1,
        log_floor: float = ...,
        dct: _Buffer | None = None,
        n_ceps: int = 0,
        frame_norm: int = 0,
        frame_norm_p: float = 2,
        stages: dict[str, Any] | None = None,
        pcen: dict[str, float] | None = None,
    ) -> Self: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def n_fft(self) -> int: ...
    @property
    def engine(self) -> str: ...
    def n_frames(self, n_samples: int) -> int: ...
    def exec(self, y: _Buffer, out: _Buffer, n_threads: int, whole_array: bool) -> None: ...
    def exec_list(self, signals: list[Any], outs: list[Any], n_threads: int) -> None: ...
    def exec_spectra(
        self, spectra: _Buffer, out: _Buffer, n_threads: int, whole_array: bool
    ) -> None: ...

@final
class Stream:
    def __new__(cls, plan: Frontend, n_channels: int, source: Stream | None = None) -> Self: ...
    @property
    def n_channels(self) -> int: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def broken(self) -> bool: ...
    @property
    def latency(self) -> int: ...
    def copy(self) -> Self: ...
    def ready(self, n_samples: int) -> int: ...
    def pending(self) -> int: ...
    def reset(self) -> None: ...
    def push(self, chunk: _Buffer, out: _Buffer, n_threads: int) -> int: ...
    @property
    def taken(self) -> int: ...
    @property
    def given(self) -> int: ...
    def learn(
        self,
        ndarray: type,
        empty: Any,
        dtype: Any,
        out_dtype: Any,
        frames_first: bool,
        bins_adjacent: bool,
        n_threads: int,
    ) -> None: ...
    def flush(self, out: _Buffer, n_threads: int) -> int: ...

@disjoint_base
class Pusher:
    def push(self, chunk: Any, out: Any = None) -> Any: ...
    def _go_short(self, core: Any, *what: Any) -> None: ...
    def _go_long(self) -> None: ...

@final
class Istft:
    def __new__(
        cls,
        *,
        double: bool,
        engine: int,
        effort: int,
        n_fft: int,
        hop_length: int,
        window: _Buffer,
        center: bool,
    ) -> Self: ...
    @property
    def nbytes(self) -> int: ...
    def n_samples(self, n_frames: int) -> int: ...
    def exec(self, spectra: _Buffer, out: _Buffer, n_threads: int) -> None: ...

def griffinlim(
    stft: Frontend,
    istft: Istft,
    n_iter: int,
    momentum: float,
    magnitude: _Buffer,
    angles: _Buffer,
    y: _Buffer,
    n_threads: int,
) -> None: ...
def phases(turns: _Buffer, magnitude: _Buffer, angles: _Buffer, n_threads: int) -> None: ...
def mel_filters(
    sr: float,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float,
    htk: bool,
    slaney: bool,
    single: bool,
    out: _Buffer,
) -> None: ...
def check_finite(y: _Buffer, n_threads: int = 1, name: str = "y") -> None: ...
def power_to_db(
    x: _Buffer, out: _Buffer, amin: float, offset: float, n_threads: int = 1
) -> float: ...
def clip_below(x: _Buffer, floor: float, n_threads: int = 1) -> None: ...
def version() -> str: ...
def simd_tier() -> str: ...
def simd_refused() -> str: ...
def fftw_load(single_path: bytes | None, double_path: bytes | None) -> str: ...
def fftw_info(double: bool) -> tuple[str, str]: ...
def lanes_has(n_fft: int) -> bool: ...
def fft_cache_info() -> tuple[int, int]: ...
def fft_cache_clear() -> None: ...

deadline_at: ContextVar[int]

def begin_deadline(at: int) -> Token[int]: ...

class DeadlineError(TimeoutError):
    started: bool

def monotonic() -> int: ...
def set_limits(max_samples: int, max_output_bytes: int, max_scratch_bytes: int) -> None: ...
def scratch_limit(n_bytes: int) -> None: ...
def scratch_info() -> tuple[int, int, int, int, int]: ...
def scratch_trim() -> None: ...

@final
class ChromaPlan:
    def __new__(
        cls,
        *,
        double: bool,
        fold: _Buffer,
        input_norm: float | None = None,
        threshold: float | None = None,
        norm: float | None = None,
        steps: _Buffer | None = None,
        heights: _Buffer | None = None,
        smooth: _Buffer | None = None,
        last_norm: float | None = None,
    ) -> Self: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def n_chroma(self) -> int: ...
    def exec(self, magnitudes: _Buffer, out: _Buffer, n_threads: int) -> None: ...

@final
class CqtPlan:
    def __new__(
        cls,
        *,
        output: int,
        double: bool,
        hop_length: int,
        n_bins: int,
        sr: float = 22050,
        frequencies: _Buffer | None = None,
        lengths: _Buffer | None = None,
        amplitudes: _Buffer | None = None,
        window: _Buffer | None = None,
        n_window: int = 0,
        input_scale: float = 1,
        min_distance: float = 80,
        attenuation: float = 149,
        filters: Sequence[tuple[int, int, _Buffer] | tuple[int, int, _Buffer, int, _Buffer]]
        | None = None,
        decimator: _Buffer | None = None,
        decimator_reach: int = 0,
        chroma: ChromaPlan | None = None,
        domain: int = 0,
    ) -> Self: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def filters(self) -> bool: ...
    @property
    def frame_lengths(self) -> list[tuple[int, int]]: ...
    @property
    def size(self) -> int: ...
    def n_frames(self, n_samples: int) -> int: ...
    def exec(self, y: _Buffer, out: _Buffer, n_threads: int, whole_array: bool = False) -> None: ...
    def exec_list(self, signals: list[Any], outs: list[Any], n_threads: int) -> None: ...

@final
class CqtStream:
    def __new__(cls, plan: CqtPlan, n_channels: int, source: CqtStream | None = None) -> Self: ...
    @property
    def n_channels(self) -> int: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def broken(self) -> bool: ...
    @property
    def latency(self) -> int: ...
    def copy(self) -> Self: ...
    def ready(self, n_samples: int) -> int: ...
    def pending(self) -> int: ...
    def reset(self) -> None: ...
    def push(self, chunk: _Buffer, out: _Buffer, n_threads: int) -> int: ...
    @property
    def taken(self) -> int: ...
    @property
    def given(self) -> int: ...
    def learn(
        self,
        ndarray: type,
        empty: Any,
        dtype: Any,
        out_dtype: Any,
        frames_first: bool,
        bins_adjacent: bool,
        n_threads: int,
    ) -> None: ...
    def flush(self, out: _Buffer, n_threads: int) -> int: ...

def nsgt_fast_length(n: int, multiple: int) -> int: ...
def nsgt_counts(**settings: Any) -> list[int]: ...

@final
class NsgtPlan:
    def __new__(
        cls,
        *,
        double: bool,
        sr: float,
        length: int,
        frequencies: _Buffer,
        bandwidths: _Buffer,
        residual: bool = True,
        window: _Buffer | None = None,
        n_window: int = 0,
        n_frames: int = 0,
        oversampling: float = 1,
        transition: int = 0,
        input_scale: float = 1,
    ) -> Self: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def n_bands(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def counts(self) -> list[int]: ...
    @property
    def size(self) -> int: ...
    def exec(
        self,
        y: _Buffer,
        bands: Sequence[_Buffer],
        first: int,
        n_blocks: int,
        n_threads: int,
        scratch: NsgtScratch | None = None,
    ) -> None: ...
    def inverse(
        self,
        bands: Sequence[_Buffer],
        out: _Buffer,
        first: int,
        n_blocks: int,
        n_threads: int,
        scratch: NsgtScratch | None = None,
    ) -> None: ...

@final
class Tuning:
    def __new__(cls, **settings: Any) -> Self: ...
    def reset(self) -> None: ...
    def add_signals(self, plan: Frontend, y: _Buffer, n_threads: int) -> None: ...
    def add_spectra(self, spectra: _Buffer, reference: _Buffer | None, n_threads: int) -> None: ...
    def finish(self) -> tuple[float, int] | None: ...

def pitch_tuning(
    frequencies: _Buffer, resolution: float, bins_per_octave: int
) -> tuple[float, int]: ...
def piptrack(
    settings: dict[str, Any],
    plan: Frontend | None,
    given: _Buffer,
    reference: _Buffer | None,
    pitches: _Buffer,
    magnitudes: _Buffer,
    n_threads: int,
) -> None: ...

@final
class IcqtPlan:
    def __new__(
        cls,
        forward: CqtPlan,
        *,
        overlap: bool = False,
        heads: Sequence[tuple[int, _Buffer]] = (),
    ) -> Self: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def n_bins(self) -> int: ...
    def exec(self, C: _Buffer, out: _Buffer, n_threads: int) -> None: ...

def icqt_solve(
    forward: CqtPlan,
    adjoint: IcqtPlan,
    C: _Buffer,
    out: _Buffer,
    gains: _Buffer | None,
    n_iter: int,
    tol: float,
    damping: float,
    residuals: _Buffer,
    n_threads: int,
) -> list[int]: ...
def rephase(
    now: _Buffer,
    before: _Buffer | None,
    target: _Buffer,
    out: _Buffer,
    k: float,
    n_threads: int,
) -> None: ...

_C_API: object  # a capsule; see fastspec_api.h

@final
class IstftStream:
    def __new__(cls, plan: Istft, n_channels: int, source: IstftStream | None = None) -> Self: ...
    @property
    def n_channels(self) -> int: ...
    @property
    def broken(self) -> bool: ...
    @property
    def latency(self) -> int: ...
    def copy(self) -> Self: ...
    def ready(self, n_frames: int) -> int: ...
    def pending(self, length: int) -> int: ...
    def reset(self) -> None: ...
    def push(self, spectra: _Buffer, out: _Buffer, n_threads: int) -> int: ...
    def flush(self, out: _Buffer, length: int, n_threads: int) -> int: ...

@final
class Turn:
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...

@final
class NsgtScratch:
    def __new__(cls, plan: NsgtPlan, n_signals: int, n_blocks: int, n_threads: int) -> Self: ...
    @property
    def size(self) -> int: ...

def needs(plan: Frontend | CqtPlan, total: int, first: int, n_frames: int) -> tuple[int, int]: ...
def exec_part(
    plan: Frontend | CqtPlan,
    y: _Buffer,
    out: _Buffer,
    offset: int,
    total: int,
    first: int,
    n_threads: int,
) -> None: ...
def memory(plan: Frontend | CqtPlan, n_signals: int, n_samples: int, n_threads: int) -> int: ...
def flops(plan: Frontend | CqtPlan | NsgtPlan, n_samples: int) -> float: ...
def nsgt_memory(plan: NsgtPlan, n_signals: int, n_blocks: int, n_threads: int) -> int: ...
def pcen(
    x: _Buffer,
    ref: _Buffer | None,
    state: _Buffer,
    out: _Buffer,
    n_threads: int,
    *,
    gain: float,
    bias: float,
    power: float,
    eps: float,
    b: float,
) -> None: ...
def one_pole(x: _Buffer, coef: float, state: _Buffer, out: _Buffer, n_threads: int) -> None: ...
def filter_rows(x: _Buffer, taps: _Buffer, step: int, out: _Buffer, n_threads: int) -> None: ...
def median(x: _Buffer, size: int, out: _Buffer, n_threads: int) -> None: ...

@final
class Group:
    def __new__(cls, plan: Frontend | CqtPlan, capacity: int) -> Self: ...
    @property
    def n_bins(self) -> int: ...
    def __len__(self) -> int: ...
    def state(self, id: int) -> int: ...
    def member_size(self) -> int: ...
    def members(self, ids: _Buffer) -> None: ...
    def join(self) -> int: ...
    def leave(self, ids: _Buffer) -> None: ...
    def reset(self, ids: _Buffer) -> None: ...
    def push(
        self,
        ids: _Buffer,
        chunks: Any,
        lengths: _Buffer | None,
        admit: Callable[[str], None],
        make: Callable[[int], Any],
        counts: _Buffer,
        n_threads: int,
    ) -> Any: ...
    def flush(
        self, ids: _Buffer, make: Callable[[int], Any], counts: _Buffer, n_threads: int
    ) -> Any: ...

@final
class Spectral:
    def __new__(
        cls,
        *,
        kind: int,
        double: bool,
        n_bins: int,
        frequencies: _Buffer | None = None,
        p: float = 2,
        normalize: bool = True,
        share: float = 0.85,
        amin: float = 1e-10,
        square: bool = False,
        bands: list[tuple[int, int, int]] | None = None,
        weights: _Buffer | None = None,
    ) -> Self: ...
    @property
    def n_rows(self) -> int: ...
    def exec(
        self, plan: Frontend, y: _Buffer, centroid: _Buffer | None, out: _Buffer, n_threads: int
    ) -> None: ...
    def exec_spectra(
        self, S: _Buffer, centroid: _Buffer | None, out: _Buffer, n_threads: int
    ) -> None: ...

def frames_count(settings: dict[str, Any], n_samples: int) -> int: ...
def frames(settings: dict[str, Any], y: _Buffer, out: _Buffer, n_threads: int) -> None: ...

@final
class Features:
    def __new__(
        cls, frames: Frontend, features: list[Frontend | tuple[Spectral, float] | dict[str, Any]]
    ) -> Self: ...
    @property
    def frames(self) -> Frontend: ...
    @property
    def rows(self) -> tuple[int, ...]: ...
    @property
    def engine(self) -> str: ...
    def n_frames(self, n_samples: int) -> int: ...
    def exec(self, y: _Buffer, outs: list[Any], n_threads: int) -> None: ...
    def exec_list(self, signals: list[Any], outs: list[list[Any]], n_threads: int) -> None: ...
    def exec_part(
        self,
        y: _Buffer,
        outs: list[Any],
        offset: int,
        total: int,
        first: int,
        n_frames: int,
        n_threads: int,
    ) -> None: ...
    def memory(self, n_signals: int, n_samples: int, n_threads: int) -> int: ...
    def flops(self, n_samples: int) -> float: ...

@final
class FeatureStream:
    def __new__(
        cls, plan: Features, n_channels: int, source: FeatureStream | None = None
    ) -> Self: ...
    @property
    def plan(self) -> Features: ...
    @property
    def n_channels(self) -> int: ...
    @property
    def broken(self) -> bool: ...
    @property
    def latency(self) -> int: ...
    def copy(self) -> FeatureStream: ...
    def ready(self, n_samples: int) -> int: ...
    def pending(self) -> int: ...
    def reset(self) -> None: ...
    def push(self, chunk: _Buffer, outs: list[Any], n_threads: int) -> int: ...
    def flush(self, outs: list[Any], n_threads: int) -> int: ...

def rms_spectra(S: _Buffer, n_fft: int, out: _Buffer, n_threads: int) -> None: ...
def bands_inverse(
    matrix: _Buffer, power: float, M: _Buffer, out: _Buffer, n_threads: int
) -> None: ...
def phase_vocoder(
    D: _Buffer,
    phases: _Buffer | None,
    advance: _Buffer,
    rate: float,
    out: _Buffer,
    n_threads: int,
) -> None: ...
def angles_are_libm(re: _Buffer, im: _Buffer, angles: _Buffer) -> bool: ...
def db_to_power(x: _Buffer, out: _Buffer, n_threads: int) -> bool: ...

@final
class Yin:
    def __new__(
        cls,
        *,
        sr: float,
        fmin: float,
        fmax: float,
        frame_length: int,
        hop_length: int,
        pad: int,
        pad_mode: int,
        trough_threshold: float = 0.1,
        probabilistic: bool = False,
        n_thresholds: int = 100,
        beta_a: float = 2,
        beta_b: float = 18,
        boltzmann: float = 2,
        no_trough_prob: float = 0.01,
        resolution: float = 0.1,
        max_transition_rate: float = 35.92,
        switch_prob: float = 0.01,
        n_pitch_bins: int = 0,
    ) -> Self: ...
    @property
    def probabilistic(self) -> bool: ...
    def n_frames(self, n_samples: int) -> int: ...
    def exec(self, y: _Buffer, f0: _Buffer, n_threads: int) -> None: ...
    def exec_probabilistic(
        self, y: _Buffer, f0: _Buffer, voiced: _Buffer, voiced_prob: _Buffer, n_threads: int
    ) -> None: ...

@final
class Reassigned:
    def __new__(
        cls,
        *,
        sr: float,
        n_fft: int,
        hop_length: int,
        window: _Buffer,
        center: bool,
        pad_mode: int,
        least: float,
        fill: bool,
        clip: bool,
    ) -> Self: ...
    @property
    def n_bins(self) -> int: ...
    def n_frames(self, n_samples: int) -> int: ...
    def exec(
        self,
        y: _Buffer,
        S: _Buffer | None,
        frequencies: _Buffer | None,
        times_: _Buffer | None,
        magnitudes: Any,
        n_threads: int,
    ) -> None: ...
