// SPDX-License-Identifier: Apache-2.0

package eve

import (
	"strings"

	"haidang/event"
	"haidang/strictjson"
)

// rule sets what the rule says, in alerts and in drops that name one; it gives
// what its texts alone decide.
func (m *mapper) rule(e *event.Event) ruling {
	r := m.ruling()
	if !m.Any(&ruleFields) {
		return r
	}
	e.RuleID, e.RuleName = m.Text(fSignatureID), m.Text(fSignature)
	if !r.bare {
		m.metadata(e)
	}
	if r.known.cves {
		e.Vulnerabilities = m.cves(e.Vulnerabilities, e.RuleName, false)
	}
	e.Confidence = r.confidence
	return r
}

var (
	ruleFields     = strictjson.FieldsOf(fSignatureID, fSignature)
	metadataFields = strictjson.FieldsOf(fFamily, fLure, fProduct, fCVE)
)

// metadata sets what the rule's author says of it.
func (m *mapper) metadata(e *event.Event) {
	e.Software, e.Lure = m.Text(fFamily), m.Text(fLure)
	if p := m.Text(fProduct); strings.HasPrefix(p, "cpe:") {
		e.Product = p
	}
	for _, it := range m.Items() {
		switch it.Field {
		case fTechnique:
			if t := m.ItemText(it); isTechnique(t) {
				e.Techniques = add(e.Techniques, t)
			}
		case fCVE:
			e.Vulnerabilities = m.cves(e.Vulnerabilities, m.ItemText(it), true)
		}
	}
	if m.Has(fCVE) {
		e.Vulnerabilities = m.cves(e.Vulnerabilities, m.Text(fCVE), true)
	}
}

// ruling is what follows from the texts of an alert's rule, whatever the flow.
type ruling struct {
	known          *knownRule
	severity       uint8
	confidence     uint8
	bare           bool // nothing in it is for metadata to set
	blocked        bool
	client, server bool // who is attacked, by the rule's own word
}

// ruling reads what follows from the current record's rule.
func (m *mapper) ruling() (r ruling) {
	r.known = m.rules.find(m.Text(fSignature), m.Text(fCategory))
	r.severity = m.severity()
	r.blocked = m.Text(fAction) == "blocked"
	r.bare = !m.Any(&metadataFields)
	r.client, r.server = targets(m.Text(fAttackTarget))
	for _, it := range m.Items() {
		switch it.Field {
		case fAttackTarget:
			c, s := targets(m.ItemText(it))
			r.client, r.server = r.client || c, r.server || s
		case fTechnique, fCVE:
			r.bare = false
		}
	}
	switch m.Text(fConfidence) {
	case "High":
		r.confidence = 90
	case "Medium":
		r.confidence = 60
	case "Low":
		r.confidence = 30
	}
	return r
}
