# make test   set up everything and run all tests          make lint    rules, format, types and who may import whom
# make demo   set up everything and show what pyvirt does  make format  let ruff mend what it can
# make venv   set up .venv alone                           make clean   remove what these made
#
# Needed beforehand: python3 (3.11 or later) with venv, make, git. As root on Debian, missing system packages are
# installed (SYSTEM_PACKAGES=no prevents that); otherwise the commands say what they would need.

PYTHON ?= python3
VENV ?= .venv
TOX_PARALLEL ?= auto
ARGUMENTS ?=

BIN := $(VENV)/bin

.DELETE_ON_ERROR:
.PHONY: demo test lint format venv clean

test: venv
	@sh tools/system_packages.sh tests
	$(BIN)/tox run-parallel --parallel $(TOX_PARALLEL) --parallel-no-spinner $(ARGUMENTS)

demo: venv
	@sh tools/system_packages.sh
	$(BIN)/python tools/demo.py $(ARGUMENTS)

lint: venv
	$(BIN)/tox run -e lint,types,deps

format: venv
	$(BIN)/ruff check --fix-only --exit-zero
	$(BIN)/ruff format

# Does nothing when no pyproject.toml has changed.
venv: $(BIN)/uv
	@$(BIN)/python tools/install.py --into $(VENV) --editable --keep --group dev

# uv makes the rest quick.
$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

clean:
	rm -rf $(VENV) .tox build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
