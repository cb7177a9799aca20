# Chuishao 吹哨. `make help` lists what there is; CI uses the same names.

VENV := .venv
BIN := $(VENV)/bin
# The first Python that is new enough; `make PYTHON=/path/to/python …` chooses another.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := CHUISHAO_WITHOUT_SCREENS=1 $(BIN)/python -m piptools compile --quiet --strip-extras --generate-hashes \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --unsafe-package chuishao
# Test processes side by side, each with servers and ports of its own (tests/support/lane.py).
JOBS ?= 2
# Where a chaos run leaves its report.
REPORT ?= chaos-report
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
CODE := benchmarks chuishao contracts kit services tests

.DEFAULT_GOAL := help
.PHONY: help run up web install install-dev test failed lint types imports unit integration e2e front browser screenshots chaos lab \
	simulate fuzz contracts bench requirements clean

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

# Without its screens the product still runs: the page at / says what to do.
run: install ## install what is missing, start everything, replay the sample; Ctrl-C stops
	@$(BIN)/python -m services.console.webbuild || true
	@exec $(BIN)/chuishao up

up: run ## the same as run

web: install ## build the screens, if they or what they are made of changed
	$(BIN)/python -m services.console.webbuild

install: $(VENV)/.run-stamp ## make .venv with what `run` needs
install-dev: $(VENV)/.dev-stamp ## make .venv with what tests and linters need

# A stamp is the digest-checked proof that .venv holds exactly these requirements.
$(VENV)/.run-stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --require-hashes -r requirements/run.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-stamp: requirements/dev.txt $(VENV)/.run-stamp
	$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 以上 / Python 3.11 or newer is needed" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

test: lint types imports front ## lint, types, import rules and every test
	$(PYTEST)

failed: lint types imports front ## what failed last, once more and one at a time; red when there was nothing
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none --maxfail 1

lint: install-dev ## ruff: rules and format
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: install-dev ## mypy --strict
	$(BIN)/mypy

imports: install-dev ## who may import whom
	$(BIN)/lint-imports

unit: install-dev ## rules and contracts, no servers
	$(PYTEST) tests/unit tests/contract

integration: install-dev ## one service at a time on real servers
	$(PYTEST) tests/embedded tests/integration

e2e: install-dev ## all services as processes
	$(PYTEST) tests/e2e

front: install-dev ## rules and tests of the front end, then its build
	$(BIN)/python -m services.console.webbuild --check

browser: install-dev web ## the screens in Chromium; pictures of them in browser-report/
	$(PYTEST) tests/browser

screenshots: install-dev web ## the pictures of README, taken of the sample district
	$(BIN)/python -m tests.browser.screenshots

simulate: install-dev ## the verbs on a virtual clock; SEEDS=, FIRST=, TICKETS=, FAULTS=; LONG=1 adds 2,000 state machines
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),20) --tickets $(or $(TICKETS),1000) \
		--faults $(or $(FAULTS),60) $(if $(FIRST),--first $(FIRST))
	$(if $(LONG),$(BIN)/python -m tests.simulation --examples $(or $(EXAMPLES),2000))

chaos: install-dev ## load and random faults, then the checker; SEED=n, COMPLAINTS=, FAULTS=, HOURS=6, LATE_AGAIN=1
	$(BIN)/python -m tests.chaos --report $(REPORT) $(if $(SEED),--seed $(SEED)) \
		$(if $(COMPLAINTS),--complaints $(COMPLAINTS)) $(if $(FAULTS),--faults $(FAULTS)) \
		$(if $(LATE_AGAIN),--late-again) $(if $(HOURS),--hours $(HOURS),--with-mutations)

lab: install-dev ## every fault of the laboratory bites, and the product recovers from it
	$(PYTEST) -m chaos tests/chaos

fuzz: install-dev ## made-up input: CASES= for each parser and each HTTP operation, POISON= events on the wire; SEED=n
	CHUISHAO_FUZZ_EVENTS=100000 CHUISHAO_FUZZ_CASES=$(or $(CASES),2000) \
		CHUISHAO_FUZZ_POISON=$(or $(POISON),100000) $(if $(SEED),CHUISHAO_FUZZ_SEED=$(SEED)) \
		$(PYTEST) -raP -m "fuzz or not fuzz" --timeout 3600 \
		$(addprefix tests/fuzz/test_,poison.py mutated_events.py parsers.py)
	$(BIN)/python -m tests.fuzz --hands $(JOBS) --cases $(or $(CASES),10000) $(if $(SEED),--seed $(SEED))

contracts: install-dev ## write schemas, AsyncAPI document, docs/contracts.md and the front end's types from the code
	$(BIN)/python -m contracts.export
	$(BIN)/python -m tests.support.api_types

bench: install-dev ## measure, print a report
	$(BIN)/python -m benchmarks

requirements: install-dev ## pin requirements/*.txt anew from pyproject.toml
	$(PIP_INSTALL) pip-tools
	CUSTOM_COMPILE_COMMAND="make requirements" $(COMPILE) --extra all --extra build \
		--output-file requirements/run.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make requirements" $(COMPILE) --extra intake --extra router \
		--extra notifier --extra console --extra build \
		--constraint requirements/run.txt --output-file requirements/serve.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make requirements" $(COMPILE) --extra dev \
		--constraint requirements/run.txt --output-file requirements/dev.txt pyproject.toml
	sed -i -e '/^# WARNING: The following packages were not pinned/,$$d' requirements/*.txt

clean: ## remove .venv, the built screens and caches; the data in .chuishao stays
	rm -rf $(VENV) services/console/static services/console/web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
