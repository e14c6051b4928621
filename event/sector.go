// SPDX-License-Identifier: Apache-2.0

package event

// Sector is a sector or sub-sector of Directive (EU) 2022/2555 (NIS2), annexes
// I and II, with the few that Vietnamese statistics need beside them
// (education, government by level). Zero means unknown.
type Sector uint8

// Sectors lists cert.sector as "sector" or "sector/sub-sector".
var Sectors = Enum{"cert.sector", []string{
	"",
	"energy", "energy/electricity", "energy/district-heating-and-cooling", "energy/oil",
	"energy/gas", "energy/hydrogen",
	"transport", "transport/air", "transport/rail", "transport/water", "transport/road",
	"banking", "financial-market-infrastructures",
	"health", "drinking-water", "waste-water",
	"digital-infrastructure", "ict-service-management",
	"public-administration", "space",
	"postal-and-courier-services", "waste-management", "chemicals", "food",
	"manufacturing", "manufacturing/medical-devices", "manufacturing/computers-and-electronics",
	"manufacturing/electrical-equipment", "manufacturing/machinery",
	"manufacturing/motor-vehicles", "manufacturing/other-transport-equipment",
	"digital-providers", "research",
	"education", "other",
}}

// Sectors named in code.
const (
	SectorUnset                Sector = 0
	SectorBanking              Sector = 12
	SectorHealth               Sector = 14
	SectorDigitalInfra         Sector = 17
	SectorPublicAdministration Sector = 19
	SectorEducation            Sector = 34
	SectorOther                Sector = 35
)

func (s Sector) String() string { return Sectors.Text(uint8(s)) }

// Top gives the sector without its sub-sector.
func (s Sector) Top() string { return beforeSlash(s.String()) }
