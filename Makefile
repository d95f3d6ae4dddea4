PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test explore fuzz lint bench clean

help:  ## list the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(BIN)/ready  ## bring up real servers here and watch agencies exchange incidents
	@$(BIN)/ionics demo

test: $(BIN)/ready  ## all tests, on real servers
	@$(BIN)/pytest

explore: $(BIN)/ready  ## the property tests with new random examples
	@IONICS_EXPLORE=1 RUST_BACKTRACE=0 $(BIN)/pytest tests/unit

fuzz: $(BIN)/ready  ## a million hostile submissions through admission
	@$(BIN)/python -m tests.adversary

lint: $(BIN)/ready  ## style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(BIN)/ready  ## the figures: import, rebuild, regenerate, latency, peers; ONLY=peers
	@$(BIN)/python -m tests.benchmarks $(ONLY)

clean:  ## remove the environment and what was built
	@rm -rf .venv build dist *.egg-info

$(BIN)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[local,dev]'
	@touch $@
