.DEFAULT_GOAL := help
.PHONY: help up test check bench bench-delivery chaos schema migration lock format clean
.DELETE_ON_ERROR:

BIN := .venv/bin
READY := .venv/.ready
GRAPHIQL := services/api/graphiql
POSTGRAPHILE := bench/postgraphile
BULLMQ := bench/delivery/bullmq
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --quiet --custom-compile-command "make lock" $(UPGRADE)

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(READY) $(GRAPHIQL)/dist ## run everything on this machine until Ctrl-C (PORT=8000 DATA_DIR=.data)
	@$(BIN)/relance up

test: $(READY) ## run every test, three files at a time, over servers of their own (ARGS="-k reminders")
	@$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(READY) ## everything that must hold before a change is merged, tests included
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/relance schema --check
	@if ! docker compose version >/dev/null 2>&1; then echo "docker compose isn't found: compose.yaml stays unchecked"; \
	else echo "docker compose config --quiet"; docker compose config --quiet; fi
	@$(MAKE) --no-print-directory test

bench: $(READY) $(POSTGRAPHILE)/node_modules ## measure Relance beside others (QUICK=1: under five minutes; LEADS=...)
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(LEADS),--leads $(LEADS)) $(ARGS)

bench-delivery: $(READY) $(BULLMQ)/node_modules ## how late reminders and mails are, beside BullMQ (PENDING=100000: a quick one)
	@$(BIN)/python -m bench.delivery $(if $(PENDING),--pending $(PENDING)) $(ARGS)

chaos: $(READY) ## hurt a whole Relance on purpose, and check every promise (SECONDS=120 SEED=...)
	@$(BIN)/python -m chaos $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(ARGS)

schema: $(READY) ## write schema/api.graphql and sales/tables.sql anew
	@$(BIN)/relance schema

migration: $(READY) ## write the migration for what changed in the tables (NAME=add_lead_colours)
	@$(BIN)/relance migration $(NAME)

lock: $(READY) ## work out requirements*.lock from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra local --extra dev --constraints requirements.lock --output-file requirements-dev.lock

format: $(READY) ## format the code, and mend what the linter can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

clean: ## remove everything that make made, except the data in .data
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@rm -rf $(GRAPHIQL)/dist $(GRAPHIQL)/node_modules $(POSTGRAPHILE)/node_modules $(BULLMQ)/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The newest Python that the lock was worked out for, or whatever python3 is if that is new enough. A version manager's
# stand-in may be on the path and not work, so each is tried; PYTHON=... goes first.
$(READY): requirements-dev.lock pyproject.toml
	@for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3 none; do \
		$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	if [ $$python = none ]; then \
		echo "Relance needs Python 3.11 or newer with venv (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; \
	fi; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		echo "Making .venv with $$python (once)"; $$python -m venv --clear .venv; }
	@echo "Installing from requirements-dev.lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(GRAPHIQL)/dist: $(wildcard $(GRAPHIQL)/*.js $(GRAPHIQL)/*.json $(GRAPHIQL)/*.html $(GRAPHIQL)/operations/* $(GRAPHIQL)/source/*)
	@if ! command -v npm >/dev/null; then \
		echo "npm isn't found: GraphiQL takes its assets from a CDN instead"; \
	elif echo "Building GraphiQL (once)" && (cd $(GRAPHIQL) && npm ci --silent && npm run --silent build) >/dev/null 2>&1; then \
		touch $@; \
	else \
		echo "npm can't build GraphiQL ('cd $(GRAPHIQL) && npm ci' says why): it takes its assets from a CDN instead"; \
	fi

$(POSTGRAPHILE)/node_modules: $(POSTGRAPHILE)/package-lock.json
	@if ! command -v npm >/dev/null; then echo "npm isn't found: the bench runs without PostGraphile"; \
	elif echo "Installing PostGraphile (once)" && (cd $(POSTGRAPHILE) && npm ci --silent); then touch $@; \
	else echo "npm can't install PostGraphile: the bench runs without it"; fi

$(BULLMQ)/node_modules: $(BULLMQ)/package-lock.json
	@if ! command -v npm >/dev/null; then echo "npm isn't found: the bench runs without BullMQ"; \
	elif echo "Installing BullMQ (once)" && (cd $(BULLMQ) && npm ci --silent); then touch $@; \
	else echo "npm can't install BullMQ: the bench runs without it"; fi
