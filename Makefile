PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test explore fuzz simulate lint bench growth accuracy faults torn clean

help:  ## list the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(BIN)/ready  ## bring up real servers here and watch agencies exchange incidents
	@$(BIN)/ionics demo

test: $(BIN)/ready  ## all tests, on real servers
	@$(BIN)/python -m tests

explore: $(BIN)/ready  ## the property tests with new random examples
	@IONICS_EXPLORE=1 RUST_BACKTRACE=0 $(BIN)/pytest tests/unit

fuzz: $(BIN)/ready  ## a million hostile submissions through admission
	@$(BIN)/python -m tests.adversary

SEEDS ?= 10000
simulate: $(BIN)/ready  ## thousands of seeds of faults through workers, stages, projector and outbox (SEEDS=10000)
	@POLARS_MAX_THREADS=1 RUST_BACKTRACE=0 $(BIN)/python -m tests.simulation --seeds $(SEEDS)

lint: $(BIN)/ready  ## style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(BIN)/ready  ## the figures: import, latency, replay, restoring (SIZE=), cases, dissemination, peers; ONLY= one of the last four
	@$(BIN)/python -m tests.benchmarks $(ONLY)

growth: $(BIN)/ready  ## what matching takes as the history grows, and of hostile feeds (SIZES="10000 100000 1000000", HOSTILE=)
	@$(BIN)/python -m tests.benchmarks.growth

accuracy: $(BIN)/ready  ## how well duplicates, surges and what is new are found, beside peers (SIZE=, SEED=, ONLY=alerts or matching)
	@$(BIN)/python -m tests.accuracy $(if $(ONLY),--only $(ONLY)) $(if $(SIZE),--size $(SIZE)) $(if $(SEED),--seed $(SEED))

torn: $(BIN)/ready  ## a late EndTxn against plain loops and the worker, with the counts
	@$(BIN)/python -m tests.faults.torn_report

MINUTES ?= 3
faults: $(BIN)/ready  ## three brokers and all stages broken at random under load for MINUTES=3, then a ledger (SEED=)
	@$(BIN)/python -m tests.faults --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

clean:  ## remove the environment and what was built
	@rm -rf .venv build dist *.egg-info

$(BIN)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[local,dev]'
	@touch $@
