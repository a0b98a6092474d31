/* Long transforms of one signal at a time, on the kernels of the built-in engine. SPDX-License-Identifier: BSD-3-Clause
 *
 * m = n1 * n2 complex values as n1 rows of n2: the columns are transformed, turned, and then the rows, a lane for each. Both
 * steps go in groups of FS_MAX_LANES, any of which may be done by any thread. */
#ifndef FSPEC_FFT_LONG_H
#define FSPEC_FFT_LONG_H

#include "fft_lanes.h"

enum {
    FS_LONG_LEAST = 32, /* values of a transform */
    FS_LONG_SLACK = 2 * FS_MAX_LANES /* complex values beyond the end of an array that may be read, whatever they are */
};

typedef struct fs_long {
    int64_t m, n1, n2, pitch; /* pitch: complex values from row to row between the two steps */
    fs_lanes *columns, *rows;
    void *memory, *coarse, *fine, *turns;
} fs_long;

/* Tables for m values, 5-smooth and at least FS_LONG_LEAST; `pairs`: for real signals of 2 m samples too. */
fspec_status fs_long_create(int64_t m, int is_double, int pairs, fs_long **transform);
void fs_long_free(fs_long *transform);
int fs_is_smooth(int64_t n);

/* Takes one worker's scratch from an arena. */
void fs_long_take(const fs_long *transform, fs_arena *arena, fs_long_desk *desk);
/* Complex values that must be at `middle`. */
int64_t fs_long_middle(const fs_long *transform);
int64_t fs_long_column_groups(const fs_long *transform);
int64_t fs_long_row_groups(const fs_long *transform);
/* Groups [begin, end) of the columns, from m values (and slack) to the middle; and of the rows, from there to m values: the
 * unscaled transform, or inverse transform. */
void fs_long_columns(const fs_long *transform, const fs_long_desk *desk, const void *in, void *middle, int64_t begin,
                     int64_t end, int inverse);
void fs_long_rows(const fs_long *transform, const fs_long_desk *desk, const void *middle, void *out, int64_t begin, int64_t end,
                  int inverse);
/* The transform of m pairs of real samples (and slack) to bins 0 ... m of the real one, times 2, or back from bins; in pieces
 * of FS_LONG_PIECE pairs k and m - k. The imaginary parts of bins 0 and m are taken as 0. */
enum { FS_LONG_PIECE = 4096 };
int64_t fs_long_pieces(const fs_long *transform);
void fs_long_pairs(const fs_long *transform, void *out, const void *in, int64_t begin, int64_t end, int inverse);

#endif
