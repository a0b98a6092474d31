"""fastspec against what people use today, and against the FFT alone.

    python -m benchmarks [--quick] [--only log-mel] [--json FILE] [--chart FILE.png]
                         [--simd TIER] [--fft ENGINE] [--clock cpu] [--from FILE]
    python -m benchmarks.pipeline [RECORDING ...]      a program that calls librosa, patched or not

What is measured
----------------
`benchmarks.cases` is the table of features: the STFT (into a fresh array and into ``out=``), its
inverse, mel, log-mel and MFCC as librosa defines them (22 050 Hz, 2048/512, 128 bands),
Griffin-Lim with 32 iterations, Whisper's log-mel and a Kaldi-like filter bank (16 kHz, 400/160, 80
bands), on 1, 30 and 600 seconds of one synthetic recording in float32. `benchmarks.peers` says how
each library computes each feature; what a user would make once (plans, modules, filter banks,
tensors that share the array's memory) is made outside the timed call.

``FFTW alone`` is the floor: the FFTs of the same frames and nothing else, on a few frames of
aligned scratch that stay in the first-level cache, from the library that the pyfftw wheel carries
(and that fastspec loads too), planned by ESTIMATE and by MEASURE. ``fastspec over FFTW`` is our
plan with ``engine='fftw'`` and ``planner='measure'``.

How
---
All contestants of a row take turns (A B C A B C ...) on the same input in one process until the
row's time is used up: whatever else the machine does hits all of them alike. A sample is the mean
of as many calls as fill a millisecond, an untimed call goes before each turn of a short one, and a
call's time includes the release of its result. The tables give the median and the quartiles of the
samples. One table has one thread for everybody (the variables that OpenMP, MKL, OpenBLAS and Numba
read are set before the process starts), a second one all cores, for the libraries that can use
them. The CPU time of every contestant is recorded: one that kept more cores busy than it was given
is named, and so is a machine that had other work to do. That holds up long calls more than short
ones and flatters whoever is fast: on such a machine ``--clock cpu`` takes the CPU time of the
process (user's and system's, of all threads) for the table of one thread instead of the wall
clock's. In the table of all cores, a shared machine's figures say little.

Results are compared before they are timed: a note names each library whose result differs from
librosa's (or, where librosa lacks the feature, from the first one's) by more than 1e-3 of its
peak; for Griffin-Lim, whose spectral convergence differs by more than 0.02.

Import time (beyond NumPy's), the time of the first call and the peak of resident memory come from
fresh processes, one per library and length (`benchmarks.fresh`).

A row is lost if any library's median is below ours; the lost rows are listed at the end.
"""
