# Two commands: make book, make test. Everything else serves them.
.DEFAULT_GOAL := help
.PHONY: help setup book pdf test lint unit nbval strict pages runs outputs bench lock clean
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
RUN := $(PY) -m
PYTEST := $(RUN) pytest -q

# One thread per process (two processes share two cores), and the same order, language and clock on every machine.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export PYTHONUTF8 := 1
export LC_ALL := C.UTF-8
export TZ := UTC
# Chapters run with the Python of .venv, whatever kernels and settings the user keeps elsewhere.
export JUPYTER_PREFER_ENV_PATH := 1
export JUPYTER_PLATFORM_DIRS := 1
export JUPYTER_CONFIG_DIR := $(CURDIR)/_build/.jupyter
export IPYTHONDIR := $(CURDIR)/_build/.ipython
export PYDEVD_DISABLE_FILE_VALIDATION := 1
unexport JUPYTER_PATH
unexport PYTHONPATH

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## .venv with the locked packages; nothing to do when it is current
	@sh tools/setup.sh

book: setup ## execute every chapter and build _build/html and _build/findings.json
	@$(RUN) aieq.report.build

pdf: setup ## the built book as one PDF, _build/book.pdf (needs chromium)
	@$(RUN) aieq.report.pdf

test: lint unit nbval strict pages runs ## everything that must hold: lint, tests, chapters, a clean strict build, its pages

lint: setup ## style, and types of the package
	@echo "lint: ruff, mypy"
	@$(RUN) ruff check --quiet .
	@$(RUN) mypy --no-error-summary --cache-dir _build/.mypy aieq

unit: setup ## tests of the package and of the data, and the examples in docstrings
	@echo "unit: package, data, examples"
	@$(PYTEST) -n 2 --dist worksteal --doctest-modules -m "not browser and not built and not chapters and not runs" tests aieq

nbval: setup ## run every chapter and compare each output with the one committed
	@echo "nbval: every chapter says again what it said"
	@$(PYTEST) -n 2 --dist loadfile --nbval --nbval-kernel-name aieq chapters

strict: setup ## a clean build in which every warning is an error
	@$(RUN) aieq.report.build --clean --strict

pages: setup ## the pages of the last build, as files and in a browser
	@echo "pages: what a reader opens"
	@$(RUN) aieq.report.check
	@$(PYTEST) -n 2 --dist worksteal -m "browser or built" tests

runs: setup ## every chapter under other parameters, and faults planted on purpose
	@echo "runs: chapters under other days and assumptions, planted faults"
	@$(PYTEST) -n 2 --dist worksteal -m "chapters or runs" tests

outputs: setup ## execute the chapters and put the new outputs into chapters/, to be committed
	@$(RUN) aieq.report.build --commit

bench: setup ## how fast, and how much memory: ratios and absolute figures
	@$(RUN) bench

lock: setup ## requirements.txt anew from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra book --extra test --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements.txt

clean: ## remove what was built (.venv stays)
	@rm -rf _build .pytest_cache .ruff_cache .hypothesis
