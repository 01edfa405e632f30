# The two commands that matter: `make serve` and `make test`. Everything else is for developers.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EDITOR := src/harmgraph/service/static/editor/editor.js
WORLD := src/harmgraph/service/static/world/countries.json
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help setup editor docs serve build test check lint quick format lock bench clean

help:  ## Say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## Make .venv with everything in it

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "harmgraph needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

# The query page works without its editor, so neither a machine without npm nor one without its registry stops here.
editor: $(EDITOR) $(WORLD)  ## Build the editor of the query page and the map of the start page, where there is npm

$(EDITOR): frontend/package.json frontend/package-lock.json frontend/build.js data/lookups/places.csv $(wildcard frontend/src/*.js)
	@if ! command -v npm >/dev/null; then echo "There is no npm here: the query page stays a plain form."; \
	elif ! (cd frontend && npm ci --loglevel=error && npm run --silent build && touch ../$@); then \
		echo "The editor could not be built (see above): the query page stays a plain form."; fi

$(WORLD): frontend/world/package.json frontend/world/package-lock.json frontend/world/shapes.js
	@if ! command -v npm >/dev/null; then echo "There is no npm here: the start page has no map."; \
	elif ! (cd frontend/world && npm ci --loglevel=error && npm run --silent build); then \
		echo "The map could not be made (see above): the start page has none."; fi

docs: $(READY)  ## Build the documentation, which the service has under /docs (a second or two)
	$(BIN)/python -m tools.documentation

build: $(READY)  ## Build a release of what ships with the project
	$(BIN)/harmgraph build

# The service works without its documentation: a fault in a page stops `make docs`, but not this.
serve: build editor  ## Set up, build, validate and serve on http://127.0.0.1:8000 (PORT= and HOST= to change)
	@$(BIN)/python -m tools.documentation || echo "The documentation could not be built (see above): /docs stays empty."
	$(BIN)/harmgraph serve --host $(HOST) --port $(PORT)

# Modules are dealt out to as many processes as there are processors; tests that measure time follow, one by one.
test: $(READY) editor docs  ## Run all tests
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not alone"
	$(BIN)/python -m pytest -m alone

# What starts servers and processes, builds releases or runs pySHACL takes minutes: that is for `make test`.
quick: $(READY)  ## Run the tests that take seconds
	$(BIN)/python -m pytest -m "not slow" tests/unit tests/docs tests/quality tests/architecture tests/sources tests/ontology_checks/test_oops.py

lint: $(READY)  ## Check format, lint, types and import contracts
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/ruff check src tests tools benchmarks
	$(BIN)/python tools/format_ontology.py --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint quick  ## Everything that a commit has to pass: lint and the quick tests

format: $(READY)  ## Format code and Turtle; bring the schemes' labels and the page of commands up to date
	$(BIN)/ruff format src tests tools benchmarks
	$(BIN)/ruff check --fix src tests tools benchmarks
	$(BIN)/python tools/format_ontology.py
	$(BIN)/python -m tools.documentation.commands

lock: $(READY)  ## Pin the versions of pyproject.toml anew
	$(BIN)/pip-compile --quiet --upgrade --all-extras --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml

bench: $(READY)  ## Run the benchmarks (minutes)
	$(BIN)/python benchmarks/store.py

clean:  ## Remove releases and everything that setup made
	rm -rf $(VENV) $(dir $(EDITOR)) $(dir $(WORLD)) src/harmgraph/service/manual frontend/node_modules frontend/world/node_modules releases build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
