# Every target installs what it needs first: see build/setup.sh.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build windows bindings catalog test test-long fuzz lint bench screenshots clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## Build Relink and open it, with samples until something is connected; in the terminal where there is no display
	@build/setup.sh run
	@build/build.sh production
	@build/run.sh $(ARGS)

build: ## Build build/bin/relink, after proving that the bindings are up to date
	@build/setup.sh run
	@build/bindings.sh --check
	@build/build.sh production

windows: ## Cross-build build/bin/relink.exe
	@build/setup.sh run
	@build/build.sh windows

bindings: ## Write frontend/wailsjs again, from the exported methods of App
	@build/setup.sh go
	@build/bindings.sh

catalog: ## Write backend/catalog/builtin.json again, from the providers' files
	@RELINK_WRITE=1 go test -count=1 -run TestCompactIsTheFiles ./backend/catalog

lint: ## What a machine can say about the code
	@build/setup.sh run
	@build/lint.sh

test: ## Everything that must pass before a change lands; at most 15 minutes
	@build/setup.sh run test
	@build/test.sh

test-long: ## The long rounds: race detector, repetitions, kill loops, 1,000 items in a real keyring
	@build/setup.sh run test
	@build/test-long.sh

fuzz: ## Fuzz every parser of outside input, FUZZTIME (30s) each
	@build/setup.sh go
	@build/fuzz.sh

bench: ## Measure Relink against its floors (BENCH_QUICK=1: fewer pairs; BENCH_KEYRING=1: the real keyring too)
	@build/setup.sh run test
	@build/bench.sh $(ARGS)

screenshots: ## Photograph the real window into build/screenshots
	@build/setup.sh run test
	@build/build.sh production
	@build/screenshots.sh

clean: ## Remove what the build made
	rm -rf build/bin build/artefacts frontend/node_modules/.relink-lock build/e2e/node_modules/.relink-lock build/peers/node_modules/.relink-lock
	find frontend/dist -mindepth 1 -not -name .gitkeep -delete
