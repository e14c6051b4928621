// SPDX-License-Identifier: Apache-2.0

// Package docs embeds the numbered pages of documentation, so that the portal
// can serve what the repository says. It holds text and nothing else; no page
// is made at run time.
package docs

import "embed"

// Pages holds the Markdown files: English ones at the root, Vietnamese ones of
// the same names under vi.
//
//go:embed *.md vi/*.md
var Pages embed.FS
