# make run: set up and show the main job.   make test: set up and run the tests, on every core.
# make test-deep: many more samples of each law.   make cover: that, and how much of the code ran.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FSM := $(BIN)/fsm
PYTEST := -m pytest -n auto --dist worksteal
# Arguments of pytest, for example: make test ARGS="tests/tables -x"
ARGS ?=

.PHONY: run test test-deep cover mutants check diagrams picture lint types bench clean

run: $(READY)
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

test: $(READY)
	$(BIN)/python $(PYTEST) $(ARGS)

test-deep: $(READY)
	FSM_TEST_DEPTH=deep $(BIN)/python $(PYTEST) $(ARGS)

cover: $(READY)
	$(BIN)/coverage erase
	FSM_TEST_DEPTH=deep $(BIN)/coverage run $(PYTEST) $(ARGS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Whether the tests notice each fault of tests/mutants/faults.toml. For example, only one of them:
# make mutants MUTANTS=clock-slack
mutants: $(READY)
	$(BIN)/python -m tests.mutants.run $(MUTANTS)

check: $(READY)
	$(FSM) check fsm/machines/*.md
	$(FSM) gallery --check diagrams

diagrams: $(READY)
	$(FSM) gallery diagrams

# The picture of the report that the README shows; needs Chromium.
picture: diagrams/report.html
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=4000 \
	  --window-size=1280,1330 --screenshot=diagrams/report.png diagrams/report.html

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

# For example: make bench BENCH="--sizes 1e6 --runs 1"
bench: $(READY)
	@$(BIN)/python -c 'import duckdb, matplotlib, pyarrow, pyspark' 2>/dev/null || { \
	  if test -x $(BIN)/pip; then pip=$(BIN)/pip; else pip="$(PYTHON) -m pip --python $(BIN)/python"; fi; \
	  $$pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[bench]'; }
	$(BIN)/python tests/bench/replay.py $(BENCH)

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

clean:
	rm -rf $(VENV) build .coverage .coverage.*
