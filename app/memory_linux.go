// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// programPages are the pages of the program's file that nobody writes to.
type programPages struct{ regions []region }

// region is a part of the address space.
type region struct{ from, length uintptr }

// drop lets go of the program's own pages: templates, tables, code that runs once
// or seldom. They are of a file; what is asked for is there again after a fault
// without a read.
func (p *programPages) drop() error {
	if p.regions == nil {
		if err := p.find(); err != nil {
			return err
		}
	}
	var failed error
	for _, r := range p.regions {
		if _, _, e := syscall.Syscall(syscall.SYS_MADVISE, r.from, r.length, syscall.MADV_DONTNEED); e != 0 {
			failed = errors.Join(failed, e)
		}
	}
	return failed
}

func (p *programPages) find() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	defer f.Close()
	p.regions, err = programRegions(f, program)
	return err
}

// programRegions finds the regions of a file that are nothing but its content:
// not writable, and without a page that was ever written (as the loader writes
// addresses into some that it protects afterwards).
func programRegions(smaps io.Reader, program string) (out []region, err error) {
	var at region // that of the lines being read; none where its length is 0
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 3 && fields[0] == "Anonymous:":
			if at.length > 0 && fields[1] == "0" {
				out = append(out, at)
			}
			at = region{}
		case len(fields) >= 5 && strings.Contains(fields[0], "-"):
			if at, err = regionOf(fields, program); err != nil {
				return nil, err
			}
		}
	}
	return out, lines.Err()
}

// regionOf reads the head of a region; it is empty where the region is not of
// the program or may be written.
func regionOf(fields []string, program string) (region, error) {
	if len(fields) < 6 || strings.Join(fields[5:], " ") != program || !strings.HasSuffix(fields[1], "p") || strings.Contains(fields[1], "w") {
		return region{}, nil
	}
	low, high, _ := strings.Cut(fields[0], "-")
	from, err := strconv.ParseUint(low, 16, 64)
	if err != nil {
		return region{}, err
	}
	to, err := strconv.ParseUint(high, 16, 64)
	return region{uintptr(from), uintptr(to - from)}, err
}
