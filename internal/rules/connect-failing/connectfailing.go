// Package connectfailing finds connect() calls that a tracer saw failing for
// want of a local port.
package connectfailing

import (
	"fmt"
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code:  "connect-failing",
		Title: "connect() was seen failing for want of a local port",
		Why: "connect() without a bound port fails with EADDRNOTAVAIL when every port of ip_local_port_range is taken toward the destination, or skipped: " +
			"the kernel skips each port that anyone bound explicitly, whatever the addresses. From a port that the program bound itself, it fails if exactly this connection exists already.",
		References: []string{
			"net/ipv4/inet_hashtables.c, __inet_hash_connect",
			"connect(2), EADDRNOTAVAIL",
		},
		Helps: []rule.Advice{{
			Do:      "ask `linger why` about the destination",
			Because: "it accounts for every port of the range: who holds it, and why connect() may not take it",
		}},
		NotHelp: rule.PortFolklore(&evidence.Settings{}),
		Check:   check,
	}
}

func check(c rule.Case) []rule.Finding {
	var found []rule.Finding
	for _, f := range rule.Failings(c.Namespace) {
		if f.Call == "connect" {
			found = append(found, finding(c, &f))
		}
	}
	return found
}

func finding(c rule.Case, f *rule.Failing) rule.Finding {
	out := rule.Finding{
		Severity: rule.Critical, Subject: subject(c.Namespace, f.Addr), Who: f.Who, Count: f.Count,
		Title: fmt.Sprintf("connect() to %s fails with EADDRNOTAVAIL: %s while linger watched, called %s",
			rule.Endpoint(f.Addr), rule.Count(f.Count, "time"), rule.By(c.Snapshot, f.Who)),
		Helps: []rule.Advice{{
			Do:      "ask `linger why` about the destination",
			Because: "it accounts for every port: who holds it, and why connect() may not take it",
			Command: rule.In(c.Namespace, "linger why "+f.Addr.String()),
		}},
	}
	if f.Bound {
		out.Facts = append(out.Facts, "The program had bound its source port, and from that port a connection to this destination exists already, or lingers without timestamps.")
	}
	return out
}

// subject is the group toward the destination, if there is only one.
func subject(ns *evidence.Namespace, to netip.AddrPort) rule.Subject {
	key := evidence.Key{Direction: evidence.Outbound, Dst: to.Addr(), Port: to.Port()}
	groups := 0
	for i := range ns.Tallies {
		if t := &ns.Tallies[i]; t.Direction == evidence.Outbound && t.Service() == to {
			groups++
			key.Src = t.Src
		}
	}
	if groups != 1 {
		key.Src = netip.Addr{}
	}
	return rule.Subject{Key: &key}
}
