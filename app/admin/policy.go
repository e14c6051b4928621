// SPDX-License-Identifier: Apache-2.0

package admin

import "haidang/event"

// Names of the methods about agreements and sharing groups.
const (
	MethodAgreement = "sensor.agreement" // ChangeAgreement → Agreement
	MethodGroupSet  = "group.set"        // Group → Group
	MethodGroupList = "group.list"       // None → []Group
)

// NewSensor asks for the enrolment of a sensor. Without label and deliver it is
// the agreement that enrolling alone makes.
type NewSensor struct {
	event.Sensor
	Label   string `json:"label,omitempty"` // of records that carry none, in the form of event.ParseLabel
	Deliver bool   `json:"deliver,omitempty"`
}

// ChangeAgreement asks for a sensor's agreement, changed by what is set.
type ChangeAgreement struct {
	Sensor     string  `json:"sensor"`
	Label      *string `json:"label,omitempty"`
	Deliver    *bool   `json:"deliver,omitempty"`
	CountsOpen *bool   `json:"counts_open,omitempty"`
	Partner    *bool   `json:"partner,omitempty"`
	Owner      *uint32 `json:"owner,omitempty"`
	Receiver   *uint32 `json:"receiver,omitempty"`
	Group      *uint32 `json:"group,omitempty"`
}

// Agreement is what holds for a sensor's records.
type Agreement struct {
	Sensor     string `json:"sensor"`
	Agreed     bool   `json:"agreed"` // more than enrolling it
	Label      string `json:"label"`  // of records that carry none
	Deliver    bool   `json:"deliver"`
	CountsOpen bool   `json:"counts_open"`
	Partner    bool   `json:"partner"`
	Owner      uint32 `json:"owner,omitempty"`
	Receiver   uint32 `json:"receiver,omitempty"`
	Group      uint32 `json:"group,omitempty"` // sharing group of records that name none
}

// Group is a sharing group.
type Group struct {
	ID    uint32 `json:"id,omitempty"` // a new one gets the next number
	Name  string `json:"name"`
	Label string `json:"label"`
}
