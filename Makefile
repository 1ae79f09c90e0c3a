# Everything one needs: Python 3.11 or newer, and make. `make help` lists the words.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ARGS ?=
WORKERS ?= 2

ifdef EMPTY
export REKAP_DATA ?= var/empty
LOAD := --no-load
endif

.PHONY: help run stack test quick coverage check fmt bench prove generate lock simulate-nation
.DEFAULT_GOAL := help

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make run          all four services on this machine, with the five offices' figures; EMPTY=1: another folder, no data
run: $(VENV)/.installed
	@$(BIN)/rekap run $(LOAD) $(ARGS)

## make stack        a whole installation as processes: PostgreSQL, Kafka, four services, a Caddy in front; Ctrl-C removes it
stack: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.stack

## make test         everything, also on a real PostgreSQL and a real Kafka broker; ARGS="-k word" for less
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

## make simulate-nation  514 offices, two million recordings, every figure checked, rebuilt and checked again: hours
simulate-nation: $(VENV)/.installed-dev
	$(BIN)/python -m tests.journeys.nation_run $(ARGS)

## make prove        what must survive: simulation and faults alone, into docs/reliability.md; REKAP_FAULTS=full for all
prove: $(VENV)/.installed-dev
	@REKAP_SEEDS=$${REKAP_SEEDS:-40000} $(BIN)/python -m pytest $(wildcard tests/simulation) tests/faults $(ARGS); \
		status=$$?; $(BIN)/python -m tests.faults.results; exit $$status

## make quick        the rules alone: no database server, no browser; seconds, after each change
quick: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --quick -q $(ARGS)

## make coverage     the tests that run inside one process on SQLite, and the share of lines and branches they reach
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q --cov --cov-report=term:skip-covered -k "not postgres and not kafka" \
		tests/recording tests/blanks tests/equipment tests/reporting tests/shared tests/golden $(ARGS)

## make check        says no: format, lint, types, walls between the rooms, stale generated files, migration drift
check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m deploy.generate --check
	$(BIN)/python -m pytest -q -k "tables_of_the_code and sqlite" tests/test_migrations.py

## make fmt          repairs format and lint
fmt: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## make bench        the speed goals against their yardsticks, in 20 minutes; ARGS="G1 G8" for some, ROUNDS=3 for fewer rounds
bench: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks $(ARGS)

## make generate     writes what is written from the code: README table, event pages, schemas, OpenAPI, figures
generate: $(VENV)/.installed-dev
	$(BIN)/python -m deploy.generate

## make lock         resolves pyproject.toml into constraints.txt and constraints-dev.txt anew
lock: build/uv/bin/uv
	$(LOCK) --output-file constraints.txt pyproject.toml
	$(LOCK) --output-file constraints-dev.txt --extra dev --constraint constraints.txt pyproject.toml

LOCK = build/uv/bin/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

build/uv/bin/uv:
	$(PYTHON) -m venv build/uv
	build/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Each stamp is written last: an interrupted installation is simply done again.
$(VENV)/.installed: constraints.txt pyproject.toml
	$(call install,constraints.txt)
	@touch $@

$(VENV)/.installed-dev: constraints-dev.txt pyproject.toml
	$(call install,constraints-dev.txt)
	@touch $(VENV)/.installed $@

define install
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "Making the environment in $(VENV): a minute, once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
endef
