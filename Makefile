# Needs GNU make (3.81 or newer) and Python >= 3.10. Each target makes .venv by itself and installs what it needs;
# the stamp files .venv/.installed-* let the second run start at once.
#
#   make test PYTHON=python3.12   another Python (read when .venv is made)
#   make test ARGS=-x             arguments for the command that the target runs
#   make bench PIP_ARGS='...'     arguments for pip, such as another package index

VENV     := .venv
PY       := $(VENV)/bin/python
INSTALL   = $(PY) -m pip install --quiet --disable-pip-version-check $(PIP_ARGS)
ARGS     ?=
PIP_ARGS ?=

# The first Python on the path that is new enough; empty if there is none.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 10))
PYTHON ?= $(shell for p in python3 python python3.14 python3.13 python3.12 python3.11 python3.10; do \
	"$$p" -c '$(NEW_ENOUGH)' 2>/dev/null && { echo "$$p"; break; }; done)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:  # two pips in one environment get in each other's way
.PHONY: help demo systems gallery test lint bench bench-peers test-peers reliability reference clean distclean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed-examples $(VENV)/.installed-viz  ## Train a small net on real digits; write its curve, graph and page
	$(PY) -m examples.demo $(ARGS)

# FULL=1 needs PyTorch, which every net is compared with there.
systems: $(VENV)/.installed-examples $(if $(FULL),$(VENV)/.installed-peers)  ## Run every system of examples/ (FULL=1: full size, table rewritten)
	$(PY) -m examples.systems $(if $(FULL),--full) $(ARGS)

gallery: $(VENV)/.installed-examples $(VENV)/.installed-viz  ## Draw the pictures of examples/gallery anew
	$(PY) -m examples.gallery $(ARGS)

test: $(VENV)/.installed-test $(VENV)/.installed-viz  ## Run tests and doctests, with the branch coverage of autograd_np
	$(PY) -m pytest -n auto --cov --cov-report=term $(ARGS)

lint: $(VENV)/.installed-lint  ## Check style, formatting and types
	$(PY) -m ruff check $(ARGS) .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: $(VENV)/.installed-examples  ## Measure this engine beside the peers that are installed
	$(PY) -m benchmarks $(ARGS)

bench-peers: $(VENV)/.installed-bench  ## Install the peers for bench: PyTorch, MyGrad, autograd, JAX (large)

test-peers: $(VENV)/.installed-test $(VENV)/.installed-peers  ## Compare with PyTorch itself (large download)
	$(PY) -m pytest tests/peers $(ARGS)

reliability: $(VENV)/.installed-test $(VENV)/.installed-viz  ## Try to break it, at length; write RELIABILITY.md anew (about an hour)
	$(PY) -m tests.reliability --full $(ARGS)

reference: $(VENV)/.installed-test $(VENV)/.installed-peers  ## Write the stored PyTorch reference values anew
	$(PY) -m tests.peers.generate $(ARGS)
	$(PY) -m tests.nn.torch_cases
	$(PY) -m tests.examples.ports

clean:  ## Remove caches, builds and the demo's outputs; .venv stays
	rm -rf out build dist htmlcov .coverage .coverage.* .hypothesis .benchmarks .pytest_cache .mypy_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean  ## Remove .venv as well
	rm -rf $(VENV)

# A half-made environment would satisfy make on the next run, so a failure removes it.
$(VENV)/pyvenv.cfg:
	@python='$(PYTHON)'; \
	if [ -z "$$python" ]; then \
		echo "No Python >= 3.10 was found on the path. Install one, or name it: make PYTHON=/path/to/python3"; exit 1; \
	elif ! "$$python" -c '$(NEW_ENOUGH)'; then \
		echo "PYTHON=$$python is not a Python >= 3.10. Name another one: make PYTHON=/path/to/python3"; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version) ..."; \
	"$$python" -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "No virtual environment could be made. On Debian and Ubuntu: apt install python3-venv"; exit 1; \
	}

# One stamp per set of extras, made anew when pyproject.toml changes.
$(VENV)/.installed-%: pyproject.toml $(VENV)/pyvenv.cfg
	@echo "Installing what '$*' needs into $(VENV) ..."
	@$(INSTALL) --editable '.[$*]'
	@touch $@

# Not every machine has a wheel of pygraphviz. Without it pictures need the dot program; nothing else does.
$(VENV)/.installed-viz: pyproject.toml $(VENV)/pyvenv.cfg
	@$(INSTALL) --only-binary=pygraphviz --editable '.[viz]' || { \
		echo "Going on without pygraphviz: no wheel of it could be installed here. For pictures install Graphviz"; \
		echo "(the dot program); to try pygraphviz again: rm $@"; \
	}
	@touch $@
