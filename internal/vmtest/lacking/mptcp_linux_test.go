package lacking

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutMPTCP: Go's listeners are plain TCP here, as is said nowhere because
// nothing is lost.
func withoutMPTCP(t *testing.T) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
	if !errors.Is(err, unix.EPROTONOSUPPORT) {
		_ = unix.Close(s)
		t.Fatalf("MPTCP is here: %v", err)
	}
	before := timeWaits(t)
	c := child{MPTCP: true}.start(t)
	c.does("open", 7010, 3)
	c.does("close", 7010, 4)
	counts(t, 6, before+4)
}

// withMPTCP: where listeners are MPTCP, each of their sockets changes its state
// twice in the tracepoint: once of its own and once as a part of the other. Each
// connection counts once all the same, whatever its ends are.
func withMPTCP(t *testing.T) {
	const enabled = "/proc/sys/net/mptcp/enabled"
	if _, err := os.Stat(enabled); err != nil {
		t.Fatal(err)
	}
	w := watch(t)
	port := 7020
	for _, value := range []string{"1", "0"} {
		set(t, enabled, value)
		for _, kind := range []string{"server", "both", "neither"} {
			port++
			t.Run(fmt.Sprintf("enabled %s, %s", value, kind), func(t *testing.T) {
				c := child{MPTCP: kind != "neither", PlainClient: kind == "server"}.start(t)
				want := unix.IPPROTO_TCP
				if value == "1" && kind != "neither" {
					want = unix.IPPROTO_MPTCP
				}
				if protocol := c.does("open", port, 3); protocol != want {
					t.Errorf("the listener's protocol is %d, not %d", protocol, want)
				}
				counts(t, 6, -1)
				c.does("close", port, 5)
				w.seesAllOf(t, port, 5)
				c.end()
			})
		}
	}
	unknown := 0
	for _, c := range w.seen {
		if c.First == "us" && c.Closer.PID == 0 {
			unknown++
		}
	}
	// The kernel itself closes what MPTCP is made of, some time after the program
	// closed the whole.
	sum := w.end(t)
	at := slices.IndexFunc(sum.Gaps, func(g gap) bool { return strings.Contains(g.What, "closed here by nobody knows whom") })
	switch {
	case sum.UnknownCloser != unknown:
		t.Errorf("linger trace says that nobody knows who closed first in %d cases, and listed %d", sum.UnknownCloser, unknown)
	case at < 0:
		t.Errorf("linger trace does not say that it lacks closers: %+v", sum.Gaps)
	default:
		_, what, _ := strings.Cut(sum.Gaps[at].What, " ")
		record(t, answer{command: "linger trace"}, "... "+what+": "+sum.Gaps[at].Loses)
	}
}

// counts requires how many sockets linger states counts in two states; -1: any.
func counts(t *testing.T, established, timeWait int) {
	t.Helper()
	a := ask(t, "states", "--json")
	var states struct {
		Rows []struct{ States map[string]int }
	}
	a.reads(t, &states)
	if len(states.Rows) != 1 {
		t.Fatalf("%d rows: %s", len(states.Rows), a.out)
	}
	for state, want := range map[string]int{"ESTABLISHED": established, "TIME_WAIT": timeWait} {
		if got := states.Rows[0].States[state]; got != want && want >= 0 {
			t.Errorf("linger states counts %d %s, not %d: %s", got, state, want, a.out)
		}
	}
}
