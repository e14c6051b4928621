// SPDX-License-Identifier: Apache-2.0

// Package event holds the words that all rooms share: the record (Event), the
// same record as columns (Batch), the enumerations with their official lists,
// the questions one can ask (Query) and what a door hands to the journal
// (Delivery, Chunk).
//
// Nothing comes in and nothing goes out: it is vocabulary. It imports only the
// standard library, does no input or output, keeps no state, and imports no
// other room. The record is the closed, flat profile of the Elastic Common
// Schema 9 described in docs/; names of fields are in the registry Fields.
package event
