// SPDX-License-Identifier: Apache-2.0

// Package shadowserver maps the reports of the Shadowserver Foundation.
//
// In come rows of their CSV files with the header row that names the columns;
// out go records: who is infected, who attacks, what is exposed. Columns are
// bound by name, so their order and number may change. The report is found
// from, in this order: a mark "#report=NAME" (a line before the header row, or
// its last column, which rows do not have), the columns that only one report
// has, and the row's tag. A row of a report that is not in
// the table is kept as other/other and counted; it may not be taken for an
// attack.
//
// What has no field of its own, the feed's own country, AS and sector included,
// is kept in the residual under the column's name.
package shadowserver
