# make demo: a running site with a seeded organisation.   make test: everything that is checked.
# Each sets up what it needs: a virtual environment, the dependencies, the browser's modules.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help setup demo test lint unit migration lock wheel bench fuzz forge kill interop mutants clean

help:
	@echo "make demo    serve a seeded organisation in mid-term, with printed sign-ins"
	@echo "make test    lint, types, import contracts and every test, as CI does"
	@echo "make migration  write the one migration anew from the models (while nothing is released)"
	@echo "make lock    newer versions of the dependencies, with their hashes"
	@echo "make wheel   what is installed elsewhere, in dist/"
	@echo "make bench   measure what docs/performance.md promises (SCALE=0.02: small)"
	@echo "make fuzz    the long run of the coverage-guided fuzzers (SECONDS=600)"
	@echo "make forge   every forgery of a record and of its log, each refused (20 minutes)"
	@echo "make interop compare with belenios-tool 3.3, which is fetched from Debian (SEED=1)"
	@echo "make mutants changes a module bit by bit, lists what no test notices (MODULES=voting/casting.py)"
	@echo "make kill    200 kills of the server in mid-append, on both databases"

setup: $(VENV)/.installed web/static/bundle/.built

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "a virtual environment needs Debian's package python3-venv"; rm -rf $(VENV); exit 1; }

# The demonstration's packages, each with its hash; what the tests need beside them comes later.
$(VENV)/.installed: requirements/demo.txt pyproject.toml | $(BIN)/python
	@echo "installing the dependencies (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/demo.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

FRONTEND := $(shell find web/frontend/src -type f 2>/dev/null) $(wildcard web/frontend/*.json web/frontend/build.*)

web/static/bundle/.built: $(FRONTEND) requirements/node.txt | $(VENV)/.installed
	@echo "building the browser's modules"
	@$(BIN)/python web/frontend/build.py
	@touch $@

demo: setup
	@$(BIN)/mandate demo $(DEMO)

$(VENV)/.tested: requirements/test.txt $(VENV)/.installed
	@echo "installing what the tests need (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/test.txt
	@$(BIN)/python web/frontend/build.py --path >/dev/null 2>&1 || \
		$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/node.txt
	@touch $@

lint: setup $(VENV)/.tested
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports
	@cd web/frontend && PATH="$(WITH_NODE)" npm run --silent types
	@cd web/frontend && PATH="$(WITH_NODE)" npm run --silent lint

WITH_NODE = $$($(CURDIR)/$(BIN)/python $(CURDIR)/web/frontend/build.py --path)

$(VENV)/.test-tools: tests/tools.sh requirements/database.txt $(VENV)/.tested
	@sh tests/tools.sh $(BIN)
	@touch $@

unit: setup $(VENV)/.test-tools
	@PATH="$(WITH_NODE):$(CURDIR)/$(BIN)" $(BIN)/pytest --numprocesses auto --dist loadfile \
		--no-loadscope-reorder --durations 10 $(TESTS)

test: $(VENV)/.test-tools lint unit

migration: setup $(VENV)/.tested
	@$(BIN)/python -m migrations.regenerate

# new versions of what we depend on, with their hashes: look at the difference before it is committed
COMPILE_GROUP = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header
COMPILE = $(COMPILE_GROUP) --no-emit-package mandate-elections pyproject.toml
lock: $(BIN)/python
	@$(BIN)/python -m pip install --quiet uv
	@$(COMPILE) --extra all --group build --group tools --output-file requirements/test.txt
	@$(COMPILE) --extra demo --group build --constraints requirements/test.txt \
		--output-file requirements/demo.txt
	@$(COMPILE_GROUP) --group node --output-file requirements/node.txt
	@$(COMPILE_GROUP) --group database --output-file requirements/database.txt

wheel: setup
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@ls dist/*.whl

MODULES ?= voting/casting.py
mutants: setup $(VENV)/.test-tools
	@nice -n 10 $(BIN)/python -m tests.mutants $(MODULES)

SCALE ?= 1
bench: setup $(VENV)/.tested
	@$(BIN)/python -m bench --scale $(SCALE)

SECONDS ?= 600
fuzz: setup $(VENV)/.tested
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

# every leaf of every document of a record changed, every entry of its log dropped, moved, re-acted
forge: setup
	@$(BIN)/python -m tests.record.leaves
	@$(BIN)/python -m tests.record.histories

kill: setup $(VENV)/.test-tools
	@MANDATE_KILLS=200 MANDATE_TEST_KILLS=20 $(BIN)/pytest tests/audit/test_kills.py tests/attacks/test_20_kills.py

# another program, belenios-tool 3.3 from Debian, on what ours makes and the other way round
SEED ?= 1
interop: setup $(VENV)/.tested
	@sh tests/interop/tool.sh $(VENV)/belenios-tool
	@$(BIN)/python -m tests.interop --seed $(SEED)

clean:
	rm -rf $(VENV) web/static/bundle web/frontend/node_modules var
