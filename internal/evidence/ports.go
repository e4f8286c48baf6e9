package evidence

import (
	"fmt"
	"iter"
	"math/bits"
	"strconv"
	"strings"
)

// PortRange is a range of ports, both ends included. Low > High is empty.
type PortRange struct{ Low, High uint16 }

// Has reports whether p lies in the range.
func (r PortRange) Has(p uint16) bool { return r.Low <= p && p <= r.High }

// Len returns the number of ports.
func (r PortRange) Len() int { return max(0, int(r.High)-int(r.Low)+1) }

// String returns "low-high".
func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.Low, r.High) }

const (
	portPage  = 4096 // ports per page
	portPages = 1 << 16 / portPage
)

// PortSet is a set of ports. The zero value and nil are empty sets; a nil set
// cannot be added to. Pages are made as they are needed: a set takes 128
// bytes, and 512 for each run of 4096 ports that it touches. Not safe for
// concurrent use. Its text form is that of ip_local_reserved_ports: "1,5-9".
type PortSet struct {
	pages [portPages]*[portPage / 64]uint64
	n     int
}

// PortSetOf returns a set of the given ports.
func PortSetOf(ports ...uint16) *PortSet {
	set := new(PortSet)
	for _, p := range ports {
		set.Add(p)
	}
	return set
}

// Add puts p into the set and reports whether it was new.
func (s *PortSet) Add(p uint16) bool {
	page := s.pages[p/portPage]
	if page == nil {
		page = new([portPage / 64]uint64)
		s.pages[p/portPage] = page
	}
	word, bit := &page[p%portPage/64], uint64(1)<<(p%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	s.n++
	return true
}

// Has reports whether p is in the set.
func (s *PortSet) Has(p uint16) bool {
	if s == nil {
		return false
	}
	page := s.pages[p/portPage]
	return page != nil && page[p%portPage/64]&(1<<(p%64)) != 0
}

// Len returns the number of ports in the set.
func (s *PortSet) Len() int {
	if s == nil {
		return 0
	}
	return s.n
}

// All yields the ports in ascending order.
func (s *PortSet) All() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		if s == nil {
			return
		}
		for i, page := range s.pages {
			if page == nil {
				continue
			}
			for j, word := range page {
				for ; word != 0; word &= word - 1 {
					if !yield(uint16(i*portPage + j*64 + bits.TrailingZeros64(word))) {
						return
					}
				}
			}
		}
	}
}

// CountIn returns how many ports are in both sets.
func (s *PortSet) CountIn(other *PortSet) int {
	if s == nil || other == nil {
		return 0
	}
	n := 0
	for i, page := range s.pages {
		if page == nil || other.pages[i] == nil {
			continue
		}
		for j, word := range page {
			n += bits.OnesCount64(word & other.pages[i][j])
		}
	}
	return n
}

// Union adds all ports of other to the set.
func (s *PortSet) Union(other *PortSet) {
	for p := range other.All() {
		s.Add(p)
	}
}

// String returns the ports as the kernel lists them: "1,5-9".
func (s *PortSet) String() string {
	var b strings.Builder
	first, last, open := uint16(0), uint16(0), false
	flush := func() {
		if !open {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, first)
		if last > first {
			fmt.Fprintf(&b, "-%d", last)
		}
	}
	for p := range s.All() {
		if open && p == last+1 {
			last = p
			continue
		}
		flush()
		first, last, open = p, p, true
	}
	flush()
	return b.String()
}

// ParsePorts reads the form that String writes; blanks around it are allowed.
func ParsePorts(text string) (*PortSet, error) {
	set := new(PortSet)
	text = strings.TrimSpace(text)
	if text == "" {
		return set, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		a, err1 := strconv.ParseUint(low, 10, 16)
		b, err2 := strconv.ParseUint(high, 10, 16)
		if err1 != nil || err2 != nil || a > b {
			return nil, fmt.Errorf("port list: %q is neither a port nor a range of ports", part)
		}
		for p := a; p <= b; p++ {
			set.Add(uint16(p))
		}
	}
	return set, nil
}

// MarshalText writes the form of String.
func (s *PortSet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the form of ParsePorts.
func (s *PortSet) UnmarshalText(text []byte) error {
	set, err := ParsePorts(string(text))
	if err != nil {
		return err
	}
	*s = *set
	return nil
}
