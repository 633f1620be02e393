# Every target sets up .venv by itself; all it needs is Python >= 3.11, make and (to clone) git.
#   make demo      a case made from the bundled fixtures, and three questions answered
#   make test      the tests                  (ARGS="-k alb -x" is passed on to pytest)
#   make check     what CI runs: ruff, mypy, import contracts, tests
#   make bench     speed, side by side with hand-written SQL
#   make torture   kills, bombs and fuzzing, for an hour or two
#   make fuzz      of these, mutated evidence only (FUZZ_SEED, FUZZ_INPUTS)
#   make update    rewrite expected outcomes of fixtures; then read the diff
#   make venv      only set up

MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1

VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
# Whole files go to one process: fixtures of module scope are built once.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile
ARGS :=

DEMO := build/demo.duckdb
FORENSICS := $(BIN)/python -m forensics

.PHONY: check demo test lint bench torture fuzz update venv clean

check: lint test

test: $(READY)
	$(PYTEST) -q $(PARALLEL) $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(PYTEST) benchmarks --benchmark-enable -p no:xdist $(ARGS)

torture: $(READY)
	$(PYTEST) -m torture $(ARGS)

fuzz: $(READY)
	$(PYTEST) -m torture tests/torture/test_fuzz.py tests/torture/test_fuzz_containers.py $(ARGS)

update: $(READY)
	$(PYTEST) -q --update $(ARGS)

demo: $(READY)
	@mkdir -p $(dir $(DEMO)) && rm -f $(DEMO) $(DEMO).wal
	$(FORENSICS) ingest fixtures/demo --db $(DEMO)
	@echo; echo "Who acted, and from where?"
	@$(FORENSICS) sql --db $(DEMO) "$$WHO"
	@echo; echo "What was refused?"
	@$(FORENSICS) sql --db $(DEMO) "$$WHAT"
	@echo; echo "When did it happen?"
	@$(FORENSICS) sql --db $(DEMO) "$$WHEN"
	@echo; echo "The case is $(DEMO); ask your own:  $(FORENSICS) sql --db $(DEMO) \"SELECT ...\""

venv: $(READY)

clean:
	rm -rf $(VENV) build dist .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# A `python3` on the path may be too old or only a shim: the first one that proves itself is taken.
# Set PYTHON to choose another.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$each && break; done)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its venv module is needed" \
		"(Debian, Ubuntu: apt install python3-venv); or: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

define WHO
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.type) AS who,
       sourceIPAddress, count(*) AS calls
FROM cloudtrail GROUP BY ALL ORDER BY calls DESC, who, sourceIPAddress LIMIT 10
endef
define WHAT
SELECT eventTime, eventSource, eventName, errorCode, userIdentity.arn AS who
FROM cloudtrail WHERE errorCode IS NOT NULL ORDER BY eventTime, source_id, record_no LIMIT 10
endef
define WHEN
SELECT date_trunc('hour', eventTime) AS hour, count(*) AS calls,
       count(*) FILTER (NOT coalesce(readOnly, false)) AS changes
FROM cloudtrail GROUP BY hour ORDER BY hour LIMIT 24
endef
export WHO WHAT WHEN
