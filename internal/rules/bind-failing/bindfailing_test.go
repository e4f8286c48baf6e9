package bindfailing_test

import (
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	bindfailing "github.com/linger-dev/linger/internal/rules/bind-failing"
)

func call(name, errno, addr string, count uint64) evidence.FailedCall {
	o := ruletest.Process(812, "nginx", "S")
	return evidence.FailedCall{Call: name, Errno: errno, Addr: netip.MustParseAddrPort(addr), Owner: &o, Fresh: count, Count: count}
}

func seen(calls ...evidence.FailedCall) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Traced = &evidence.Traced{Since: s.Taken.Add(-3e9), Exact: true}
		s.Owners = append(s.Owners, ruletest.Process(812, "nginx", "S"))
		ns.Failed = calls
	})
}

func TestRule(t *testing.T) {
	ruletest.Run(t, bindfailing.Rule(), ruletest.Cases{
		"fires_for_a_port":           seen(call("bind", "EADDRINUSE", "0.0.0.0:8080", 12)),
		"fires_for_an_automatic_one": seen(call("bind", "EADDRINUSE", "10.0.0.1:0", 2)),
		"fires_apart_for_listen":     seen(call("bind", "EADDRINUSE", "0.0.0.0:8080", 12), call("listen", "EADDRINUSE", "0.0.0.0:8080", 1)),
		"silent_when_connect_failed": seen(call("connect", "EADDRNOTAVAIL", "10.0.0.2:80", 2)),
		"silent_without_a_failure":   seen(),
	})
}
