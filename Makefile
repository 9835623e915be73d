# The commands of README.md. Nothing is needed but Debian's Python 3.11 (or newer) and make.
SCV_HOME ?= data/demo
export SCV_HOME

VENV := .venv
BIN := $(VENV)/bin
SOURCES := scv_assets resources schedules demo_company destination_sandbox tests benchmarks

.PHONY: run dev test check lint types fast format bench clean

run: $(VENV)/.runs
	$(BIN)/scv run

dev: $(VENV)/.runs
	$(BIN)/scv dev

test: $(VENV)/.develops
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: lint
	$(MAKE) --jobs=2 --output-sync=target types fast

lint: $(VENV)/.develops
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: $(VENV)/.develops
	$(BIN)/mypy

fast: $(VENV)/.develops
	$(BIN)/python -m pytest -m "not slow and not server and not browser and not property" -n 2 --ignore=tests/pipeline --ignore=tests/demo_company --ignore=tests/identity/test_quality.py

format: $(VENV)/.develops
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.develops
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(SCV_HOME)/lake $(SCV_HOME)/exports $(SCV_HOME)/scv.db* $(SCV_HOME)/.dagster $(SCV_HOME)/.locks

$(VENV)/.runs: requirements.lock pyproject.toml
	sh install.sh $(VENV) requirements.lock
	touch $@

$(VENV)/.develops: $(VENV)/.runs requirements-dev.lock
	sh install.sh $(VENV) requirements-dev.lock
	touch $@
