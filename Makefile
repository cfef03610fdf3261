# make test is all that a contributor needs: on a fresh machine with Go, it
# fetches what it wants through the Go module proxy and needs no root.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
FUZZTIME ?= 10s
LOG      := .cache/test.log
TARGETS  := darwin/arm64 windows/amd64 linux/arm64

.PHONY: help
help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { sub(/ \$$.*/, "", $$1); printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build ./hgbench, with its commit inside
	$(GO) build -ldflags "-X hgbench/bench.Commit=$$(git describe --always --exclude '*' --abbrev=40 --dirty=+dirty)" -o hgbench ./cmd/hgbench

.PHONY: test
test: lint cross ## everything that must hold: checks, cross-compilation, all tests
	@mkdir -p $(dir $(LOG))
	@echo "== tests"
	@$(GO) test -v ./... 2>&1 | tee $(LOG) | awk -f .ci/tests.awk
	@echo "== tests of the portable kernels"
	@$(GO) test -tags purego ./pkg/cpu

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	@echo "== gofmt"
	@unformatted=$$(find . -path ./.cache -prune -o -name '*.go' -print0 | xargs -0 "$$($(GO) env GOROOT)/bin/gofmt" -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w mends it): $$unformatted"; exit 1; fi
	@echo "== go vet"
	@$(GO) vet ./... ./.ci/plausible
	@$(GO) vet -tags purego ./pkg/cpu
	@$(GO) vet -tags long ./bench ./cmd/hgbench
	@echo "== staticcheck"
	@$(GO) tool staticcheck ./... ./.ci/plausible

.PHONY: cross
cross: ## compile everything, tests included, for other systems
	@for target in $(TARGETS); do \
		echo "== compile for $$target"; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) build ./...; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) vet ./...; \
	done

# The detector slows kernels down tenfold: of the engine's tests it runs those
# that are about threads and about stopping them, by name.
.PHONY: race
race: ## tests under the race detector where goroutines meet (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race ./results ./sweeps ./report/running
	CGO_ENABLED=1 $(GO) test -race -run 'Thread|Stop' ./pkg/cpu ./bench

.PHONY: test-long
test-long: ## what takes minutes: processes killed at 120 moments, the cost of checkpoints, limits of time on Slurm
	$(GO) test -tags long -count=1 -timeout 60m -v -run '^(TestKilled|TestKilledSweep|TestCheckpointCost|TestSlurmTime)$$' ./cmd/hgbench ./bench

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (10s)
	@$(GO) test -list '^Fuzz' ./... | awk '/^Fuzz/ { names[++n] = $$1 } /^ok/ { for (i = 1; i <= n; i++) print $$2, names[i]; n = 0 }' | \
	while read -r package target; do \
		echo "== $$package $$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package </dev/null; \
	done

.PHONY: generate
generate: ## generate the assembly again, and fail if that changed a file
	@generated() { grep -rlE '^// Code generated' --exclude-dir=.cache --include='*.go' --include='*.s' . | LC_ALL=C sort | xargs cksum; }; \
	before=$$(generated); $(GO) generate ./...; after=$$(generated); \
	if ! diff <(echo "$$before") <(echo "$$after"); then echo "go generate changed the files above"; exit 1; fi; \
	echo "go generate changes nothing"

.PHONY: readme
readme: ## fill README.md and docs/ with what is computed: tables, figure, help texts
	$(GO) test ./docs -run '^(TestGenerated|TestNotebookFigure)' -update

include bench/peers/peers.mk
