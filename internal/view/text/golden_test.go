package text_test

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/text"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file in testdata, which shows how it looks.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-update writes it anew):\n%s", path, diff)
	}
}

// group builds an outbound group with closes per second, newest first.
func group(dst string, port uint16, live uint64, closes ...uint32) evidence.Tally {
	t := evidence.Tally{
		Key: evidence.Key{
			Direction: evidence.Outbound, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr(dst), Port: port,
		},
		Reason: evidence.ByPortRange,
	}
	for i := range t.Minute.Age {
		t.Minute.Age[i] = closes[min(i, len(closes)-1)]
	}
	t.States[tcp.Established] = live
	t.States[tcp.TimeWait] = t.Minute.Total()
	return t
}

func report(tallies ...evidence.Tally) view.Report {
	return view.Report{Snapshot: &evidence.Snapshot{
		Taken: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Took: 3 * time.Millisecond,
		Host: evidence.Host{Name: "web1", Kernel: "6.1.0-50-amd64", HZ: 250, Root: true, Source: "live"},
		Namespaces: []evidence.Namespace{{
			Name: "host", Tallies: tallies, Listeners: []evidence.Listener{{Port: 22, PIDs: []int{400}}},
		}},
		Owners: []evidence.Owner{{PID: 400, Name: "sshd", State: "S"}},
	}}
}

// withBudget adds a budget for the i-th tally, of size ports with left left.
func withBudget(r *view.Report, i, size, left int, p portspace.Projection) {
	t := &r.Snapshot.Namespaces[0].Tallies[i]
	p.Rate = t.Minute.Rate()
	r.Groups = append(r.Groups, view.Group{Namespace: "host", Tally: t, Projection: p, Budget: portspace.Budget{
		Key: t.Key, Size: size, Left: portspace.Left{Min: left, Max: left},
	}})
}

func healthy() view.Report {
	r := report(group("10.0.0.2", 80, 3, 1), group("2001:db8::1234:5678:9abc", 443, 1, 0))
	withBudget(&r, 0, 28232, 28169, portspace.Projection{Never: true})
	withBudget(&r, 1, 28232, 28231, portspace.Projection{Never: true})
	return r
}

func portsOut() view.Report {
	r := report(group("10.0.0.2", 80, 0, 470, 470, 471, 469), group("10.0.0.3", 6379, 12, 40, 38, 41, 39, 20, 10, 5))
	withBudget(&r, 0, 28232, 0, portspace.Projection{})
	withBudget(&r, 1, 28232, 27800, portspace.Projection{In: 95 * time.Second, Early: 80 * time.Second, Late: 130 * time.Second})
	r.Findings = []rule.Finding{{
		Code: "ports-out", Severity: rule.Critical, Namespace: "host",
		Title: say.Same("no local port is left toward 10.0.0.2:80: connect() fails with EADDRNOTAVAIL, for all of 28,232 ports wait in TIME_WAIT"),
		Who:   evidence.Maker{PIDs: []int{812, 813}, Basis: evidence.FromLive}, Count: 28232,
		Since: rule.Since{Known: true, For: 45 * time.Second, AtLeast: true},
		Facts: []say.Text{say.Same("470 connections per second were closed by this side.")},
		Why:   say.Same("The side that closes first keeps the port for 60 seconds (RFC 9293 section 3.6.1). A port that waits cannot be used again toward the same address and port."),
		Helps: []rule.Advice{
			{Do: say.Same("keep connections open and reuse them"), Because: say.Same("one connection then serves many requests, and nothing waits")},
			{Do: say.Same("set tcp_tw_reuse to 1"), Because: say.Same("a port is free again after one second"), Command: "sysctl -w net.ipv4.tcp_tw_reuse=1"},
		},
		NotHelp: []rule.Advice{{Do: say.Same("lower tcp_fin_timeout"), Because: say.Same("it bounds FIN_WAIT2; TIME_WAIT is 60 s, compiled in")}},
	}}
	r.Snapshot.Owners = append(r.Snapshot.Owners, evidence.Owner{
		PID: 812, Name: "php-fpm", State: "S", Parent: 1, ParentName: "systemd", Unit: "php-fpm.service", Cmdline: []string{"php-fpm: pool www"},
	})
	return r
}

// hostile is a process name that tries to clear the screen, forge a line,
// turn the direction of text, and break the encoding.
const hostile = "evil\x1b[2J\nOK: fine\u202e\xff\u200b\x7f"

