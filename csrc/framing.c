/* SPDX-License-Identifier: BSD-3-Clause */
#include "framing.h"

#include <string.h>

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && a < 0);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    return a - floor_div(a, b) * b;
}

int64_t fs_n_frames(const fs_framing *f, int64_t n_samples)
{
    /* In this order nothing overflows: 2 * pad - n_fft is at most 0. */
    int64_t room = n_samples < 1 ? -1 : n_samples + (2 * f->pad - f->n_fft), more = room / f->hop;
    return room < 0 ? 0 : more < INT64_MAX ? 1 + more : more;
}

int64_t fs_n_settled(const fs_framing *f, int64_t n_samples)
{
    /* Reflection about the first sample reaches `pad` samples in; a shorter signal would be reflected more than once. */
    if (n_samples < f->pad + 1 || n_samples < f->n_fft - f->pad)
        return 0;
    return 1 + (n_samples - (f->n_fft - f->pad)) / f->hop;
}

int64_t fs_first_needed(const fs_framing *f, int64_t frame, int64_t n_samples)
{
    int64_t first = frame * f->hop - f->pad, mirrored = n_samples - f->pad - 1;
    if (mirrored < first)
        first = mirrored;
    return first < 0 ? 0 : first;
}

size_t fs_sample_size(fspec_dtype dtype)
{
    switch (dtype) {
    case FSPEC_FLOAT32: return 4;
    case FSPEC_FLOAT64: return 8;
    case FSPEC_INT16: return 2;
    default: return 0;
    }
}

static const char *address(const fs_source *s, int64_t position)
{
    return (const char *)s->signal.data + (position - s->base) * s->signal.stride;
}

const void *fs_direct(const fs_source *s, int64_t begin, int64_t n, int is_double)
{
    if (begin < s->base || begin + n > s->base + s->signal.n_samples || s->signal.byte_swapped
        || s->signal.dtype != (is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32) || s->signal.stride != (is_double ? 8 : 4))
        return NULL;
    const char *p = address(s, begin);
    return (uintptr_t)p % (is_double ? 8 : 4) ? NULL : p;
}

static double read_sample(const char *p, fspec_dtype dtype, int swapped)
{
    if (dtype == FSPEC_FLOAT64) {
        uint64_t bits;
        double x;
        memcpy(&bits, p, 8);
        if (swapped)
            bits = __builtin_bswap64(bits);
        memcpy(&x, &bits, 8);
        return x;
    }
    if (dtype == FSPEC_FLOAT32) {
        uint32_t bits;
        float x;
        memcpy(&bits, p, 4);
        if (swapped)
            bits = __builtin_bswap32(bits);
        memcpy(&x, &bits, 4);
        return (double)x;
    }
    uint16_t bits;
    int16_t x;
    memcpy(&bits, p, 2);
    if (swapped)
        bits = __builtin_bswap16(bits);
    memcpy(&x, &bits, 2);
    return (double)x;
}

/* n samples from inside the source. Contiguous samples in native order have loops of their own, which compilers vectorise. */
static void convert(const fs_source *s, int64_t begin, int64_t n, void *out, int is_double, double scale)
{
    const fspec_signal *signal = &s->signal;
    const char *p = address(s, begin);
    const int64_t stride = signal->stride;
    const size_t size = fs_sample_size(signal->dtype);
    const int plain = !signal->byte_swapped && stride == (int64_t)size && (uintptr_t)p % size == 0;
    const float factor = signal->dtype == FSPEC_INT16 ? (float)scale : 1;
    double *wide = out;
    float *narrow = out;
    if (signal->dtype != FSPEC_INT16)
        scale = 1;
    if (fs_direct(s, begin, n, is_double)) {
        memcpy(out, p, (size_t)n * size);
    } else if (plain && signal->dtype == FSPEC_INT16 && is_double) {
        for (int64_t i = 0; i < n; i++)
            wide[i] = (double)((const int16_t *)p)[i] * scale;
    } else if (plain && signal->dtype == FSPEC_INT16) {
        for (int64_t i = 0; i < n; i++)
            narrow[i] = (float)((const int16_t *)p)[i] * factor;
    } else if (plain && signal->dtype == FSPEC_FLOAT32) {
        for (int64_t i = 0; i < n; i++)
            wide[i] = (double)((const float *)p)[i];
    } else if (plain) {
        for (int64_t i = 0; i < n; i++)
            narrow[i] = (float)((const double *)p)[i];
    } else if (is_double) {
        for (int64_t i = 0; i < n; i++)
            wide[i] = read_sample(p + i * stride, signal->dtype, signal->byte_swapped) * scale;
    } else {
        for (int64_t i = 0; i < n; i++)
            narrow[i] = (float)read_sample(p + i * stride, signal->dtype, signal->byte_swapped) * factor;
    }
}

