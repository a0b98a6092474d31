# fastspec: the verbs. `make build test` is the daily loop; scripts/test.sh is the newcomer's one.
#
#   make build      editable install with the test tools, in the active Python environment
#   make test       pytest against the installed package     (ARGS="-k mel -x" is passed on)
#   make ctest      the C core's own tests, optimised
#   make sanitize   the same under AddressSanitizer and UBSan, in every SIMD tier
#                   (SANITIZE=thread for the thread sanitizer)
#   make lint       ruff, mypy, and strict warnings on our C
#   make bench      the benchmark table                      (ARGS is passed on)
#   make lib        build/lib: the C library, static and shared
#   make install    that, the headers and a pkg-config file under PREFIX (/usr/local), for packagers
#                   under DESTDIR
#   make docs       build/docs/index.html; needs the extra `docs`
#   make api        csrc/fastspec_api.* and fastspec/cfastspec.*, from csrc/fastspec.h
#   make clean

PYTHON ?= python3
CC     ?= cc
NPROC  ?= $(shell nproc 2>/dev/null || echo 2)
B      ?= build/c
ARGS   ?=

# The flags of setup.py, on which the results' bits depend.
CORE_FLAGS := -std=c11 -fno-fast-math -ffp-contract=off -fno-math-errno -fno-trapping-math \
              -fvisibility=hidden -pthread
OPT      ?= -O3 -g
WARN     ?= -Wall -Wextra
SAN      :=
LIBS     := -lm -ldl -pthread
SANITIZE ?= address,undefined
TIERS    ?= portable avx2 split avx512
# Test builds also hold the 512-bit source compiled for AVX2 (csrc/simd_split.c), as tier "split".
TEST_DEFS ?= -DFSPEC_TEST_SPLIT -Wno-psabi

