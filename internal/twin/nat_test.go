package twin_test

import (
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/twin"
)

func TestAConntrackEntryOutlivesTheTimeWait(t *testing.T) {
	n := twin.NewNAT(1)
	to := n.To(there)
	first, err := n.Open(to, 40000)
	if err != nil || first.Port != 40000 {
		t.Fatalf("port %d, %v: a free port of the client must be kept", first.Port, err)
	}
	if err := n.Close(first, twin.ByUs); err != nil {
		t.Fatal(err)
	}
	if n.Close(first, twin.ByUs) == nil {
		t.Error("closed twice")
	}
	n.Advance(119 * time.Second)
	if second, err := n.Open(to, 40000); err != nil || second.Port == 40000 {
		t.Errorf("after 119 s: port %d, %v; the old one must still be taken", second.Port, err)
	}
	n.Advance(120 * time.Second)
	if n.Entries != 1 {
		t.Errorf("%d entries after 120 s", n.Entries)
	}
	if third, err := n.Open(to, 40000); err != nil || third.Port != 40000 {
		t.Errorf("after 120 s: port %d, %v", third.Port, err)
	}
}

func TestAShorterConntrackTimeoutHoldsForLaterCloses(t *testing.T) {
	n := twin.NewNAT(1)
	for i, d := range []time.Duration{120 * time.Second, 30 * time.Second, 10 * time.Minute} {
		n.SetTimeWait(d)
		c, err := n.Open(n.To(there), uint16(5000+i))
		if err != nil || n.Close(c, twin.ByUs) != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		at   time.Duration
		want int
	}{{29 * time.Second, 3}, {30 * time.Second, 2}, {121 * time.Second, 1}, {599 * time.Second, 1}, {601 * time.Second, 0}} {
		if n.Advance(c.at); n.Entries != c.want {
			t.Errorf("%d entries after %v, must be %d", n.Entries, c.at, c.want)
		}
	}
}

func TestAGatewayRunsOutByItsOwnTimeout(t *testing.T) {
	for _, c := range []struct {
		rate, timeout int
		refused       bool
	}{{200, 120, false}, {600, 120, true}, {600, 30, false}} {
		n := twin.NewNAT(1)
		n.SetTimeWait(time.Duration(c.timeout) * time.Second)
		for i := range c.rate * 150 {
			n.Advance(time.Duration(i) * time.Second / time.Duration(c.rate))
			if conn, err := n.Open(n.To(there), uint16(32768+i*7%28232)); err == nil {
				if err := n.Close(conn, twin.ByUs); err != nil {
					t.Fatal(err)
				}
			}
		}
		if (n.Refused > 0) != c.refused || n.Entries > 64512 {
			t.Errorf("%d/s, held for %d s: %d refused, %d entries", c.rate, c.timeout, n.Refused, n.Entries)
		}
	}
}
