# SPDX-License-Identifier: Apache-2.0
# make demo: set up, build, start, replay; prints the portal's address.
# make test: set up and run the tests.

SHELL := /bin/bash
GO ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X haidang/vitals.Version=$(VERSION)
DEMO_DATA ?= $(shell mktemp -d -t haidang-demo-XXXXXX)
DEMO_LISTEN ?= localhost:8080
FUZZ_RUNS ?= 3000
# What hangs is ended; what waits for a busy machine is not.
PATIENCE := -timeout 60m
# Tests wait for the disk, too: one room more at a time than there are processors.
ROOMS := -p $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

.PHONY: setup demo build test check race lint fuzz-smoke torture browser interop dist-check setup-tools setup-browser setup-oidc setup-shippers clean

setup:
	@scripts/install build

build: setup
	$(GO) build -trimpath -pgo=bench/path.pgo -ldflags '$(LDFLAGS)' -o bin/haidang ./cmd/haidang

demo: build
	@scripts/demo "$(DEMO_DATA)" "$(DEMO_LISTEN)"

test: setup
	$(GO) test -vet=off $(PATIENCE) $(ROOMS) ./...

race:
	@scripts/race

lint:
	@scripts/lint

fuzz-smoke:
	@scripts/fuzz-smoke $(FUZZ_RUNS)

dist-check:
	$(GO) run ./web/build -check

torture:
	@scripts/install torture
	@scripts/tagged torture e2e

setup-browser:
	@scripts/install browser

setup-oidc:
	@scripts/install oidc

setup-clamav:
	@scripts/install clamav

setup-shippers:
	@scripts/install shippers

browser: setup-browser setup-oidc
	@scripts/tagged browser share
	@scripts/tagged browser e2e -- -v

interop: setup-shippers
	@scripts/tagged interop collect app

clean:
	rm -rf bin haidang-data .cache

-include bench/bench.mk
