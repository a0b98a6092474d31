"""librosa.util.utils, with fastspec's functions where it has them."""

from fastspec.librosa_compat._namespace import attach

__getattr__, __dir__, __all__ = attach(__name__)
