// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"haidang/event"
)

func testLanguages(t testing.TB) (vi, en *language) {
	t.Helper()
	all, err := readLanguages(time.FixedZone("Asia/Ho_Chi_Minh", 7*3600), noAssets{})
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1]
}

func TestEveryNameOfTheRecordIsNamed(t *testing.T) {
	vi, en := testLanguages(t)
	for list, e := range map[string]event.Enum{"kind": event.RSITs, "way": event.Ways, "sector": event.Sectors, "band": event.Bands} {
		for _, name := range e.Names[1:] {
			for _, l := range []*language{vi, en} {
				if _, ok := l.Words[list+"."+name]; !ok {
					t.Errorf("%s has no name for %s.%s", l.Code, list, name)
				}
			}
		}
	}
}

// TestTextsExist looks for the keys that templates and code name outright.
func TestTextsExist(t *testing.T) {
	vi, _ := testLanguages(t)
	files, err := filepath.Glob("templates/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	code, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?:\{\{-? ?|\(|l\.)[tT]\(? ?"([a-z0-9.-]+[a-z0-9])"`)
	seen := 0
	for _, f := range append(files, code...) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(raw), -1) {
			seen++
			if _, ok := vi.Words[m[1]]; !ok {
				t.Errorf("%s asks for %q, which no catalogue has", f, m[1])
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d texts found; the pattern no longer fits the code", seen)
	}
}

func TestNumbers(t *testing.T) {
	vi, en := testLanguages(t)
	for _, c := range []struct {
		n      int64
		vi, en string
	}{{0, "0", "0"}, {7, "7", "7"}, {999, "999", "999"}, {1000, "1.000", "1,000"}, {12340, "12.340", "12,340"},
		{1052479, "1.052.479", "1,052,479"}, {-4540, "−4.540", "−4,540"}} {
		if vi.Number(c.n) != c.vi || en.Number(c.n) != c.en {
			t.Errorf("%d: %q, %q", c.n, vi.Number(c.n), en.Number(c.n))
		}
	}
	for _, c := range []struct {
		r      float64
		vi, en string
	}{{0, "0,0", "0.0"}, {12.34, "12,3", "12.3"}, {99.94, "99,9", "99.9"}, {99.96, "100", "100"}, {1234.5, "1.235", "1,235"}, {-1, "0,0", "0.0"}} {
		if vi.rate(c.r) != c.vi || en.rate(c.r) != c.en {
			t.Errorf("%v: %q, %q", c.r, vi.rate(c.r), en.rate(c.r))
		}
	}
	for _, c := range []struct {
		part, whole int64
		want        string
	}{{0, 10, "0\u00a0%"}, {1, 1000, "<\u00a01\u00a0%"}, {1, 200, "1\u00a0%"}, {54, 100, "54\u00a0%"}, {1, 0, "–"}} {
		if got := vi.share(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	vi, en := testLanguages(t)
	at := event.TimeOf(sampleTime)
	want := moment{"2026-11-21T07:05:12Z", "14:05", "2026-11-21 07:05:12 UTC"}
	if got := vi.clock(at); got != want {
		t.Errorf("%+v", got)
	}
	if vi.full(at).Text != "14:05:12 21/11/2026" || en.full(at).Text != "14:05:12 21 November 2026" {
		t.Errorf("%q %q", vi.full(at).Text, en.full(at).Text)
	}
	if got := vi.clock(event.TimeUnset); got != (moment{Text: "–"}) {
		t.Errorf("unset: %+v", got)
	}
}

func TestSentence(t *testing.T) {
	vi, en := testLanguages(t)
	base := samplePicture(sampleTime, 12340)
	most := []event.Count{{Key: "intrusion-attempts/brute-force", Events: 60}, {Key: "information-gathering/scanner", Events: 40}}
	half := []event.Count{{Key: "intrusion-attempts/brute-force", Events: 50}, {Key: "information-gathering/scanner", Events: 50}}
	for _, c := range []struct {
		name    string
		average float64
		kinds   []event.Count
		attacks int64
		vi, en  string
	}{
		{"more, most", 11426, most, 12340,
			"Hôm nay đến 14:05, đã phát hiện 12.340 lượt tấn công vào Việt Nam, nhiều hơn 8 % so với mức trung bình cùng giờ của một thứ Bảy; phần lớn là dò mật khẩu.",
			"So far today, until 14:05, 12,340 attacks on Vietnam were detected, 8 % more than by this hour on an average Saturday; most were password guessing."},
		{"fewer, exactly half is not most", 20000, half, 10000,
			"Hôm nay đến 14:05, đã phát hiện 10.000 lượt tấn công vào Việt Nam, ít hơn 50 % so với mức trung bình cùng giờ của một thứ Bảy; nhiều nhất là dò mật khẩu (50 %).",
			"So far today, until 14:05, 10,000 attacks on Vietnam were detected, 50 % fewer than by this hour on an average Saturday; the most frequent kind was password guessing (50 %)."},
		{"the same", 10030, nil, 10000,
			"Hôm nay đến 14:05, đã phát hiện 10.000 lượt tấn công vào Việt Nam, ngang mức trung bình cùng giờ của một thứ Bảy.",
			"So far today, until 14:05, 10,000 attacks on Vietnam were detected, as many as by this hour on an average Saturday."},
		{"no base, no change", 0, most, 5,
			"Hôm nay đến 14:05, đã phát hiện 5 lượt tấn công vào Việt Nam; phần lớn là dò mật khẩu.",
			"So far today, until 14:05, 5 attacks on Vietnam were detected; most were password guessing."},
		{"none", 100, most, 0,
			"Hôm nay đến 14:05, chưa ghi nhận lượt tấn công nào vào Việt Nam.",
			"So far today, until 14:05, no attacks on Vietnam have been recorded."},
	} {
		pic := base
		pic.Average, pic.Kinds, pic.Today.Attacks = c.average, c.kinds, c.attacks
		plain := strings.NewReplacer("\u00a0", " ").Replace
		if got := plain(vi.sentence(&pic)); got != c.vi {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.vi)
		}
		if got := plain(en.sentence(&pic)); got != c.en {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.en)
		}
	}
}

func TestRanks(t *testing.T) {
	vi, _ := testLanguages(t)
	rows := vi.rows([]event.Count{{Key: "CN", Events: 9}, {Key: "", Events: 8}, {Key: "NL", Events: 5}, {Key: "US", Events: 5}, {Key: "RU", Events: 1}}, vi.country)
	var got []string
	for _, r := range rows {
		got = append(got, r.Rank+" "+r.Name)
	}
	want := []string{"1 Trung Quốc", "– Không rõ", "2 Hà Lan", "2 Hoa Kỳ", "4 Nga"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
