package tui

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

var (
	addrs = rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "127.0.0.1", "2001:db8:1234:5678:9abc:def0:1234:5678", ""})
	names = rapid.OneOf(rapid.Just(hostile), rapid.String(), rapid.Just("界界界界界界界界界界界界界界界界界界"), rapid.SampledFrom([]string{"", "nginx"}))
	all   = []string{
		"tab", "shift+tab", "1", "2", "3", "4", "enter", "esc", "s", "S", "z", "/", "x", "space", "?", "n", "up", "down", "pgup", "pgdown",
		"g", "G", "+", "-", "[", "]", "{", "}", "home", "end", "backspace",
	}
)

func drawPorts(t *rapid.T) *evidence.PortSet {
	set := new(evidence.PortSet)
	for range rapid.IntRange(0, 5).Draw(t, "runs") {
		first, n := rapid.IntRange(39900, 40700).Draw(t, "first"), rapid.IntRange(1, 300).Draw(t, "n")
		for p := first; p < first+n; p++ {
			set.Add(uint16(p))
		}
	}
	return set
}

func drawTally(t *rapid.T) evidence.Tally {
	addr := func(name string) netip.Addr {
		a, _ := netip.ParseAddr(addrs.Draw(t, name))
		return a
	}
	tally := evidence.Tally{Key: evidence.Key{
		Direction: rapid.SampledFrom([]evidence.Direction{evidence.Outbound, evidence.Inbound}).Draw(t, "direction"),
		Src:       addr("src"), Dst: addr("dst"), Port: rapid.Uint16().Draw(t, "port"),
	}}
	for i := range tally.Minute.Age {
		tally.Minute.Age[i] = rapid.Uint32Range(0, 1<<20).Draw(t, "closes")
	}
	for s := range tally.States {
		tally.States[s] = rapid.Uint64Range(0, 1<<40).Draw(t, "sockets")
	}
	if tally.Direction == evidence.Outbound {
		tally.Ports, tally.TimeWaitPorts, tally.ReusablePorts = drawPorts(t), new(evidence.PortSet), new(evidence.PortSet)
		for p := range tally.Ports.All() {
			if p%3 > 0 {
				tally.TimeWaitPorts.Add(p)
			}
			if p%3 == 1 {
				tally.ReusablePorts.Add(p)
			}
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "holders") {
		tally.Holders = append(tally.Holders, evidence.Holding{
			PIDs: []int{rapid.IntRange(1, 4).Draw(t, "pid")}, States: only(tcp.Established, 1), Earlier: rapid.Bool().Draw(t, "earlier"),
		})
	}
	return tally
}

func drawSnapshot(t *rapid.T, second int) *evidence.Snapshot {
	snap := &evidence.Snapshot{
		Taken: noon.Add(time.Duration(second) * time.Second),
		Host:  evidence.Host{Name: names.Draw(t, "host"), Kernel: evidence.Kernel(names.Draw(t, "kernel"))},
		Gaps:  []evidence.Gap{{What: names.Draw(t, "gap"), Hint: names.Draw(t, "hint")}},
	}
	for i := range rapid.IntRange(1, 2).Draw(t, "namespaces") {
		ns := evidence.Namespace{ID: uint64(i), Name: fmt.Sprint(i, names.Draw(t, "namespace"))}
		ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(rapid.Int64Range(40000, 42000).Draw(t, "high"))
		ns.Settings.Reserved, ns.Bound.Idle, ns.Bound.Accepted = drawPorts(t), drawPorts(t), drawPorts(t)
		ns.Tallies = rapid.SliceOfN(rapid.Custom(drawTally), 0, 4).Draw(t, "tallies")
		snap.Namespaces = append(snap.Namespaces, ns)
	}
	for pid := range 5 {
		snap.Owners = append(snap.Owners, evidence.Owner{PID: pid, Name: names.Draw(t, "name"), Cmdline: []string{names.Draw(t, "command")}})
	}
	return snap
}

func TestNoLineIsWiderThanTheScreenWhateverIsShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unicode := rapid.Bool().Draw(t, "unicode")
		s := atLive(unicode, 1, 1, 0)
		for second := range rapid.IntRange(1, 3).Draw(t, "looks") {
			snap := drawSnapshot(t, second)
			report := judged(snapWithTally(snap))
			report.Findings = append(report.Findings, rule.Finding{Title: say.Same(names.Draw(t, "title")), Severity: rule.Warning})
			s.send(lookMsg{report: report})
			if rapid.Bool().Draw(t, "fails") {
				s.send(lookMsg{err: errors.New(names.Draw(t, "error"))})
			}
			s.send(tea.WindowSizeMsg{Width: rapid.IntRange(1, 200).Draw(t, "width"), Height: rapid.IntRange(1, 60).Draw(t, "height")})
			s.press(rapid.SliceOfN(rapid.SampledFrom(all), 0, 12).Draw(t, "keys")...)
			proper(t, s.m.content(), s.m.size, unicode)
		}
	})
}

// snapWithTally gives the finding of judged something to point at.
func snapWithTally(s *evidence.Snapshot) *evidence.Snapshot {
	if ns := &s.Namespaces[0]; len(ns.Tallies) == 0 {
		ns.Tallies = []evidence.Tally{outbound("10.0.0.2", 80, 40000, 1, 1)}
	}
	return s
}

func TestTheMapAddsUpToTheBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snap := drawSnapshot(t, 0)
		for i := range snap.Namespaces {
			ns := &snap.Namespaces[i]
			for j := range ns.Tallies {
				b, ok := portspace.Of(ns, &ns.Tallies[j])
				if !ok {
					continue
				}
				m := newPortMap(ns, &ns.Tallies[j], b.Range, watched{})
				want := [numUses]int{
					free: b.Free, reserved: b.Reserved, bound: b.Bound, live: b.Live, waiting: b.TimeWait - b.Reusable, reusable: b.Reusable,
				}
				if m.count != want {
					t.Fatalf("the map has %v, the budget %v", m.count, want)
				}
			}
		}
	})
}
