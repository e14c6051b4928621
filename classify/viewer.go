// SPDX-License-Identifier: Apache-2.0

package classify

// Role is what a viewer is to the observatory.
type Role uint8

// Roles, from the least to the most.
const (
	Visitor  Role = iota // anybody, nobody in particular
	Sender               // a sensor: sees what became of its own batches
	Operator             // runs the observatory: sees every record
)

// Viewer is who asks. The zero Viewer is the visitor nobody.
type Viewer struct {
	role Role
	name string
}

// Nobody is the visitor that everything public is released to.
func Nobody() Viewer { return Viewer{} }

// OperatorNamed is a viewer who has shown an operator's token.
func OperatorNamed(name string) Viewer { return Viewer{role: Operator, name: name} }

// SensorNamed is a viewer who has shown a sensor's token.
func SensorNamed(name string) Viewer { return Viewer{role: Sender, name: name} }

// Role gives the viewer's role.
func (v Viewer) Role() Role { return v.role }

// Name gives the name of the token; empty for the visitor.
func (v Viewer) Name() string { return v.name }

// String gives a word for logs.
func (v Viewer) String() string {
	switch v.role {
	case Operator:
		return "operator:" + v.name
	case Sender:
		return "sensor:" + v.name
	default:
		return "visitor"
	}
}
