// SPDX-License-Identifier: Apache-2.0

package share

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"haidang/event"
)

func TestFilters(t *testing.T) {
	values, err := url.ParseQuery("rule.name[prefix]=ET&source.ip=192.0.2.1&source.ip=192.0.2.2&limit=4&event.severity[min]=4&event.severity[max]=5")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Filters(values, []string{"limit"})
	want := []event.Filter{
		{Field: "event.severity", Op: event.OpAtLeast, Values: []string{"4"}},
		{Field: "event.severity", Op: event.OpAtMost, Values: []string{"5"}},
		{Field: "rule.name", Op: event.OpPrefix, Values: []string{"ET"}},
		{Field: "source.ip", Values: []string{"192.0.2.1", "192.0.2.2"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	for query, says := range map[string]string{
		"limit=4": `did you mean`, "port=4": `did you mean "source.port"`, "source.ip[like]=4": "is not a comparison", "nonsense=1": "docs/ lists them",
	} {
		values, _ := url.ParseQuery(query)
		if _, err := Filters(values, nil); err == nil || query != "limit=4" && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// Text of what is not set is empty, whatever the type.
func TestTextOfNothing(t *testing.T) {
	var b event.Batch
	var e event.Event
	e.Reset()
	e.Count = 0
	b.Append(&e)
	for i := range event.Fields {
		if s := Text(&event.Fields[i], &b, 0); s != "" {
			t.Errorf("%s: %q", event.Fields[i].Name, s)
		}
	}
}
