"""What librosa 0.11 has in public, module by module: known without importing it."""

from __future__ import annotations

__all__ = ["MODULES", "PARTS", "names_in", "public_modules", "submodules_of"]

PARTS: dict[str, str] = {
    "beat": "beat_track plp tempo",
    "core.audio": (
        "autocorrelate chirp clicks get_duration get_samplerate load lpc mu_compress mu_expand "
        "resample stream to_mono tone zero_crossings"
    ),
    "core.constantq": "cqt griffinlim_cqt hybrid_cqt icqt pseudo_cqt vqt",
    "core.convert": (
        "A4_to_tuning A_weighting B_weighting C_weighting D_weighting Z_weighting "
        "blocks_to_frames blocks_to_samples blocks_to_time cqt_frequencies fft_frequencies "
        "fourier_tempo_frequencies frames_to_samples frames_to_time frequency_weighting hz_to_fjs "
        "hz_to_mel hz_to_midi hz_to_note hz_to_octs hz_to_svara_c hz_to_svara_h mel_frequencies "
        "mel_to_hz midi_to_hz midi_to_note midi_to_svara_c midi_to_svara_h "
        "multi_frequency_weighting note_to_hz note_to_midi note_to_svara_c note_to_svara_h "
        "octs_to_hz samples_like samples_to_frames samples_to_time tempo_frequencies "
        "time_to_frames time_to_samples times_like tuning_to_A4"
    ),
    "core.fft": "get_fftlib set_fftlib",
    "core.harmonic": "f0_harmonics interp_harmonics salience",
    "core.intervals": "interval_frequencies plimit_intervals pythagorean_intervals",
    "core.notation": (
        "fifths_to_note interval_to_fjs key_to_degrees key_to_notes list_mela list_thaat "
        "mela_to_degrees mela_to_svara thaat_to_degrees"
    ),
    "core.pitch": "estimate_tuning piptrack pitch_tuning pyin yin",
    "core.spectrum": (
        "amplitude_to_db db_to_amplitude db_to_power fmt griffinlim iirt istft magphase pcen "
        "perceptual_weighting phase_vocoder power_to_db reassigned_spectrogram stft"
    ),
    "decompose": "decompose hpss nn_filter",
    "display": (
        "AdaptiveWaveplot ChromaFJSFormatter ChromaFormatter ChromaSvaraFormatter FJSFormatter "
        "LogHzFormatter NoteFormatter TimeFormatter TonnetzFormatter cmap specshow waveshow"
    ),
    "effects": "harmonic hpss percussive pitch_shift remix split time_stretch trim",
    "feature.inverse": "mel_to_audio mel_to_stft mfcc_to_audio mfcc_to_mel",
    "feature.rhythm": "fourier_tempogram tempo tempogram tempogram_ratio",
    "feature.spectral": (
        "chroma_cens chroma_cqt chroma_stft chroma_vqt melspectrogram mfcc poly_features rms "
        "spectral_bandwidth spectral_centroid spectral_contrast spectral_flatness "
        "spectral_rolloff tonnetz zero_crossing_rate"
    ),
    "feature.utils": "delta stack_memory",
    "filters": (
        "chroma constant_q constant_q_lengths cq_to_chroma diagonal_filter get_window mel "
        "mr_frequencies semitone_filterbank wavelet wavelet_lengths window_bandwidth "
        "window_sumsquare"
    ),
    "onset": "onset_backtrack onset_detect onset_strength onset_strength_multi",
    "segment": (
        "agglomerative cross_similarity lag_to_recurrence path_enhance recurrence_matrix "
        "recurrence_to_lag subsegment timelag_filter"
    ),
    "sequence": (
        "dtw dtw_backtracking rqa transition_cycle transition_local transition_loop "
        "transition_uniform viterbi viterbi_binary viterbi_discriminative"
    ),
    "util.decorators": "deprecated moved vectorize",
    "util.deprecation": "Deprecated rename_kw",
    "util.exceptions": "LibrosaError ParameterError",
    "util.files": "ex example example_info find_files list_examples",
    "util.matching": "match_events match_intervals",
    "util.utils": (
        "MAX_MEM_BLOCK abs2 axis_sort buf_to_float count_unique cyclic_gradient dtype_c2r "
        "dtype_r2c expand_to fill_off_diagonal fix_frames fix_length frame index_to_slice "
        "is_positive_int is_unique localmax localmin normalize pad_center peak_pick phasor shear "
        "softmask sparsify_rows stack sync tiny valid_audio valid_int valid_intervals"
    ),
}

# Packages show what their parts have, and these names besides.
_PACKAGES: dict[str, str] = {
    "": "LibrosaError ParameterError cache cite ex example show_versions",
    "core": "",
    "feature": "",
    "util": "cite nnls",
}
_SHOWN: dict[str, tuple[str, ...]] = {
    "": tuple(name for name in PARTS if name.startswith("core.")),
    "core": tuple(name for name in PARTS if name.startswith("core.")),
    "feature": ("feature.rhythm", "feature.spectral", "feature.utils"),
    "util": ("util.files", "util.matching", "util.utils"),
}
MODULES = (*_PACKAGES, *PARTS)


def names_in(module: str) -> set[str]:
    """Return the public names of one of librosa's modules, "" being librosa; without modules."""
    if module in PARTS:
        return set(PARTS[module].split())
    shown = " ".join(PARTS[part] for part in _SHOWN[module])
    return set(f"{shown} {_PACKAGES[module]}".split())


def submodules_of(module: str) -> set[str]:
    """Return the names of the modules in one of librosa's packages."""
    inside = module + "." if module else ""
    return {
        name[len(inside) :]
        for name in MODULES
        if name and name.startswith(inside) and "." not in name[len(inside) :]
    }


def public_modules(home: str, name: str) -> set[str]:
    """Return the modules in which a function that is defined in `home` is seen."""
    packages = {package for package, shown in _SHOWN.items() if home in shown}
    return {home, *(package for package in packages if name in names_in(package))}
