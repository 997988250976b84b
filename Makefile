# `make lab` to learn, `make test` to test: both set everything up first, in .venv, and need only Python and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help lab test check notebooks lint bench lock clean

# Tried from left to right: the first that is new enough and can make virtual environments. `make lab PYTHON=…` goes first.
PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python
VENV := .venv/bin/python
READY := .venv/.ready
EXTRAS := .[speech,test]
LESSONS := notebooks/*.ipynb
# JupyterLab asks its news question in the browser, whatever the server is told.
NO_NEWS := {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}

# Somebody else's Python settings must not leak into ours, and our kernels come before the ones in the home folder.
unexport PYTHONHOME PYTHONPATH JUPYTER_PATH
export JUPYTER_PREFER_ENV_PATH := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Jupyter, IPython and matplotlib write to the home folder; where that cannot be written they get one of ours.
ifneq ($(shell test -n "$$HOME" && test -d "$$HOME" && test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.venv/home
endif

# The environment remembers where it was made: in a folder that was moved or copied it is set up again.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
$(shell rm -f $(READY))
endif

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

lab: $(READY)  ## open the lessons in JupyterLab (more options: make lab ARGS="--no-browser --port=9999")
	@PATH="$(CURDIR)/.venv/bin:$$PATH" exec $(VENV) -m jupyterlab --ServerApp.root_dir="$(CURDIR)" \
	  --LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb --LabApp.news_url=None \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	  $$(test "$$(id -u)" != 0 || echo --allow-root) $(ARGS)

test: $(READY)  ## run all tests, then every lesson against its stored outputs
	$(VENV) -m pytest tests -n 2 --dist loadfile
	$(VENV) -m tests.notebooks.validate $(LESSONS)

check: $(READY)  ## is this machine ready for a class? one line each, and what to do on a red one
	@$(VENV) -m helpers.check

notebooks: $(READY)  ## run every lesson and store its outputs (some: make notebooks LESSONS=notebooks/03*.ipynb)
	$(VENV) -m tests.notebooks.execute $(LESSONS)

lint: $(READY)  ## look for mistakes without running anything
	$(VENV) -m ruff check .
	$(VENV) -m mypy

bench: $(READY)  ## measure, and compare with the targets
	@$(VENV) -m tests.bench

lock: $(READY)  ## find the newest versions that fit pyproject.toml and write them to requirements.lock
	@set -e; new=$$(mktemp -d); trap 'rm -rf "$$new"' EXIT; \
	echo "Installing the newest versions that fit, apart from .venv …"; \
	$(VENV) -m venv "$$new/venv"; \
	"$$new/venv/bin/python" -m pip install -qq -e "$(EXTRAS)"; \
	{ echo "# The versions that were tested: constraints for pip, renewed by 'make lock'."; \
	  "$$new/venv/bin/python" -m pip list --format=freeze --exclude-editable --exclude pip --exclude setuptools; \
	} > "$$new/lock"; \
	cp "$$new/lock" requirements.lock; echo "requirements.lock: $$(grep -c == requirements.lock) versions"

clean:  ## remove the environment and all caches (your .env and the simulator's account stay)
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml requirements.lock
	@set -e; new_enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if ! $(VENV) -c "$$new_enough" 2>/dev/null; then \
	  python=''; seen=''; \
	  for candidate in $(PYTHONS); do \
	    version=$$("$$candidate" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue; \
	    if ! "$$candidate" -c "$$new_enough"; then seen="$$seen\n  $$candidate is Python $$version: too old"; continue; fi; \
	    if ! "$$candidate" -c 'import venv, ensurepip' 2>/dev/null; then \
	      seen="$$seen\n  $$candidate is Python $$version, but cannot make virtual environments: on Debian and Ubuntu,"; \
	      seen="$$seen install the package python3-venv"; continue; fi; \
	    python=$$candidate; break; \
	  done; \
	  if [ -z "$$python" ]; then \
	    printf "No usable Python here.$$seen\nInstall Python 3.11 or newer, then run this again (or: make $(MAKECMDGOALS) PYTHON=/path/to/python3).\n" >&2; \
	    exit 1; \
	  fi; \
	  rm -rf .venv; echo "Making .venv with $$python (Python $$version) …"; "$$python" -m venv .venv; \
	fi; \
	mkdir -p "$$HOME"; echo "Installing the packages into .venv; the first time this takes a minute or two …"; \
	$(VENV) -m pip install -qq --no-input -c requirements.lock -e "$(EXTRAS)" || { \
	  echo "The packages could not be installed. Is this machine online? Then run the same command again." >&2; exit 1; }; \
	mkdir -p .venv/share/jupyter/lab/settings; printf '%s\n' '$(NO_NEWS)' > .venv/share/jupyter/lab/settings/overrides.json; \
	printf '%s' "$(CURDIR)" > $(READY)
