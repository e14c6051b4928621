// SPDX-License-Identifier: Apache-2.0

package event

// Scope is what a viewer may read: the records that at least one grant admits,
// each reduced by the first grant, in the order given, that admits it. A nil
// scope is everything, whole, and only for the program itself; a scope without
// grants is nothing at all.
//
// A question within a scope is answered as if the forbidden records, values and
// parts of addresses did not exist: filters, order, cursors, groups, metrics and
// derived fields all work on what is left. Two stores that differ only in what
// the scope takes away give the same answer, byte for byte.
type Scope struct {
	Grants []Grant
}

// Grant admits the records for which all filters hold. Its filters are the
// program's own and look at whole records: any stored or derived field, with
// the meaning that they have in a Query (several values are alternatives; where
// both ends are affected, one party must meet all filters on the affected
// side). Labels are asked with OpAtMost on cert.tlp and cert.pap, which holds for
// no record without a label, and OpEqual on cert.audience, cert.orgs and
// affected.org.
//
// A grant with Stop admits nothing and ends the search: the records for which
// its filters hold are read by no later grant. Its filters look at stored fields
// only, which are the same for every party.
//
// Mask names what reads as "not set", Truncate the addresses that read as their
// network (Addr.Network). A name is a stored field, or a side and a part of an
// end, as affected.ip, hosting.org or other.domain:
//
//   - sides: affected, hosting, other. Other is every end that is not a party by
//     which the grant admits the record; where nobody is affected, both ends.
//     Which end is which is decided on the whole record, row by row.
//   - parts: ip, port, domain, as, country, bytes, of source.* and destination.*;
//     org, the end's organisations in cert.orgs; sector, for affected and other:
//     cert.sector and cert.band, which speak of the affected side.
//
// Derived fields follow from what is left: without destination.ip there is no
// affected.ip where the destination is affected. Fields that were computed from
// others (network.community_id and event.hash from both addresses) are not
// masked by themselves: add the lists below. @timestamp, event.id and cert.count
// cannot be masked; event.id tells event.ingested to the millisecond and nothing
// else.
type Grant struct {
	All      []Filter
	Mask     []string
	Truncate []string // of affected.ip, hosting.ip, other.ip, source.ip, destination.ip
	Stop     bool     // what it matches, neither it nor a later grant admits
}

// Groups of fields that a mask names together. They hold what can tell a masked
// value although it stands elsewhere.
var (
	// MaskAffected hides who suffered. MaskComputed and MaskContent belong to it.
	MaskAffected = []string{
		"affected.ip", "affected.port", "affected.domain", "affected.as", "affected.org",
		"affected.sector", "affected.bytes", "participant.id",
	}
	// MaskHosting hides from where it came, but for country and network.
	MaskHosting = []string{"hosting.ip", "hosting.port", "hosting.domain", "hosting.org", "hosting.bytes"}
	// MaskOther leaves the address of the other side, but not who it is.
	MaskOther = []string{"other.org", "other.sector", "other.domain"}
	// MaskComputed are keyless hashes over both addresses: who knows one end can
	// try all values of the other. Without event.hash repeats are not folded.
	MaskComputed = []string{"network.community_id", "event.hash"}
	// MaskContent is text from the wire, which may name hosts and persons.
	MaskContent = []string{
		"url.full", "dns.question.name", "user.name", "user_agent.original", "process.command_line",
		"email.from.address", "cert.residual",
	}
	// MaskOrigin says who saw it, and where the raw record lies.
	MaskOrigin = []string{"observer.name", "participant.id", "cert.raw.sequence", "cert.raw.offset"}
)

// Prefix lengths to which Network cuts addresses.
const (
	NetworkBits4 = 24
	NetworkBits6 = 48
)

// Network gives the address with all bits behind the first 24 (IPv4) or 48
// (IPv6) cleared. An address whose network is all zero becomes Unspecified.
func (a Addr) Network() Addr {
	if !a.IsSet() {
		return a
	}
	bits := NetworkBits6
	if a.Is4() {
		bits = NetworkBits4
	}
	p, _ := a.Netip().Prefix(bits)
	return AddrFrom(p.Addr())
}