SOURCES    := $(sort $(wildcard csrc/*.c))
TESTS      := $(sort $(wildcard tests/c/*.c))
OBJECTS    := $(SOURCES:csrc/%.c=$(B)/core/%.o)
TEST_BINS  := $(TESTS:tests/c/%.c=$(B)/%)

COMPILE = $(CC) $(CFLAGS) $(OPT) $(CORE_FLAGS) $(WARN) $(TEST_DEFS) $(SAN) -Icsrc
SUBMAKE = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(NPROC))

.PHONY: build test ctest sanitize lint lint-py lint-c bench clean objects test-bins
.DELETE_ON_ERROR:

build:
	$(PYTHON) -m pip install -e '.[test]'

test:
	PYTHON=$(PYTHON) ./scripts/test.sh --no-install $(ARGS)

bench:
	$(PYTHON) -m benchmarks $(ARGS)

# ---- C: every tests/c/*.c is a program of its own, linked with the whole core -------------------
# A program exits with 0 (passed), 77 (skipped, e.g. a tier that this CPU lacks) or anything else. It
# finds FFTW's libraries, those of PYTHON's pyfftw, in FASTSPEC_TEST_FFTWF (single precision) and
# FASTSPEC_TEST_FFTW (double), which are empty where there are none.

objects: $(OBJECTS)
test-bins: $(TEST_BINS)

$(B)/core/%.o: csrc/%.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c $< -o $@

$(B)/test/%.o: tests/c/%.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -Itests/c -c $< -o $@

$(TEST_BINS): $(B)/%: $(B)/test/%.o $(OBJECTS)
	$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) $^ -o $@ $(LIBS)

.SECONDARY: $(TESTS:tests/c/%.c=$(B)/test/%.o)
-include $(wildcard $(B)/core/*.d $(B)/test/*.d)

FIND_FFTW = 'import importlib.util as u, glob, sys; \
    s = u.find_spec("pyfftw"); \
    d = s.submodule_search_locations[0] if s else "/none"; \
    print(*(glob.glob(d + ".libs/" + sys.argv[1] + "-*") + glob.glob(d + "/.dylibs/" + sys.argv[1] + ".*"))[:1])'

# $(call run_tests,DIRECTORY): runs all programs, says what failed, fails at the end if any did.
define run_tests
@if [ -z "$(TEST_BINS)" ]; then echo "C tests: none found in tests/c"; exit 1; fi; \
: "$${FASTSPEC_TEST_FFTWF=$$($(PYTHON) -c $(FIND_FFTW) libfftw3f)}"; \
: "$${FASTSPEC_TEST_FFTW=$$($(PYTHON) -c $(FIND_FFTW) libfftw3)}"; \
export FASTSPEC_TEST_FFTWF FASTSPEC_TEST_FFTW; \
passed=0; skipped=0; failed=""; \
for name in $(notdir $(TEST_BINS)); do \
    echo "--- $$name$${FASTSPEC_SIMD:+ ($$FASTSPEC_SIMD)}"; \
    code=0; $(1)/$$name || code=$$?; \
    case $$code in \
        0) passed=$$((passed + 1)) ;; \
        77) skipped=$$((skipped + 1)) ;; \
        *) failed="$$failed $$name"; echo "--- $$name FAILED with exit code $$code" ;; \
    esac; \
done; \
if [ -n "$$failed" ]; then echo "C tests$${FASTSPEC_SIMD:+ ($$FASTSPEC_SIMD)}: FAILED:$$failed"; exit 1; fi; \
echo "C tests$${FASTSPEC_SIMD:+ ($$FASTSPEC_SIMD)}: $$passed programs passed, $$skipped skipped"
endef

ctest:
	+@$(SUBMAKE) test-bins
	$(call run_tests,$(B))

sanitize:
	+@$(SUBMAKE) sanitize-bins
	+@for tier in $(TIERS); do \
	    FASTSPEC_SIMD=$$tier $(SUBMAKE) sanitize-run || exit 1; \
	done

comma := ,
S := $(B)/sanitize-$(subst $(comma),-,$(SANITIZE))
.PHONY: sanitize-bins sanitize-run
sanitize-bins:
	+@$(SUBMAKE) test-bins B=$(S) OPT="-O1 -g -fno-omit-frame-pointer" \
	    SAN="-fsanitize=$(SANITIZE) -fno-sanitize-recover=all"

sanitize-run: export ASAN_OPTIONS := detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:$(ASAN_OPTIONS)
sanitize-run: export UBSAN_OPTIONS := halt_on_error=1:print_stacktrace=1:$(UBSAN_OPTIONS)
sanitize-run: export TSAN_OPTIONS := halt_on_error=1:$(TSAN_OPTIONS)
sanitize-run:
	$(call run_tests,$(S))

# ---- the C library --------------------------------------------------------------------------------

PREFIX     ?= /usr/local
LIBDIR     ?= lib
VERSION    := $(shell sed -n 's/.*FSPEC_VERSION_STRING "\(.*\)"/\1/p' csrc/fastspec.h)
ABI        := $(shell sed -n 's/^abi //p' csrc/fastspec_api.txt)
HEADERS    := $(wildcard csrc/fastspec*.h)
L          := build/lib
ifeq ($(shell uname -s),Darwin)
SHARED     := libfastspec.$(ABI).dylib
SHARED_DEV := libfastspec.dylib
SONAME      = -dynamiclib -install_name @rpath/$(SHARED)
else
SHARED     := libfastspec.so.$(ABI)
SHARED_DEV := libfastspec.so
SONAME      = -shared -Wl,-soname,$(SHARED) -Wl,--no-undefined
endif

.PHONY: api lib install lib-objects
api:
	$(PYTHON) scripts/make_api.py

lib:
	+@$(SUBMAKE) lib-objects B=$(L) OPT="-O3 -fPIC" TEST_DEFS=

lib-objects: $(L)/libfastspec.a $(L)/$(SHARED)
$(L)/libfastspec.a: $(SOURCES:csrc/%.c=$(L)/core/%.o)
	rm -f $@ && $(AR) rcs $@ $^
$(L)/$(SHARED): $(SOURCES:csrc/%.c=$(L)/core/%.o)
	$(CC) $(CFLAGS) $(LDFLAGS) $(SONAME) $^ -o $@ $(LIBS)

# The pkg-config file finds the rest from its own place, so the tree can be moved.
install: lib
	install -d "$(DESTDIR)$(PREFIX)/include" "$(DESTDIR)$(PREFIX)/$(LIBDIR)/pkgconfig"
	install -m 644 $(HEADERS) "$(DESTDIR)$(PREFIX)/include"
	install -m 644 $(L)/libfastspec.a "$(DESTDIR)$(PREFIX)/$(LIBDIR)"
	install -m 755 $(L)/$(SHARED) "$(DESTDIR)$(PREFIX)/$(LIBDIR)"
	ln -sf $(SHARED) "$(DESTDIR)$(PREFIX)/$(LIBDIR)/$(SHARED_DEV)"
	printf '%s\n' 'prefix=$${pcfiledir}/../..' 'libdir=$${prefix}/$(LIBDIR)' \
	    'includedir=$${prefix}/include' '' 'Name: fastspec' \
	    'Description: audio features for CPUs: STFT, mel, MFCC, constant-Q' 'Version: $(VERSION)' \
	    'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lfastspec' \
	    'Libs.private: $(LIBS)' >"$(DESTDIR)$(PREFIX)/$(LIBDIR)/pkgconfig/fastspec.pc"

# ---- documentation ------------------------------------------------------------------------------

.PHONY: docs
docs:
	$(PYTHON) -P -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "docs: build/docs/index.html"

# ---- lint ---------------------------------------------------------------------------------------

lint: lint-py lint-c

lint-py:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

# A real compile, since gcc gives some warnings only when it optimises; nothing is kept.
lint-c:
	@test -n "$(SOURCES)" || { echo "lint-c: no csrc/*.c"; exit 1; }
	+@tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && \
	$(SUBMAKE) objects B="$$tmp" OPT=-O2 TEST_DEFS= WARN="-Wall -Wextra -Wconversion -Werror" && \
	echo "lint-c: $(words $(SOURCES)) files without a warning"

clean:
	rm -rf build dist *.egg-info fastspec/_core.c fastspec/_core.html fastspec/*.so
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
