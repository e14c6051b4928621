# SPDX-License-Identifier: Apache-2.0
# make bench: measure everything, print the table, write it into docs/.
# make bench-short: a look that takes a minute; writes nothing.
# make bench-gate: what deciding who may see what costs; 20 pairs of runs, minutes.
# make bench-compare: the packages' own benchmarks against BASE (main).
# make bench-pair: the whole path of this tree beside that of BASE, both at the same time:
# differences of 2 % show. PAIRS=6, half a minute each.
# make bench-pgo: records the profile of the path that make build gives the compiler.
# make bench-peers: the same events given to what is installed beside us.

BENCH_FLAGS ?=
BASE ?= main

.PHONY: bench bench-gate bench-short bench-compare bench-pair bench-peers bench-profile bench-pgo

bench:
	$(GO) run ./bench -doc docs/70-performance.md,docs/vi/70-performance.md $(BENCH_FLAGS)

bench-gate:
	$(GO) run ./bench -only gate -doc docs/70-performance.md,docs/vi/70-performance.md $(BENCH_FLAGS)

bench-short:
	$(GO) run ./bench -short $(BENCH_FLAGS)

bench-compare:
	@GO="$(GO)" bench/compare "$(BASE)"

bench-pair:
	@GO="$(GO)" BENCH_FLAGS="$(BENCH_FLAGS)" bench/pair "$(BASE)"

bench-peers:
	@echo "peers are taken as they are installed: apt-get install postgresql clickhouse-server"
	PATH="$$PATH:/usr/sbin" $(GO) run ./bench peers $(BENCH_FLAGS)

bench-profile:
	HAIDANG_PROFILE=$(or $(PROFILE),$(CURDIR)/cpu.pprof) $(GO) test -count=1 -v -run Profile ./bench

bench-pgo:
	for coding in identity zstd; do HAIDANG_PROFILE_ENCODING=$$coding HAIDANG_PROFILE=$(CURDIR)/$$coding.pprof $(GO) test -count=1 -run Profile ./bench || exit 1; done
	$(GO) tool pprof -proto -output bench/path.pgo identity.pprof zstd.pprof
	rm identity.pprof zstd.pprof
