package evidence

import (
	"fmt"
	"math/bits"

	"github.com/linger-dev/linger/internal/tcp"
)

// weigh estimates, from above, how many bytes a JSON line takes when it is
// decoded into a Snapshot: a struct per object, a map entry or slice element
// per comma, and for strings that look like a PortSet exactly the pages it
// will have. It looks at every byte once and allocates nothing.
func weigh(data []byte) int {
	const object, element, set = 1024, 64, 128
	n := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{':
			n += object
		case ',', '[':
			n += element
		case '"':
			end := i + 1
			for end < len(data) && data[end] != '"' {
				if data[end] == '\\' {
					end++
				}
				end++
			}
			if pages := portPagesOf(data[i+1 : min(end, len(data))]); pages > 0 {
				n += set + pages*portPage/8
			}
			i = end
		}
	}
	return n
}

// portPagesOf returns how many pages the PortSet with this text form has, or
// 0 if it can be none.
func portPagesOf(text []byte) int {
	var pages uint32
	low, value, inRange := 0, 0, false
	flush := func() {
		if !inRange {
			low = value
		}
		for p := low / portPage; p <= value/portPage; p++ {
			pages |= 1 << p
		}
		value, inRange = 0, false
	}
	for _, c := range text {
		switch {
		case '0' <= c && c <= '9':
			value = min(value*10+int(c-'0'), 1<<16-1)
		case c == '-':
			low, value, inRange = value, 0, true
		case c == ',':
			flush()
		case c != ' ':
			return 0
		}
	}
	flush()
	if len(text) == 0 {
		return 0
	}
	return bits.OnesCount32(pages)
}

// check refuses values that no source can have seen and that readers of a
// Snapshot rely on not to occur.
func (s *Snapshot) check() error {
	if s.Took < 0 || s.Host.HZ < 0 {
		return fmt.Errorf("snapshot: a negative duration or HZ")
	}
	for i := range s.Namespaces {
		ns := &s.Namespaces[i]
		for name, port := range map[string]Int{"low": ns.Settings.PortLow, "high": ns.Settings.PortHigh} {
			if v, ok := port.Get(); ok && v != int64(uint16(v)) {
				return fmt.Errorf("namespace %q: ip_local_port_range_%s %d is no port", ns.Name, name, v)
			}
		}
		for j := range ns.Tallies {
			if err := ns.Tallies[j].check(); err != nil {
				return fmt.Errorf("namespace %q: %w", ns.Name, err)
			}
		}
	}
	return nil
}

func (t *Tally) check() error {
	switch {
	case t.Direction != Outbound && t.Direction != Inbound:
		return fmt.Errorf("a group without a direction")
	case t.MiniFinWait2 > t.States[tcp.FinWait2]:
		return fmt.Errorf("group %s: more mini-sockets than sockets in FIN_WAIT2", t.Key)
	case t.CloseWait.Oldest < 0 || t.CloseWait.Youngest < 0:
		return fmt.Errorf("group %s: a negative age", t.Key)
	}
	if covered := t.Covered(); covered > t.Ownerless() {
		return fmt.Errorf("group %s: makers of %d sockets, of which only %d are ownerless", t.Key, covered, t.Ownerless())
	}
	for state, n := range t.Orphans {
		if n > t.States[state] {
			return fmt.Errorf("group %s: more orphans than sockets in %s", t.Key, tcp.State(state))
		}
	}
	return nil
}
