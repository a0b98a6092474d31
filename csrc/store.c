/* Blocks to the output, whatever its strides and type. SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "arrays.h"
#include "blocks.h"

int fs_frames_adjacent(const fs_run *r, const fs_seats *l, int64_t element)
{
    return r->out_size == element && l->item[0] == l->item[l->n - 1] && r->items[l->item[0]].out.frame_stride == element;
}

static int bins_adjacent(const fs_run *r, const fs_seats *l, int64_t element)
{
    int adjacent = r->out_size == element;
    for (size_t i = 0; i < l->n; i++)
        adjacent &= r->items[l->item[i]].out.bin_stride == element;
    return adjacent;
}

/* [row][lane] to the output. */
void fs_store_block(const fs_run *r, const fs_seats *l, const void *block, int64_t n_rows)
{
    const fspec_frontend *plan = r->plan;
    const size_t w = l->k->lanes, size = l->k->real_size;
    const int out_double = r->out_dtype == FSPEC_FLOAT64, same = out_double == plan->is_double;
    const fspec_matrix *m = &r->items[l->item[0]].out;
    int alike = 1;
    for (size_t i = 1; i < l->n; i++) {
        const fspec_matrix *other = &r->items[l->item[i]].out;
        alike &= other->bin_stride == m->bin_stride;
    }
    if (same && alike && m->bin_stride == (int64_t)size) {
        l->k->lanes_to_rows((void *const *)l->out, block, (size_t)n_rows, l->n);
    } else if (l->n > 1 && same && fs_frames_adjacent(r, l, (int64_t)size)) {
        for (int64_t row = 0; row < n_rows; row++)
            memcpy(l->out[0] + row * m->bin_stride, (const char *)block + (size_t)row * w * size, l->n * size);
    } else {
        for (size_t i = 0; i < l->n; i++)
            fs_copy_values(l->out[i], r->items[l->item[i]].out.bin_stride, out_double, (const char *)block + i * size,
                           (int64_t)(w * size), plan->is_double, n_rows);
    }
}

void fs_store_complex_row(const fs_run *r, const fs_seats *l, size_t i, const void *spectrum)
{
    const fspec_frontend *plan = r->plan;
    const int64_t size = (int64_t)plan->kernels->real_size, part = r->out_size / 2;
    const int64_t stride = r->items[l->item[i]].out.bin_stride;
    const int out_double = r->out_dtype == FSPEC_COMPLEX128;
    if (stride == 2 * part) {
        fs_copy_values(l->out[i], part, out_double, spectrum, size, plan->is_double, 2 * plan->n_bins);
    } else {
        fs_copy_values(l->out[i], stride, out_double, spectrum, 2 * size, plan->is_double, plan->n_bins);
        fs_copy_values(l->out[i] + part, stride, out_double, (const char *)spectrum + size, 2 * size, plan->is_double,
                       plan->n_bins);
    }
}

/* Bin by bin where the frames of a bin are neighbours: a cache line is then touched once for all lanes. */
void fs_store_complex_rows(const fs_run *r, const fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const size_t size = plan->kernels->real_size;
    for (int64_t bin = 0; bin < plan->n_bins; bin++)
        for (size_t i = 0; i < l->n; i++)
            memcpy(l->out[i] + bin * r->items[l->item[i]].out.bin_stride,
                   (const char *)d->rows + ((size_t)r->pitch * i + (size_t)bin) * 2 * size, 2 * size);
}

/* [bin][re, im][lane] to the output. */
void fs_store_complex_block(const fs_run *r, const fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const size_t w = l->k->lanes, size = l->k->real_size;
    const int64_t part = r->out_size / 2, step = (int64_t)(2 * w * size);
    const int out_double = r->out_dtype == FSPEC_COMPLEX128;
    const char *block = d->complex_block;
    if (bins_adjacent(r, l, 2 * (int64_t)size)) {
        l->k->complex_to_rows((void *const *)l->out, block, (size_t)plan->n_bins, l->n);
        return;
    }
    if (l->n > 1 && fs_frames_adjacent(r, l, 2 * (int64_t)size)) {
        for (int64_t bin = 0; bin < plan->n_bins; bin++) {
            char *to = l->out[0] + bin * r->items[l->item[0]].out.bin_stride;
            fs_copy_values(to, 2 * part, out_double, block + bin * step, (int64_t)size, out_double, (int64_t)l->n);
            fs_copy_values(to + part, 2 * part, out_double, block + bin * step + w * size, (int64_t)size, out_double,
                           (int64_t)l->n);
        }
        return;
    }
    for (size_t i = 0; i < l->n; i++) {
        const int64_t stride = r->items[l->item[i]].out.bin_stride;
        fs_copy_values(l->out[i], stride, out_double, block + i * size, step, plan->is_double, plan->n_bins);
        fs_copy_values(l->out[i] + part, stride, out_double, block + (w + i) * size, step, plan->is_double, plan->n_bins);
    }
}
