package lab

import (
	"testing"

	"github.com/linger-dev/linger/internal/claims"
)

// verbs are scenarios that no claim needs: together with the catalogue they do
// every step and look at everything that can be expected.
func verbs() map[string]string {
	return map[string]string{
		"cut and mend between kernels": `
hosts: {a: {}, b: {}}
links: [{a: [10.0.0.1/24, "fd00::1/64"], b: [10.0.0.2/24, "fd00::2/64"]}]
programs: {app: {on: a, run: calls}, web: {on: b, run: calls}}
steps:
  - {listen: web.l, at: "[::]:80"}
  - {connect: app.c, to: "[fd00::2]:80"}
  - {connect: app.d, to: 10.0.0.2:80}
  - {accept: web.s, from: web.l}
  - {cut: a, to: b}
  - {close: app.c}
  - {close: app.d, label: closed}
  - {expect: a, fin_wait1: 2}
  - {expect: a, fin_wait1: 2, for: 300ms}
  - {expect: segment, from: a, flags: FIN+ACK, times: ">= 2", since: closed}
  - {expect: segment, from: b, flags: any, times: 0, since: closed}
  - {mend: a, to: b}
  - {expect: a, fin_wait1: 0, fin_wait2: 2, within: 5s}
`,
		"cut and mend on a raw link": `
hosts: {a: {}, peer: raw}
links: [{a: "fd00::1/64", peer: "fd00::2/64"}]
programs: {app: {on: a, run: calls}, far: {on: peer, run: calls}}
steps:
  - {listen: far.l, at: "[fd00::2]:80"}
  - {cut: a, to: peer}
  - {connect: app.c, to: "[fd00::2]:80", await: no, label: called}
  - {expect: a, syn_sent: 1, for: 300ms}
  - {mend: a, to: peer}
  - {accept: far.s, from: far.l, within: 10s}
  - {expect: segment, from: a, flags: SYN, times: ">= 2", since: called}
  - {expect: far.s, state: ESTABLISHED}
  - {abort: far.s}
  - {read: app.c, bytes: 1, fails: ECONNRESET}
`,
		"reordered, duplicated and delayed data arrives whole": `
hosts: {a: {}, peer: raw}
links: [{a: 10.0.0.1/24, peer: 10.0.0.2/24}]
programs: {app: {on: a, run: calls}, far: {on: peer, run: calls}}
steps:
  - {listen: app.l, at: 10.0.0.1:80}
  - {connect: far.c, to: 10.0.0.1:80, port: 1024..65535}
  - {accept: app.s, from: app.l}
  - {reorder: peer, segment: data, times: 2}
  - {duplicate: peer, segment: data, by: 5ms, skip: 3, times: 2}
  - {delay: peer, segment: data, by: 20ms, skip: 6}
  - {lose: a, segment: ACK, skip: 1, times: 2}
  - {write: far.c, bytes: 100kB}
  - {read: app.s, bytes: 100kB}
  - {write: app.s, bytes: 50000}
  - {read: far.c, bytes: 50000}
  - {shutdown: far.c}
  - {read: app.s, eof: yes}
  - {close: app.s}
  - {read: far.c, eof: yes}
  - {expect: far.c, state: TIME_WAIT}
`,
		"hand-made segments come as often as told": `
hosts: {a: {settings: {net.ipv4.tcp_invalid_ratelimit: 0}}, peer: {raw: {timestamps: off}}}
links: [{a: 10.0.0.1/24, peer: 10.0.0.2/24}]
programs: {app: {on: a, run: calls}, far: {on: peer, run: calls}}
steps:
  - {listen: app.l, at: 10.0.0.1:80}
  - {connect: far.c, to: 10.0.0.1:80}
  - {accept: app.s, from: app.l}
  - {mute: peer}
  - {inject: far.c, flags: ACK, seq: -1, data: "x", times: 5, every: 5ms, label: old}
  - {expect: segment, from: a, flags: ACK without data, times: 5, since: old}
  - {expect: segment, from: peer, flags: ACK with data, times: 5, since: old}
  - {unmute: peer}
  - {write: far.c, data: hello}
  - {read: app.s, data: hello}
`,
		"programs keep their pace and tell what they do": `
hosts: {a: {}, b: {}}
links: [{a: 10.0.0.1/24, b: 10.0.0.2/24}]
programs:
  web: {on: b, run: hold-server, listen: 10.0.0.2:80, options: [reuse_addr]}
  load: {on: a, run: short-client, to: 10.0.0.2:80, rate: 50/s, concurrency: 2, count: 20, closes: first, how: shutdown, options: ["port_range 40000-40009", no_port], from: 10.0.0.1}
  keep: {on: a, run: hold-client, to: 10.0.0.2:80}
  none: {on: a, run: short-client, to: 10.0.0.2:81, count: 3}
steps:
  - {expect: keep, opened: 1, open: 1, process: sleeping, sockets: 1}
  - {expect: none, ECONNREFUSED: 3, failed_no: 0, failed_at: 0s..30s, within: 10s}
  - {expect: none, process: gone}
  - {stop: web}
  - {expect: web, process: stopped}
  - {continue: web}
  - {kill: web}
  - {expect: web, process: gone}
`,
		"children end, and stopped processes do not answer": `
hosts: {a: {}}
programs: {app: {on: a, run: calls}, other: {on: a, run: calls}}
steps:
  - {listen: app.l, at: 127.0.0.1:80}
  - {fork: app, child: kid}
  - {end: kid}
  - {expect: kid, process: zombie}
  - {stop: app}
  - {bind: app.late, at: 127.0.0.1:81, within: 10ms, fails: timeout}
  - {continue: app}
  - {end: app}
  - {expect: app, process: gone}
  - {end: other}
`,
	}
}

func TestKernelEveryVerbDoesWhatItSays(t *testing.T) {
	t.Parallel()
	o := options(t)
	for name, text := range verbs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := playOne(t, t.Context(), o, text)
			switch {
			case r.Hint != "":
				t.Skipf("%s; %s", r.Why, r.Hint)
			case r.Verdict != claims.Proved:
				t.Errorf("%s: %s\n%s", r.Verdict, r.Why, measured(r))
			}
		})
	}
}
