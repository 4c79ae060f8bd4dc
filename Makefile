# The two commands of a newcomer: make run, and make test. The others: make help.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FSM := $(BIN)/fsm
PYTEST := -m pytest -n auto --dist worksteal
# Tests start Python hundreds of times; each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE
# Arguments of pytest, for example: make test ARGS="tests/tables -x"
ARGS ?=

.PHONY: help run test quick test-deep cover mutants check diagrams reference site picture fix lint types bench bench-conformance clean

run: $(READY) ## set up, and show the main job: a log, both modes, tables, diagrams
	@mkdir -p build
	@echo "== A delivery log, simulated in the proportions of a real newsletter's"
	$(FSM) simulate with-feedback --messages 10000 --seed 1 -o build/log.csv
	@echo "== Executed under both feedback modes, five minutes after the start"
	$(FSM) replay build/log.csv --as-of 2026-01-05T09:05:00Z --to-send 10000
	@echo "== And after the validity period, when both modes agree"
	$(FSM) replay build/log.csv --validity 3.5d --status build/status.csv --series build/series.csv
	@echo "== What one message went through"
	$(FSM) explain build/log.csv --message m000000048
	@echo "== Every row of the documented tables, against the machines"
	$(FSM) check fsm/machines/*.md
	@echo "== The diagrams"
	@for machine in with-feedback without-feedback delivery engagement quarantine; do \
	  $(FSM) draw $$machine -o build/$$machine.svg && echo "build/$$machine.svg" || exit; done

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1 /p' $(MAKEFILE_LIST) | \
	  while read -r target text; do printf '  %-10s %s\n' "$$target" "$$text"; done

# Each worker of these has a core; at full depth polars has threads, whose order nothing may show.
test quick cover: export POLARS_MAX_THREADS ?= 1

test: $(READY) ## set up, and run all tests on every core (ARGS="tests/tables -x" some of them)
	$(BIN)/python $(PYTEST) $(ARGS)

quick: $(READY) ## run the tests that are quick together, while you work
	$(BIN)/python $(PYTEST) --quick $(ARGS)

test-deep: $(READY) ## run all tests, with many more samples of each law
	FSM_TEST_DEPTH=deep $(BIN)/python $(PYTEST) $(ARGS)

# More samples of a law run hardly more code, and each line that runs is counted: so not at full depth.
cover: $(READY) ## run the tests of test, and tell how much of the code ran
	$(BIN)/coverage erase
	$(BIN)/coverage run $(PYTEST) $(ARGS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

mutants: $(READY) ## tell whether the tests notice each fault of faults.toml (MUTANTS=clock-slack for one)
	$(BIN)/python -m tests.mutants.run $(MUTANTS)

check: $(READY) ## tell whether the documented tables hold, and diagrams/ and the reference are fresh
	$(FSM) check fsm/machines/*.md
	$(FSM) gallery --check diagrams
	$(BIN)/python -m fsm.reference --check

diagrams: $(READY) ## write diagrams/
	$(FSM) gallery diagrams

reference: $(READY) ## write the reference of the guides, fsm/guide/reference/
	$(BIN)/python -m fsm.reference

# The pages of the site are in the same places as in the repository, so that links hold in both.
SITE ?= build
SITE_PAGES := README.md CHANGELOG.md fsm/README.md fsm/guide diagrams $(wildcard tests/bench/*.md tests/bench/*.svg)

site: $(READY) ## build the documentation site in build/site
	@rm -rf $(SITE)/pages $(SITE)/site && mkdir -p $(SITE)/pages
	@tar cf - $(SITE_PAGES) | tar xf - -C $(SITE)/pages
	@cp -R .ci/site/. $(SITE)/pages
	$(BIN)/sphinx-build -q -E -W --keep-going -b html -d $(SITE)/doctrees $(SITE)/pages $(SITE)/site
	@echo $(SITE)/site/index.html

picture: diagrams/report.html ## write the picture of the report in the README; needs Chromium
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=4000 \
	  --window-size=1280,1330 --screenshot=diagrams/report.png diagrams/report.html

fix: $(READY) ## format the code, and mend what the linter can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: $(READY) ## tell whether the code is formatted and clean
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY) ## check the types
	$(BIN)/mypy

bench: $(READY) ## measure the replay (BENCH="--sizes 1e6 --runs 1")
	@$(BIN)/python -c 'import duckdb, matplotlib, pyarrow, pyspark' 2>/dev/null || { \
	  if test -x $(BIN)/pip; then pip=$(BIN)/pip; else pip="$(PYTHON) -m pip --python $(BIN)/python"; fi; \
	  $$pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[bench]'; }
	$(BIN)/python tests/bench/replay.py $(BENCH)

# The other tools are no dependencies of this project; PM4Py is under the AGPL:
# BENCH="--pm4py /path/to/python --r4pm /path/to/python"
bench-conformance: $(READY) ## measure fsm conform on public logs, beside other tools (BENCH="--runs 3")
	$(BIN)/python tests/bench/conformance.py $(BENCH)

$(READY): pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || \
	  $(PYTHON) -m virtualenv -q $(VENV) 2>/dev/null || \
	  { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --version >/dev/null; } || \
	  { echo "This Python can install nothing: it needs python3-venv or python3-pip"; exit 2; }
	@if test -x $(BIN)/pip; then pip=$(BIN)/pip; else pip="$(PYTHON) -m pip --python $(BIN)/python"; fi; \
	  $$pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[dev]'
	@touch $@

clean: ## remove what make has made
	rm -rf $(VENV) build .coverage .coverage.*
