# `make run`: your own usage, now.  `make check`: everything that must hold.  `make bench`: speed, beside the peers.
SHELL := /bin/bash
VENV := .venv
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
EARNMARK := $(VENV)/bin/earnmark

.PHONY: run check lint types floors test bench prices docs screenshot clean

run: $(VENV)/.ready
	@$(EARNMARK)

check: lint types floors test

lint: $(VENV)/.ready
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .

types: $(VENV)/.ready
	$(VENV)/bin/mypy

floors: $(VENV)/.ready
	$(VENV)/bin/lint-imports

test: $(VENV)/.ready
	$(VENV)/bin/pytest -n auto --cov --cov-report=term

bench: $(VENV)/.ready
	$(VENV)/bin/python -m benchmarks.run

prices: $(VENV)/.ready
	$(VENV)/bin/python -m tools.snapshot_prices

docs: $(VENV)/.ready
	$(VENV)/bin/python -m tools.write_docs

screenshot: $(VENV)/.ready
	$(VENV)/bin/python -m tools.screenshot

# The environment of uv.lock; uv itself is put into it where the machine has none.
$(VENV)/.ready: pyproject.toml uv.lock
	@if [ "$(UV)" = ".uv/bin/uv" ] && [ ! -x "$(UV)" ]; then \
		python3 -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check "uv>=0.13,<0.14"; fi
	@$(UV) sync --locked --quiet
	@touch $@

clean:
	rm -rf $(VENV) .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist
