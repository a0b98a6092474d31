# Some frames of a signal, and what calls cost. Included by _core.pyx.

def needs(plan, int64_t total, int64_t first, int64_t n_frames):
    """The samples (begin, end) that frames [first, first + n_frames) of a signal need; `plan` is a Frontend or a CqtPlan."""
    cdef int64_t begin = 0, end = 0
    if isinstance(plan, Frontend):
        check(fspec_frontend_needs((<Frontend>plan).plan, total, first, n_frames, &begin, &end))
    else:
        check(fspec_cqt_needs((<CqtPlan?>plan).plan, total, first, n_frames, &begin, &end))
    return begin, end


def exec_part(plan, y, out, int64_t offset, int64_t total, int64_t first, int n_threads):
    """Frames from number `first` on into (..., n_bins, n_frames), of signals of `total` samples; y (..., n) holds those from
    `offset` on. `plan` is a Frontend or a CqtPlan."""
    cdef Array a = Array(y, 1, False)
    cdef Array o = Array(out, 2, True)
    cdef Items items = Items(a.n_items)
    cdef fspec_part *parts
    cdef fspec_call call
    cdef fspec_status status
    cdef const fspec_frontend *frontend = NULL
    cdef const fspec_cqt *cqt = NULL
    cdef int64_t i
    if isinstance(plan, Frontend):
        frontend = (<Frontend>plan).plan
    else:
        cqt = (<CqtPlan?>plan).plan
    expect(o.n_items == a.n_items and o.size(2) == plan.n_bins, "y or out")
    a.fill_signals(items.signals)
    o.fill_matrices(items.matrices)
    begin_call(&call, n_threads, False)
    parts = <fspec_part *>PyMem_Malloc(<size_t>times(a.n_items, sizeof(fspec_part)) + 1)
    if parts == NULL:
        raise MemoryError
    for i in range(a.n_items):
        parts[i].signal = items.signals[i]
        parts[i].offset = offset
        parts[i].total = total
        parts[i].first = first
        parts[i].n_frames = o.size(1)
    with nogil:
        if frontend != NULL:
            status = fspec_frontend_exec_part(frontend, parts, items.matrices, a.n_items, o.dtype, &call)
        else:
            status = fspec_cqt_exec_part(cqt, parts, items.matrices, a.n_items, o.dtype, &call)
    PyMem_Free(parts)
    check(status)


def memory(plan, int64_t n_signals, int64_t n_samples, int n_threads):
    """Bytes that a call allocates at a time, of a Frontend or a CqtPlan; 0 where that overflows, or there are no frames."""
    if isinstance(plan, Frontend):
        return fspec_frontend_memory((<Frontend>plan).plan, n_signals, n_samples, n_threads)
    return fspec_cqt_memory((<CqtPlan?>plan).plan, n_signals, n_samples, n_threads)


def flops(plan, int64_t n_samples):
    """Operations of a call on one signal, about; of an NsgtPlan, of a block."""
    if isinstance(plan, Frontend):
        return fspec_frontend_flops((<Frontend>plan).plan, n_samples)
    if isinstance(plan, NsgtPlan):
        return fspec_nsgt_flops((<NsgtPlan>plan).plan)
    return fspec_cqt_flops((<CqtPlan?>plan).plan, n_samples)


def nsgt_memory(NsgtPlan plan not None, int64_t n_signals, int64_t n_blocks, int n_threads):
    """Bytes that a call of an NsgtPlan allocates at a time; 0 where that overflows."""
    return fspec_nsgt_scratch(plan.plan, n_signals, n_blocks, n_threads)
