// SPDX-License-Identifier: Apache-2.0

// Package bulk is the door that speaks Elasticsearch's bulk API, so that
// shippers which can write to Elasticsearch can write to the observatory
// without a plug-in.
//
// Pairs of action and source lines come in (POST or PUT /_bulk and
// /{index}/_bulk, or single documents at /{index}/_doc), with the token of an
// enrolled sensor as Bearer, as the password of Basic, or as the key of an
// ApiKey. For every format in a request one delivery goes out to the journal:
// its source lines, as they came, one a line. The answer has one status an item
// and is sent only after the journal has the records on disk.
//
// A source line must be a strict JSON object; an item whose lines are not is
// answered 400 by itself and costs its neighbours nothing. Which format a
// source is in is told by the pipeline, the query parameter "format", or the
// name of the index ("eve-2026.03", "suricata-*", "logs-suricata.eve-default").
// What a shipper wrapped around a record ({"message": "…", "agent": …}) is
// journalled with it and taken off when the record is normalised, not here.
//
// Beside that the door answers the questions that shippers ask before they
// send (Handler.Wants lists them), as a cluster would in which every template,
// policy and pipeline they might want to install is there already. Nothing can
// be searched, changed or deleted here.
package bulk
