# make train   set up .venv, then run the main job on the embedded data
# make test    set up .venv, then run the tests, two at a time; make test WORKERS=8 where there are more cores
# make lint    ruff and mypy

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PLUGINS := $(wildcard plugins/*/pyproject.toml)
CONFIG ?= configs/moei_rain_haze_snow.py
ARGS ?=
WORKERS ?= 2

export NO_ALBUMENTATIONS_UPDATE := 1

.PHONY: train test lint setup clean

train: setup
	$(BIN)/python tools/train.py $(CONFIG) $(ARGS)

test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(READY)

$(READY): setup.py pyproject.toml requirements/constraints.txt $(PLUGINS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c requirements/constraints.txt \
		--no-compile -e '.[test]' $(patsubst %/pyproject.toml,-e ./%,$(PLUGINS))
# Byte code is made on every core; some files of other packages are no Python 3.
	$(BIN)/python -W ignore -m compileall -qq -j 0 $(VENV)/lib moei_toolkit plugins || true
	touch $(READY)

clean:
	rm -rf $(VENV) build dist *.egg-info
