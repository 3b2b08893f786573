# `make` lists the targets. Each sets up what it needs: Python 3.11 or later and make are enough.

PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$candidate && break; done)
BIN := .venv/bin
READY := .venv/.ready
SITE ?= site
CORPUS ?= ../shared/corpus

# Runs a command whose exit code may also be 3 (nothing to do) or 4 (done, but some targets failed).
define step
@echo "$$ catalogue $(1)"
@$(BIN)/catalogue $(1) || case $$? in 3|4) ;; *) exit 1;; esac
endef

.DEFAULT_GOAL := help
.PHONY: help demo test docs measure serve bench lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 10

demo: $(READY)  ## find, list, judge and publish the servers of examples/servers.json (under five minutes)
	$(call step,crawl --source file=examples/servers.json)
	$(call step,classify)
	$(call step,publish --out $(SITE))
	$(call step,status --failed)
	@echo "The site is in $(abspath $(SITE)). Look at it with: make serve"

test: $(READY)  ## check format, lint, types, schema and generated docs, and run all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m catalogue.cli.reference --check README.md
	@rm -f .venv/check.db*
	$(BIN)/catalogue db upgrade --database sqlite:///.venv/check.db
	$(BIN)/catalogue db check --database sqlite:///.venv/check.db
	$(BIN)/pytest -n auto --dist worksteal

docs: $(READY)  ## write the generated parts of the README
	$(BIN)/python -m catalogue.cli.reference README.md

measure: $(READY)  ## measure the rules on the labelled tools that no rule author looks at (CORPUS=FOLDER)
	$(BIN)/catalogue rules score --gold tests/gold/test.jsonl --tools $(CORPUS)/tools.jsonl.gz \
		--tools $(CORPUS)/tools_partial.jsonl.gz --format json > classifier/measured.json.new
	mv classifier/measured.json.new classifier/measured.json

serve: $(READY)  ## serve the site at http://127.0.0.1:8000/
	$(BIN)/catalogue serve $(SITE)

bench: $(READY)  ## measure speed and memory (benchmarks/README.md)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.attacks
	$(BIN)/python -m benchmarks.remotes
	$(BIN)/python -m benchmarks.discovery
	$(BIN)/python -m benchmarks.packages
	$(BIN)/python -m benchmarks.resume
	$(BIN)/python -m benchmarks.classify $(if $(wildcard $(CORPUS)/tools.jsonl.gz),--tools $(CORPUS)/tools.jsonl.gz)
	$(BIN)/python -m benchmarks.publish
	$(BIN)/python -m benchmarks.audit
	$(BIN)/python -m benchmarks.search $(if $(wildcard $(CORPUS)/tools.jsonl.gz),--tools $(CORPUS)/tools.jsonl.gz)
	$(BIN)/python -m benchmarks.policy $(if $(wildcard $(CORPUS)/tools.jsonl.gz),--tools $(CORPUS)/tools.jsonl.gz)

lock: $(READY)  ## resolve the dependencies anew into requirements.lock
	$(BIN)/python scripts/set_up.py lock

clean:  ## remove what make made; databases stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml scripts/set_up.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none is on the path" >&2; exit 1; }
	$(PYTHON) scripts/set_up.py
	@touch $@
