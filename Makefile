# make            shows the targets

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

help: ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 10

build: ## the binary, in bin/
	@CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/tqmap ./cmd/tqmap

run: build ## run the IronNet connector once against the sandbox; state in .tqmap/
	@bin/tqmap run ironnet --sandbox -c .tqmap

test: build ## all tests; says which ones are left out and why
	@.ci/test

check: ## format, vet, static analysis, known vulnerabilities, mappings
	@.ci/check

reference: build ## write mappings/REFERENCE.md anew
	@bin/tqmap reference --format markdown > mappings/REFERENCE.md

docs: build ## write the guides of the built-in mappings anew, in mappings/docs/
	@mkdir -p mappings/docs
	@for m in $$(bin/tqmap mappings | cut -d' ' -f1); do bin/tqmap docs "$$m" -o "mappings/docs/$$m.md" || exit 1; done

bench: ## the built-in mapping beside a program in Go: speed as a ratio, allocations, memory
	@go test -run '^$$' -bench AgainstGo -benchtime 1x ./cmd/tqmap

scale: ## 100,000 alerts in and items out, killed in the middle and run again; takes minutes
	@TQMAP_SCALE=100000 go test ./cmd/tqmap -run 'Killed|Exported' -v -timeout 120m

clean: ## forget what was built and the sandbox's state
	@rm -rf bin .tqmap

.PHONY: help build run test check reference docs bench scale clean
