/* Rows of chroma: folded, thresholded, quantised; simd_time.h smooths them. For one tier and one element type: included after
 * simd_cqt.h, once per type.
 *
 * Rows are whole vectors with the values of one frame side by side; every value sums its terms in one fixed order. */

/* V vectors of F frames. */
FS_INLINE void KN(fold_block)(real *out, size_t out_pitch, const real *x, size_t pitch, const real *weights, size_t n_in,
                              const int F, const int V)
{
    vec sum[4][2];
    for (int f = 0; f < F; f++)
        for (int v = 0; v < V; v++)
            sum[f][v] = v_set(0);
    for (size_t k = 0; k < n_in; k++, weights += out_pitch) {
        const vec a = v_load(weights), b = v_load(weights + (V > 1 ? LANES : 0));
        for (int f = 0; f < F; f++) {
            const vec value = v_set(x[(size_t)f * pitch + k]);
            sum[f][0] = v_fma(value, a, sum[f][0]);
            if (V > 1)
                sum[f][1] = v_fma(value, b, sum[f][1]);
        }
    }
    for (int f = 0; f < F; f++)
        for (int v = 0; v < V; v++)
            v_store(out + (size_t)f * out_pitch + v * LANES, sum[f][v]);
}

static void KN(fold_rows)(void *out_, size_t out_pitch, const void *x_, size_t pitch, size_t n_rows, const void *weights_,
                          size_t n_in)
{
    const real *weights = weights_;
    for (size_t c = 0, width; c < out_pitch; c += width) {
        real *out = (real *)out_ + c;
        const real *x = x_;
        width = out_pitch - c >= 2 * LANES ? 2 * LANES : LANES;
        for (size_t left = n_rows, n; left; left -= n, out += n * out_pitch, x += n * pitch) {
            n = left >= 4 ? 4 : 1;
            if (n == 4 && width > LANES)
                KN(fold_block)(out, out_pitch, x, pitch, weights + c, n_in, 4, 2);
            else if (n == 4)
                KN(fold_block)(out, out_pitch, x, pitch, weights + c, n_in, 4, 1);
            else if (width > LANES)
                KN(fold_block)(out, out_pitch, x, pitch, weights + c, n_in, 1, 2);
            else
                KN(fold_block)(out, out_pitch, x, pitch, weights + c, n_in, 1, 1);
        }
    }
}

static void KN(drop_small)(void *x_, size_t n, double threshold)
{
    real *x = x_;
    const vec least = v_set((real)threshold);
    for (size_t i = 0; i < n; i += LANES)
        v_store(x + i, v_select(v_load(x + i) < least, v_set(0), v_load(x + i)));
}

static void KN(quantise)(void *x_, size_t n, const double *steps, const double *heights, size_t n_steps)
{
    real *x = x_;
    for (size_t i = 0; i < n; i += LANES) {
        const vec value = v_load(x + i);
        vec sum = v_set(0);
        for (size_t s = 0; s < n_steps; s++)
            sum = sum + v_select(value > v_set((real)steps[s]), v_set((real)heights[s]), v_set(0));
        v_store(x + i, sum);
    }
}
