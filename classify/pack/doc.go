// SPDX-License-Identifier: Apache-2.0

// Package pack reads the pack of classes: the law's words, purposes, clocks,
// retention, state-secret markings, groups of fields that are redacted together
// and partners' limits, as a versioned data file in both languages.
//
// A YAML file comes in, the built-in vn.yaml or an operator's own; a checked Pack
// goes out. A pack with any fault is refused whole: a rule that is half understood
// would be a leak. Nothing decides here; classify does.
package pack
