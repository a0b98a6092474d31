"""One-line swaps: the interfaces of other libraries' front ends over fastspec's plans.

`fastspec.compat.transformers`, `fastspec.compat.kaldi` (torchaudio's) and `fastspec.compat.knf`
(kaldi-native-fbank's) are imported by name. None of them imports the library that it stands for.
"""
