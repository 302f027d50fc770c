# `make` prints what there is. Everything runs in .venv/, which `make setup` builds from requirements.lock.

PYTHON ?= python3
WORKERS ?= 2
# a file of tests stays with one worker, so that what its tests share is made once; tests/conftest.py puts long files first
PYTEST := python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
PYTEST_FLAGS ?=
MUTANTS ?= 'energy.scenario*7' 'energy.metrics*7' 'energy.solve*[13]7'

VENV := .venv
BIN := $(VENV)/bin
EXTRAS := cluster sensitivity notebook docs dev
PIP := -m pip install -qq --disable-pip-version-check
LOCKED := $(VENV)/.lock-installed
DONE := $(VENV)/.setup-done

.DEFAULT_GOAL := help
.PHONY: help setup run test quick-tests test-all coverage bench bench-sweep figures reference docs lint style types format lock sbom mutants test-latest test-oldest check-python clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(DONE) ## build .venv/ from requirements.lock (nothing to do when it is up to date)

run: setup ## solve the baseline scenario into results/ and print its table by month
	$(BIN)/energy run baseline --out results

# mypy takes one core for half a minute or more, so the tests do not wait for it
test: style ## lint, types, and all tests but the slow ones
	@$(MAKE) --no-print-directory -j 2 types quick-tests

quick-tests: setup
	$(BIN)/$(PYTEST) -m "not slow" $(PYTEST_FLAGS)

test-all: lint ## the same with the slow tests, and PyPSA's own model built and compared for every engine
	ENERGY_CHECK_PYPSA=always $(BIN)/$(PYTEST) $(PYTEST_FLAGS)

coverage: setup ## all tests, and what of src/ they reach
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_FLAGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: setup ## time what must be fast (benchmarks/)
	$(BIN)/python -m pytest benchmarks --benchmark-enable --benchmark-only -o python_files="bench_*.py" $(PYTEST_FLAGS)

bench-sweep: setup ## a sweep of 10,000 points on two cores: minutes, and memory as it grows
	BENCH_POINTS=10000 $(BIN)/python -m pytest benchmarks -k growth --benchmark-enable --benchmark-only -o python_files="bench_*.py" $(PYTEST_FLAGS)

figures: run ## make the figures of README and docs from scratch, and the blocks of risk and sensitivity (an hour)
	mkdir -p docs/figures
	for kind in png svg; do cp results/baseline/monthly.$$kind docs/figures/baseline.$$kind; done
	$(BIN)/energy figures results/baseline --only map --only reservoirs --only heatmap --format png --out docs/figures --force
	$(BIN)/energy run hvdc_pole_out_july
	$(BIN)/energy figures results/hvdc_pole_out_july --only daily --only exchanges --only factsheet --format png --out docs/figures --force
	$(BIN)/energy sweep outage_length
	cp results/sweeps/outage_length/sweep.png docs/figures/sweep.png
	$(BIN)/energy backcast
	for state in calm conflict; do $(BIN)/energy risk baseline --hazards $$state --samples 512; done
	$(BIN)/energy risk baseline --samples 2000 --page docs/risk.md
	$(BIN)/energy sensitivity baseline --split 24 --page docs/sensitivity.md

reference: setup ## solve the recorded scenarios again: results/reference/ and what pages quote of it
	$(BIN)/energy reference

docs: setup ## build the documentation strictly into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lint: style types ## ruff and mypy, changing nothing

style: setup
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet

types: setup
	$(BIN)/mypy --no-error-summary

format: setup ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

sbom: setup ## write sbom.json, the bill of materials of requirements.lock
	$(BIN)/python docs/sbom.py

# mutmut numbers the changes of a function; those whose number ends so are a sample. MUTANTS='energy.solve.lp*' takes all of a module.
mutants: setup ## change the code in small places and count who notices (about an hour)
	$(BIN)/mutmut run $(MUTANTS)
	$(BIN)/mutmut results
	@$(BIN)/mutmut results --all true | awk -F '[.:]' '!/not checked|no tests/ { tried[$$2 "/" $$3]++; noticed[$$2 "/" $$3] += /: (killed|timeout)/ } \
	    END { for (module in tried) print module ": " noticed[module] " of " tried[module] " noticed" }' | sort

# An existing pin stays unless pyproject.toml rules it out; `make lock LOCK_FLAGS=--upgrade` takes the newest of everything.
lock: setup ## write requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --output-file requirements.lock $(EXTRAS:%=--extra %) \
	    --universal --python-version 3.11 --fork-strategy fewest \
	    --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" --quiet $(LOCK_FLAGS)

test-latest: check-python ## the tests with the newest versions that pyproject.toml admits, in .venv-latest/
	$(PYTHON) -m venv --clear .venv-latest
	.venv-latest/bin/python $(PIP) --upgrade pip
	.venv-latest/bin/python $(PIP) --upgrade --editable ".[cluster,sensitivity,notebook,iamc,dev]"
	.venv-latest/bin/python -m pip list --disable-pip-version-check
	.venv-latest/bin/$(PYTEST) -m "not slow" $(PYTEST_FLAGS)

# Warnings stay warnings here: what an old version says against its own future is not ours to mend.
test-oldest: setup ## the tests with the oldest versions that pyproject.toml admits, in .venv-oldest/
	$(PYTHON) -m venv --clear .venv-oldest
	$(BIN)/uv pip compile pyproject.toml --extra cluster --extra sensitivity --python .venv-oldest/bin/python \
	    --resolution lowest-direct --no-header --no-annotate --quiet --output-file .venv-oldest/oldest.txt
	.venv-oldest/bin/python $(PIP) --constraint .venv-oldest/oldest.txt --editable ".[cluster,sensitivity,notebook,dev]"
	.venv-oldest/bin/$(PYTEST) -m "not slow" -W default $(PYTEST_FLAGS)

clean: ## remove what the targets above built, but not results/
	rm -rf .venv .venv-latest .venv-oldest build dist mutants site .coverage .coverage.* .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "'$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo 'not there'), but Python 3.11 or newer is needed." >&2; \
	    echo "Name one: make PYTHON=/path/to/python3.12 $(firstword $(MAKECMDGOALS))" >&2; \
	    exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "'$(PYTHON)' has no venv module; on Debian and Ubuntu it comes with: apt-get install python3-venv" >&2; \
	    exit 1; }

# A virtual environment whose Python is gone or too old is made anew; any other is brought up to date in place.
# Compiling takes all cores, where pip takes one, and leaves others' tests out; what is for another Python need not compile.
$(LOCKED): requirements.lock | check-python
	@$(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python $(PIP) --no-compile --require-hashes --requirement requirements.lock
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib >/dev/null || true
	@touch $@

$(DONE): pyproject.toml $(LOCKED)
	$(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@
