/* Running ranks, for one tier and one element type: included after simd_kernels.h, once per type. Lanes are series. */

/* Of sorted windows [rank][lane] of `size` values: each step writes the row `rank`, then puts the value that enters in the
 * place of the one that leaves, which is in the window. In one pass: values from the leaving one on move down, then from the
 * entering one on up. */
static void KN(running_rank)(void *out_, void *sorted_, const void *leaving_, const void *entering_, size_t size, size_t rank,
                             size_t n)
{
    real *out = out_, *sorted = sorted_;
    const real *leaving = leaving_, *entering = entering_;
    for (size_t t = 0; t < n; t++, out += LANES, leaving += LANES, entering += LANES) {
        const vec old = v_load(leaving), new = v_load(entering);
        v_store(out, v_load(sorted + rank * LANES));
        vec here = v_load(sorted), below = here;
        /* What is below the first is never more than it: the entering value itself will do. */
        below = v_min(below, new);
        for (size_t i = 0; i + 1 < size; i++) {
            const vec next = v_load(sorted + (i + 1) * LANES);
            const vec left = v_select(here >= old, next, here);
            v_store(sorted + i * LANES, v_max(below, v_min(left, new)));
            below = left;
            here = next;
        }
        v_store(sorted + (size - 1) * LANES, v_max(below, new));
    }
}
