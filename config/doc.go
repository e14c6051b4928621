// SPDX-License-Identifier: Apache-2.0

// Package config reads the observatory's settings: defaults, then one YAML
// file read strictly, then environment variables.
//
// A file's bytes and an environment come in; a checked Config goes out, or an
// error that names line, field and remedy. It starts nothing, opens nothing
// but the file it is told to read, and never guesses: an unknown field is an
// error.
package config
