# The commands of everyday work. Each installs the Debian packages that it needs and that are missing,
# says what it does, and ends with one line that says how it went.
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
SIZE ?= small
SOURCES = $(shell find src include tests fuzz benchmarks examples \
            -name '*.h' -o -name '*.cpp' -o -name '*.cc' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo test build bench fuzz install format soak clean

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

build: ## the optimised command, at build/release/manifold
	@scripts/install-dependencies build
	@cmake --preset release
	@cmake --build --preset release
	@test -x build/release/manifold
	@echo "build: build/release/manifold is ready"

demo: ## store, back up, damage, verify, restore and prove the Debian archive's dependency graph
	@scripts/install-dependencies demo
	@cmake --preset release
	@cmake --build --preset release
	@rm -rf build/demo
	@build/release/examples/debian_archive build/demo
	@echo "demo: done"

test: ## everything fast: ASan and UBSan, TSan for the concurrent tests, format, layers, installation
	@scripts/install-dependencies test
	@scripts/run-tests

soak: ## the long tests, optimised, without sanitizers
	@scripts/install-dependencies test
	@cmake --preset soak
	@cmake --build --preset soak
	@ctest --preset soak
	@echo "soak: all passed"

bench: ## the benchmarks, optimised: the parts and the whole job; SIZE=small, medium or growth
	@scripts/install-dependencies bench
	@cmake --preset bench
	@cmake --build --preset bench
	@scripts/run-benchmarks $(SIZE)

fuzz: ## every fuzz target for FUZZ_SECONDS (60) each, with clang's libFuzzer
	@scripts/install-dependencies fuzz
	@cmake --preset fuzz
	@cmake --build --preset fuzz
	@scripts/run-fuzzers $(FUZZ_SECONDS)
	@echo "fuzz: no target failed in $(FUZZ_SECONDS) s"

install: build ## the command, the library, headers and documents, under PREFIX (/usr/local)
	@cmake --install build/release --prefix "$(DESTDIR)$(PREFIX)"
	@echo "install: ManifoldDB is in $(DESTDIR)$(PREFIX)"

format: ## brings every source into the one format
	@scripts/install-dependencies format
	@clang-format -i $(SOURCES)
	@echo "format: $(words $(SOURCES)) files are formatted"

clean: ## removes what was built
	@rm -rf build
	@echo "clean: build is gone"
