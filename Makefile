# A thin front on CMake's presets; `make help` lists what there is.

PREFIX ?= /usr/local
DESTDIR ?=

# Progress on a terminal; in a pipe only what fails, and that on standard error.
build = cmake --build --preset default $(1) -- $(if $(MAKE_TERMOUT),,--quiet >&2)

# Where the tests of network cards without the monitor find what they boot.
card_folders = STAGE=$(CURDIR)/build/stage EXAMPLES=$(CURDIR)/build/examples PROGRAMS=$(CURDIR)/build/tests/net

.DEFAULT_GOAL := all
.PHONY: all tests run test test-boot stress fuzz chaos lint format bench bench-check install clean distclean help
.PHONY: build-packages test-packages
# CMake and Ninja run things at once as far as that is right.
.NOTPARALLEL:

all: build/build.ninja ## build everything (default)
	@$(call build)

tests: all
	@$(call build,--target tests/all)

run: all ## build, and run the hello example in its virtual machine
	@build/stage/bin/uhyve build/examples/hello

test: test-packages tests ## build, and run all tests (HWVIRT=0: without the emulated machine)
	@ctest --preset default -j2

test-boot: test-packages tests ## boot the programs without the monitor, on all machines (docs/boot.md gets the table)
	@failed=0; export $(card_folders); \
	BOOT_LIMIT_SECONDS=300 tests/boot/matrix.sh --jobs 2 --write docs/boot.md build || failed=1; \
	tests/net/cards.sh --all docs/boot.md || failed=1; \
	tests/net/bare.sh machines --all || failed=1; \
	tests/net/bare.sh link --all || failed=1; \
	exit $$failed

stress: test-packages tests ## the stress tests only, for an hour (STRESS_SECONDS=N: so long for each run)
	@STRESS_SECONDS=$${STRESS_SECONDS:-150} ctest --preset default -R '^stress\.'

fuzz: test-packages build/build.ninja ## the fuzzers only, a minute each (FUZZ_SECONDS=N)
	@$(call build,--target tests/fuzz/all)
	@tests/fuzz/fuzz.sh build/tests/fuzz

chaos: test-packages tests ## guests that attack the monitor at random, for half an hour (CHAOS_SECONDS=N), and 1000 launches killed (KILLS=N)
	@CHAOS_SECONDS=$${CHAOS_SECONDS:-1800} KILLS=$${KILLS:-1000} ctest --preset default --verbose -R '^abuse\.(chaos|kills)$$'

lint: test-packages tests ## the checks of sources and binaries only
	@ctest --preset default -j2 -R '^lint\.'

format: test-packages ## format the C sources in place
	@scripts/list-files.sh c | xargs -d '\n' clang-format -i

bench: all ## measure, and write build/bench.json
	@$(call build,--target bench)

bench-check: all ## compare build/bench.json with the goals
	@$(call build,--target bench-check)

install: all ## install below PREFIX (default /usr/local), DESTDIR before it
	@DESTDIR='$(DESTDIR)' cmake --install build --prefix '$(PREFIX)' $(if $(MAKE_TERMOUT),,>/dev/null)

clean: ## remove what was built, keep the configuration
	@if [ -e build/build.ninja ]; then $(call build,--target clean); fi

distclean: ## remove the build folder
	@rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# Ninja configures again by itself when a CMake file changes.
build/build.ninja: CMakePresets.json | build-packages
	@cmake --preset default $(if $(MAKE_TERMOUT),,--log-level=WARNING >/dev/null)

build-packages:
	@scripts/install-packages.sh build

test-packages:
	@scripts/install-packages.sh build test
