// SPDX-License-Identifier: Apache-2.0

package event

// Party is one side of an event once it is decided who suffers and who hosts.
type Party struct {
	IP      Addr
	Country Country
	AS      uint32
}

// AffectedParties gives who suffers: none, one, or both ends (then the
// destination first). The second result says how many are valid.
func (b *Batch) AffectedParties(row int) (p [2]Party, n int) {
	switch b.Affected[row] {
	case SideSource:
		p[0] = b.source(row)
		return p, 1
	case SideDestination:
		p[0] = b.destination(row)
		return p, 1
	case SideBoth:
		p[0], p[1] = b.destination(row), b.source(row)
		return p, 2
	default:
		return p, 0
	}
}

// HostingParty gives the side from which it came; ok is false where the record
// has none (states, context, or nobody affected). Where both ends are
// affected, the source hosts.
func (b *Batch) HostingParty(row int) (p Party, ok bool) {
	if b.Stage[row] == StageState {
		return Party{}, false
	}
	switch b.Affected[row] {
	case SideSource:
		return b.destination(row), true
	case SideDestination, SideBoth:
		return b.source(row), true
	default:
		return Party{}, false
	}
}

func (b *Batch) source(row int) Party {
	return Party{b.SourceIP[row], b.SourceCountry[row], b.SourceAS[row]}
}

func (b *Batch) destination(row int) Party {
	return Party{b.DestinationIP[row], b.DestinationCountry[row], b.DestinationAS[row]}
}
