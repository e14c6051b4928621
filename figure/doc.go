// SPDX-License-Identifier: Apache-2.0

// Package figure says what a figure means and how it is worked out.
//
// Definitions come in as versioned data (definitions.yaml: id, formula, unit,
// population, folding window, names and explanations in Vietnamese and English,
// known biases, changelog); checked definitions go out. Periods of the calendar
// are read and written in one form each ("2026-Q3", "2026-W47",
// "2026-YTD@2026-11-21"), in local time or UTC, with the period before, on the
// quarter or on the year. Formulas are pure functions: change, per day, rank,
// Wilson's interval, the live rate. A sentence is made by rule from a figure that
// carries unit, period, base and status.
//
// It may not happen that a definition is used that is not whole in both
// languages, that a period has two names, or that a sentence gives a change
// without its base. Nothing here counts or decides who may see what.
package figure
