/* Status codes in words. SPDX-License-Identifier: BSD-3-Clause */
#include "fastspec.h"

static const struct {
    const char *argument, *text;
} table[] = {
    [FSPEC_OK] = {"", "success"},
    [FSPEC_NO_MEMORY] = {"", "out of memory"},
    [FSPEC_TOO_LARGE] = {"", "a size computed from the arguments overflows"},
    [FSPEC_CANCELLED] = {"", "cancelled"},
    [FSPEC_NO_ENGINE] = {"", "the FFT engine is not available"},
    [FSPEC_ENGINE_FAILED] = {"", "the FFT engine could not plan this size"},
    [FSPEC_NOT_FINITE] = {"", "the signal holds NaN or infinite values"},
    [FSPEC_TOO_SHORT] = {"", "the signal is empty or shorter than one frame"},
    [FSPEC_BAD_STRUCT] = {"size", "the size field of a config struct is unknown; call its constructor first"},
    [FSPEC_BAD_N_FFT] = {"n_fft", "n_fft must be >= 1"},
    [FSPEC_BAD_HOP_LENGTH] = {"hop_length", "hop_length must be >= 1"},
    [FSPEC_BAD_WINDOW] = {"window", "window must hold n_fft finite values"},
    [FSPEC_BAD_PAD_MODE] = {"pad_mode", "pad_mode is unknown"},
    [FSPEC_BAD_PRECISION] = {"precision", "precision must be FSPEC_SINGLE or FSPEC_DOUBLE"},
    [FSPEC_BAD_POWER] = {"power", "power must be finite and > 0"},
    [FSPEC_BAD_OUTPUT] = {"output", "output is unknown"},
    [FSPEC_BAD_BANDS] = {"bands", "bands must be a finite matrix with n_bands >= 1 rows"},
    [FSPEC_BAD_LOG] = {"log", "log must be known, amin and ref finite and > 0, log_floor not NaN; ref_max and PCEN are for "
                              "bands alone, PCEN without top_db, log_floor and log_add, its constants in range"},
    [FSPEC_BAD_TOP_DB] = {"top_db", "top_db must not be NaN and needs a log"},
    [FSPEC_BAD_DCT] = {"dct", "dct must be a finite matrix with n_ceps >= 1 rows"},
    [FSPEC_BAD_DATA_TYPE] = {"dtype", "the data type is not allowed here"},
    [FSPEC_BAD_ARGUMENT] = {"", "an argument is out of its range"},
    [FSPEC_NOT_STREAMABLE] = {"top_db", "the largest value of the whole signal is needed; give log_floor instead of top_db or "
                                        "ref_max"},
    [FSPEC_AGAIN] = {"", "the data must be given a second time"},
    [FSPEC_BAD_NORM] = {"norm", "norm must be known, its p finite and > 0; it is for bands alone, without top_db and ref_max"},
    [FSPEC_BAD_FRAMES] = {"frame_length", "frame_length, pad_left, pad_right, append, least_samples or multiple is out of its "
                                          "range"},
    [FSPEC_BAD_SAMPLES] = {"preemphasis", "gain, dither or preemphasis is out of its range, or not for this output"},
    [FSPEC_BAD_FEATURES] = {"energy", "magnitude_eps, the logarithm's constants, scale and offset, energy, deltas, normalize "
                                       "or stack is out of its range, or not for this output"},
    [FSPEC_OVER_LIMIT] = {"", "the call needs more scratch than it may take"},
};

static int known(fspec_status status)
{
    return (int)status >= 0 && (size_t)status < sizeof table / sizeof *table;
}

const char *fspec_status_string(fspec_status status)
{
    return known(status) ? table[status].text : "unknown status";
}

const char *fspec_status_argument(fspec_status status)
{
    return known(status) ? table[status].argument : "";
}

const char *fspec_version(void)
{
    return FSPEC_VERSION_STRING;
}
