// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"haidang/collect"
)

// Version is the version of Elasticsearch whose bulk API is spoken. Shippers
// refuse to write to a cluster older than they are by a major version.
const Version = "8.19.7"

type answer func(h *Handler, r *request)

// apis are the first parts of paths that are answered, and how, by method:
//
//	/                                 cluster info (every client's first question)
//	/_bulk                            records
//	/_license /_xpack                 Beats, Logstash
//	/_cluster/health /_cat/health     Vector, rsyslog
//	/_nodes…                          Logstash, clients that look for nodes
//	/_cat/templates                   Beats before 7.16
//	/_ilm/policy /_lifecycle …        Beats: is the policy there?
//	/_index_template /_template
//	/_component_template              Beats, Logstash, Fluentd: is the template there?
//	/_ingest/pipeline                 Filebeat's modules
//	/_data_stream /_alias             Beats
//	/_security/_authenticate          clients that test their credentials
var apis = map[string]map[string]answer{
	"":                    {"GET": info, "HEAD": empty},
	"_bulk":               {"POST": bulkAnywhere, "PUT": bulkAnywhere},
	"_license":            {"GET": license, "HEAD": empty},
	"_xpack":              {"GET": xpack, "HEAD": empty},
	"_cluster":            {"GET": clusterHealth, "HEAD": empty},
	"_cat":                {"GET": cat, "HEAD": empty},
	"_nodes":              {"GET": nodes, "HEAD": empty},
	"_security":           {"GET": whoami},
	"_ilm":                installed,
	"_lifecycle":          installed,
	"_index_template":     installed,
	"_template":           installed,
	"_component_template": installed,
	"_ingest":             installed,
	"_data_stream":        installed,
	"_alias":              installed,
	"_aliases":            installed,
}

// installed answers as if whatever is asked for were there: nothing of it is
// needed here, and a shipper that finds it does not try to install it.
var installed = map[string]answer{"GET": present, "HEAD": empty, "PUT": acknowledged, "POST": acknowledged}

func bulkAnywhere(h *Handler, r *request) {
	if len(r.path) > 1 {
		r.refuse(collect.ProblemFor(http.StatusNotFound))
		return
	}
	h.bulk(r, "")
}

func empty(_ *Handler, r *request) { r.answer(map[string]any{}) }

// answer answers a probe.
func (r *request) answer(body any) {
	r.visit.Answered()
	r.reply(http.StatusOK, body)
}

func info(_ *Handler, r *request) {
	r.answer(map[string]any{
		"name": "haidang", "cluster_name": "haidang", "cluster_uuid": "aGFpZGFuZy1vYnNlcnZhdA",
		"version": map[string]any{
			"number": Version, "build_flavor": "default", "build_type": "tar",
			"build_hash": strings.Repeat("0", 40), "build_date": "2026-01-01T00:00:00.000Z",
			"build_snapshot": false, "lucene_version": "9.12.2",
			"minimum_wire_compatibility_version":  "7.17.0",
			"minimum_index_compatibility_version": "7.0.0",
		},
		"tagline": "You Know, for Search",
	})
}

func license(_ *Handler, r *request) {
	r.answer(map[string]any{"license": map[string]any{
		"status": "active", "uid": "00000000-0000-0000-0000-000000000000", "type": "basic",
		"issue_date": "2026-01-01T00:00:00.000Z", "issue_date_in_millis": int64(1767225600000),
		"max_nodes": 1000, "max_resource_units": nil, "issued_to": "haidang", "issuer": "haidang",
		"start_date_in_millis": -1,
	}})
}

func xpack(_ *Handler, r *request) {
	off := map[string]bool{"available": false, "enabled": false}
	r.answer(map[string]any{
		"build":   map[string]string{"hash": strings.Repeat("0", 40), "date": "2026-01-01T00:00:00.000Z"},
		"license": map[string]string{"uid": "00000000-0000-0000-0000-000000000000", "type": "basic", "mode": "basic", "status": "active"},
		"features": map[string]any{
			"ilm": off, "data_streams": off, "monitoring": off, "ml": off,
			"security": map[string]bool{"available": true, "enabled": true},
		},
		"tagline": "You know, for X",
	})
}

