# Everything starts from a bare machine: Python 3.11 or newer, make, a package registry.

PYTHON ?= python3
WORKERS ?= 2
ARGS ?=

BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

ifneq ($(shell command -v bash 2>/dev/null),)
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
endif

.PHONY: help
help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | \
	  sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | \
	  while IFS='|' read -r name what; do printf '%-22s %s\n' "$$name" "$$what"; done

# --- set-up: done by itself, and again when what is required changes -------------

define NEEDS_PYTHON
refeed needs Python 3.11 or newer with venv; `$(PYTHON)` is not that.
Install it, or name another one: make PYTHON=python3.12 $(MAKECMDGOALS)
endef
export NEEDS_PYTHON

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	  2>/dev/null || { printf '%s\n' "$$NEEDS_PYTHON" >&2; exit 1; }
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' \
	  2>/dev/null || { echo 'Making .venv'; $(PYTHON) -m venv --clear .venv; }
	@echo 'Installing what requirements-dev.txt names'
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: setup
setup: $(READY)  ## make .venv and install everything (the others do it by themselves)

# --- use it ------------------------------------------------------------------------

.PHONY: demo up
demo: $(READY)  ## show the main job in the terminal: catalog in, offers out, a report
	@$(BIN)/refeed demo $(ARGS)

up: $(READY)  ## keep the whole service running until Ctrl-C
	@$(BIN)/refeed up $(ARGS)

# --- check it ----------------------------------------------------------------------

.PHONY: check test
check: $(READY)  ## format, lint, import contracts, types, openapi.json
	@echo 'ruff format'; $(BIN)/ruff format --check --quiet .
	@echo 'ruff check'; $(BIN)/ruff check --quiet .
	@echo 'import contracts'; $(BIN)/lint-imports > .venv/lint-imports.log 2>&1 || \
	  { cat .venv/lint-imports.log; exit 1; }
	@echo 'mypy'; $(BIN)/mypy --no-error-summary
	@echo 'openapi.json'; $(BIN)/refeed openapi --check

test: check  ## all checks, then all tests with coverage: make test ARGS='-k plan'
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile \
	  --cov --cov-report=term:skip-covered $(ARGS)

# --- measure it ----------------------------------------------------------------------

.PHONY: bench bench-catalog bench-publish bench-plan bench-api bench-hook bench-fairness bench-quick
bench: bench-catalog bench-publish bench-plan bench-api bench-hook bench-fairness bench-quick  ## every speed promise

bench-catalog: $(READY)  ## the catalog engine: make bench-catalog ARGS=--help
	@$(BIN)/python -m bench.catalog $(ARGS)

bench-publish: $(READY)  ## changes a second from plan to outcome
	@$(BIN)/python -m bench.publish $(ARGS)

bench-plan: $(READY)  ## from the request to the plan that is ready
	@$(BIN)/python -m bench.plan $(ARGS)

bench-api: $(READY)  ## reads beside a million-row import
	@$(BIN)/python -m bench.api $(ARGS)

bench-hook: $(READY)  ## from a signed webhook to the first call
	@$(BIN)/python -m bench.hook $(ARGS)

bench-quick: $(READY)  ## a quick update to the first write, and what lanes cost
	@$(BIN)/python -m bench.quick $(ARGS)

bench-fairness: $(READY)  ## what a big import costs another store: make bench-fairness
	@$(BIN)/python -m bench.fairness $(ARGS)

# --- keep it up to date ----------------------------------------------------------------

.PHONY: format openapi lock clean
format: $(READY)  ## put the code into its form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

openapi: $(READY)  ## write openapi.json from the code
	@$(BIN)/refeed openapi

# Extras stay in the names: pip does not take the pin of `coverage` for
# `coverage[toml]`, and a newer release would stop every installation.
LOCK = "$$folder/bin/uv" pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-strip-extras --no-annotate --no-header pyproject.toml

lock:  ## pin what pyproject.toml asks for, with hashes: make lock ARGS=--upgrade
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PYTHON) -m venv "$$folder" && \
	"$$folder/bin/pip" install --disable-pip-version-check --quiet uv && \
	$(LOCK) $(ARGS) -o requirements.txt && \
	$(LOCK) $(ARGS) --extra embedded -o requirements-embedded.txt && \
	$(LOCK) $(ARGS) --extra embedded --extra dev -o requirements-dev.txt

clean:  ## remove what can be made again; the state in .refeed stays
	@rm -rf .venv .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
