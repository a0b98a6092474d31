/* Kernels of speech front ends, for one tier and one element type: included after simd_kernels.h, once per type. */

/* Lanes are frames: every lane's sums run over its own samples, in one order. */
static void KN(condition)(void *panel_, size_t pitch, size_t n, const fs_condition *spec, void *energy_)
{
    real *panel = panel_;
    const real *window = spec->window;
    const vec c = v_set((real)spec->preemphasis);
    vec mean = v_set(0), energy = mean, before;
    if (spec->remove_dc) {
        vec a = v_set(0), b = a, d = a, e = a;
        size_t i = 0;
        for (; i + 4 <= n; i += 4) {
            a += v_load(panel + i * pitch);
            b += v_load(panel + (i + 1) * pitch);
            d += v_load(panel + (i + 2) * pitch);
            e += v_load(panel + (i + 3) * pitch);
        }
        for (; i < n; i++)
            a += v_load(panel + i * pitch);
        mean = ((a + b) + (d + e)) / v_set((real)n);
    }
    before = v_load(panel) - mean;
    for (size_t i = 0; i < n; i++) {
        const vec now = v_load(panel + i * pitch) - mean, y = v_fnma(c, before, now);
        v_store(panel + i * pitch, y);
        if (spec->energy == FSPEC_ENERGY_RAW) {
            energy = v_fma(now, now, energy);
        } else if (spec->energy == FSPEC_ENERGY_WINDOWED) {
            const vec z = y * v_set(window[i]);
            energy = v_fma(z, z, energy);
        }
        before = now;
    }
    if (spec->energy)
        v_store(energy_, energy * v_set((real)spec->energy_scale));
}

#if FS_DOUBLE
FS_INLINE vec KN(root_power)(vec x, double p) { return fs_pow_f64(x, p / 2); }
#else
/* In double, a half at a time, as any_power. */
FS_INLINE vec KN(root_power)(vec x, double p)
{
    enum { HALF = LANES / 2 };
    vec out;
    for (int half = 0; half < 2; half++) {
        fs_vec_f64 wide = {0};
        for (int k = 0; k < HALF; k++)
            wide[k] = (double)x[half * HALF + k];
        wide = fs_pow_f64(wide, p / 2);
        for (int k = 0; k < HALF; k++)
            out[half * HALF + k] = (float)wide[k];
    }
    return out;
}
#endif

static void KN(lift_power)(void *x_, size_t n, double eps_, int most, double p)
{
    real *x = x_;
    const vec eps = v_set((real)eps_);
    for (size_t i = 0; i < n; i += LANES) {
        vec y = v_load(x + i);
        y = most ? v_max(eps, y) : y + eps;
        if (p == 1)
            y = v_sqrt(y);
        else if (p != 2)
            y = KN(root_power)(y, p);
        v_store(x + i, y);
    }
}

static void KN(affine)(void *x_, size_t n, double scale_, double offset_)
{
    real *x = x_;
    const vec scale = v_set((real)scale_), offset = v_set((real)offset_);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(x + i, v_fma(v_load(x + i), scale, offset));
    if (i < n)
        KN(store_part)(x + i, v_fma(KN(load_part)(x + i, n - i, 0), scale, offset), n - i);
}

static void KN(affine_each)(void *x_, size_t n, const void *scale_, const void *offset_)
{
    real *x = x_;
    const real *scale = scale_, *offset = offset_;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(x + i, v_fma(v_load(x + i), v_load(scale + i), v_load(offset + i)));
    if (i < n) {
        const size_t left = n - i;
        KN(store_part)(x + i, v_fma(KN(load_part)(x + i, left, 0), KN(load_part)(scale + i, left, 0),
                                    KN(load_part)(offset + i, left, 0)), left);
    }
}

static void KN(affine_rows)(void *block_, size_t n_rows, const void *scale_, const void *offset_)
{
    real *block = block_;
    const real *scale = scale_, *offset = offset_;
    for (size_t row = 0; row < n_rows; row++)
        v_store(block + row * LANES, v_fma(v_load(block + row * LANES), v_set(scale[row]), v_set(offset[row])));
}
