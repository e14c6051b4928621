// SPDX-License-Identifier: Apache-2.0

package shadowserver

import "haidang/event"

// naicsSectors maps codes of the North American Industry Classification System
// (2022), by their first digits, to NIS2 sectors. The longest match counts.
var naicsSectors = map[string]string{
	"11": "food", "21": "other", "211": "energy/oil", "22": "energy", "2211": "energy/electricity", "2212": "energy/gas",
	"22131": "drinking-water", "22132": "waste-water", "22133": "energy/district-heating-and-cooling",
	"23": "other", "311": "food", "312": "food", "325": "chemicals", "324": "energy/oil",
	"31": "manufacturing", "32": "manufacturing", "33": "manufacturing",
	"333": "manufacturing/machinery", "334": "manufacturing/computers-and-electronics",
	"335": "manufacturing/electrical-equipment", "336": "manufacturing/other-transport-equipment",
	"3361": "manufacturing/motor-vehicles", "3362": "manufacturing/motor-vehicles",
	"3363": "manufacturing/motor-vehicles", "3391": "manufacturing/medical-devices",
	"42": "other", "4244": "food", "44": "other", "45": "other", "445": "food",
	"481": "transport/air", "482": "transport/rail", "483": "transport/water", "484": "transport/road",
	"485": "transport/road", "486": "energy/gas", "4881": "transport/air", "4882": "transport/rail",
	"4883": "transport/water", "4884": "transport/road", "48": "transport",
	"491": "postal-and-courier-services", "492": "postal-and-courier-services", "493": "transport",
	"51": "other", "517": "digital-infrastructure", "518": "digital-infrastructure", "519": "digital-providers",
	"52": "other", "521": "banking", "522": "banking", "523": "financial-market-infrastructures",
	"53": "other", "54": "other", "5415": "ict-service-management", "5417": "research", "55": "other", "56": "other",
	"562": "waste-management", "61": "education", "62": "health", "624": "other",
	"71": "other", "72": "other", "81": "other", "92": "public-administration", "927": "space",
}

// textSectors maps the names that reports use, which follow the critical
// infrastructure sectors of the United States' CISA, to NIS2 sectors.
var textSectors = map[string]string{
	"Communications, Service Provider, and Hosting Service": "digital-infrastructure",
	"Communications": "digital-infrastructure", "Information Technology": "ict-service-management",
	"Healthcare and Public Health": "health", "Healthcare": "health", "Financial Services": "banking",
	"Government Facilities": "public-administration", "Government": "public-administration",
	"Education": "education", "Education Facilities": "education", "Energy": "energy", "Chemical": "chemicals",
	"Food and Agriculture": "food", "Critical Manufacturing": "manufacturing",
	"Transportation Systems": "transport", "Transportation": "transport",
	"Water and Wastewater Systems": "drinking-water", "Water and Wastewater": "drinking-water",
	"Nuclear Reactors, Materials, and Waste": "energy", "Commercial Facilities": "other",
	"Emergency Services": "other", "Defense Industrial Base": "other", "Dams": "other",
	"Retail": "other", "Real Estate": "other", "Professional, Scientific, and Technical Services": "other",
}

// sectorOf prefers the code, which is finer, to the name.
func sectorOf(text, naics []byte) event.Sector {
	for n := len(naics); n >= 2; n-- {
		if name, ok := naicsSectors[view(naics[:n])]; ok {
			return sectorNamed(name)
		}
	}
	return sectorNamed(textSectors[view(text)])
}

func sectorNamed(name string) event.Sector {
	s, _ := event.Sectors.Parse(name) // the test holds every name against the list
	return event.Sector(s)
}
