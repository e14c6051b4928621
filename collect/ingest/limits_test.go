// SPDX-License-Identifier: Apache-2.0

package ingest_test

import "crypto/sha256"

func sum(s string) [32]byte { return sha256.Sum256([]byte(s)) }
