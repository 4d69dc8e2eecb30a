# The commands a newcomer needs. Everything installs into .venv from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
# Half of the time tests wait, for leases and servers: one process more than the two cores of a small machine.
TEST_PROCESSES ?= 3
STAMP := .venv/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: install demo up test lint format bench clean

install: $(STAMP)

# The lock is complete: pip resolves nothing, and takes nothing whose hash it does not know.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Engage needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: install
	$(BIN)/engage demo

up: install
	$(BIN)/engage up

test: install
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install
	$(BIN)/engage bench all

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
