# Everything a developer does, from a fresh clone. Needs make and Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
NPM := $(BIN)/python js/build.py npm
ARGS ?=
TESTERS ?= 3

# The real OAR comes from Debian 12's packages, and takes root to start.
CAN_CLUSTER := $(shell test "$$(id -u)" = 0 && grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release && echo yes)

.DEFAULT_GOAL := help
.PHONY: help env demo test lint bench cluster cluster-down lab clean

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-14s %s\n' "$$name" "$$what"; done

env: .venv/.ready ## make .venv, with the project in it (editable) and what developers need

.venv/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer, please: make PYTHON=…" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip install -q --python $(BIN)/python -e '.[dev]'
	touch $@

demo: env ## run the quickstart notebook on the embedded cluster and show what it computed
	PYDRA_OAR_BACKEND=local $(BIN)/python notebooks/run.py notebooks/quickstart.ipynb

# Most tests wait, for OAR, services and kernels: more of them than cores run side by side.
PYTEST := python -m pytest -n $(TESTERS) --dist worksteal

# The front end by itself; then pytest, on a real OAR where there can be one: then as a normal account,
# and without a skipped test.
test: env ## run the tests; ARGS="-k name" for some of them
	$(NPM) test
ifeq ($(CAN_CLUSTER),yes)
	tests/cluster/up
	PYDRA_OAR_CLUSTER_TESTS=required tests/cluster/run $(PYTEST) $(ARGS)
else
	@echo 'No real OAR here (it takes root on Debian 12): its tests are skipped.'
	$(BIN)/$(PYTEST) $(ARGS)
endif

lint: env ## check style, types and the direction of imports, of Python and TypeScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict pydra_oar_jupyter
	$(BIN)/lint-imports
	$(NPM) run check

bench: ## measure the speed on a real OAR; ARGS="latency" for a part of it
	tests/cluster/up
	tests/cluster/run sh -c 'python -m bench $(ARGS) >&2; code=$$?; cat bench/results.json; exit $$code' \
		>bench/results.new; code=$$?; \
		[ ! -s bench/results.new ] || mv bench/results.new bench/results.json; exit $$code

cluster: ## bring up a throwaway OAR of two nodes (root, Debian 12)
	tests/cluster/up

cluster-down: ## take it down
	tests/cluster/down

lab: env ## open the notebooks in JupyterLab, with our part of it as its sources are
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	$(BIN)/jupyter lab notebooks

clean: ## remove what was built and cached here
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf js/node_modules js/lib js/built.sum pydra_oar_jupyter/labextension pydra_oar_jupyter/notebook/widgets/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
