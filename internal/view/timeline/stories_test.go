package timeline_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

const ms = time.Millisecond

func tuple(src, dst string) tcp.FourTuple {
	return tcp.FourTuple{Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)}
}

// story builds a timeline of one connection between two hosts.
type story struct {
	evidence.Timeline
	ends map[string]tcp.FourTuple
	open map[string]evidence.Stay
}

func newStory(a, b string) *story {
	t := tuple("10.0.0.1:40000", "10.0.0.2:80")
	return &story{
		Timeline: evidence.Timeline{Hosts: []string{a, b}},
		ends:     map[string]tcp.FourTuple{a: t, b: t.Reverse()}, open: map[string]evidence.Stay{},
	}
}

func (s *story) other(host string) string {
	if host == s.Hosts[0] {
		return s.Hosts[1]
	}
	return s.Hosts[0]
}

// send adds a segment that arrives after 30 microseconds.
func (s *story) send(at time.Duration, from string, f tcp.Flags, seq, ack int64, data int) *evidence.Passage {
	s.AddSegment(evidence.Passage{
		At: at, Until: at + ms*3/100, From: from, To: s.other(from), Tuple: s.ends[from],
		Flags: f, Seq: seq, Ack: ack, Len: data, Fate: evidence.Arrived,
	})
	return &s.Segments[len(s.Segments)-1]
}

// is ends the host's state and begins another; 0 only ends it.
func (s *story) is(at time.Duration, host string, state tcp.State) {
	if was, ok := s.open[host]; ok {
		was.Until = at
		s.AddState(was)
		delete(s.open, host)
	}
	if state != 0 {
		s.open[host] = evidence.Stay{Host: host, Tuple: s.ends[host], State: state, From: at}
	}
}

func (s *story) note(at time.Duration, host, text string) {
	s.AddNote(evidence.Remark{At: at, Host: host, Text: text})
}

func (s *story) done(end time.Duration) evidence.Timeline {
	for _, host := range s.Hosts {
		if stay, ok := s.open[host]; ok {
			stay.Open = true
			s.AddState(stay)
		}
	}
	s.End = end
	return s.Timeline
}

// handshake opens the connection from the first host.
func (s *story) handshake() {
	a, b := s.Hosts[0], s.Hosts[1]
	s.AddState(evidence.Stay{Host: b, Tuple: tuple("0.0.0.0:80", "0.0.0.0:0"), State: tcp.Listen, Open: true})
	s.note(0, a, "connect()")
	s.send(ms/10, a, tcp.SYN, 0, 0, 0)
	s.is(ms/10, a, tcp.SynSent)
	s.is(ms*14/100, b, tcp.SynRecv)
	s.send(ms*15/100, b, tcp.SYN|tcp.ACK, 0, 1, 0)
	s.is(ms*19/100, a, tcp.Established)
	s.send(ms*20/100, a, tcp.ACK, 1, 1, 0)
	s.is(ms*24/100, b, tcp.Established)
}

// activeClose is the picture of every text book: who closes first waits.
func activeClose() evidence.Timeline {
	s := newStory("client", "server")
	s.handshake()
	s.send(ms*30/100, "client", tcp.PSH|tcp.ACK, 1, 1, 100)
	s.send(ms*34/100, "server", tcp.ACK, 1, 101, 0)
	s.send(ms*50/100, "server", tcp.PSH|tcp.ACK, 1, 101, 2000)
	s.send(ms*54/100, "client", tcp.ACK, 101, 2001, 0)
	at := 1034 * ms
	s.note(at, "client", "close()")
	s.send(at+ms/10, "client", tcp.FIN|tcp.ACK, 101, 2001, 0)
	s.is(at+ms/10, "client", tcp.FinWait1)
	s.is(at+ms*14/100, "server", tcp.CloseWait)
	s.send(at+ms*15/100, "server", tcp.ACK, 2001, 102, 0)
	s.is(at+ms*19/100, "client", tcp.FinWait2)
	s.note(at+20*ms, "server", "read() returns 0")
	s.note(at+20*ms+ms/10, "server", "close()")
	s.send(at+20*ms+ms*2/10, "server", tcp.FIN|tcp.ACK, 2001, 102, 0)
	s.is(at+20*ms+ms*2/10, "server", tcp.LastAck)
	s.is(at+20*ms+ms*24/100, "client", tcp.TimeWait)
	s.send(at+20*ms+ms*25/100, "client", tcp.ACK, 102, 2002, 0)
	s.is(at+20*ms+ms*29/100, "server", 0)
	s.note(at+5000*ms, "client", "bind() to port 40000: EADDRINUSE")
	s.is(at+60_063*ms, "client", 0)
	return s.done(at + 60_100*ms)
}

