// SPDX-License-Identifier: Apache-2.0

// Package quarantine keeps records that could not be used. Rejects come in and
// go out as lines of JSON in zstd frames; two files joined end to end are a
// file. It may not judge a record again.
package quarantine
