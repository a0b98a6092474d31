"""librosa's namespace: fastspec's functions where it has them, librosa's where it has not.

Change the import, and nothing else::

    from fastspec import librosa_compat as librosa

    librosa.feature.mfcc(y=y, sr=sr)  # fastspec.mfcc
    librosa.beat.beat_track(y=y, sr=sr)  # librosa's own

librosa need not be installed. Where it is, it is imported when something is asked for that only it
has. `docs/librosa.md` lists the functions; `fastspec.patch_librosa` is for programs that import
librosa itself.
"""

from fastspec.librosa_compat._namespace import attach

__getattr__, __dir__, __all__ = attach(__name__)
