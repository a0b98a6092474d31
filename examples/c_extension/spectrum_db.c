/* A C extension that uses fastspec through its capsule: spectrum_db.power(y, out, n_fft) fills out, frames x bins, from y; both are
 * contiguous buffers of float32. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define FSPEC_USE_API
#include <fastspec_api.h>

static PyObject *power(PyObject *self, PyObject *args) {
    Py_buffer y, out;
    long long n_fft;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*w*L", &y, &out, &n_fft))
        return NULL;

    fspec_frontend_config config;
    fspec_frontend *plan = NULL;
    fspec_frontend_config_init(&config);
    config.output = FSPEC_OUT_SPECTRUM;
    config.n_fft = n_fft;
    config.hop_length = n_fft / 4;
    fspec_status status = fspec_frontend_create(&config, &plan);
    if (status == FSPEC_OK) {
        int64_t n = y.len / (Py_ssize_t)sizeof(float), n_bins = fspec_frontend_n_bins(plan);
        int64_t n_frames = fspec_frontend_n_frames(plan, n);
        fspec_signal signal = {y.buf, n, sizeof(float), FSPEC_FLOAT32, 0};
        fspec_matrix matrix = {out.buf, sizeof(float), n_bins * (int64_t)sizeof(float)};
        if (out.len / (Py_ssize_t)sizeof(float) != n_frames * n_bins) {
            status = FSPEC_BAD_ARGUMENT;
        } else {
            Py_BEGIN_ALLOW_THREADS
            status = fspec_frontend_exec(plan, &signal, &matrix, 1, FSPEC_FLOAT32, NULL);
            Py_END_ALLOW_THREADS
        }
        fspec_frontend_free(plan);
    }
    PyBuffer_Release(&y);
    PyBuffer_Release(&out);
    if (status != FSPEC_OK)
        return PyErr_Format(PyExc_ValueError, "%s: %s", fspec_status_argument(status), fspec_status_string(status));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"power", power, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "spectrum_db", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_spectrum_db(void) {
    return fspec_import() < 0 ? NULL : PyModule_Create(&module);
}
