package sockdiag_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/observe/sockdiag/sockdiagtest"
)

func TestTwoHalvesAreTheWhole(t *testing.T) {
	var rows []string
	for port := 20000; port < 22000; port++ {
		rows = append(rows, fmt.Sprintf("10.0.0.1:%d -> 10.0.0.9:443 time-wait expires=41s", port))
	}
	for _, split := range []uint16{1, 19999, 20000, 20999, 21999, 65534} {
		seen := make(map[uint16]int)
		lower, upper := sockdiagtest.Serve(t, rows...).Client(), sockdiagtest.Serve(t, rows...).Client()
		stats, err := sockdiag.DumpHalves(context.Background(), lower, upper, sockdiag.Request{}, split, func(s *evidence.Socket) error {
			seen[s.SrcPort]++
			return nil
		}, nil)
		if err != nil || stats.Sockets != uint64(len(rows)) || len(seen) != len(rows) {
			t.Errorf("split at %d: %d rows of %d ports, %v", split, stats.Sockets, len(seen), err)
		}
	}
}

func TestATornHalfRepeatsTheWhole(t *testing.T) {
	rows := []string{"10.0.0.1:20000 -> 10.0.0.9:443 time-wait", "10.0.0.1:40000 -> 10.0.0.9:443 time-wait"}
	lower := sockdiagtest.Serve(t, rows...).Client()
	upper := sockdiagtest.Serve(t, rows...).Suffer(sockdiagtest.Torn()).Client()
	seen, restarts := 0, 0
	stats, err := sockdiag.DumpHalves(context.Background(), lower, upper, sockdiag.Request{}, 30000, func(*evidence.Socket) error {
		seen++
		return nil
	}, func() { seen = 0; restarts++ })
	if err != nil || restarts != 1 || seen != 2 || stats.Torn != 1 || stats.Approximate {
		t.Errorf("seen %d after %d restarts, %+v, %v", seen, restarts, stats, err)
	}
}

func TestAFailingHalfFailsTheDumpAndLeavesBothUsable(t *testing.T) {
	rows := []string{"10.0.0.1:20000 -> 10.0.0.9:443 time-wait", "10.0.0.1:40000 -> 10.0.0.9:443 time-wait"}
	lower, upper := sockdiagtest.Serve(t, rows...).Client(), sockdiagtest.Serve(t, rows...).Suffer(sockdiagtest.EndRefused(syscall.ENOMEM, "no memory")).Client()
	ignoreAll := func(*evidence.Socket) error { return nil }
	if _, err := sockdiag.DumpHalves(context.Background(), lower, upper, sockdiag.Request{}, 30000, ignoreAll, nil); err == nil {
		t.Fatal("a refused half went unnoticed")
	}
	for _, c := range []*sockdiag.Client{lower, upper} {
		if stats, err := c.Dump(context.Background(), sockdiag.Request{}, ignoreAll, nil); err != nil || stats.Sockets != 2 {
			t.Errorf("afterwards: %+v, %v", stats, err)
		}
	}
	if _, err := sockdiag.DumpHalves(context.Background(), lower, upper, sockdiag.Request{LocalPort: sockdiag.Port(80)}, 30000, ignoreAll, nil); err == nil {
		t.Error("a request for a port was halved")
	}
}
