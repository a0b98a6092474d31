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

/* The signal's length with the zeros behind it; as much of it as fits. */
static int64_t whole_length(const fs_framing *f, int64_t n_samples)
{
    int64_t n = n_samples < INT64_MAX - f->append ? n_samples + f->append : INT64_MAX;
    if (n < f->least)
        n = f->least;
    const int64_t rest = f->multiple > 1 ? n % f->multiple : 0, more = rest ? f->multiple - rest : 0;
    return n < INT64_MAX - more ? n + more : INT64_MAX;
}

int64_t fs_n_frames(const fs_framing *f, int64_t n_samples)
{
    int64_t room = -1;
    if (n_samples >= 1 && __builtin_add_overflow(whole_length(f, n_samples), f->pad + f->pad_right - f->length, &room))
        room = INT64_MAX;
    const int64_t more = room / f->hop, n = room < 0 ? 0 : more < INT64_MAX ? 1 + more : more;
    return n > f->drop ? n - f->drop : 0;
}

/* Reflection about the first sample reaches so many samples in; a shorter signal would be reflected more than once. */
static int64_t mirrored_at_first(const fs_framing *f)
{
    return f->pad_mode == FSPEC_PAD_REFLECT ? f->pad + 1 : f->pad_mode == FSPEC_PAD_SYMMETRIC ? f->pad : 1;
}

int64_t fs_n_settled(const fs_framing *f, int64_t n_samples)
{
    if (n_samples < 1 || n_samples < mirrored_at_first(f) || n_samples < f->length - f->pad)
        return 0;
    /* More samples never mean fewer frames, so what there is now will not be left out. */
    const int64_t whole = 1 + (n_samples - (f->length - f->pad)) / f->hop, all = fs_n_frames(f, n_samples);
    return whole < all ? whole : all;
}

int64_t fs_latency(const fs_framing *f)
{
    const int64_t held = f->length - f->pad, counted = f->drop * f->hop + held - f->pad_right - f->append;
    return held > counted ? held : counted;
}

int64_t fs_first_needed(const fs_framing *f, int64_t frame, int64_t n_samples)
{
    int64_t first = frame * f->hop - f->pad, mirrored = n_samples - (f->pad_right > 0 ? f->pad_right : 0) - 1;
    if (mirrored < first)
        first = mirrored;
    if (f->preemphasis != 0)
        first--;
    return first < 0 ? 0 : first;
}

