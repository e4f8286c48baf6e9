package sockdiagtest_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag/sockdiagtest"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestParseRowReadsEveryWord(t *testing.T) {
	got, err := sockdiagtest.ParseRow("[::ffff:10.0.0.1]:443 -> 10.0.0.9:5 FIN_WAIT2 mini explicit expires=1500ms rqueue=1 wqueue=2 uid=3 inode=4 cookie=5 ifindex=6 retrans=7")
	want := sockdiagtest.Row{Explicit: true, Socket: evidence.Socket{
		V6: true, State: tcp.FinWait2, Timer: evidence.TimerTimeWait, Retrans: 7,
		Src: evidence.Addr4([4]byte{10, 0, 0, 1}), SrcPort: 443, Dst: evidence.Addr4([4]byte{10, 0, 0, 9}), DstPort: 5,
		Ifindex: 6, Expires: 1500, RQueue: 1, WQueue: 2, UID: 3, Inode: 4, Cookie: 5,
	}}
	if err != nil || got != want {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
	}
}

func TestParseRowRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, text := range []string{
		"", "10.0.0.1:1", "10.0.0.1 listen", "10.0.0.1:1 -> x listen", "10.0.0.1:1 waiting",
		"10.0.0.1:1 listen colour=1", "10.0.0.1:1 listen uid=x", "10.0.0.1:1 listen expires=3", "10.0.0.1:1 listen timer=egg",
	} {
		if row, err := sockdiagtest.ParseRow(text); err == nil {
			t.Errorf("%q was read as %+v", text, row)
		}
	}
}

func TestAuditRefusesWhatTheKernelRefuses(t *testing.T) {
	for name, code := range map[string][]byte{
		"nothing":                        {},
		"a yes that jumps past the end":  {6, 8, 4, 0},
		"a no into an argument":          {2, 8, 12, 0, 0, 0, 80, 0, 6, 4, 2, 0},
		"a yes of no length":             {6, 0, 8, 0},
		"an operation without a port":    {2, 4, 8, 0},
		"a prefix longer than addresses": {7, 16, 20, 0, 2, 33, 0, 0, 255, 255, 255, 255, 1, 2, 3, 4},
		"an unknown operation":           {99, 4, 8, 0},
	} {
		if sockdiagtest.Audit(code) == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := sockdiagtest.Audit([]byte{6, 4, 8, 0, 1, 4, 8, 0}); err != nil {
		t.Error(err)
	}
}
