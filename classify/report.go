// SPDX-License-Identifier: Apache-2.0

package classify

import desk "haidang/release"

// reports is the release desk's block of reports.
const reports = desk.Block("report")

// Report says whether a viewer is shown the report of a period; a WithheldError
// where not. Its figures are asked for one by one, each by its own block.
func (g *Gate) Report(v Viewer, period string) error { return g.shown(v, reports, period) }
