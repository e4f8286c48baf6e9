package play

import (
	"net/netip"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin"
)

// Traffic is a traffic file: a host, what goes over it, and for how long.
type Traffic struct {
	Name, About string
	Kernel      evidence.Kernel // empty: not said
	HZ          int             // 0: not said
	Settings    []scenario.Setting
	Duration    time.Duration
	Streams     []Stream
	Changes     []Change // in the order of time
	Fleet       *Fleet   // nil: one host
}

// Stream is connections of one kind: opened at a rate, held, closed.
type Stream struct {
	Name     string
	Outbound bool           // else it comes from very many peers
	Service  netip.AddrPort // where it goes to, or here
	// Destinations is how many services outbound connections go to in turn: the
	// addresses from Service's on.
	Destinations int
	From         []netip.Addr // of outbound ones, used in turn
	Rate         int64        // thousandths of a connection in a second, of all destinations together
	Random       bool         // arrivals are a Poisson process
	Closes       twin.Closing
	Hold         time.Duration
	Start, Stop  time.Duration // 0: from the beginning, to the end
	Count        uint64        // connections at most; 0: no limit
	Dial         twin.Dial
}

// Change is what is changed while it runs: settings, or the rate of a stream.
type Change struct {
	At       time.Duration
	Settings []scenario.Setting
	Stream   string
	Rate     int64
}

// Fleet is many hosts of this kind, whose rates differ.
type Fleet struct {
	Hosts int
	Load  Load
}

// clone returns a copy whose streams can be changed.
func (t *Traffic) clone() *Traffic {
	out := *t
	out.Streams = slices.Clone(t.Streams)
	out.Changes = slices.Clone(t.Changes)
	out.Settings = slices.Clone(t.Settings)
	return &out
}

// outbound returns the rate of all outbound streams together in the beginning.
func (t *Traffic) outbound() (rate int64) {
	for i := range t.Streams {
		if t.Streams[i].Outbound {
			rate += t.Streams[i].Rate
		}
	}
	return rate
}

// closings are the words for who closes.
func closings() []struct {
	word string
	how  twin.Closing
} {
	return []struct {
		word string
		how  twin.Closing
	}{{"first", twin.ByUs}, {"last", twin.ByThem}, {"reset", twin.ByReset}, {"alone", twin.Abandoned}}
}

// groups makes the groups of a stream on a host.
func (s *Stream) groups(h *twin.Host) (all []twin.GroupID) {
	if !s.Outbound {
		return []twin.GroupID{h.Inbound(s.Service, netip.Addr{})}
	}
	for _, from := range s.From {
		to := s.Service.Addr()
		for range s.Destinations {
			all = append(all, h.Outbound(from, netip.AddrPortFrom(to, s.Service.Port())))
			to = to.Next()
		}
	}
	return all
}

// per is the time in which Rate connections are opened.
const per = 1000 * time.Second

// on returns the traffic of a host. load is by how many thousandths its rates
// differ from those of the file.
func (t *Traffic) on(h *twin.Host, load int64) (all []twin.Traffic) {
	for i := range t.Streams {
		s := &t.Streams[i]
		one := twin.Traffic{
			Groups: s.groups(h), Per: per, Poisson: s.Random, Hold: s.Hold, Ends: s.Closes, Start: s.Start, Count: s.Count, Dial: s.Dial,
		}
		rate := s.Rate
		for _, c := range t.Changes {
			if c.Stream != s.Name {
				continue
			}
			one.Rate, one.Stop = max(1, rate*load/1000), c.At
			if one.Stop > one.Start {
				all = append(all, one)
			}
			one.Start, rate = max(c.At, one.Start), c.Rate
		}
		one.Rate, one.Stop = max(1, rate*load/1000), s.Stop
		if one.Stop == 0 || one.Stop > one.Start {
			all = append(all, one)
		}
	}
	return all
}
