// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"fmt"
	"strings"

	"haidang/event"
)

// Facts are what is known of an affected machine and its problem. What is not
// known is the zero value.
type Facts struct {
	Addr     event.Addr
	AS       uint32
	Domain   string
	Kind     event.RSIT
	Stage    event.Stage
	Sector   event.Sector
	Severity uint8
}

// By says what led to a decision.
type By uint8

// What leads to a decision, in order of preference; Fallback: nothing did.
const (
	Fallback By = iota
	Prefix
	AS
	Domain
	List
)

// Bys lists the names of what leads to a decision, by value.
var Bys = []string{"fallback", "prefix", "as", "domain", "list"}

func (b By) String() string {
	if int(b) < len(Bys) {
		return Bys[b]
	}
	return ""
}

// Reason gives the same in the words of cert.orgs.
func (b By) Reason() event.MatchReason { return event.MatchReason(b) }

// Decision is who is told, and why. Contacts is never empty and belongs to the
// table: it is read, not changed.
type Decision struct {
	Org      uint32 // whose machine it is; 0: nobody's that we know
	By       By
	Matched  string // the prefix, AS, domain or address that matched
	Via      uint32 // whose contacts are told: Org, or one above it; 0: the fallback inbox
	Contacts []ContactID
}

// Unrouted reports whether the decision went to the national fallback inbox.
func (d *Decision) Unrouted() bool { return d.Via == 0 }

// Route decides. It may be called by any goroutine.
func (t *Table) Route(f *Facts) Decision {
	m, by := t.owner(f)
	if m.org == nil {
		return Decision{Contacts: t.inbox}
	}
	d := Decision{Org: m.org.ID, By: by, Matched: m.text}
	for o := m.org; o != nil; o = o.parent {
		if c := o.wanting(f); len(c) > 0 {
			d.Via, d.Contacts = o.ID, c
			return d
		}
	}
	d.Contacts = t.inbox
	return d
}

// Owner gives whose machine it is, and by what: only the first three facts are
// asked.
func (t *Table) Owner(addr event.Addr, as uint32, domain string) (org uint32, by By, matched string) {
	m, by := t.owner(&Facts{Addr: addr, AS: as, Domain: domain})
	if m.org == nil {
		return 0, Fallback, ""
	}
	return m.org.ID, by, m.text
}

func (t *Table) owner(f *Facts) (match, By) {
	if f.Addr.IsSet() {
		if who := t.addresses.find(f.Addr); who != 0 {
			return t.matches[who], Prefix
		}
	}
	if f.AS != 0 {
		if m, ok := t.as[f.AS]; ok {
			return m, AS
		}
	}
	if f.Domain != "" && len(t.domains) > 0 {
		if m, ok := t.suffix(f.Domain); ok {
			return m, Domain
		}
	}
	if m, ok := t.list[f.Addr]; ok && f.Addr.IsSet() {
		return m, List
	}
	return match{}, Fallback
}

// suffix finds the longest domain that the name is or lies below.
func (t *Table) suffix(name string) (match, bool) {
	for rest, more := domain(name), true; more; _, rest, more = strings.Cut(rest, ".") {
		if m, ok := t.domains[rest]; ok {
			return m, true
		}
	}
	return match{}, false
}

// Why says in a sentence why these contacts are told: the answer to "why did we
// get this?".
func (t *Table) Why(d *Decision, lang string) string {
	w := sentences[lang]
	if w == nil {
		w = sentences["en"]
	}
	o, known := t.Organisation(d.Org)
	if !known {
		return w["nobody"]
	}
	owned := fmt.Sprintf(w[d.By.String()], d.Matched, o.name(lang))
	switch d.Via {
	case d.Org:
		return owned + " " + w["own"]
	case 0:
		return owned + " " + w["none"]
	}
	above, _ := t.Organisation(d.Via)
	return owned + " " + fmt.Sprintf(w["above"], above.name(lang))
}

var sentences = map[string]map[string]string{
	"en": {
		"prefix": "The address lies in %s, the longest registered prefix that holds it, which belongs to %s.",
		"as":     "The address lies in the network %s, which belongs to %s; no registered prefix holds it.",
		"domain": "The name lies under %s, which belongs to %s; neither a prefix nor a network is registered.",
		"list":   "The address %s is on the list of %s.",
		"own":    "These contacts asked for this kind of notice.",
		"above":  "It has no contact for this, so the contacts of %s are told.",
		"none":   "Neither it nor anybody above has a contact for this, so the national inbox is told.",
		"nobody": "No organisation has registered the address, its network or its name, so the national inbox is told.",
	},
	"vi": {
		"prefix": "Địa chỉ nằm trong dải %s, dải dài nhất đã đăng ký có chứa địa chỉ này, thuộc về %s.",
		"as":     "Địa chỉ nằm trong mạng %s, thuộc về %s; không có dải địa chỉ đã đăng ký nào chứa nó.",
		"domain": "Tên miền nằm dưới %s, thuộc về %s; không có dải địa chỉ hay mạng nào được đăng ký.",
		"list":   "Địa chỉ %s có trong danh sách của %s.",
		"own":    "Các đầu mối này đã chọn nhận loại thông báo này.",
		"above":  "Đơn vị này chưa có đầu mối cho việc này nên đầu mối của %s được báo.",
		"none":   "Đơn vị này và các đơn vị cấp trên chưa có đầu mối cho việc này nên hộp thư quốc gia được báo.",
		"nobody": "Chưa tổ chức nào đăng ký địa chỉ, mạng hay tên miền này nên hộp thư quốc gia được báo.",
	},
}
