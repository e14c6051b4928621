// SPDX-License-Identifier: Apache-2.0

package generate

// mix is what the load is made of, in 256ths. It is what a national sensor park
// sends: near half are alerts.
var mix = [...]struct {
	eventType string
	share     int
	keep      int // templates at most, so that all of them stay in the processor's cache
	longest   int // bytes of a recorded line that may become a template
}{
	{"alert", 115, 800, 1_220},
	{"flow", 64, 400, 1_000},
	{"dns", 31, 300, 700},
	{"http", 26, 300, 900},
	{"tls", 8, 100, 1_200},
	{"fileinfo", 7, 150, 1_000},
	{"anomaly", 5, 80, 600},
}

const alert = 0 // its place in mix

// shares spreads the mix over the values of a random byte.
func shares() (out [256]uint8) {
	i := 0
	for k, m := range mix {
		for range m.share {
			out[i] = uint8(k)
			i++
		}
	}
	return out
}

// leanSensor says whether a sensor logs what Suricata 6 logs by default with
// rule metadata and flow records of alerts turned off; the others log all that
// the recording has.
func leanSensor(sensor int) bool { return sensor%10 < 8 }
