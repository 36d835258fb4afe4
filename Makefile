# Every recipe prepares .venv when it has to, so `make demo` and `make test` work on a fresh clone.
# Needed beforehand: python3 >= 3.11 with venv and headers, g++, make.

PYTHON ?= python3
# A file's tests run in one process: what they start, they start once.
PYTEST_ARGS ?= -n auto --dist loadfile

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

bin := .venv/bin
pytest := $(bin)/python -m pytest
# The stamp's name changes with what it stands for: a run with nothing to install starts at once.
inputs := pyproject.toml $(wildcard requirements/*.txt) tools/set_up.sh tools/quickfix_wheel.py tools/web_build.py
stamp := .venv/ready-$(firstword $(shell cat $(inputs) | cksum))

.PHONY: help web demo test test-fast check fmt lint types layers props soak mutants bench docs lock clean

help: ## list the recipes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

web: $(stamp) ## build the web app where its sources have changed
	@$(bin)/python tools/web_build.py

demo: web ## run everything with demo data: OMS, FIX gateway, broker and EMS simulators, blotter
	@$(bin)/tradeoms demo

test: web ## run every test except the soak campaigns, in a fixed order
	$(pytest) -p no:randomly $(PYTEST_ARGS) tests

test-fast: web ## run the tests that take less than two seconds each
	$(pytest) -m "not slow and not soak" $(PYTEST_ARGS) tests

check: lint types layers test ## run all that a change must pass, fast to slow

fmt: $(stamp) ## format the code and apply the safe fixes
	$(bin)/ruff format .
	$(bin)/ruff check --fix .

lint: $(stamp) ## check format and style
	$(bin)/ruff format --check .
	$(bin)/ruff check .

types: $(stamp) ## check types, strictly
	$(bin)/mypy
	$(bin)/python tools/web_build.py --check

layers: $(stamp) ## check that imports point down only
	$(bin)/lint-imports --no-logo

props: $(stamp) ## search for counterexamples with many fresh examples, in a random order
	$(pytest) -m "hypothesis and not soak" --hypothesis-profile=fresh $(PYTEST_ARGS) tests

soak: $(stamp) ## run the long campaigns (hours)
	$(pytest) -m soak --timeout=0 $(PYTEST_ARGS) tests

mutants: $(stamp) ## break every kind of compliance rule on purpose and see that tests notice (half an hour)
	$(bin)/python tools/mutants.py

bench: $(stamp) ## measure throughput and latency on this machine
	@$(bin)/tradeoms bench

docs: $(stamp) ## write docs/generated anew from the code
	$(bin)/python -m tradeoms docs

lock: ## pin the newest allowed versions and their hashes (needs uv)
	tools/lock.sh

clean: ## remove .venv and everything that the recipes made, but no data
	rm -rf .venv build dist src/tradeoms/web/static web/node_modules web/src/api/generated htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(stamp): $(inputs)
	@PYTHON="$(PYTHON)" tools/set_up.sh
	@rm -f .venv/ready-*
	@touch $@
