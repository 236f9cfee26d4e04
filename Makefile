# Everything here works on a machine with make, Node.js 20 or newer, npm, a JDK 17 or newer and Maven.
# The rest (Node.js 24, packages, Kafka's jars and, where it is missing, PostgreSQL) is fetched from the registries.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check load verify bench clean install format

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo takes DEMO_RATE (1000 orders/s), DEMO_SECONDS (60), DEMO_PROCESSORS (1), KEEP=1 (leave it running)"

demo: ## Run the whole platform here under load, and prove that nothing was lost or doubled
	@started=$$(node -p 'Date.now()' 2>/dev/null); \
	$(MAKE) --no-print-directory install && DEMO_STARTED_AT_MS=$$started npm run --silent demo

test: install ## Run every test, against a real PostgreSQL and a real Kafka
	@npm run --silent test

check: install ## Format, lint, types and unit tests, in under a minute
	@npm run --silent check

load: install ## Send load to a running platform: make load ARGS="--rate 500 --duration 1m" (after KEEP=1 make demo)
	@npm run --silent load -- $(ARGS)

verify: install ## Join receipts, orders, topic and analytics of a running platform, and judge
	@npm run --silent verify -- $(ARGS)

bench: install ## Measure against the plain designs, side by side: make bench ARGS="orders|publisher|processor"
	@npm run --silent bench -- $(ARGS)

format: install ## Write the format
	@npm run --silent format:write

clean: ## Remove everything that was fetched or made
	rm -rf node_modules .local

install: node_modules/.installed ## Install the packages of the lockfile (other targets do it by themselves)

node_modules/.installed: package.json package-lock.json $(wildcard packages/*/package.json services/*/package.json)
	@command -v node >/dev/null || { echo "Node.js is missing: install version 20 or newer (https://nodejs.org) and try again" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "npm is missing: install it (it comes with Node.js, https://nodejs.org) and try again" >&2; exit 1; }
	@node -e 'process.exit(+(parseInt(process.versions.node) < 20))' || { echo "Node.js $$(node -v) is too old: install version 20 or newer (https://nodejs.org) and try again" >&2; exit 1; }
	@echo "npm: installing the packages of the lockfile, once (a minute or so)"
	@npm ci --no-audit --no-fund --loglevel=error || { echo "npm could not install the packages: see its message above; mostly the registry cannot be reached or the disk is full" >&2; exit 1; }
	@node_modules/.bin/node -e 'process.exit(+(parseInt(process.versions.node) !== 24))' || { echo "npm did not install Node.js 24: npm's setting ignore-scripts must be off, then run make clean and try again" >&2; exit 1; }
	@touch $@
