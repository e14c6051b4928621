// SPDX-License-Identifier: Apache-2.0

//go:build deps

package haidang

import (
	_ "github.com/alecthomas/kong"
	_ "github.com/axiomhq/hyperloglog"
	_ "github.com/bytedance/sonic"
	_ "github.com/chromedp/chromedp"
	_ "github.com/danielgtaylor/huma/v2"
	_ "github.com/danielgtaylor/huma/v2/adapters/humago"
	_ "github.com/duckdb/duckdb-go/v2"
	_ "github.com/elastic/go-elasticsearch/v8/esutil"
	_ "github.com/evanw/esbuild/pkg/api"
	_ "github.com/fsnotify/fsnotify"
	_ "github.com/go-json-experiment/json"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/klauspost/compress/s2"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/nats-io/nats-server/v2/server"
	_ "github.com/nats-io/nats.go/jetstream"
	_ "github.com/oschwald/maxminddb-golang/v2"
	_ "github.com/parquet-go/parquet-go"
	_ "github.com/parquet-go/parquet-go/format"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/prometheus/client_golang/prometheus/testutil"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/zeebo/xxh3"
	_ "go.yaml.in/yaml/v4"
	_ "golang.org/x/crypto/acme/autocert"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/term"
	_ "golang.org/x/time/rate"
	_ "golang.org/x/tools/go/packages"
)
