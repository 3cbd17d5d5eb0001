# Everything starts from a bare machine: Python 3.11 or newer, make, a package registry.

PYTHON ?= python3
WORKERS ?= 5
ARGS ?=

BIN := .venv/bin
READY := .venv/.ready
READY_DEV := .venv/.ready-dev
READY_BROWSER := .venv/.ready-browser
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Compiled modules halve the start of each process; they are kept out of the sources.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache

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

# --- set-up: runs by itself, and again when the requirements change ---------------

define NEEDS_PYTHON
refeed needs Python 3.11 or newer with venv; `$(PYTHON)` is not that.
Install it, or name another one: make PYTHON=python3.12 $(MAKECMDGOALS)
endef
export NEEDS_PYTHON

NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null

# uv comes from PATH, else from the package registry; pip installs it then, and the rest
# where uv cannot reach the registry that pip is configured for.
define INSTALL
install() { \
  uv=$$(command -v uv || echo $(BIN)/uv); \
  [ -x "$$uv" ] || $(PIP) install --require-hashes -r requirements-build.txt; \
  "$$uv" pip install --quiet --python $(BIN)/python "$$@" || \
    { echo 'uv failed; trying pip'; $(PIP) install "$$@"; }; \
}; install
endef

$(READY): requirements.txt requirements-embedded.txt requirements-build.txt pyproject.toml
	@$(PYTHON) $(NEW_ENOUGH) && { command -v uv || $(PYTHON) -c 'import venv, ensurepip'; } \
	  >/dev/null 2>&1 || { printf '%s\n' "$$NEEDS_PYTHON" >&2; exit 1; }
	@$(BIN)/python $(NEW_ENOUGH) || { echo 'Making .venv'; rm -rf .venv; \
	  if command -v uv >/dev/null; then uv venv --quiet --python $(PYTHON) .venv; \
	  else $(PYTHON) -m venv .venv; fi; }
	@echo 'Installing what refeed needs to run'
	@$(INSTALL) --require-hashes -r requirements-build.txt -r requirements-embedded.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(READY_DEV): $(READY) requirements-dev.txt
	@echo 'Installing what tests and checks need'
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

$(READY_BROWSER): $(READY_DEV) requirements-browser.txt
	@echo 'Installing what tests in a browser need'
	@$(INSTALL) --require-hashes -r requirements-browser.txt
	@touch $@

.PHONY: setup
setup: $(READY_DEV)  ## make .venv and install everything (the others do it by themselves)

# --- use it ------------------------------------------------------------------------

.PHONY: demo up
demo: $(READY)  ## show the main job in the terminal: catalog in, offers out, a report
	@$(BIN)/refeed demo $(ARGS)

up: $(READY)  ## keep the whole service running until Ctrl-C
	@$(BIN)/refeed up $(ARGS)

# --- check it ----------------------------------------------------------------------

# The longest first; two at a time.
CHECKS := check-types docs check-imports check-openapi check-style check-prose

.PHONY: check check-tests docs test coverage $(CHECKS)
check: $(READY_DEV)  ## format, lint, import contracts, types, openapi.json, docs
	@$(MAKE) -j 2 $(CHECKS)

check-types: $(READY_DEV)
	@echo 'mypy'; $(BIN)/mypy --no-error-summary

check-imports: $(READY_DEV)
	@echo 'import contracts'; $(BIN)/lint-imports > .venv/lint-imports.log 2>&1 || \
	  { cat .venv/lint-imports.log; exit 1; }

check-openapi: $(READY_DEV)
	@echo 'openapi.json'; $(BIN)/refeed openapi --check

check-style: $(READY_DEV)
	@echo 'ruff format'; $(BIN)/ruff format --check --quiet .
	@echo 'ruff check'; $(BIN)/ruff check --quiet .

check-prose: $(READY_DEV)
	@echo 'prose'; $(BIN)/python -m tests.project.prose

docs: $(READY_DEV)  ## build the documentation in site/; a broken link or anchor fails
	@echo 'docs'; $(BIN)/zensical build --strict --clean > .venv/docs.log 2>&1 || \
	  { cat .venv/docs.log; exit 1; }

# Compiles all test modules once; each process of pytest would do it for itself.
check-tests: $(READY_DEV)
	@echo 'tests'; $(BIN)/python -m pytest --collect-only -qq > .venv/tests.log 2>&1 || \
	  { cat .venv/tests.log; exit 1; }

test: $(READY_DEV)  ## all checks, then all tests: make test ARGS='-k plan'
	@$(MAKE) -j 2 $(CHECKS) check-tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

