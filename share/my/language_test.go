// SPDX-License-Identifier: Apache-2.0

package my

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"haidang/event"
	"haidang/identity"
	"haidang/mutant"
)

func testLanguages(t testing.TB) (vi, en *language) {
	t.Helper()
	all, err := readLanguages(time.FixedZone("Asia/Ho_Chi_Minh", 7*3600), noAssets{})
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1]
}

// wordsAsked lists the texts that templates and code ask for.
func wordsAsked(t *testing.T) map[string]bool {
	asked := map[string]bool{}
	inTemplates := regexp.MustCompile(`\bt "([^"]+)"`)
	inCode := regexp.MustCompile(`\.(T|count)\("([\w.-]+)"[,)]`)
	for _, pattern := range []string{"templates/*.tmpl", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, ".tmpl") {
				for _, m := range inTemplates.FindAllStringSubmatch(string(raw), -1) {
					asked[m[1]] = true
				}
				continue
			}
			for _, m := range inCode.FindAllStringSubmatch(string(raw), -1) {
				if asked[m[2]] = true; m[1] == "count" {
					delete(asked, m[2])
					asked[m[2]+".one"], asked[m[2]+".many"] = true, true
				}
			}
		}
	}
	for _, p := range []string{"my", "community", "notices", "organisation", "once", "join", "error"} {
		asked[p+".title"] = true
	}
	for _, e := range []string{"calm", "unheard", "unwatched"} {
		asked["my."+e] = true
	}
	for _, e := range []string{"404", "incident", "form", "forbidden", "500"} {
		asked["error."+e] = true
	}
	for _, name := range groupNames {
		asked["group."+name], asked["group."+name+".help"] = true, true
	}
	lists := map[string][]string{
		"stage.": event.Stages.Names, "sensor.": event.ObserverTypes.Names, "why.match.": event.MatchReasons.Names,
		"status.": event.Statuses.Names, "class.": classes(), "column.": columns, "often.": oftenOffered,
		"channel.": {"email", "webhook"}, "delivery.": {"queued", "sent", "failed"}, "role.": {identity.RoleMember, identity.RoleSteward},
		"network.": {identity.Claimed, identity.Confirmed, identity.Refused}, "organisation.wrong.": {"unproven", "exists", "gone", "form"},
	}
	for s := range event.SeverityFatal + 1 {
		lists["severity."] = append(lists["severity."], strconv.Itoa(int(s)))
	}
	for _, s := range severitiesOffered {
		lists["least."] = append(lists["least."], strconv.Itoa(int(s)))
	}
	for _, s := range statuses {
		lists["status."] = append(lists["status."], s.String()+".help")
	}
	for prefix, list := range lists {
		for _, name := range list {
			asked[prefix+name] = true
		}
	}
	return asked
}

// TestWordsExist finds texts that are asked for and no catalogue has, and those
// that nobody asks for.
func TestWordsExist(t *testing.T) {
	vi, _ := testLanguages(t)
	asked := wordsAsked(t)
	for key := range asked {
		if _, ok := vi.Words[key]; !ok {
			t.Errorf("no text %q", key)
		}
	}
	for key := range vi.Words {
		if !asked[key] {
			t.Errorf("nobody asks for %q", key)
		}
	}
}

func TestAgo(t *testing.T) {
	vi, en := testLanguages(t)
	for d, want := range map[time.Duration][2]string{
		-time.Hour: {"vừa xong", "just now"}, 59 * time.Second: {"vừa xong", "just now"}, time.Minute: {"1 phút trước", "1 minute ago"},
		59 * time.Minute: {"59 phút trước", "59 minutes ago"}, 47 * time.Hour: {"47 giờ trước", "47 hours ago"}, 1200 * 24 * time.Hour: {"1.200 ngày trước", "1,200 days ago"},
	} {
		if got := [2]string{vi.ago(d), en.ago(d)}; got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// A value is never read for further names, so that what attackers write cannot
// move into another's place.
func TestValuesAreNotTemplates(t *testing.T) {
	_, en := testLanguages(t)
	if got := en.T("evidence.more", "shown", "{n}", "n", "{shown}"); got != "The newest {n} of {shown}; the CSV below holds all of them." {
		t.Error(got)
	}
}

func FuzzClean(fuzz *testing.F) {
	f := mutant.Of(fuzz)
	for _, s := range []string{"plain", "a\x00b", "\u202eevil", "\xff", strings.Repeat("ấ", 400), "\u2028", "\u009b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := clean(s)
		if strings.ContainsFunc(out, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) || len([]rune(out)) > maxShown {
			t.Errorf("%q became %q", s, out)
		}
	})
}
