from setuptools import Extension, setup

import fastspec

module = Extension("spectrum_db", ["spectrum_db.c"], include_dirs=[fastspec.get_include()])
setup(ext_modules=[module])