func closeWait() view.Report {
	t := evidence.Tally{Key: evidence.Key{
		Direction: evidence.Inbound, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.9"), Port: 8080,
	}}
	t.States[tcp.CloseWait] = 120
	t.Holders = []evidence.Holding{{PIDs: []int{66}, States: t.States}}
	r := report(t)
	r.Findings = []rule.Finding{{
		Code: "close-wait", Severity: rule.Warning, Namespace: "host", Count: 120,
		Title: say.Same(hostile + " (66) leaks 120 connections in CLOSE_WAIT"),
		Who:   evidence.Maker{PIDs: []int{66}, Basis: evidence.Held},
		Why:   say.Same("The peer has closed;\nonly the process can close this side."),
	}}
	r.Snapshot.Host.Name = "h\x1b]0;title\x07"
	r.Snapshot.Namespaces = append(r.Snapshot.Namespaces, evidence.Namespace{Name: "ns\r1"})
	r.Snapshot.Owners = append(r.Snapshot.Owners, evidence.Owner{
		PID: 66, Name: hostile, State: "T", Cmdline: []string{"/bin/x", "\x1b[31mred", "ü"}, Container: "abc\x00",
	})
	return r
}

func noRoot() view.Report {
	r := healthy()
	r.Snapshot.Host.Root = false
	r.Snapshot.Gaps = []evidence.Gap{
		{What: "processes of other users", Loses: "who holds or made their sockets is not told, only how many there are", Hint: "sudo linger"},
		{What: "the tracer is not running"},
	}
	return r
}

func TestCheckLooksAsInTheGoldenFiles(t *testing.T) {
	for name, c := range map[string]struct {
		report view.Report
		opt    text.Options
	}{
		"check-healthy":         {healthy(), text.Options{Unicode: true}},
		"check-ports-out":       {portsOut(), text.Options{Unicode: true}},
		"check-ports-out-ascii": {portsOut(), text.Options{}},
		"check-ports-out-wide":  {portsOut(), text.Options{Unicode: true, Width: 140, Color: true, Rows: 1}},
		"check-close-wait":      {closeWait(), text.Options{Unicode: true}},
		"check-no-root":         {noRoot(), text.Options{Unicode: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := text.New(&out, c.opt).Check(c.report); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.String())
			safe(t, out.String(), c.opt)
		})
	}
}

func TestStatesLookAsInTheGoldenFiles(t *testing.T) {
	r := portsOut()
	first := &r.Snapshot.Namespaces[0].Tallies[0]
	first.States[tcp.FinWait2], first.MiniFinWait2, first.Minute.Tail = 10, 3, 45
	first.States[tcp.TimeWait] += 45
	second := &r.Snapshot.Namespaces[0].Tallies[1]
	held := evidence.Counts{}
	held[tcp.Established] = 12
	second.Holders = []evidence.Holding{{PIDs: []int{812}, States: held}}
	for name, c := range map[string]struct {
		by       string
		snapshot *evidence.Snapshot
		opt      text.Options
	}{
		"states":                {"", r.Snapshot, text.Options{Unicode: true}},
		"states-by-owner":       {"owner", r.Snapshot, text.Options{Unicode: true}},
		"states-by-owner-evil":  {"owner", closeWait().Snapshot, text.Options{}},
		"states-by-destination": {"destination", r.Snapshot, text.Options{Rows: 1}},
		"states-two-namespaces": {"", closeWait().Snapshot, text.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			st, err := view.StatesOf(c.snapshot, c.by)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := text.New(&out, c.opt).States(st); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.String())
			safe(t, out.String(), c.opt)
		})
	}
}

// safe fails if strangers' bytes reach the terminal, or a line that could be
// broken is too wide.
func safe(t *testing.T, out string, opt text.Options) {
	t.Helper()
	if opt.Color {
		for _, color := range []string{"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;32m", "\x1b[0m"} {
			out = strings.ReplaceAll(out, color, "")
		}
	}
	if strings.ContainsAny(out, "\x1b\r\x00\x07\x7f\u202e\u200b") || !utf8.ValidString(out) {
		t.Errorf("unsafe output: %q", out)
	}
	for i, line := range strings.Split(out, "\n") {
		if n := utf8.RuneCountInString(line); i > 0 && n > max(80, opt.Width) {
			t.Errorf("line %d has %d columns: %s", i+1, n, line)
		}
		for _, r := range line {
			if !opt.Unicode && r > 0x7e {
				t.Errorf("line %d is not ASCII: %s", i+1, line)
				break
			}
		}
	}
}
