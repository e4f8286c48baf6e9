package kerneltest

import (
	"fmt"
	"net/netip"
	"time"
)

// Family is what a case is about.
type Family string

// The families of cases.
const (
	Fill    Family = "fill"    // connections are held until no port is left
	Churn   Family = "churn"   // connections open and close at a rate; tcp_tw_reuse
	Binders Family = "binders" // bind(), listen(), connect() and closes in any order, on few ports
	Quota   Family = "quota"   // tcp_max_tw_buckets
	Halves  Family = "halves"  // orphans in FIN_WAIT2; tcp_fin_timeout
	Served  Family = "served"  // a listener inside the range, and what it leaves behind
	Chosen  Family = "chosen"  // bind() to port 0
	Cliff   Family = "cliff"   // thousands of ports: the work of the search
	Minute  Family = "minute"  // longer than TIME_WAIT
)

// Place is where the two ends of connections are.
type Place string

// The places. Same differs from Loop in that its addresses are not loopback
// ones: for tcp_tw_reuse=2 that is not the loopback.
const (
	Apart Place = "apart" // the peer is in a namespace of its own
	Same  Place = "same"  // both are in one namespace, with addresses like 10.0.0.1
	Loop  Place = "loop"  // both are in one namespace, with loopback addresses
)

// Setting is a sysctl and its value.
type Setting struct{ Key, Value string }

// Case is one small scenario. It is plain data and is not changed once drawn.
type Case struct {
	Number    int
	Seed      uint64
	Family    Family
	Place     Place
	V6        bool
	Low, High uint16 // ip_local_port_range
	Sources   int    // local addresses that connections come from
	Targets   int    // services that they go to
	Settings  []Setting
	Ops       []Op // ordered by their times
}

// Kind is what an operation does.
type Kind string

// The kinds of operations. Our side is the client's, whose ports are at stake.
const (
	Dial        Kind = "connect"       // a socket without a port
	DialFrom    Kind = "connect bound" // of the socket that Of bound
	CloseByUs   Kind = "close first"   // we, then the peer
	CloseByThem Kind = "close second"  // the peer, then we
	Reset       Kind = "reset"         // by us
	Abandon     Kind = "half close"    // we close, the peer does not
	PeerCloses  Kind = "peer closes"   // the peer of an abandoned connection, at last
	Bind        Kind = "bind"          // to Source or, if Wild, to the wildcard
	Listen      Kind = "listen"        // of the socket that Of bound
	Unbind      Kind = "close bound"   // of the socket that Of bound
	Accept      Kind = "accept"        // the peer connects from Port to the listener Of
	Set         Kind = "set"           // a sysctl
	Look        Kind = "look"          // count mini-sockets and, if Deep, list all connections
)

// Op is one operation of a case.
type Op struct {
	Kind                 Kind
	At                   time.Duration // when it is planned, since the case's begin
	Of                   int           // number of the operation that made what this one is about
	Source, Target       int
	Port                 uint16
	ReuseAddr, ReusePort bool
	Wild, Deep           bool
	Setting              Setting
}

// String tells it in short.
func (o *Op) String() string {
	s := fmt.Sprintf("%s at %v", o.Kind, o.At)
	switch o.Kind {
	case Dial, DialFrom:
		s += fmt.Sprintf(", source %d, target %d", o.Source, o.Target)
	case Bind:
		s += fmt.Sprintf(", source %d, wild %v, port %d", o.Source, o.Wild, o.Port)
	case Accept:
		s += fmt.Sprintf(", from port %d", o.Port)
	case Set:
		s += fmt.Sprintf(", %s = %q", o.Setting.Key, o.Setting.Value)
	case Look:
		return s
	}
	if o.Kind != Dial && o.Kind != Bind {
		s += fmt.Sprintf(", of operation %d", o.Of)
	}
	if o.ReuseAddr {
		s += ", SO_REUSEADDR"
	}
	if o.ReusePort {
		s += ", SO_REUSEPORT"
	}
	return s
}

// String names a case and says how to get it again.
func (c *Case) String() string {
	family := "IPv4"
	if c.V6 {
		family = "IPv6"
	}
	return fmt.Sprintf("case %d of seed %d: %s, %s, %s, ports %d-%d, %v", c.Number, c.Seed, c.Family, c.Place, family, c.Low, c.High, c.Settings)
}

// Size is how many ports the range has.
func (c *Case) Size() int { return int(c.High) - int(c.Low) + 1 }

// Length is when the last operation is planned.
func (c *Case) Length() time.Duration {
	if len(c.Ops) == 0 {
		return 0
	}
	return c.Ops[len(c.Ops)-1].At
}

// Source returns an address that our connections come from. Each case has its
// own, as far as there are enough: the place where the search for a port begins
// belongs to a pair of addresses and a port, for all namespaces of a kernel
// together.
func (c *Case) Source(i int) netip.Addr {
	high, low := byte(c.Number>>8), byte(c.Number)
	switch {
	case c.V6 && c.Place == Loop:
		return netip.IPv6Loopback()
	case c.V6:
		return netip.AddrFrom16([16]byte{0: 0xfd, 6: high, 7: low, 15: byte(1 + i)})
	case c.Place == Loop:
		return netip.AddrFrom4([4]byte{127, high, low, byte(1 + i)})
	}
	return netip.AddrFrom4([4]byte{10, high, low, byte(1 + i)})
}

// firstService is the port of the first target of the first case. All are
// outside of the ranges.
const firstService = 2000

// Target returns a service of the peer. Services differ in address and port.
func (c *Case) Target(i int) netip.AddrPort {
	at := c.Source(100 + i%2)
	return netip.AddrPortFrom(at, uint16(firstService+c.Number%3000*5+i))
}

// Wildcard returns the address that stands for all.
func (c *Case) Wildcard() netip.Addr {
	if c.V6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}
