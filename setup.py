"""Build of the compiled modules: fastspec._core, the Cython wrapper with all of csrc/, and
fastspec.cfastspec, its C functions for others' Cython.

Everything else about the package is in pyproject.toml. Environment variables:

FASTSPEC_WERROR=1                    warnings in our C are errors
FASTSPEC_SANITIZE=address,undefined  instrument (run with LD_PRELOAD of the sanitizer's library)
FASTSPEC_JOBS=2                      how many files to compile at once
"""

import os
import shutil
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import CompileError

# The instruction sets are chosen inside the C files (#pragma GCC target), so all files share one
# set of flags. -ffp-contract=off makes results the same bits on every compiler; -fno-fast-math
# undoes a -ffast-math from the caller's CFLAGS. The Makefile's C tests use the same flags.
FLAGS_UNIX = [
    "-std=c11",
    "-O3",
    "-fno-fast-math",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=hidden",
    "-pthread",
]
HEADERS = sorted(glob("csrc/fastspec*.h"))
# Windows: clang-cl, since the core is written in GCC's and Clang's vectors.
FLAGS_CLANG_CL = ["/std:c11", "/O2", "/fp:precise", "/clang:-ffp-contract=off"]
FLAGS_CLANG_CL += ["/clang:-fno-math-errno", "/clang:-fno-trapping-math"]


def is_ours(source: str) -> bool:
    return os.path.basename(os.path.dirname(source)) == "csrc"


def jobs() -> int:
    if os.environ.get("FASTSPEC_JOBS"):
        return max(1, int(os.environ["FASTSPEC_JOBS"]))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class BuildExt(build_ext):
    """build_ext with flags by compiler, and with the C files compiled side by side."""

    def build_extensions(self) -> None:
        msvc = self.compiler.compiler_type == "msvc"
        sanitize = os.environ.get("FASTSPEC_SANITIZE", "")
        flags, link, warn = list(FLAGS_CLANG_CL), [], ["/W3"]
        if not msvc:
            flags, link, warn = list(FLAGS_UNIX), ["-pthread"], ["-Wall", "-Wextra"]
            if sanitize:
                flags += ["-g", "-fno-omit-frame-pointer", "-U_FORTIFY_SOURCE"]
                flags += [f"-fsanitize={sanitize}", "-fno-sanitize-recover=all"]
                link += [f"-fsanitize={sanitize}"]
            elif not self.debug:
                flags += ["-g0"]  # CPython's own CFLAGS often carry -g
            if os.environ.get("FASTSPEC_WERROR") == "1":
                warn += ["-Werror"]
        for ext in self.extensions:
            ext.extra_compile_args = flags
            ext.extra_link_args = link

        if msvc:
            clang = shutil.which("clang-cl")
            if not clang:
                raise CompileError("clang-cl, of LLVM or of Visual Studio, must be on the PATH")
            if not self.compiler.initialized:
                self.compiler.initialize()  # not thread-safe, so before the pool
            self.compiler.cc = clang
        compile_serially = self.compiler.compile

        def compile_in_pool(sources, **kwargs):
            common = list(kwargs.pop("extra_postargs", None) or [])

            def compile_one(source):
                args = common + warn if is_ours(source) else common
                return compile_serially([source], extra_postargs=args, **kwargs)

            with ThreadPoolExecutor(jobs()) as pool:
                return [obj for objs in pool.map(compile_one, sources) for obj in objs]

        self.compiler.compile = compile_in_pool
        try:
            super().build_extensions()
        finally:
            self.compiler.compile = compile_serially


class BuildPy(build_py):
    """build_py with the C headers, for fastspec.get_include()."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            include = os.path.join(self.build_lib, "fastspec", "include")
            self.mkpath(include)
            for header in HEADERS:
                shutil.copy(header, include)


core = Extension(
    "fastspec._core",
    sources=["fastspec/_core.pyx", *sorted(glob("csrc/*.c"))],
    depends=sorted(glob("csrc/*.[ch]") + glob("fastspec/*.pxi")),
    include_dirs=["csrc"],
    libraries=[] if sys.platform == "win32" else ["m", "dl"],
    language="c",
)

functions = Extension("fastspec.cfastspec", sources=["fastspec/cfastspec.pyx"], language="c")

# One wheel serves all CPythons from 3.11 on. The free-threaded build has no stable ABI yet.
abi3 = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
for extension in (core, functions):
    # The modules keep csrc to themselves, beside a libfastspec of their process's.
    extension.define_macros = [("FSPEC_STATIC", None)]
    if abi3:
        extension.define_macros.append(("Py_LIMITED_API", "0x030B0000"))
        extension.py_limited_api = True

setup(
    ext_modules=cythonize(
        [core, functions],
        build_dir="build/cython",
        compiler_directives={"language_level": 3},
    ),
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if abi3 else {},
    cmdclass={"build_ext": BuildExt, "build_py": BuildPy},
)