func clusterHealth(_ *Handler, r *request) {
	if len(r.path) != 2 || r.path[1] != "health" {
		r.refuse(collect.ProblemFor(http.StatusNotFound))
		return
	}
	r.answer(map[string]any{
		"cluster_name": "haidang", "status": "green", "timed_out": false,
		"number_of_nodes": 1, "number_of_data_nodes": 1, "active_primary_shards": 0, "active_shards": 0,
		"relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 0,
		"active_shards_percent_as_number": 100.0,
	})
}

func cat(h *Handler, r *request) {
	text := ""
	switch {
	case len(r.path) == 2 && r.path[1] == "health":
		now := h.intake.Now().UTC()
		text = strconv.FormatInt(now.Unix(), 10) + now.Format(" 15:04:05") + " haidang green 1 1 0 0 0 0 0 0 - 100.0%\n"
	case len(r.path) == 3 && r.path[1] == "templates":
		text = r.path[2] + " [" + r.path[2] + "-*] 0\n"
	case len(r.path) == 2 && r.path[1] == "templates":
	default:
		r.refuse(collect.ProblemFor(http.StatusNotFound))
		return
	}
	r.visit.Answered()
	r.w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	r.w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(r.w, text)
}

func nodes(h *Handler, r *request) {
	processors := []map[string]string{{"type": "geoip"}, {"type": "user_agent"}}
	r.answer(map[string]any{
		"_nodes":       map[string]int{"total": 1, "successful": 1, "failed": 0},
		"cluster_name": "haidang",
		"nodes": map[string]any{"haidang": map[string]any{
			"name": "haidang", "version": Version, "roles": []string{"data", "ingest", "master"},
			"http": map[string]any{
				"publish_address": r.Host, "max_content_length_in_bytes": h.intake.Limits().MaxBody,
			},
			"ingest": map[string]any{"processors": processors},
		}},
	})
}

func whoami(_ *Handler, r *request) {
	if len(r.path) != 2 || r.path[1] != "_authenticate" {
		r.refuse(collect.ProblemFor(http.StatusNotFound))
		return
	}
	r.answer(map[string]any{"username": r.visit.Sensor.Name, "roles": []string{"sensor"}, "enabled": true})
}

// present gives what is asked for, empty, in the form of its API.
func present(_ *Handler, r *request) {
	name := r.path[len(r.path)-1]
	switch r.path[0] {
	case "_index_template":
		r.answer(map[string]any{"index_templates": []any{map[string]any{
			"name": name, "index_template": map[string]any{"index_patterns": []string{name + "-*"}, "composed_of": []string{}},
		}}})
	case "_component_template":
		r.answer(map[string]any{"component_templates": []any{map[string]any{
			"name": name, "component_template": map[string]any{"template": map[string]any{}},
		}}})
	case "_data_stream":
		r.answer(map[string]any{"data_streams": []any{}})
	case "_ilm":
		r.answer(map[string]any{name: map[string]any{"version": 1, "policy": map[string]any{"phases": map[string]any{}}}})
	case "_ingest":
		r.answer(map[string]any{name: map[string]any{"description": "not needed here", "processors": []any{}}})
	case "_alias", "_aliases":
		r.answer(map[string]any{name: map[string]any{"aliases": map[string]any{name: map[string]any{"is_write_index": true}}}})
	default:
		r.answer(map[string]any{name: map[string]any{"index_patterns": []string{name + "-*"}}})
	}
}

// maxInstall bounds what is read of a template or policy that nobody keeps.
const maxInstall = 16 << 20

func acknowledged(_ *Handler, r *request) {
	body, err := r.visit.Open()
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(body, maxInstall))
	}
	if err != nil {
		r.refuse(err)
		return
	}
	r.answer(map[string]any{"acknowledged": true})
}
