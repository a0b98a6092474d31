/* Where frame t lies in the signal, and what it holds beyond the ends. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_FRAMING_H
#define FSPEC_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#include "fastspec.h"

typedef struct fs_framing {
    int64_t n_fft, hop, pad; /* frame t holds samples [t * hop - pad, t * hop - pad + length), */
    int64_t length;          /* and zeros up to n_fft */
    int64_t pad_right;       /* samples behind the signal that frames may reach to */
    fspec_pad_mode pad_mode;
    int librosa_tail;
    int64_t drop;                    /* frames left out at the end */
    int64_t append, least, multiple; /* zeros behind the signal: so many, then up to a length, then up to a multiple of one */
    double preemphasis;              /* of the whole signal */
} fs_framing;

/* A stretch of one channel: its samples [base, base + signal.n_samples). `total` is the channel's length, or -1 while that is
 * not known. */
typedef struct fs_source {
    fspec_signal signal;
    int64_t base, total;
} fs_source;

int64_t fs_n_frames(const fs_framing *framing, int64_t n_samples);
/* How many frames can be computed from the first n_samples samples of a signal whatever follows them. */
int64_t fs_n_settled(const fs_framing *framing, int64_t n_samples);
/* Frame t is settled by t * hop + fs_latency samples, if there are as many as reflection about the first one takes. */
int64_t fs_latency(const fs_framing *framing);
/* The first sample that the frames from number `frame` on can need, edges at the end of the signal included. */
int64_t fs_first_needed(const fs_framing *framing, int64_t frame, int64_t n_samples);
/* The samples [*begin, *end) of a signal of n_samples that hold all that frames [first, first + n_frames) need, n_frames >= 1,
 * edges included; where they need none, both are 0. */
void fs_needed(const fs_framing *framing, int64_t n_samples, int64_t first, int64_t n_frames, int64_t *begin, int64_t *end);
/* The most samples that fs_first_needed leaves when no frame is settled; -1 if that overflows. */
int64_t fs_most_needed(const fs_framing *framing);

/* Writes samples [begin, begin + n) of the padded and pre-emphasised signal to out, as float or double. int16 samples are
 * multiplied by scale. */
void fs_fetch(const fs_framing *framing, const fs_source *source, int64_t begin, int64_t n, void *out, int is_double,
              double scale);
/* Samples from inside the source, converted alone. */
void fs_convert(const fs_source *source, int64_t begin, int64_t n, void *out, int is_double, double scale);

/* The address of sample `begin`, if [begin, begin + n) lies inside the source and needs no conversion; else NULL. */
const void *fs_direct(const fs_source *source, int64_t begin, int64_t n, int is_double);

/* Bytes of one sample; 0 for a type that signals cannot have. */
size_t fs_sample_size(fspec_dtype dtype);

#endif
