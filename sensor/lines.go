// SPDX-License-Identifier: Apache-2.0

package sensor

// PutLines makes whole lines durable that no file was read for.
func (s *Spool) PutLines(format string, lines []byte) (shed bool, err error) {
	r := &records{}
	r.add(lines)
	return s.Put(format, r, s.Places())
}
