package play_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin/play"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

// head is the beginning of every scenario here.
const head = `
name: test
claim: It is so.
hosts: {client: {}, server: {}}
links:
  - {client: 10.0.0.1/24, server: 10.0.0.2/24}
programs:
  app: {on: client, run: calls}
  web: {on: server, run: calls}
`

func judge(t *testing.T, text string, o play.Options) outcome.Claim {
	t.Helper()
	f, err := scenario.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := play.Scenario(t.Context(), f, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const connected = head + `
steps:
  - {listen: web.l, at: 10.0.0.2:80}
  - {connect: app.c, to: 10.0.0.2:80}
  - {accept: web.s, from: web.l}
`

// calls are what socket calls do, as steps behind those of connected.
func calls() map[string]string {
	all := closings()
	maps.Copy(all, map[string]string{
		"data arrives whole and in order": `
  - {write: app.c, data: hello}
  - {write: app.c, data: world}
  - {read: web.s, data: hellow}
  - {close: app.c}
  - {read: web.s, eof: yes, data: orld}`,
		"bytes are counted": `
  - {write: app.c, bytes: 50kB}
  - {read: web.s, bytes: 50kB}`,
		"a read waits for its time": `
  - {read: web.s, bytes: 1, within: 3s, fails: timeout}`,
		"a close with unread data is a reset": `
  - {write: app.c, data: hello}
  - {wait: 1ms}
  - {close: web.s}
  - {read: app.c, bytes: 1, fails: ECONNRESET}
  - {expect: client, time_wait: 0, fin_wait2: 0, established: 0, within: 1s}
  - {expect: server, time_wait: 0, established: 0}`,
		"what was sent before a reset can be read": `
  - {write: app.c, data: hello}
  - {abort: app.c}
  - {read: web.s, data: hello}
  - {read: web.s, bytes: 1, fails: ECONNRESET}`,
		"nobody listens": `
  - {connect: app.d, to: 10.0.0.2:81, fails: ECONNREFUSED}`,
		"TCP_LINGER2 rules the orphan": `
  - {connect: app.d, to: 10.0.0.2:80, options: [linger2 5s]}
  - {accept: web.t, from: web.l}
  - {close: app.d, label: closed}
  - {expect: client, fin_wait2: 1}
  - {expect: client, fin_wait2: 0, after: 5s..6s, since: closed}`,
		"a negative TCP_LINGER2 leaves no orphan": `
  - {connect: app.d, to: 10.0.0.2:80, options: [linger2 negative]}
  - {close: app.d}
  - {expect: client, fin_wait2: 0, fin_wait1: 0, established: 1}`,
		"an unconnected socket has no peer": `
  - {bind: app.b, at: 10.0.0.1:4000}
  - {write: app.b, data: x, fails: EPIPE}
  - {shutdown: app.b, fails: ENOTCONN}
  - {connect: app.b, to: 10.0.0.2:80, port: 4000}`,
		"a closed listener resets what nobody accepted": `
  - {connect: app.d, to: 10.0.0.2:80}
  - {wait: 1ms}
  - {close: web.l}
  - {read: app.d, bytes: 1, fails: ECONNRESET}`,
	})
	return all
}

// closings are those of them that are about both ends closing.
func closings() map[string]string {
	return map[string]string{
		"a half-closed connection still carries data": `
  - {shutdown: app.c}
  - {read: web.s, eof: yes}
  - {expect: app.c, state: FIN_WAIT2}
  - {expect: web.s, state: CLOSE_WAIT}
  - {write: web.s, data: late}
  - {read: app.c, data: late}
  - {close: web.s}
  - {read: app.c, eof: yes}
  - {expect: client, time_wait: 1}
  - {expect: server, last_ack: 0, close_wait: 0}`,
		"a step takes longer than the FIN": `
  - {close: app.c}
  - {close: web.s}
  - {expect: client, time_wait: 1}
  - {expect: server, time_wait: 0, last_ack: 0}`,
		"the one that closes first waits, though it is the server": `
  - {shutdown: web.s}
  - {close: app.c}
  - {expect: server, time_wait: 1, fin_wait2: 0}
  - {expect: client, time_wait: 0, last_ack: 0}
  - {expect: web.s, state: CLOSED}
  - {read: web.s, eof: yes}`,
		"data for an orphan is answered with a reset": `
  - {close: app.c}
  - {expect: client, fin_wait2: 1}
  - {write: web.s, data: late}
  - {read: web.s, eof: yes}
  - {wait: 1ms}
  - {write: web.s, data: later, fails: EPIPE}
  - {expect: client, fin_wait2: 0, within: 1s}`,
	}
}

func TestSocketCallsDoOnTheTwinWhatTheyDoOnLinux(t *testing.T) {
	for name, steps := range calls() {
		t.Run(name, func(t *testing.T) {
			if c := judge(t, connected+strings.TrimPrefix(steps, "\n"), play.Options{}); c.Verdict != claims.Proved {
				t.Errorf("%s: %s", c.Verdict, c.Why)
			}
		})
	}
}

func TestWhatTheTwinDoesNotKnowIsSaidByName(t *testing.T) {
	for name, test := range map[string]struct{ steps, why string }{
		"packets on the wire":   {"\n  - {expect: segment, from: server, flags: ACK}", "packets: "},
		"a setting of others":   {"\n  - {set: client, settings: {net.ipv4.tcp_ecn: 1}}", "no setting net.ipv4.tcp_ecn"},
		"a value too large":     {"\n  - {set: client, settings: {net.ipv4.tcp_tw_reuse: 7}}", `does not take "7"`},
		"an unknown counter":    {"\n  - {expect: client, PAWSActive: 0}", "counters: the twin does not count PAWSActive"},
		"a host that is not":    {"\n  - {connect: app.d, to: 10.0.0.9:80}", "10.0.0.9"},
		"a process":             {"\n  - {expect: app, process: sleeping}", "process states: "},
		"a path that is cut":    {"\n  - {cut: client, to: server}", "packets: "},
		"buffers that are full": {"\n  - {write: app.c, bytes: 1MB, fails: timeout}", "buffers: "},
		"a child of a program":  {"\n  - {fork: web, child: kid}", "process states: "},
	} {
		t.Run(name, func(t *testing.T) {
			c := judge(t, connected+strings.TrimPrefix(test.steps, "\n"), play.Options{})
			if c.Verdict != claims.NotTestable || !strings.Contains(c.Why, test.why) || !strings.HasPrefix(c.Why, "line ") {
				t.Errorf("%s: %s, want not testable for %q", c.Verdict, c.Why, test.why)
			}
		})
	}
}

func TestPlaysAreTheSameEachTime(t *testing.T) {
	text := head + `
  load: {on: client, run: short-client, to: 10.0.0.2:81, count: 300, concurrency: 7, closes: first, rate: 900/s}
  fast: {on: client, run: file-client, to: 10.0.0.2:82, count: 30, bytes: 3MB, closes: last}
  echo: {on: server, run: echo-server, listen: 10.0.0.2:81, think: 3ms, how: shutdown}
  files: {on: server, run: file-server, listen: 10.0.0.2:82}
steps:
  - {expect: load, answered: 300, failures: 0, within: 5s}
  - {expect: fast, bytes: 90000000, answered: 30, within: 5s}
  - {expect: client, time_wait: 300}
  - {expect: server, time_wait: 30}
`
	first := judge(t, text, play.Options{Seed: 3})
	second := judge(t, text, play.Options{Seed: 3})
	if first.Verdict != claims.Proved {
		t.Fatalf("%s: %s", first.Verdict, first.Why)
	}
	if len(first.Samples) < 2 || len(first.Samples) != len(second.Samples) {
		t.Fatalf("%d and %d samples", len(first.Samples), len(second.Samples))
	}
	for i := range first.Samples {
		if first.Samples[i] != second.Samples[i] {
			t.Errorf("at %v: %v and %v", first.Samples[i].At, first.Samples[i], second.Samples[i])
		}
	}
}
