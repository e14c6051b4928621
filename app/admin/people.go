// SPDX-License-Identifier: Apache-2.0

package admin

import "time"

// Names of the methods about organisations and people.
const (
	MethodOrganisationCreate  = "organisation.create"  // Organisation → Organisation
	MethodOrganisationList    = "organisation.list"    // None → []Organisation
	MethodOrganisationShow    = "organisation.show"    // ID → Organisation
	MethodOrganisationContact = "organisation.contact" // ChangeContact → None
	MethodOrganisationDisable = "organisation.disable" // ID → None
	MethodOrganisationEnable  = "organisation.enable"  // ID → None
	MethodOrganisationImport  = "organisation.import"  // Import → Imported
	MethodNetworkClaim        = "network.claim"        // ChangeNetwork → Network
	MethodNetworkConfirm      = "network.confirm"      // ChangeNetwork → None
	MethodNetworkRefuse       = "network.refuse"       // ChangeNetwork → None
	MethodNetworkProve        = "network.prove"        // ChangeNetwork → None

	MethodPersonList     = "person.list"     // None → []Person
	MethodPersonInvite   = "person.invite"   // NewPerson → Link
	MethodPersonReadmit  = "person.readmit"  // Person → Link
	MethodPersonDisable  = "person.disable"  // Person → None
	MethodPersonEnable   = "person.enable"   // Person → None
	MethodPersonGrant    = "person.grant"    // ChangeRole → None
	MethodPersonWithdraw = "person.withdraw" // ChangeRole → None
)

// ID names an organisation by its number.
type ID struct {
	ID uint32 `json:"id"`
}

// Organisation is one, with all that the command line shows of it.
type Organisation struct {
	ID          uint32     `json:"id,omitempty"` // a new one gets the next number
	Name        string     `json:"name"`
	NameEN      string     `json:"name_en,omitempty"`
	Type        string     `json:"type"`
	Sector      string     `json:"sector,omitempty"`
	Band        string     `json:"band,omitempty"`
	Country     string     `json:"country,omitempty"`
	Province    string     `json:"province,omitempty"`
	Parent      uint32     `json:"parent,omitempty"`
	StateBody   bool       `json:"state_body,omitempty"`
	Communities []string   `json:"communities,omitempty"`
	Clients     []uint32   `json:"clients,omitempty"`
	Contacts    []Contact  `json:"contacts,omitempty"`
	Networks    []Network  `json:"networks,omitempty"`
	Disabled    *time.Time `json:"disabled,omitempty"`
}

// Contact is whom an organisation wants to be told, and of what.
type Contact struct {
	Name     string   `json:"name,omitempty"`
	Email    string   `json:"email"`
	Language string   `json:"language"`
	Digest   bool     `json:"digest,omitempty"`
	Weekly   bool     `json:"weekly,omitempty"`
	Stages   []string `json:"stages,omitempty"`
	Webhook  bool     `json:"webhook,omitempty"` // it has one; its address may hold a secret
	Kinds    []string `json:"kinds,omitempty"`
	Severity uint8    `json:"severity,omitempty"`
	Tiers    []string `json:"tiers,omitempty"`
}

// ChangeContact adds a contact, replaces that of the same address, or removes it.
type ChangeContact struct {
	Organisation uint32  `json:"organisation"`
	Contact      Contact `json:"contact"`
	Remove       bool    `json:"remove,omitempty"`
}

// Network is a prefix, an AS or a domain, and whether it is the organisation's.
type Network struct {
	Network   string `json:"network"`
	State     string `json:"state"`
	Proof     string `json:"proof,omitempty"`
	TXT       string `json:"txt,omitempty"`       // name of the record that proves it; none where an analyst must
	Challenge string `json:"challenge,omitempty"` // what the record must hold
}

// ChangeNetwork names a network of an organisation; Why is what was seen.
type ChangeNetwork struct {
	Organisation uint32 `json:"organisation"`
	Network      string `json:"network"`
	Why          string `json:"why,omitempty"`
}

// Import brings a member networks file; its networks are claimed or, with a
// proof, confirmed.
type Import struct {
	Name  string `json:"name"` // of the file: .csv or .yaml
	Data  string `json:"data"`
	Proof string `json:"proof,omitempty"`
}

// Imported says what an import did.
type Imported struct {
	Organisations int `json:"organisations"` // new ones
	Networks      int `json:"networks"`
}

// Person is somebody who may sign in.
type Person struct {
	ID       string     `json:"id"`
	Name     string     `json:"name,omitempty"`
	Email    string     `json:"email,omitempty"`
	Roles    []string   `json:"roles,omitempty"`
	WaysIn   int        `json:"ways_in"` // passkeys and accounts at providers
	Created  time.Time  `json:"created"`
	Disabled *time.Time `json:"disabled,omitempty"`
}

// NewPerson asks for a one-time link.
type NewPerson struct {
	Role         string `json:"role"`
	Organisation uint32 `json:"organisation,omitempty"`
	Note         string `json:"note,omitempty"` // for whom it is
}

// Link is a one-time link.
type Link struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

// ChangeRole gives or takes a role.
type ChangeRole struct {
	Person       string `json:"person"`
	Role         string `json:"role"`
	Organisation uint32 `json:"organisation,omitempty"`
}
