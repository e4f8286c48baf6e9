package cli_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/workload"
)

// lastOf returns the last snapshot of a recording, and how many connections it
// holds.
func lastOf(t *testing.T, path string) (last *evidence.Snapshot, closed int) {
	t.Helper()
	for _, each := range []func(*evidence.Reader) error{
		func(r *evidence.Reader) error {
			snap, err := r.Next()
			if err == nil {
				last = snap
			}
			return err
		},
		func(r *evidence.Reader) error {
			_, err := r.NextClosed()
			if err == nil {
				closed++
			}
			return err
		},
	} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := evidence.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			err = each(r)
		}
		if err.Error() != "EOF" {
			t.Fatal(err)
		}
		r.Close()
	}
	return last, closed
}

// The question that netstat answers with "-": whose is this TIME_WAIT, of a
// process that is gone?
func TestKernelARecordingNamesTheMakersOfTimeWaitThatAreGone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	y := play{stage: s, server: s.player(), at: netip.MustParseAddrPort("127.0.0.1:80"), want: make(map[string]string)}
	y.server.must(workload.Request{Call: workload.Listen, Socket: "l", At: y.at, Backlog: 16})
	old, client := s.player(), s.player()
	y.clientFirst(old) // older than the tracing

	path := filepath.Join(t.TempDir(), "rec")
	pid := strconv.Itoa(y.server.proc.PID())
	record := exec.Command(s.path, "record", path, "--every", "100ms", "--connections", "--netns", pid)
	var out strings.Builder
	record.Stdout, record.Stderr = &out, os.Stderr
	if err := record.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) { // it records once the first snapshot is there
		if info, err := os.Stat(path + ".partial"); err == nil && info.Size() > 500 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no snapshot came")
		}
	}
	const n = 20
	for range n {
		y.clientFirst(client)
	}
	client.proc.Kill()
	_ = client.proc.Wait()
	time.Sleep(300 * time.Millisecond) // a snapshot without it
	if err := record.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := exitStatus(t, record.Wait()); got != 0 || !strings.Contains(out.String(), "read it with: linger check --from "+path) {
		t.Errorf("exit status %d: %s", got, out.String())
	}

	last, closed := lastOf(t, path)
	if closed != 2*n {
		t.Errorf("%d connections are recorded, want %d ends", closed, 2*n)
	}
	var made, timeWait uint64
	for i := range last.Namespaces[0].Tallies {
		tally := &last.Namespaces[0].Tallies[i]
		timeWait += tally.States[tcp.TimeWait]
		for _, m := range tally.Made {
			if len(m.PIDs) != 1 || m.PIDs[0] != client.proc.PID() {
				t.Errorf("made by %v", m.PIDs)
			}
			made += m.States.Total()
		}
	}
	gone := last.Owner(client.proc.PID())
	if made != n || timeWait != n+1 || gone == nil || gone.Name != "calls" || gone.State != "X" {
		t.Errorf("%d of %d TIME_WAIT have their maker: %+v", made, timeWait, gone)
	}
	if last.Traced == nil || !last.Traced.Exact {
		t.Errorf("traced: %+v", last.Traced)
	}

	states, err := exec.Command(s.path, "states", "--by", "owner", "--from", path, "--last", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Rows []struct {
			Label  string
			States evidence.Counts
			Maker  evidence.Maker
		}
	}
	if err := json.Unmarshal(states, &table); err != nil || len(table.Rows) == 0 {
		t.Fatalf("%v: %s", err, states)
	}
	if r := table.Rows[0]; r.Label != fmt.Sprintf("calls (%d)", client.proc.PID()) || r.Maker.Basis != evidence.FromLedger || r.States[tcp.TimeWait] != n {
		t.Errorf("states --by owner begins with %+v", r)
	}
	traced, err := exec.Command(s.path, "trace", "--from", path, "--lingering").Output()
	if err != nil || strings.Count(string(traced), "127.0.0.1:80 ") < n {
		t.Errorf("%v: %s", err, traced)
	}
}

// check alone watches for a moment, if there is something to watch, and says
// how far its knowledge goes.
func TestKernelCheckWatchesForAMomentWhoCloses(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	y := play{stage: s, server: s.player(), at: netip.MustParseAddrPort("127.0.0.1:80"), want: make(map[string]string)}
	y.server.must(workload.Request{Call: workload.Listen, Socket: "l", At: y.at, Backlog: 16})
	client := s.player()
	for range 120 { // worth watching
		y.clientFirst(client)
	}
	check := exec.Command(s.path, "check", "--json", "--trace", "2s", "--netns", strconv.Itoa(y.server.proc.PID()))
	var out strings.Builder
	check.Stdout, check.Stderr = &out, os.Stderr
	if err := check.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- check.Wait() }()
	for running := true; running; {
		select {
		case err := <-done:
			running = false
			if got := exitStatus(t, err); got != 0 {
				t.Fatalf("exit status %d: %s", got, out.String())
			}
		case <-time.After(10 * time.Millisecond):
			y.clientFirst(client)
		}
	}
	var got struct{ Snapshot evidence.Snapshot }
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	covered, of := got.Snapshot.Covered()
	if covered == 0 || of < covered+120 {
		t.Errorf("of %d lingering sockets, %d are said to be seen", of, covered)
	}
	for i := range got.Snapshot.Namespaces[0].Tallies {
		for _, m := range got.Snapshot.Namespaces[0].Tallies[i].Made {
			if m.PIDs[0] != client.proc.PID() {
				t.Errorf("made by %v", m.PIDs)
			}
		}
	}
}
