/* The path of probabilistic YIN, for one tier and one element type: included after simd_kernels.h, once per type. */

/* a = max(a, x + s) and b = max(b, x + t), for arrays of any length. */
static void KN(raise_sums)(void *a_, const void *s_, void *b_, const void *t_, double x_, size_t n)
{
    real *a = a_, *b = b_;
    const real *s = s_, *t = t_, x = (real)x_;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        v_store(a + i, v_max(v_set(x) + v_load(s + i), v_load(a + i)));
        v_store(b + i, v_max(v_set(x) + v_load(t + i), v_load(b + i)));
    }
    for (; i < n; i++) {
        a[i] = x + s[i] > a[i] ? x + s[i] : a[i];
        b[i] = x + t[i] > b[i] ? x + t[i] : b[i];
    }
}
