package why_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/why"
)

// recorded is a host with a server at 8080 and a client of 10.0.0.9:3306.
func recorded() *evidence.Snapshot {
	in := evidence.Tally{Key: evidence.Key{Direction: evidence.Inbound, Src: own, Dst: netip.MustParseAddr("10.0.0.2"), Port: 8080}}
	in.States[tcp.TimeWait], in.States[tcp.Established], in.States[tcp.SynRecv] = 2, 1, 4
	in.Minute.Age[10], in.Minute.Age[20] = 1, 1
	out := evidence.Tally{
		Key:   evidence.Key{Direction: evidence.Outbound, Src: own, Dst: netip.MustParseAddr("10.0.0.9"), Port: 3306},
		Ports: evidence.PortSetOf(40000, 40001, 40002), TimeWaitPorts: evidence.PortSetOf(40001, 40002), ReusablePorts: evidence.PortSetOf(40002),
	}
	out.States[tcp.TimeWait], out.States[tcp.Established], out.States[tcp.SynSent] = 2, 1, 5
	out.Minute.Age[3] = 2
	ns := evidence.Namespace{
		Name: "host", Tallies: []evidence.Tally{in, out},
		Listeners: []evidence.Listener{{Addr: own, Port: 8080, UID: 33, PIDs: []int{812}}},
		Bound:     evidence.Bound{Idle: evidence.PortSetOf(40003)},
	}
	ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40003)
	ns.Settings.TWReuse, ns.Settings.Timestamps = evidence.IntOf(1), evidence.IntOf(1)
	return &evidence.Snapshot{Namespaces: []evidence.Namespace{ns}, Owners: []evidence.Owner{{PID: 812, Name: "nginx"}}}
}

func TestASnapshotTellsHoldersWithoutTheirOptions(t *testing.T) {
	snap := recorded()
	held := why.Recorded(snap, &snap.Namespaces[0], 8080)
	if len(held.Holders) != 3 || held.Exact || len(held.Gaps) == 0 {
		t.Fatalf("%+v", held)
	}
	l, live, tw := held.Holders[0], held.Holders[1], held.Holders[2]
	if l.State != tcp.Listen || l.Who.PIDs[0] != 812 || l.ReuseAddr.Known() {
		t.Errorf("listener %+v", l)
	}
	if live.State != tcp.Established || live.Mini || live.Count != 1 {
		t.Errorf("connection %+v", live)
	}
	if !tw.Mini || tw.Count != 2 || tw.Latest != 50*time.Second || tw.Soonest != 39*time.Second || tw.Who.Basis != evidence.FromListener {
		t.Errorf("TIME_WAIT %+v", tw)
	}
	if v := portspace.Bind(portspace.RulesOf("6.18.1", &evidence.Settings{}), portspace.Request{Addr: own, Port: 8080, Privileged: true, Here: evidence.Yes}, held); !v.Fails() {
		t.Errorf("without options of its own it surely fails: %+v", v)
	}
	for port, want := range map[uint16]tcp.State{40000: tcp.Established, 40001: tcp.TimeWait, 40003: tcp.BoundInactive} {
		held := why.Recorded(snap, &snap.Namespaces[0], port)
		if len(held.Holders) != 1 || held.Holders[0].State != want {
			t.Errorf("port %d: %+v", port, held.Holders)
		}
	}
}

func TestASnapshotAccountsForEveryPort(t *testing.T) {
	snap := recorded()
	ns := &snap.Namespaces[0]
	dst := netip.MustParseAddrPort("10.0.0.9:3306")
	a := why.ConnectOf(why.ConnectCase{Snapshot: snap, Namespace: ns, Src: own, Dst: dst, Use: why.RecordedUse(ns, why.Group(ns, own, dst))})
	if acc := a.Account; acc.Live != 1 || acc.Reusable != 1 || acc.Young != 1 || acc.Idle != 1 || acc.Free != 0 || acc.Sure || acc.Timed {
		t.Errorf("%+v", acc)
	}
	if a.Certainty != why.Soon && a.Certainty != why.Can || a.Waiting != 5 {
		t.Errorf("%+v", a)
	}
}

func connectCase(left int, tried *why.Tried) *why.Connect {
	snap := recorded()
	ns := &snap.Namespaces[0]
	ns.Settings.TWReuse = evidence.IntOf(0)
	u := &evidence.PortUse{Range: evidence.PortRange{Low: 40000, High: 40003}, Exact: true, Bound: new(evidence.PortSet)}
	for p := uint16(40000); p < 40004-uint16(left); p++ {
		u.Waiting = append(u.Waiting, evidence.PortWait{Port: p, Age: time.Second, Left: 59 * time.Second, Stamped: evidence.Yes})
	}
	return why.ConnectOf(why.ConnectCase{Snapshot: snap, Namespace: ns, Src: own, Dst: netip.MustParseAddrPort("10.0.0.7:80"), Use: u, Tried: tried})
}

func TestRunningOutIsToldApartFromARefusal(t *testing.T) {
	if a := connectCase(0, nil); a.Certainty != why.Cannot || a.Errno != portspace.EADDRNOTAVAIL || a.Account.Next != 59*time.Second || a.Cures[0] != why.ConnectReuse || a.Cures[1] != why.ConnectTWReuse {
		t.Errorf("%+v", a)
	}
	if a := connectCase(2, &why.Tried{Errno: "ECONNREFUSED"}); a.Certainty != why.Cannot || a.Errno != portspace.OK || len(a.Cures) != 0 {
		t.Errorf("%+v", a)
	}
	if a := connectCase(2, &why.Tried{}); a.Certainty != why.Can {
		t.Errorf("%+v", a)
	}
}

func TestPortsAreCountedToWhoeverHoldsThem(t *testing.T) {
	u := &evidence.PortUse{Bound: evidence.PortSetOf(1, 2), Inodes: map[uint16]uint64{1: 11, 2: 12, 3: 13, 4: 14, 5: 15}}
	got := why.Spent(u, map[uint64][]int{11: {7}, 12: {7, 8}, 13: {7}, 14: {7}})
	if len(got) != 2 || got[0].Bound != 1 || got[0].Live != 2 || got[1].Bound != 1 || len(got[1].Who.PIDs) != 2 {
		t.Errorf("%+v", got)
	}
}
