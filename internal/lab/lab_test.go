package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/workload"
)

func parse(t *testing.T, text string) *scenario.File {
	t.Helper()
	f, err := scenario.Parse("test.yaml", []byte("name: test\nclaim: A test.\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLengthAddsWaitsAndMeasuredLives(t *testing.T) {
	f := parse(t, `
hosts: {a: {}}
steps:
  - {wait: 2s}
  - {wait: 1s, label: here}
  - {expect: a, time_wait: 0, for: 3s}
  - {expect: a, time_wait: 0, after: 60s..64s, since: here}
  - {wait: 1s}
`)
	// The life counts from the label at 2 s, not from the end of what came after.
	if got := Length(f); got != 2*time.Second+62*time.Second+time.Second {
		t.Errorf("length is %v", got)
	}
}

func TestFolderNamesAreSafe(t *testing.T) {
	f := &scenario.File{Name: "tw-reuse"}
	for playCase, want := range map[string]string{
		"":                       "keep/tw-reuse",
		"a=1, to=10.0.0.2:80":    "keep/tw-reuse/a=1+to=10.0.0.2_80",
		"../../etc/passwd\x00/é": "keep/tw-reuse/.._.._etc_passwd___",
	} {
		if got := Folder("keep", f, playCase); got != want {
			t.Errorf("%q is kept in %q, want %q", playCase, got, want)
		}
	}
}

func TestCallsAreComparedWithWhatTheyMustGive(t *testing.T) {
	odd := scenario.PortWish{Parity: "odd"}
	for _, test := range []struct {
		name  string
		call  scenario.Call
		got   answer
		holds bool
		words string
	}{
		{"success", scenario.Call{Call: scenario.Close}, answer{}, true, "success"},
		{"an errno that must come", scenario.Call{Fails: "EADDRINUSE"}, answer{errno: "EADDRINUSE"}, true, "EADDRINUSE"},
		{"another errno", scenario.Call{Fails: "EADDRINUSE"}, answer{errno: "EACCES"}, false, "EACCES"},
		{"success where it must fail", scenario.Call{Fails: "EADDRINUSE"}, answer{ports: []uint16{80}}, false, "success, port 80"},
		{"failure on the way", scenario.Call{Call: scenario.Connect}, answer{errno: "EADDRNOTAVAIL", failed: 3}, false, "EADDRNOTAVAIL after 2 connections"},
		{"the right data", scenario.Call{Call: scenario.ReadCall, Data: "abc"}, answer{data: "abc", bytes: 3}, true, `"abc"`},
		{"wrong data", scenario.Call{Call: scenario.ReadCall, Data: "abc"}, answer{data: "abx", bytes: 3}, false, `"abx"`},
		{"too few bytes", scenario.Call{Call: scenario.ReadCall, Bytes: 5}, answer{bytes: 4, eof: true}, false, "4 bytes, end of stream"},
		{"the end", scenario.Call{Call: scenario.ReadCall, EOF: true}, answer{eof: true}, true, "0 bytes, end of stream"},
		{"no end", scenario.Call{Call: scenario.ReadCall, EOF: true}, answer{bytes: 3}, false, "3 bytes"},
		{"a wished port", scenario.Call{Call: scenario.Connect, Port: odd}, answer{ports: []uint16{1, 3}}, true, "success"},
		{"another port", scenario.Call{Call: scenario.Connect, Port: odd}, answer{ports: []uint16{1, 4}}, false, "port 4"},
		{
			"a port out of range",
			scenario.Call{Call: scenario.Connect, Port: scenario.PortWish{Range: &scenario.Range{Low: 5, High: 6}}},
			answer{ports: []uint16{7}},
			false, "port 7",
		},
	} {
		if got, holds := compare(test.call, test.got); got != test.words || holds != test.holds {
			t.Errorf("%s: %q, %v; want %q, %v", test.name, got, holds, test.words, test.holds)
		}
	}
}

// The programs must understand what args gives them: each flag is known and
// each value parses.
func TestProgramsAreCalledWithFlagsThatTheyHave(t *testing.T) {
	f := parse(t, `
hosts: {a: {}}
programs:
  echo: {on: a, run: echo-server, listen: 127.0.0.1:1, think: 5ms, closes: first, how: reset, options: [reuse_addr], count: 3}
  hold: {on: a, run: hold-server, listen: 127.0.0.1:2}
  fork: {on: a, run: fork-server, listen: 127.0.0.1:3, retain: yes, think: 1ms}
  files: {on: a, run: file-server, listen: 127.0.0.1:4, closes: last}
  short: {on: a, run: short-client, to: 127.0.0.1:1, from: 127.0.0.1, options: [no_port, port_range 40000-40009, linger2 5s], rate: 100/s, concurrency: 2, count: 5, hold: 1ms, keep_alive: yes, how: shutdown, split: 2}
  keep: {on: a, run: hold-client, to: 127.0.0.1:1, from: 127.0.0.1:5}
  fetch: {on: a, run: file-client, to: 127.0.0.1:4, bytes: 10kB, count: 2, closes: first}
  calls: {on: a, run: calls}
steps:
  - {wait: 1s}
`)
	for _, p := range f.Plays()[0].Programs {
		flags := args(&p, []string{"kid1", "kid2"})
		// An argument that no program takes is complained of only when all flags
		// before it were understood.
		err := workload.Run(t.Context(), string(p.Run), append(flags, "extra"), &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), `unexpected argument "extra"`) {
			t.Errorf("%s %v: %v", p.Run, flags, err)
		}
	}
}
