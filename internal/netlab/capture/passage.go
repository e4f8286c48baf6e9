package capture

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// identity is what a segment has in common at both ends of a link. Two
// transmissions of the same bytes differ in timestamps or, with IPv4, in the
// identification that Linux counts up.
type identity struct {
	tuple   tcp.FourTuple
	flags   tcp.Flags
	seq     tcp.Seq
	ack     tcp.Seq
	window  uint16
	options tcp.Options
	data    int
	id      uint16
}

func (p *Packet) identity() identity {
	s := &p.Header.Segment
	i := identity{p.Header.Tuple, s.Flags, s.Seq, s.Ack, s.Window, s.Options, p.Header.DataLen, 0}
	if p.Raw[0]>>4 == 4 {
		i.id = binary.BigEndian.Uint16(p.Raw[4:])
	}
	return i
}

// Passages joins what the hosts of a network captured to segments on their
// way, in the order of time since start: sent by one, and arrived at another,
// lost, or arrived twice. owner names the host that has an address.
//
// A segment counts as lost if its receiver's capture is whole and has others
// but not this one. Where a capture is not whole (Result.More, Missed), or the
// receiver has none, its fate is evidence.FateUnseen; so it is on the loopback
// interface. Where only the receiver captured, as opposite a peer without a
// kernel, the segment counts as sent when it arrived.
func Passages(start time.Time, results []Result, owner func(netip.Addr) string) []evidence.Passage {
	var packets []Packet
	whole := map[string]bool{}
	for _, r := range results {
		for _, p := range r.Packets {
			whole[p.Host] = r.More == 0 && r.Missed == 0
			packets = append(packets, p)
		}
	}
	// A clock that all share may still say the same of both ends.
	slices.SortStableFunc(packets, func(a, b Packet) int {
		c := a.Time.Compare(b.Time)
		if c == 0 && a.Outgoing != b.Outgoing {
			if c = 1; a.Outgoing {
				c = -1
			}
		}
		return c
	})
	j := joiner{start: start, owner: owner, whole: whole, waiting: map[identity][]int{}, arrived: map[identity]bool{}}
	for i := range packets {
		j.add(&packets[i])
	}
	return j.list
}

type joiner struct {
	start    time.Time
	owner    func(netip.Addr) string
	whole    map[string]bool // hosts that captured; false: not everything
	relative evidence.Relative
	list     []evidence.Passage
	waiting  map[identity][]int // sent and not yet arrived: places in list
	arrived  map[identity]bool
}

func (j *joiner) add(p *Packet) {
	id := p.identity()
	now := p.Time.Sub(j.start)
	if waiting := j.waiting[id]; !p.Outgoing && len(waiting) > 0 {
		j.list[waiting[0]].Fate, j.list[waiting[0]].Until = evidence.Arrived, now
		j.waiting[id] = waiting[1:]
		j.arrived[id] = true
		return
	}
	s := &p.Header.Segment
	passage := evidence.Passage{
		At: now, From: j.owner(p.Header.Tuple.Src.Addr()), To: j.owner(p.Header.Tuple.Dst.Addr()),
		Tuple: p.Header.Tuple, Flags: s.Flags, Len: p.Header.DataLen,
	}
	passage.Seq, passage.Ack = j.relative.Of(p.Header.Tuple, s.Flags, s.Seq, s.Ack)
	switch {
	case !p.Outgoing && j.arrived[id]:
		passage.Fate, passage.Until = evidence.Duplicated, now
	case !p.Outgoing:
		passage.Fate, passage.Until = evidence.Arrived, now
		j.arrived[id] = true
	case passage.From != passage.To:
		if j.whole[passage.To] {
			passage.Fate = evidence.Lost
		}
		j.waiting[id] = append(j.waiting[id], len(j.list))
	}
	j.list = append(j.list, passage)
}
