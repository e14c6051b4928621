// SPDX-License-Identifier: Apache-2.0

// Package chart draws figures as SVG: bars, time series with gaps, and small
// multiples on one scale.
//
// Numbers and texts that are ready to be read come in, already in the reader's
// language; one svg element goes out, with a title and a description for those
// who do not see it. Colours are classes, so that a page's style sheet sets them
// for light and dark, with attributes of the light ones for a picture that stands
// alone: neither inline style nor script is needed. The same input gives the same
// bytes.
//
// It may not happen that a text is not escaped, that a value that is not known is
// drawn as zero, or that a chart says nothing but by colour. Nothing here knows
// what is counted.
package chart