int64_t fs_most_needed(const fs_framing *f)
{
    const int64_t right = f->pad_right < 0 ? -f->pad_right : f->pad_right, left = f->pad < 0 ? 0 : f->pad;
    int64_t most = f->length + left + right + 2, waiting;
    if (__builtin_mul_overflow(f->drop, f->hop, &waiting) || __builtin_add_overflow(most, waiting, &most))
        return -1;
    return most;
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
void fs_convert(const fs_source *s, int64_t begin, int64_t n, void *out, int is_double, double scale)
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
        *factor = position < 0 ? (double)(position + f->pad) / (double)f->pad
                               : (double)(total + f->pad_right - 1 - position) / (double)f->pad_right;
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

/* The sample at a position of the signal as the plan's type, and pre-emphasised; 0 from `real` on, where zeros were added. */
static double single_value(const fs_framing *f, const fs_source *s, int64_t real, int64_t at, int is_double, double scale)
{
    double x[2] = {0, 0};
    if (at >= real)
        return 0;
    for (int i = 0; i < (f->preemphasis != 0 && at > 0 ? 2 : 1); i++) {
        x[i] = read_sample(address(s, at - i), s->signal.dtype, s->signal.byte_swapped);
        x[i] = is_double ? x[i] * scale : (double)((float)x[i] * (float)scale);
    }
    if (f->preemphasis == 0)
        return x[0];
    return is_double ? x[0] - f->preemphasis * x[1] : (double)((float)x[0] - (float)f->preemphasis * (float)x[1]);
}

static void fetch_edge(const fs_framing *f, const fs_source *s, int64_t real, int64_t total, int64_t begin, int64_t n,
                       void *out, int is_double, double scale)
{
    int64_t tail = f->pad_mode == FSPEC_PAD_REFLECT ? tail_origin(f, total) : 0;
    if (s->signal.dtype != FSPEC_INT16)
        scale = 1;
    for (int64_t i = 0; i < n; i++) {
        double factor;
        const int64_t at = edge_sample(f, total, tail, begin + i, &factor);
        /* Converted as the interior is, and only then faded: a stream's history holds converted samples. */
        const double x = factor == 0 ? 0 : single_value(f, s, real, at, is_double, scale);
        if (is_double)
            ((double *)out)[i] = factor * x;
        else
            ((float *)out)[i] = (float)(factor * x);
    }
}

/* Pre-emphasis of samples that stand in out; `before` is the one before the first. */
static void emphasise(void *out, int64_t n, double before, double coefficient, int is_double)
{
    if (is_double) {
        double *x = out, last = before;
        for (int64_t i = 0; i < n; i++) {
            const double now = x[i];
            x[i] = now - coefficient * last;
            last = now;
        }
    } else {
        float *x = out, last = (float)before, c = (float)coefficient;
        for (int64_t i = 0; i < n; i++) {
            const float now = x[i];
            x[i] = now - c * last;
            last = now;
        }
    }
}

static void fetch_inside(const fs_framing *f, const fs_source *s, int64_t begin, int64_t n, void *out, int is_double,
                         double scale)
{
    double wide = 0;
    float narrow = 0;
    fs_convert(s, begin, n, out, is_double, scale);
    if (f->preemphasis == 0)
        return;
    if (begin > 0)
        fs_convert(s, begin - 1, 1, is_double ? (void *)&wide : (void *)&narrow, is_double, scale);
    emphasise(out, n, is_double ? wide : (double)narrow, f->preemphasis, is_double);
}

static int64_t within(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

void fs_fetch(const fs_framing *f, const fs_source *s, int64_t begin, int64_t n, void *out, int is_double, double scale)
{
    const size_t size = is_double ? 8 : 4;
    const int64_t real = s->total < 0 ? s->base + s->signal.n_samples : s->total, end = begin + n;
    const int64_t total = s->total < 0 ? real : whole_length(f, real);
    /* Before the signal; in it; zeros behind it; behind those. */
    const int64_t inside = within(0, begin, end), zeros = within(real, begin, end), behind = within(total, begin, end);
    char *p = out;
    if (inside > begin)
        fetch_edge(f, s, real, total, begin, inside - begin, p, is_double, scale);
    if (zeros > inside)
        fetch_inside(f, s, inside, zeros - inside, p + (size_t)(inside - begin) * size, is_double, scale);
    if (behind > zeros)
        memset(p + (size_t)(zeros - begin) * size, 0, (size_t)(behind - zeros) * size);
    if (end > behind)
        fetch_edge(f, s, real, total, behind, end - behind, p + (size_t)(behind - begin) * size, is_double, scale);
}

/* ---- what frames need --------------------------------------------------------------------------------------------- */

/* Adds samples [from, to), if there are any, to a stretch that is empty while *begin >= *end. */
static void cover(int64_t from, int64_t to, int64_t *begin, int64_t *end)
{
    if (from >= to)
        return;
    const int empty = *begin >= *end;
    if (empty || from < *begin)
        *begin = from;
    if (empty || to > *end)
        *end = to;
}

/* What the positions [from, to) before the signal are made of; to <= 0. */
static void cover_left(const fs_framing *f, int64_t total, int64_t from, int64_t to, int64_t *begin, int64_t *end)
{
    switch (f->pad_mode) {
    case FSPEC_PAD_CONSTANT: break;
    case FSPEC_PAD_EDGE:
    case FSPEC_PAD_LINEAR_RAMP: cover(0, 1, begin, end); break;
    case FSPEC_PAD_REFLECT:
        cover(-from < total ? 1 - to : 0, -from < total ? 1 - from : total, begin, end);
        break;
    case FSPEC_PAD_SYMMETRIC: cover(-from <= total ? -to : 0, -from <= total ? -from : total, begin, end); break;
    }
}

/* The same of positions behind it; from >= total. */
static void cover_right(const fs_framing *f, int64_t total, int64_t from, int64_t to, int64_t *begin, int64_t *end)
{
    const int64_t origin = f->pad_mode == FSPEC_PAD_REFLECT ? within(tail_origin(f, total), 0, total - 1) : 0;
    const int64_t mirrored = 2 * total - 1 - to;
    switch (f->pad_mode) {
    case FSPEC_PAD_CONSTANT: break;
    case FSPEC_PAD_EDGE:
    case FSPEC_PAD_LINEAR_RAMP: cover(total - 1, total, begin, end); break;
    case FSPEC_PAD_REFLECT:
        cover(mirrored >= origin ? mirrored : origin, mirrored >= origin ? 2 * total - 1 - from : total, begin, end);
        break;
    case FSPEC_PAD_SYMMETRIC:
        cover(mirrored + 1 >= 0 ? mirrored + 1 : 0, mirrored + 1 >= 0 ? 2 * total - from : total, begin, end);
        break;
    }
}

void fs_needed(const fs_framing *f, int64_t n_samples, int64_t first, int64_t n_frames, int64_t *begin, int64_t *end)
{
    const int64_t total = whole_length(f, n_samples), from = first * f->hop - f->pad;
    const int64_t to = (first + n_frames - 1) * f->hop - f->pad + f->length;
    *begin = *end = 0;
    cover(within(from, 0, n_samples), within(to, 0, n_samples), begin, end);
    if (from < 0)
        cover_left(f, total, from, to < 0 ? to : 0, begin, end);
    if (to > total)
        cover_right(f, total, from > total ? from : total, to, begin, end);
    if (*end > n_samples) /* zeros behind the signal */
        *end = n_samples;
    if (*begin >= *end)
        *begin = *end = 0;
    else if (f->preemphasis != 0 && *begin > 0)
        --*begin;
}
