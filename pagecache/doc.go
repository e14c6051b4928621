// SPDX-License-Identifier: Apache-2.0

// Package pagecache tells the kernel which parts of files nobody will read soon.
//
// What is written to files stays in memory as the kernel's copy, as long as
// there is room. Of a log that is written once and read after a crash alone that
// is room that files which are asked about could have; and on a virtual machine
// whose host gives it memory as it is touched, a page that is used for the first
// time costs several times what the copy into it does (3 ms a MB in place of
// 0.5). Given back early, the same pages are written again and again.
//
// Open files come in, nothing goes out. It is advice: whatever the kernel makes
// of it, files hold what was written. It imports no room.
package pagecache