coverage: $(READY_DEV)  ## all tests once more, with branch coverage (half as slow again)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal \
	  --cov --cov-report=term:skip-covered $(ARGS)

.PHONY: browser
browser: $(READY_BROWSER)  ## install what tests/browser needs; `make test` runs them then
	@$(BIN)/python -m tests.support.browser || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { echo 'Installing chromium'; apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }; }
	@$(BIN)/python -m tests.support.browser

.PHONY: screenshots
screenshots: $(READY_BROWSER)  ## pictures of the console's pages, from the demo's data
	@$(BIN)/python -m tests.browser.screenshots docs/console

.PHONY: fuzz fuzz-api
fuzz: $(READY_DEV)  ## damaged files for the readers: make fuzz ARGS='--seconds 900'
	@$(BIN)/python -m tests.fuzz $(ARGS)

fuzz-api: $(READY_DEV)  ## generated requests for each operation: API_EXAMPLES=100 make fuzz-api
	@API_EXAMPLES=$${API_EXAMPLES:-50} $(BIN)/python -m pytest -q -o timeout=7200 \
	  $(ARGS) tests/contract/test_schemathesis.py

# --- measure it ----------------------------------------------------------------------

.PHONY: bench sales-machine bench-catalog bench-publish bench-plan bench-api bench-hook bench-fairness bench-quick bench-match bench-formats bench-http bench-limiter bench-orders bench-merchants bench-console
bench: bench-catalog bench-publish bench-plan bench-api bench-hook bench-fairness bench-quick bench-match bench-formats bench-http bench-limiter bench-orders bench-merchants bench-console  ## every speed promise

bench-catalog: $(READY_DEV)  ## the catalog engine: make bench-catalog ARGS=--help
	@$(BIN)/python -m bench.catalog $(ARGS)

bench-publish: $(READY_DEV)  ## changes a second from plan to outcome
	@$(BIN)/python -m bench.publish $(ARGS)

bench-plan: $(READY_DEV)  ## from the request to the plan that is ready
	@$(BIN)/python -m bench.plan $(ARGS)

bench-api: $(READY_DEV)  ## reads beside a million-row import
	@$(BIN)/python -m bench.api $(ARGS)

bench-http: $(READY_DEV)  ## what the limits of the HTTP server cost
	@$(BIN)/python -m bench.http $(ARGS)

bench-limiter: $(READY_DEV)  ## what counting the requests of a key costs
	@$(BIN)/python -m bench.limiter $(ARGS)

bench-orders: $(READY_DEV)  ## pages of 1,000,000 orders: every filter, search and sort
	@$(BIN)/python -m bench.orders $(ARGS)

bench-merchants: $(READY_DEV)  ## processor time of a round of one small store
	@$(BIN)/python -m bench.merchants $(ARGS)

bench-console: $(READY_DEV)  ## pages of the console: 1,000 stores, 1,000,000 offers
	@$(BIN)/python -m bench.console $(ARGS)

bench-hook: $(READY_DEV)  ## from a signed webhook to the first call
	@$(BIN)/python -m bench.hook $(ARGS)

sales-machine: $(READY_DEV)  ## any order of sales and statements: 2,000 examples
	@SALES_EXAMPLES=2000 $(BIN)/python -m pytest -q -o timeout=3600 $(ARGS) \
	  tests/publications/test_sales_machine.py

bench-quick: $(READY_DEV)  ## a quick update to the first write, and what lanes cost
	@$(BIN)/python -m bench.quick $(ARGS)

bench-fairness: $(READY_DEV)  ## what a big import costs another store: make bench-fairness
	@$(BIN)/python -m bench.fairness $(ARGS)

bench-match: $(READY_DEV)  ## the outcomes of 15,000 rows from a batch's report
	@$(BIN)/python -m bench.match $(ARGS)

bench-formats: $(READY_DEV)  ## imports of each format, relative to plain CSV
	@$(BIN)/python -m bench.formats $(ARGS)

# --- keep it up to date ----------------------------------------------------------------

.PHONY: format openapi lock clean
format: $(READY_DEV)  ## put the code into its form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

openapi: $(READY_DEV)  ## write openapi.json from the code
	@$(BIN)/refeed openapi

lock:  ## pin what pyproject.toml asks for, with hashes: make lock ARGS=--upgrade
	@PYTHON=$(PYTHON) .ci/lock $(ARGS)

clean:  ## remove what can be made again; the state in .refeed stays
	@rm -rf .venv .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache build dist site .cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
