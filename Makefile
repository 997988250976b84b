# `make lab` to learn, `make test` to test. lab.py does the work, the same on every system: here stand only the names.

SHELL := /bin/sh
.DEFAULT_GOAL := help
COMMANDS := help lab check restore live-first-run test quick notebooks lessons lint coverage bench
COMMANDS += bundle hub-test lock clean
.PHONY: $(COMMANDS)

# Any of these can run lab.py, which looks for one that is new enough. `make lab PYTHON=…` names it.
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
export PYTHON

# More words for a command: make lab ARGS="--no-browser --port=9999", make notebooks LESSONS=notebooks/03*.ipynb,
# make bundle TARGET=windows
$(COMMANDS):
	@for python in "$$PYTHON" .venv/bin/python $(PYTHONS); do \
	  "$$python" -c "" 2>/dev/null && exec "$$python" lab.py $@ $(ARGS) $(LESSONS) $(TARGET); \
	done; \
	echo "No usable Python here." >&2; \
	echo "Install Python 3.11 or newer, then run this again (or: make $@ PYTHON=/path/to/python3)." >&2; exit 1