// trouble has every kind of arrow.
func trouble() evidence.Timeline {
	s := newStory("client", "server")
	s.handshake()
	late := s.send(ms*30/100, "client", tcp.PSH|tcp.ACK, 1, 1, 100)
	late.Fate, late.Until = evidence.Delayed, 2400*ms
	again := s.send(210*ms, "client", tcp.PSH|tcp.ACK, 1, 1, 100)
	twin := *again
	twin.Fate, twin.Until = evidence.Duplicated, again.Until+ms/10
	s.AddSegment(twin)
	s.send(210*ms+ms/2, "server", tcp.ACK, 1, 101, 0)
	s.note(300*ms, "server", "close()")
	s.send(300*ms+ms/10, "server", tcp.FIN|tcp.ACK, 1, 101, 0)
	s.is(300*ms+ms/10, "server", tcp.FinWait1)
	s.is(300*ms+ms*14/100, "client", tcp.CloseWait)
	s.note(300*ms+ms/5, "client", "close()")
	s.send(300*ms+ms*25/100, "client", tcp.FIN|tcp.ACK, 101, 2, 0)
	s.is(300*ms+ms*25/100, "client", tcp.LastAck)
	s.is(300*ms+ms*29/100, "server", tcp.TimeWait)
	s.send(300*ms+ms*30/100, "server", tcp.ACK, 2, 102, 0).Fate = evidence.Lost
	s.send(510*ms, "client", tcp.FIN|tcp.ACK, 101, 2, 0)
	s.send(510*ms+ms/20, "server", tcp.ACK, 2, 102, 0)
	s.is(510*ms+ms/10, "client", 0)
	s.send(2401*ms, "server", tcp.ACK, 2, 102, 0)
	s.send(2401*ms+ms/10, "client", tcp.RST, 102, 0, 0)
	s.note(5000*ms, "", "the link is cut")
	hand := s.send(5100*ms, "client", tcp.RST, 102, 0, 0)
	hand.ByHand, hand.Fate = true, evidence.Lost
	s.note(6000*ms, "", "the link is whole again")
	s.send(6100*ms, "client", tcp.SYN, 0, 0, 0).ByHand = true
	s.send(6100*ms+ms/10, "server", tcp.ACK, 2, 102, 0)
	return s.done(40_000 * ms)
}

// crossing is a simultaneous close: both wait.
func crossing() evidence.Timeline {
	s := newStory("left", "right")
	for i, host := range s.Hosts {
		at := time.Duration(i) * ms / 100
		s.is(0, host, tcp.Established)
		s.note(5*ms+at, host, "close()")
		s.is(5*ms+at, host, tcp.FinWait1)
		s.send(5*ms+at, host, tcp.FIN|tcp.ACK, 1, 1, 0)
	}
	for i, host := range s.Hosts {
		at := time.Duration(1-i) * ms / 100
		s.is(5*ms+at+ms*4/100, host, tcp.Closing)
		s.send(5*ms+at+ms*5/100, host, tcp.ACK, 2, 2, 0)
	}
	for i, host := range s.Hosts {
		at := time.Duration(i) * ms / 100
		s.is(6*ms+at, host, tcp.TimeWait)
		s.is(60_066*ms+at, host, 0)
	}
	return s.done(60_100 * ms)
}

