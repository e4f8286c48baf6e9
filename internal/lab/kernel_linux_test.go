package lab

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/pcapgo"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

func playOne(t *testing.T, ctx context.Context, o Options, text string) claims.Result {
	t.Helper()
	return Run(ctx, []*scenario.File{parse(t, text)}, o, nil)[0]
}

func TestKernelASettingThatIsNotThereMakesAClaimUntestable(t *testing.T) {
	t.Parallel()
	o := options(t)
	for _, text := range []string{
		"needs: [net.ipv4.tcp_no_such_thing]\nhosts: {a: {}}\nsteps: [{wait: 1ms}]",
		"hosts: {a: {settings: {net.ipv4.tcp_no_such_thing: 1}}}\nsteps: [{wait: 1ms}]",
		"hosts: {a: {}}\nsteps: [{set: a, settings: {net.ipv4.tcp_no_such_thing: 1}}]",
		"hosts: {a: {}}\nsteps: [{expect: a, NoSuchCounter: 1}]",
	} {
		r := playOne(t, t.Context(), o, text+"\nnotes: [{before: \"99.0\", says: it came with 99.0}]")
		if r.Verdict != claims.NotTestable || !strings.Contains(r.Why, "this kernel has no") || r.Note != "it came with 99.0" {
			t.Errorf("%s\n%s: %s (%s)", text, r.Verdict, r.Why, r.Note)
		}
	}
}

func TestKernelWhatDoesNotHoldIsToldWithItsCaseAndPlace(t *testing.T) {
	t.Parallel()
	r := playOne(t, t.Context(), options(t), `
cases:
  - {port: 80, _fails: none}
  - {port: 81, _fails: EADDRINUSE}
hosts: {a: {}}
programs: {app: {on: a, run: calls}}
steps:
  - {bind: app.b, at: "127.0.0.1:$port", fails: $_fails}
`)
	const want = "port=81: line 10: bind app.b, at 127.0.0.1:81, fails with EADDRINUSE: got success, port 81"
	if r.Verdict != claims.NotSo || r.Why != want {
		t.Errorf("%s: %s", r.Verdict, r.Why)
	}
	if r.Plays[0].Verdict != claims.Proved {
		t.Errorf("the other case: %+v", r.Plays[0])
	}
}

// A program that cannot even start is no finding about the kernel.
func TestKernelAProgramThatDoesNotStartIsNotTheKernelsFault(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Executable = "/bin/false"
	r := playOne(t, t.Context(), o, `
hosts: {a: {}}
programs: {load: {on: a, run: short-client, to: 127.0.0.1:1}}
steps: [{wait: 1s}]
`)
	if r.Verdict != claims.NotTestable || !strings.Contains(r.Why, "start program load") {
		t.Errorf("%s: %s", r.Verdict, r.Why)
	}
}

func TestKernelAnInterruptionEndsEverything(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	o := options(t)
	o.Progress = func(p Progress) {
		if strings.HasPrefix(p.Step, "wait") {
			cancel()
		}
	}
	r := playOne(t, ctx, o, `
hosts: {a: {}}
programs: {app: {on: a, run: calls}}
steps: [{wait: 1h}]
`)
	if r.Verdict != claims.NotTestable || r.Why != "interrupted" {
		t.Errorf("%s: %s", r.Verdict, r.Why)
	}
}

// A stopped child of a dead parent is in nobody's process group.
func TestKernelNoProcessIsLeft(t *testing.T) {
	t.Parallel()
	o := options(t)
	var pid string
	o.Progress = func(p Progress) {
		if p.Step == "wait 1ms" {
			pid = running("-inherit=leftover")
		}
	}
	r := playOne(t, t.Context(), o, `
hosts: {a: {}}
programs: {app: {on: a, run: calls}}
steps:
  - {listen: app.leftover, at: 127.0.0.1:80}
  - {fork: app, child: kid}
  - {stop: kid}
  - {wait: 1ms}
  - {kill: app}
`)
	if r.Verdict != claims.Proved {
		t.Fatalf("%s: %s", r.Verdict, r.Why)
	}
	if pid == "" {
		t.Fatal("the child was not there")
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat("/proc/" + pid); os.IsNotExist(err) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("process %s is left", pid)
		}
	}
}

// running returns the process with an argument.
func running(arg string) string {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		if line, err := os.ReadFile(path); err == nil && bytes.Contains(line, []byte("\x00"+arg+"\x00")) {
			return filepath.Base(filepath.Dir(path))
		}
	}
	return ""
}

const kept = `
hosts: {kernel: {}, other: {}, peer: raw}
links:
  - {kernel: 10.0.0.1/24, peer: 10.0.0.2/24}
  - {kernel: 10.0.1.1/24, other: 10.0.1.2/24}
programs:
  app: {on: kernel, run: calls}
  far: {on: peer, run: calls}
  web: {on: other, run: echo-server, listen: 10.0.1.2:80}
steps:
  - {listen: far.l, at: 10.0.0.2:80}
  - {connect: app.c, to: 10.0.0.2:80}
  - {accept: far.s, from: far.l}
  - {close: app.c}
  - {read: far.s, eof: yes}
  - {close: far.s}
  - {expect: kernel, time_wait: 1}
  - {connect: app.d, to: 10.0.1.2:80}
  - {expect: other, established: 1}
  - {wait: 300ms}
`

func TestKernelKeepsPacketsTimelineAndEvidence(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Keep = t.TempDir()
	f := parse(t, kept)
	r := Run(t.Context(), []*scenario.File{f}, o, nil)[0]
	if r.Hint != "" {
		t.Skipf("%s; %s", r.Why, r.Hint)
	}
	if r.Verdict != claims.Proved {
		t.Fatalf("%s: %s", r.Verdict, r.Why)
	}
	dir := Folder(o.Keep, f, "")
	for _, link := range []string{"kernel-peer", "kernel-other"} {
		comments := comments(t, filepath.Join(dir, "packets-"+link+".pcapng"))
		if !strings.Contains(comments, "ESTABLISHED") {
			t.Errorf("%s: no packet says the states of its ends: %q", link, comments)
		}
	}
	for _, host := range []string{"kernel", "other"} {
		file, err := os.Open(filepath.Join(dir, "evidence-"+host+".linger"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		reader, err := evidence.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		if snap, err := reader.Next(); err != nil || snap.Host.Source != "netlab" || len(snap.Namespaces) != 1 {
			t.Errorf("%s: %+v, %v", host, snap, err)
		}
	}
	line := r.Plays[0].Timeline
	if line == nil || !stays(line, "kernel", tcp.TimeWait) || !stays(line, "peer", tcp.LastAck) || !stays(line, "other", tcp.Established) {
		t.Errorf("timeline: %+v", line)
	}
}

func comments(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for {
		_, _, options, err := r.ReadPacketDataWithOptions()
		if err != nil {
			return strings.Join(all, "\n")
		}
		all = append(all, options.Comments...)
	}
}

func stays(line *evidence.Timeline, host string, state tcp.State) bool {
	for _, s := range line.States {
		if s.Host == host && s.State == state {
			return true
		}
	}
	return false
}
