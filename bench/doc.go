// SPDX-License-Identifier: Apache-2.0

// Command bench measures the observatory: it is what `make bench` runs.
//
// Nothing comes in but flags; the recording's lines, multiplied by
// replay/generate, are the load. It builds the real binary, runs it in a
// process of its own, and feeds it over HTTP; decoding, enrichment, measure and
// store are measured alone as well. One table goes out, on standard output and
// between two marks of docs/70-performance.md, with the machine's class and the
// date, every figure beside the goal it is held to. Figures that are compared
// come from interleaved runs and are medians.
//
// It may not measure itself: bodies are prepared before the clock starts, and
// processor time is that of the server's process alone, the generator's beside
// it. It leaves nothing behind but the page.
package main