/* Where librosa's reflection of the end turns round at the latest: the start of its first frame that runs over the end. It
 * pads the two ends separately, unless their frames meet. */
static int64_t tail_origin(const fs_framing *f, int64_t total)
{
    int64_t start_k = (f->pad + f->hop - 1) / f->hop;
    int64_t tail_k = floor_div(total + f->pad - f->n_fft, f->hop) + 1;
    return f->librosa_tail && tail_k > start_k ? tail_k * f->hop - f->pad : 0;
}

/* Which sample stands at a position outside [0, total), and times what. */
static int64_t edge_sample(const fs_framing *f, int64_t total, int64_t tail, int64_t position, double *factor)
{
    int64_t at = 0;
    *factor = 1;
    switch (f->pad_mode) {
    case FSPEC_PAD_CONSTANT:
        *factor = 0;
        at = total - 1; /* any that a stream still holds */
        break;
    case FSPEC_PAD_EDGE:
        at = position < 0 ? 0 : total - 1;
        break;
    case FSPEC_PAD_LINEAR_RAMP:
        at = position < 0 ? 0 : total - 1;
        *factor = (double)(position < 0 ? position + f->pad : total + f->pad - 1 - position) / (double)f->pad;
        break;
    case FSPEC_PAD_REFLECT: {
        int64_t origin = position < 0 ? 0 : tail, n = total - origin, period = 2 * (n - 1);
        at = n == 1 ? 0 : floor_mod(position - origin, period);
        at = origin + (at < n ? at : period - at);
        break;
    }
    case FSPEC_PAD_SYMMETRIC:
        at = floor_mod(position, 2 * total);
        at = at < total ? at : 2 * total - 1 - at;
        break;
    }
    return at;
}

static void fetch_edge(const fs_framing *f, const fs_source *s, int64_t total, int64_t begin, int64_t n, void *out,
                       int is_double, double scale)
{
    int64_t tail = f->pad_mode == FSPEC_PAD_REFLECT ? tail_origin(f, total) : 0;
    if (s->signal.dtype != FSPEC_INT16)
        scale = 1;
    for (int64_t i = 0; i < n; i++) {
        double factor;
        const char *p = address(s, edge_sample(f, total, tail, begin + i, &factor));
        const double x = factor == 0 ? 0 : read_sample(p, s->signal.dtype, s->signal.byte_swapped);
        /* Converted as the interior is, and only then faded: a stream's history holds converted samples. */
        if (is_double)
            ((double *)out)[i] = factor * (x * scale);
        else
            ((float *)out)[i] = (float)(factor * (double)((float)x * (float)scale));
    }
}

void fs_fetch(const fs_framing *f, const fs_source *s, int64_t begin, int64_t n, void *out, int is_double, double scale)
{
    const size_t size = is_double ? 8 : 4;
    const int64_t total = s->total < 0 ? s->base + s->signal.n_samples : s->total;
    char *p = out;
    int64_t end = begin + n, left = begin < 0 ? (end < 0 ? n : -begin) : 0;
    int64_t right = end > total ? (begin > total ? n : end - total) : 0;
    if (left)
        fetch_edge(f, s, total, begin, left, p, is_double, scale);
    if (n - left - right > 0)
        convert(s, begin + left, n - left - right, p + (size_t)left * size, is_double, scale);
    if (right)
        fetch_edge(f, s, total, end - right, right, p + (size_t)(n - right) * size, is_double, scale);
}
