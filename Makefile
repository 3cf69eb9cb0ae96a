# Every target is one plain command; `make help` lists them.
GO ?= go

.DEFAULT_GOAL := help
.PHONY: help verify test cover golden check bench build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

verify: ## drive the reference cluster through all phases and judge the documented figures (about three minutes)
	$(GO) run ./harness/cmd/nameplate verify

# Most tests wait for processes: more packages at once than there are cores. `make check` vets them.
test: ## run all tests
	$(GO) test -vet=off -p $$((2 * $$(getconf _NPROCESSORS_ONLN))) ./...

cover: ## all tests, with the coverage of each package, its floor, and why tests were skipped
	scripts/tests-with-report -cover

# Archives of earlier versions are left as they are: harness/archive/testdata.
golden: ## rewrite what tests compare with: reports, charts, schemas, suite errors, pages made from code
	$(GO) test -short ./harness/suite ./clusterimpl/config ./reports/chart ./reports/flame ./reports/markdown ./reports/schema ./reports/screen ./reports/text -update
	$(GO) test -short ./harness/cmd/nameplate -run ThePageOfCommands -update

check: ## formatting, vet, module file and static analysis
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) tool staticcheck ./...

bench: ## micro-benchmarks of the hot paths, and one run of each phase
	$(GO) test -run '^$$' -short -bench . -benchtime 200ms ./harness/... ./clusterimpl/... ./fixtures/...
	$(GO) test -run '^$$' -bench . -benchtime 1x ./bench

build: ## build the command into ./nameplate
	$(GO) build -ldflags=-w -o nameplate ./harness/cmd/nameplate

clean: ## remove what was built and measured here
	rm -rf nameplate nameplate-out
