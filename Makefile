# The project's menu. `make run` and `make test` set up all they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ARGS   ?=
# The extras that the container image holds: all but quality, for its size.
IMAGE  := apprise broker ed25519 multilingual postgres templates
DATA   ?=

.DEFAULT_GOAL := help
.PHONY: help setup run once demo test check fix lock bench bench-match bench-stories bench-collect bench-deliver bench-parse fuzz train faults faults-setup container-test services-test maildev clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=") if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv $(VENV) || { echo "the venv module is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(READY) ## make the virtual environment, versions locked by hash

run: $(READY) ## run the service on the shipped configuration (ARGS="--config FILE")
	@$(BIN)/tocsin run $(ARGS)

once: $(READY) ## poll every feed once, deliver, print a summary
	@$(BIN)/tocsin once $(ARGS)

demo: $(READY) ## play the weeks of July and August 2020; needs no network
	@$(BIN)/tocsin demo $(ARGS)

test: $(READY) ## run every test (ARGS="-k name")
	$(BIN)/python -m pytest $(ARGS)

check: $(READY) ## linter, types, import contracts, shipped configuration and rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/tocsin check --config config/tocsin.yaml
	$(BIN)/tocsin rules fmt --check rules

fix: $(READY) ## format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY) ## resolve the versions anew, with hashes and no host names
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-emit-index-url --no-emit-find-links $(addprefix --extra ,$(IMAGE)) \
	  pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-emit-index-url --no-emit-find-links --all-extras --group dev \
	  pyproject.toml --constraint requirements.lock --output-file requirements-dev.lock

bench: $(READY) ## ours against the alternatives, on a folder of feeds (DATA=FOLDER)
	$(BIN)/python bench/poll.py $(DATA)

bench-match: $(READY) ## matching: ours against re, Aho-Corasick, Hyperscan, tantivy (DATA=FOLDER)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench-match
	$(BIN)/python bench/match.py $(DATA) $(ARGS)

bench-stories: $(READY) ## grouping: ours against titles alike, on judged sets (DATA=FOLDER)
	$(BIN)/python bench/stories/measure.py $(DATA) $(ARGS)

bench-collect: $(READY) ## what a poll costs, and 100,000 feeds at their cadence (DATA=FOLDER)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench-collect
	$(BIN)/python bench/collect.py $(DATA) $(ARGS)

bench-deliver: $(READY) ## from the commit to the webhook, and in bulk
	$(BIN)/python bench/deliver.py $(ARGS)

bench-parse: $(READY) ## reading feeds: words and items lost against feedparser (DATA=FOLDER)
	$(BIN)/python bench/parse.py $(DATA) $(ARGS)

SECONDS ?= 3600
fuzz: $(READY) ## fuzz the readers, guided by coverage (SECONDS=3600 ARGS="feed query")
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group fuzz
	$(BIN)/python fuzz/run.py --seconds $(SECONDS) $(ARGS)

train: $(READY) ## fit the weights of grouping on judged sets (DATA=FOLDER)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group train
	$(BIN)/python bench/stories/train.py $(DATA) --write $(ARGS)

faults-setup: ## what the rows of faults need from Debian (as root)
	apt-get install --yes --no-install-recommends strace faketime

faults: $(READY) ## kill, stop, starve and fill up; writes the table of docs/reliability.md (ARGS="--quick", "--missing")
	$(BIN)/python -m tests.faults.matrix --write $(ARGS)

container-test: $(READY) ## build the image and run it locked down
	bash container/test.sh

# RUNLEVEL=1: the packages must not start services of their own.
services-test: $(READY) maildev ## receivers against real services; as root it installs them from Debian
	@for pair in prometheus-alertmanager:prometheus-alertmanager postfix:/usr/sbin/postfix \
	  sasl2-bin:/usr/sbin/saslpasswd2; do \
	  command -v "$${pair#*:}" >/dev/null || { [ "$$(id -u)" = 0 ] && \
	  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive timeout 120 apt-get install --quiet --quiet --yes \
	  --no-install-recommends "$${pair%%:*}" libsasl2-modules >/dev/null 2>&1; } || \
	  echo "skipped: no $${pair%%:*} here, and Debian's cannot be installed"; done
	$(BIN)/python -m pytest tests/services $(ARGS)

# The lock file holds a hash for each package; no script of theirs is run.
maildev: ## the mail catcher of services-test, from npm, into .maildev
	@if ! command -v npm >/dev/null; then echo "skipped: no node and npm here, maildev runs on them"; \
	elif ! cmp -s tests/services/maildev/package-lock.json .maildev/package-lock.json; then \
	  mkdir -p .maildev && cp tests/services/maildev/package.json .maildev/ && \
	  cp tests/services/maildev/package-lock.json .maildev/ && \
	  timeout 300 npm ci --prefix .maildev --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error \
	  || { rm -rf .maildev; echo "skipped: maildev cannot be fetched from npm"; }; fi

clean: ## remove what was built; data/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build .container .maildev
