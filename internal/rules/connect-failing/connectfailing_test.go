package connectfailing_test

import (
	"net/netip"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	connectfailing "github.com/linger-dev/linger/internal/rules/connect-failing"
)

func call(name string, bound bool, addr string, count uint64, pid int) evidence.FailedCall {
	f := evidence.FailedCall{Call: name, Errno: "EADDRNOTAVAIL", Addr: netip.MustParseAddrPort(addr), Bound: bound, Fresh: count, Count: count}
	if pid != 0 {
		o := ruletest.Process(pid, "crawler", "S")
		f.Owner = &o
	}
	return f
}

func seen(calls ...evidence.FailedCall) *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Traced = &evidence.Traced{Since: s.Taken.Add(-3e9), Exact: true}
		s.Owners = append(s.Owners, ruletest.Process(812, "crawler", "S"))
		ns.Failed = calls
		ns.Tallies = append(ns.Tallies, ruletest.Outbound("10.0.0.1", "10.0.0.2:5432"))
	})
}

func TestRule(t *testing.T) {
	bind := call("bind", false, "0.0.0.0:8080", 3, 812)
	bind.Errno = "EADDRINUSE"
	ruletest.Run(t, connectfailing.Rule(), ruletest.Cases{
		"fires_by_a_known_process":              seen(call("connect", false, "10.0.0.2:5432", 312, 812)),
		"fires_from_a_bound_port_of_a_nameless": seen(call("connect", true, "10.0.0.9:80", 1, 0)),
		"fires_once_for_several_processes":      seen(call("connect", false, "10.0.0.2:5432", 3, 812), call("connect", false, "10.0.0.2:5432", 2, 813)),
		"silent_when_only_bind_failed":          seen(bind),
		"silent_without_a_failure":              seen(),
	})
}