// loopback has both ends on one host, and nobody looked at arrivals.
func loopback() evidence.Timeline {
	t := evidence.Timeline{Hosts: []string{"host"}}
	end := tuple("[::1]:40000", "[::1]:80")
	send := func(at time.Duration, from tcp.FourTuple, f tcp.Flags, seq, ack int64) {
		t.AddSegment(evidence.Passage{At: at, From: "host", To: "host", Tuple: from, Flags: f, Seq: seq, Ack: ack})
	}
	send(0, end, tcp.SYN, 0, 0)
	send(ms/50, end.Reverse(), tcp.SYN|tcp.ACK, 0, 1)
	send(ms/30, end, tcp.ACK, 1, 1)
	send(2*ms, end, tcp.FIN|tcp.ACK, 1, 1)
	send(2*ms+ms/50, end.Reverse(), tcp.FIN|tcp.ACK, 1, 2)
	send(2*ms+ms/30, end, tcp.ACK, 2, 2)
	t.AddState(evidence.Stay{Host: "host", Tuple: end, State: tcp.Established, From: ms / 50, Until: 2 * ms})
	t.AddState(evidence.Stay{Host: "host", Tuple: end.Reverse(), State: tcp.Established, From: ms / 30, Until: 2 * ms})
	t.AddState(evidence.Stay{Host: "host", Tuple: end, State: tcp.TimeWait, From: 2*ms + ms/30, Open: true})
	t.AddNote(evidence.Remark{At: 10 * ms, Host: "host", Text: "SIGKILL"})
	t.End = 31_000 * ms
	return t
}

// crowd has three hosts, many connections and more than can be drawn.
func crowd(connections, rounds int) evidence.Timeline {
	t := evidence.Timeline{Hosts: []string{"client", "balancer", "server"}}
	for i := range connections {
		near := tuple(fmt.Sprintf("10.0.0.1:%d", 40000+i), "10.0.0.2:80")
		if i%2 == 1 {
			near = tuple(fmt.Sprintf("10.0.1.2:%d", 50000+i), "10.0.1.3:8080")
		}
		a, b := t.Hosts[i%2], t.Hosts[i%2+1]
		start := time.Duration(i) * ms
		for j := range rounds {
			at := start + time.Duration(j)*3*ms
			t.AddSegment(evidence.Passage{
				At: at, Until: at + ms/2, From: a, To: b, Tuple: near, Flags: tcp.ACK, Seq: int64(j) * 10, Ack: 1, Len: 10, Fate: evidence.Arrived,
			})
			t.AddSegment(evidence.Passage{
				At: at + ms, Until: at + ms*3/2, From: b, To: a, Tuple: near.Reverse(), Flags: tcp.ACK, Seq: 1, Ack: int64(j)*10 + 10, Fate: evidence.Arrived,
			})
		}
		t.AddState(evidence.Stay{Host: a, Tuple: near, State: tcp.Established, From: start, Until: start + 50*ms})
		t.AddState(evidence.Stay{Host: a, Tuple: near, State: tcp.TimeWait, From: start + 50*ms, Open: true})
		t.AddState(evidence.Stay{Host: b, Tuple: near.Reverse(), State: tcp.Established, From: start, Until: start + 51*ms})
	}
	t.AddNote(evidence.Remark{At: 40 * ms, Host: "balancer", Text: "close() of every connection to its back end"})
	t.End = max(t.End, 2000*ms)
	return t
}

// hostile is a name that tries to end an element, to run a script, to forge a
// line, to turn the direction of text, and to break the encoding.
const hostile = "</text><script>alert('x')</script>\"&amp;\x1b[2J\nOK\u202e\xff\x00"

func evil() evidence.Timeline {
	s := newStory(hostile, "b]]>"+hostile)
	s.handshake()
	s.note(ms, hostile, hostile+hostile+hostile)
	s.note(2*ms, "", hostile)
	return s.done(3 * ms)
}
