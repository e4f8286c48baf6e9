package tui

import (
	"context"
	"io"
	"net/netip"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hostile is a process name that tries to clear the screen, forge a line,
// turn the direction of text, break the encoding, and be wider than it looks.
const hostile = "evil\x1b[2J\nOK: fine\u202e\xff\u200b\x7f界界"

// outbound builds a group with closes per second, newest first, on ports from
// first on.
func outbound(dst string, port, first uint16, live int, closes ...uint32) evidence.Tally {
	t := evidence.Tally{
		Key: evidence.Key{
			Direction: evidence.Outbound, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr(dst), Port: port,
		},
		Reason: evidence.ByPortRange, Ports: new(evidence.PortSet), TimeWaitPorts: new(evidence.PortSet), ReusablePorts: new(evidence.PortSet),
	}
	copy(t.Minute.Age[:], closes)
	t.States[tcp.Established], t.States[tcp.TimeWait] = uint64(live), t.Minute.Total()
	for i := range int(t.Minute.Total()) {
		t.Ports.Add(first + uint16(i))
		t.TimeWaitPorts.Add(first + uint16(i))
	}
	for i := range live {
		t.Ports.Add(first + uint16(t.Minute.Total()) + uint16(i))
	}
	return t
}

// shop is a host whose crawler runs out of ports toward one destination and
// whose server leaks CLOSE_WAIT, as it is after so many seconds.
func shop(second int) *evidence.Snapshot {
	var rising []uint32
	for i := range 20 + second {
		rising = append(rising, uint32(max(1, 9-i/3)))
	}
	busy := outbound("10.0.0.2", 80, 40020, 2, rising...)
	busy.Holders = []evidence.Holding{{PIDs: []int{77}, States: only(tcp.Established, 2)}}
	quiet := outbound("2001:db8::2", 443, 40010, 1)
	inbound := evidence.Tally{Key: evidence.Key{
		Direction: evidence.Inbound, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.1.9"), Port: 8080,
	}, Reason: evidence.ByListener, States: only(tcp.CloseWait, 120)}
	inbound.Minute.Age[3], inbound.States[tcp.TimeWait] = 40, 40
	inbound.Holders = []evidence.Holding{{PIDs: []int{812}, States: only(tcp.CloseWait, 120)}}
	snap := &evidence.Snapshot{
		Taken: noon.Add(time.Duration(second) * time.Second), Took: 3 * time.Millisecond,
		Host: evidence.Host{Name: "web1", Kernel: "6.1.0-50-amd64", HZ: 250, Root: true, Source: "live"},
		Namespaces: []evidence.Namespace{{
			ID: 1, Name: "host", Tallies: []evidence.Tally{busy, inbound, quiet},
			Listeners: []evidence.Listener{{Addr: netip.IPv4Unspecified(), Port: 8080, PIDs: []int{812}}},
			Bound:     evidence.Bound{Connected: evidence.PortSetOf(40003)},
		}},
		Owners: []evidence.Owner{
			{PID: 77, Name: "crawler", State: "S", Parent: 1, ParentName: "systemd", Unit: "crawler.service", Cmdline: []string{"/usr/bin/crawler", "--fast"}},
			{PID: 812, Name: hostile, State: "T", Cmdline: []string{"/bin/x", "\x1b]0;title\x07"}},
		},
		Gaps: []evidence.Gap{{What: "the tracer is not running", Loses: "makers are inferred", Hint: "sudo linger"}},
	}
	s := &snap.Namespaces[0].Settings
	s.PortLow, s.PortHigh = evidence.IntOf(40000), evidence.IntOf(40199)
	s.Reserved = evidence.PortSetOf(40000, 40001)
	s.TWReuse, s.Timestamps = evidence.IntOf(2), evidence.IntOf(1)
	return snap
}

func only(s tcp.State, n uint64) (c evidence.Counts) {
	c[s] = n
	return c
}

// judged is a report with findings as rules make them.
func judged(snap *evidence.Snapshot) view.Report {
	ns := &snap.Namespaces[0]
	findings := []rule.Finding{
		{
			Code: "ports-low", Severity: rule.Critical, Namespace: ns.Name, Subject: rule.Subject{Key: &ns.Tallies[0].Key}, Count: 150,
			Title: say.Same("Local ports toward 10.0.0.2:80 are nearly all taken, opened probably by crawler (77), so that connect() is slow now and fails soon"),
			Who:   evidence.Maker{PIDs: []int{77}, Basis: evidence.FromLive}, Why: say.Same("The side that closes first keeps the port for 60 s."),
			Facts: []say.Text{say.Same("Connections close at 9/s.")}, Since: rule.Since{Known: true, For: 45 * time.Second, AtLeast: true},
			Helps:   []rule.Advice{{Do: say.Same("keep connections open"), Because: say.Same("one serves many requests"), Command: "sysctl -w net.ipv4.tcp_tw_reuse=1"}},
			NotHelp: []rule.Advice{{Do: say.Same("lower tcp_fin_timeout"), Because: say.Same("it bounds FIN_WAIT2 only")}},
		},
		{
			Code: "close-wait-leak", Severity: rule.Warning, Namespace: ns.Name, Subject: rule.Subject{Port: 8080}, Count: 120,
			Title: say.Same(hostile + " (812) leaks 120 connections in CLOSE_WAIT"), Who: evidence.Maker{PIDs: []int{812}, Basis: evidence.Held},
		},
	}
	return view.ReportOf(snap, findings)
}

// reel is a recording of the shop; look seconds are its numbers.
type reel struct {
	looks int
	err   error // after the last
}

func (r reel) Moments(context.Context) ([]Moment, error) {
	var all []Moment
	for i := range r.looks {
		all = append(all, MomentOf(shop(i)))
	}
	return all, r.err
}

func (r reel) At(_ context.Context, n int) (*evidence.Snapshot, error) {
	switch {
	case n < r.looks:
		return shop(n), nil
	case r.err != nil:
		return nil, r.err
	}
	return nil, io.EOF
}

// stage plays a Model without a terminal: it runs the commands at once, all
// but those that wait.
type stage struct {
	m    Model
	quit bool
}

func options(unicode bool, tape Tape) Options {
	return Options{
		Unicode: unicode, Every: time.Second, Tape: tape,
		Judge: func(_ context.Context, s *evidence.Snapshot) (view.Report, error) { return judged(s), nil },
	}
}

// atLive is the view of a live look after so many seconds.
func atLive(unicode bool, w, h, seconds int) *stage {
	s := &stage{m: newModel(&feed{ctx: context.Background(), opt: options(unicode, nil)})}
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	for i := range seconds {
		s.look(shop(i))
	}
	return s
}

// atTape is the view of a recording, at its first look.
func atTape(tape Tape, w, h int) *stage {
	s := &stage{m: newModel(&feed{ctx: context.Background(), opt: options(true, tape)})}
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	s.run(s.m.Init())
	return s
}

func (s *stage) look(snap *evidence.Snapshot) { s.send(lookMsg{report: judged(snap)}) }

func (s *stage) send(msg tea.Msg) {
	next, cmd := s.m.Update(msg)
	s.m = next.(Model)
	if _, isLook := msg.(lookMsg); isLook && s.m.feed.live() {
		return // the command waits for the next look
	}
	s.run(cmd)
}

// run runs a command and what it leads to; a recording does not play.
func (s *stage) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.QuitMsg:
		s.quit = true
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	default:
		s.send(msg)
	}
}

// press sends keys by their names, "/" and what follows as typed.
func (s *stage) press(keys ...string) *stage {
	for _, k := range keys {
		s.send(press(k))
	}
	return s
}

func press(key string) tea.KeyPressMsg {
	for name, code := range map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "backspace": tea.KeyBackspace, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	} {
		if key == name {
			return tea.KeyPressMsg{Code: code}
		}
	}
	switch key {
	case "space":
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	case "shift+tab":
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	case "ctrl+c", "ctrl+z", "ctrl+u":
		return tea.KeyPressMsg{Code: rune(key[len(key)-1]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(key)[0], Text: key}
}
