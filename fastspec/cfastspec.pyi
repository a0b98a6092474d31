# Nothing for Python: functions for `cimport`, see cfastspec.pxd.
