// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"time"

	"haidang/vitals"
)

// keyTerms are the keys that are to be changed, and after how long (NIST SP 800-57
// part 1, section 5.3.6). docs/60-security.md says how, and why the others are not.
var keyTerms = map[string]time.Duration{
	auditSignKey:  2 * year,
	figureSignKey: 2 * year,
	webhookKey:    2 * year,
}

const year = 365 * 24 * time.Hour

var warnKeyOld = vitals.Warning{Code: "key.old", Severity: vitals.Notice, Text: vitals.Text{
	VI: "Một khoá đã quá hạn dùng; hãy đổi khoá như tài liệu 60 hướng dẫn.",
	EN: "A key is past its term; change it as document 60 says.",
}}

// watchKeys says which keys are past their term, by when their files were made.
func (a *App) watchKeys(now time.Time) {
	for name, term := range keyTerms {
		path, _ := keyPath(a.folder.path, name)
		i, err := os.Stat(path)
		a.mark(warnKeyOld, name, err == nil && now.Sub(i.ModTime()) > term, now)
	}
}
