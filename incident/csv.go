// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"haidang/event"
)

// headers of the list that finds a machine behind an address translator.
var headers = map[string][]string{
	"en": {
		"Time (UTC)", "Time (local)", "Public address", "Public port (yours)", "Remote address", "Remote port",
		"Protocol", "Who began", "Rule or malware", "Problem", "Severity", "Incident", "Record",
	},
	"vi": {
		"Thời gian (UTC)", "Thời gian (địa phương)", "Địa chỉ công cộng", "Cổng công cộng (phía đơn vị)", "Địa chỉ phía xa", "Cổng phía xa",
		"Giao thức", "Bên khởi tạo", "Luật hoặc mã độc", "Vấn đề", "Mức độ", "Sự cố", "Bản ghi",
	},
}

var began = map[string][2]string{
	"en": {"your machine", "remote end"},
	"vi": {"máy của đơn vị", "phía xa"},
}

// byteOrderMark makes spreadsheets read UTF-8 as such.
const byteOrderMark = "\uFEFF"

// WriteCSV writes one line a sighting: what to look for in the log of an
// address translator or firewall. Times are given to the second in UTC and in
// zone, with its offset. No cell is run by a spreadsheet. lang is "vi" or "en".
func WriteCSV(w io.Writer, lang string, zone *time.Location, list []event.Incident) error {
	head, ok := headers[lang]
	if !ok {
		return fmt.Errorf("incident: language %q is neither vi nor en", lang)
	}
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(head); err != nil {
		return err
	}
	for n := range list {
		for s := range list[n].Samples {
			if err := out.Write(line(lang, zone, &list[n], &list[n].Samples[s])); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func line(lang string, zone *time.Location, i *event.Incident, s *event.Sighting) []string {
	direction := began[lang][0]
	if s.Inbound {
		direction = began[lang][1]
	}
	what := s.Rule
	if i.Problem.By == event.ProblemMalware || what == "" {
		what = i.Problem.Name
	}
	cells := []string{
		s.Time.Std().Format("2006-01-02 15:04:05Z"), s.Time.Std().In(zone).Format("2006-01-02 15:04:05 -07:00"),
		s.PublicAddr.String(), port(s.SourcePort), s.RemoteAddr.String(), port(s.RemotePort),
		protocol(s), direction, what, i.Problem.RSIT.String(), SeverityName(i.Severity), i.Key.String(), s.EventID.String(),
	}
	for n := range cells {
		cells[n] = event.Inert(cells[n])
	}
	return cells
}

func port(p uint16) string {
	if p == 0 {
		return ""
	}
	return strconv.Itoa(int(p))
}

// protocol gives the transport by its usual name or IANA number, and the
// application protocol where it is known.
func protocol(s *event.Sighting) string {
	var t string
	switch s.Transport {
	case 0:
		return s.Protocol
	case 1:
		t = "icmp"
	case 6:
		t = "tcp"
	case 17:
		t = "udp"
	case 58:
		t = "ipv6-icmp"
	case 132:
		t = "sctp"
	default:
		t = strconv.Itoa(int(s.Transport))
	}
	if s.Protocol != "" && s.Protocol != t {
		t += "/" + s.Protocol
	}
	return t
}
