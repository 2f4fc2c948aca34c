# One command each: run, test, check, dev, serve. Every target sets up what it needs and may be repeated.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
DATA ?=
DAY ?=
export PATH := $(CURDIR)/$(BIN):$(PATH)
ifneq ($(DATA),)
export YTEMPIRE_DATA := $(abspath $(DATA))
endif
TYPED := core connectors features generation

.DEFAULT_GOAL := help
.PHONY: help install run dev serve models test unit check lint format notebooks bench down clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(READY) ## Install the pinned packages into .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "ytempire: Python 3.11 or newer is needed. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "ytempire: this Python has no venv module. Install it (Debian: apt install python3-venv)." >&2; exit 1; }
	@free=$$(df -Pm . | awk 'NR==2 {print $$4}'); [ "$$free" -ge 6000 ] || [ -x $(BIN)/ytempire ] || \
	  { echo "ytempire: $$free MB free here, and the packages need 6000 MB. Free some space and run this again." >&2; exit 1; }
	@if [ -d $(VENV) ] && [ ! -f $@ ]; then echo "ytempire: $(VENV) is half-made; making it anew"; rm -rf $(VENV); fi
	@echo "ytempire: installing $$(grep -c == requirements.lock) pinned packages into $(VENV) (2 to 5 minutes)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@start=$$(date +%s); $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . \
	  && touch $@ && echo "ytempire: packages installed in $$(( $$(date +%s) - start )) s" || \
	  { echo "ytempire: the packages could not be installed. Mend what pip says above and run the same command again." >&2; exit 1; }

run: $(READY) ## Run one whole calendar day and print its summary (DAY=2026-06-09, DATA=folder)
	@ytempire run $(if $(DAY),--day $(DAY))

dev: $(READY) ## Open the Dagster UI on the same state
	@ytempire dev

serve: $(READY) ## Serve the champion models over HTTP
	@ytempire serve

# Here DATA is what is learnt from, not a market: registry and champions are those that `ytempire predict` finds without it.
models: export YTEMPIRE_DATA :=
models: $(READY) ## Train the champions of all tasks on the archives in DATA (at most an hour on two cores)
	@ytempire train all --data "$(or $(DATA),../shared/data)"

test: $(READY) ## Run every test
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup --durations=10 --ignore tests/journeys $(ARGS)
	@echo "ytempire: three whole days, 10 to 25 minutes" && $(BIN)/python -m pytest -q tests/journeys $(ARGS)

unit: $(READY) ## Run the unit and architecture tests
	@$(BIN)/python -m pytest -q tests/unit tests/architecture $(ARGS)

lint: $(READY)
	@ruff check . && ruff format --check .
	@mypy
	@lint-imports
	@sqlfluff lint dbt/models dbt/data-tests --processes 2 --disable-progress-bar

check: lint ## ruff, mypy, import law, sqlfluff, definitions, unit tests
	@ytempire validate
	@$(BIN)/python -m pytest -q tests/unit tests/architecture

format: $(READY) ## Format the code
	@ruff format . && ruff check --fix .

notebooks: $(READY) ## Run the notebooks from top to bottom, on a small made-up market
	@$(BIN)/python -m pytest -q tests/integration/notebooks $(ARGS)

bench: $(READY) ## Run the benchmarks; each prints JSON lines
	@for file in benchmarks/*.py; do echo "# $$file"; $(BIN)/python $$file || exit 1; done

down: ## Stop the local servers
	@[ ! -x $(BIN)/ytempire ] || ytempire down

clean: down ## Stop the servers and delete local state
	rm -rf var
