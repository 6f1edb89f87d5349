# One build configuration, release with testing enabled, serves the tests, the demo and daily use.
SHELL := /bin/bash
BUILD := swift build -c release -Xswiftc -enable-testing --build-tests
BIN   := .build/release/vivian
DATA  ?= data

.PHONY: run demo test build bootstrap lint bench fuzz simulate mutants soak coverage kernels clean

run: build          ## Install what is missing, build, run the guided tour and stay up.
	deploy/tour --data $(DATA) --stay

demo: build         ## The same, in a folder of its own; exits 0 or 1.
	deploy/tour

# A few tests at once: of thousands, those that wait for a peer would wait for all the others' turns.
test: build         ## Install what is missing, build once, and pass every test.
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 swift test -c release --skip-build

build: bootstrap
	$(BUILD)

bootstrap:          ## Install Debian packages and a Python environment, if they are missing.
	deploy/bootstrap

lint:
	swift format lint --strict --recursive Sources Tests Package.swift
	deploy/mutants --check

bench: build        ## The figures of core and gateway, each beside its ceiling (RECORDS=1000000 for the long run).
	deploy/bootstrap --bench
	deploy/bench --records $(or $(RECORDS),100000)
	deploy/bench-frontdoor
	cd Benchmarks/Network && swift build -c release --product network-load
	deploy/bench-network
	Benchmarks/run
	Benchmarks/VectorIndex/run
	Benchmarks/Embedding/run

fuzz: bootstrap     ## Every decoder and verifier under libFuzzer, bounded (SECONDS each, default 20).
	Fuzz/run

SEEDS ?= 10000
FIRST ?= 0
simulate: bootstrap ## Seeds of the simulated network: SEEDS of them from FIRST on; says where to go on.
	VIVIAN_TARGETS=SimulationTests swift build -c release -Xswiftc -enable-testing --product simulate \
		--scratch-path .build/simulation
	.build/simulation/release/simulate $(SEEDS) $(FIRST)

mutants: bootstrap  ## Plants bugs in a copy of consensus, one by one: the simulation must find each.
	deploy/mutants

soak: build         ## The long counts: crashes, seeds, operations, examples of every operation.
	.build-python/bin/python deploy/schemathesis --examples 100
	deploy/soak

coverage: bootstrap ## Line coverage of Consensus and LedgerStore by their own tests, 95 % at least.
	deploy/coverage

kernels:            ## The vector kernels for processors that are not at hand, emulated: the same integers from all.
	deploy/bootstrap --kernels
	deploy/kernels

clean:
	rm -rf .build .build-coverage .build-coverage.log Benchmarks/.build Fuzz/.build
