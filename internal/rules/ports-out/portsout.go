// Package portsout finds destinations toward which no local port is left, so
// that connect() fails with EADDRNOTAVAIL.
package portsout

import (
	"fmt"
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code:  "ports-out",
		Title: "no local port is left toward a destination",
		Why: "A connection is named by both addresses and both ports, so one source address has one range of local ports toward each address and port. " +
			"The side that closes first keeps its port in TIME_WAIT for 60 s. " +
			"When every port of ip_local_port_range is taken toward a destination, connect() fails with EADDRNOTAVAIL; other destinations are not affected.",
		References: []string{
			"net/ipv4/inet_hashtables.c, __inet_hash_connect",
			"net/ipv4/tcp_ipv4.c, tcp_twsk_unique",
			"RFC 9293 section 3.6.1",
			"ip-sysctl: ip_local_port_range, tcp_tw_reuse",
		},
		Helps: []rule.Advice{rule.KeepAlive(0), {
			Do:      "set tcp_tw_reuse to 1 on the connecting side, widen ip_local_port_range, or use more destination ports or source addresses",
			Because: "each gives more connections per minute",
		}},
		NotHelp:  rule.PortFolklore(&evidence.Settings{}),
		Silences: []rule.Code{"ports-low", "connect-failing", "connect-slow"},
		Check:    check,
	}
}

func check(c rule.Case) []rule.Finding {
	if f, ok := nothingUsable(c); ok {
		return []rule.Finding{f}
	}
	var found []rule.Finding
	for _, s := range rule.Scarcities(c) {
		if s.Budget.Out() {
			found = append(found, out(&s))
		}
	}
	return found
}

// out reports one destination.
func out(s *rule.Scarcity) rule.Finding {
	b, who := &s.Budget, s.Who()
	_, of := b.Used()
	facts := []string{fmt.Sprintf("connect() from %s to %s fails with EADDRNOTAVAIL until a port comes free.", b.Key.Src, b.Key.Service())}
	if b.Free > 0 {
		facts = append(facts, "A port is free, but the range has an odd number of ports, of which a search leaves one out.")
	}
	return rule.Finding{
		Severity: rule.Critical,
		Subject:  rule.Subject{Key: &s.Group.Key},
		Title: fmt.Sprintf("Out of local ports toward %s: all %s are taken, %s by TIME_WAIT and %s live, opened %s",
			rule.Endpoint(b.Key.Service()), rule.N(of), rule.N(b.TimeWait), rule.N(b.Live), rule.By(s.Snapshot, who)),
		Who:        who,
		Count:      uint64(of),
		Facts:      append(facts, s.Facts()...),
		Helps:      s.Helps(),
		NotHelp:    s.NotHelp(),
		WantsOwner: true,
	}
}

// nothingUsable reports a range of which every port is reserved or bound:
// then no destination at all can be connected to, and lingering sockets are
// not the cause.
func nothingUsable(c rule.Case) (rule.Finding, bool) {
	ns := c.Namespace
	space, ok := portspace.SpaceOf(ns)
	if !ok {
		return rule.Finding{}, false
	}
	unused := evidence.Tally{Key: evidence.Key{Direction: evidence.Outbound, Dst: netip.IPv4Unspecified()}}
	b, _ := space.Budget(&unused)
	if _, of := b.Used(); of > 0 {
		return rule.Finding{}, false
	}
	count := func(set *evidence.PortSet) string {
		n := 0
		for p := range set.All() {
			if b.Range.Has(p) && !ns.Settings.Reserved.Has(p) {
				n++
			}
		}
		return rule.N(n)
	}
	return rule.Finding{
		Severity: rule.Critical,
		Title: fmt.Sprintf("Out of local ports toward every destination: of %s in the range %s, %s reserved and %s bound explicitly",
			rule.Count(b.Size, "port"), b.Range, rule.N(b.Reserved), rule.N(b.Bound)),
		Count: uint64(b.Size),
		Facts: []string{
			"No TIME_WAIT is to blame: connect() skips a port that anyone bound explicitly, whatever the addresses.",
			fmt.Sprintf("Bound by kind of user (a port can have several): %s by listeners, %s by accepted connections, %s by sockets that are bound and idle, %s by connections from a port the program chose.",
				count(ns.Bound.Listening), count(ns.Bound.Accepted), count(ns.Bound.Idle), count(ns.Bound.Connected)),
		},
		Helps: []rule.Advice{
			{
				Do:      "reserve fewer ports, and bind services outside the range",
				Because: "the range is for automatic ports; nothing is left of it",
			},
			{
				Do:      "widen ip_local_port_range",
				Because: "ports outside the present range are not bound or reserved",
			},
			{
				Do:      "in clients that bind their source address, set IP_BIND_ADDRESS_NO_PORT before bind(address, 0)",
				Because: "the port is then chosen at connect() and shared among destinations",
			},
		},
	}, true
}
