# Two commands are enough: `make run` opens the portal, `make test` runs every test. `make help` lists the rest.
PORT ?= 8501
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
OCR_STAMP := $(VENV)/.installed-ocr

.DEFAULT_GOAL := help
.PHONY: help setup ocr run test lint bench photos-report clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Xinglin needs Python 3.11 or later; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(OCR_STAMP): requirements-ocr.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-ocr.txt
	@touch $@

setup: $(STAMP)  ## make the environment in .venv, with the `xinglin` command

ocr: $(OCR_STAMP)  ## add the optional reading of ID cards and certificates (about 280 MB on disk)

run: $(STAMP)  ## open the portal with demonstration data (PORT=8501)
	@XINGLIN_DEMO=1 $(BIN)/xinglin serve --port $(PORT)

test: $(DEV_STAMP)  ## run all tests
	$(BIN)/python -m pytest -n 2 --dist loadscope -q

lint: $(DEV_STAMP)  ## style, layers and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(DEV_STAMP)  ## measure every page against an empty one and a bare one
	$(BIN)/python -m bench

photos-report: $(DEV_STAMP)  ## judge the labelled pictures and write the tables of docs/photos.md
	$(BIN)/python -m bench.photos_report

clean:  ## remove the environment and the caches, never the data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis artifacts
