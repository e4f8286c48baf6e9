package observe_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// dumped is a whole dump by linger, and between which instants it was taken.
type dumped struct {
	rows        map[uint64]evidence.Socket // by cookie
	first, last time.Time
}

func dump(t *testing.T, c *sockdiag.Client) dumped {
	t.Helper()
	d := dumped{rows: make(map[uint64]evidence.Socket), first: time.Now()}
	all := sockdiag.Request{States: tcp.AllStates | tcp.States(tcp.BoundInactive)}
	_, err := c.Dump(context.Background(), all, func(s *evidence.Socket) error {
		if _, ok := d.rows[s.Cookie]; ok {
			t.Errorf("linger lists cookie %x twice", s.Cookie)
		}
		d.rows[s.Cookie] = *s
		return nil
	}, func() { clear(d.rows) })
	must(t, err)
	d.last = time.Now()
	return d
}

// rowOf is the row of linger's socket. Lo is the first device of every
// namespace.
func rowOf(s *evidence.Socket) socketRow {
	addr := func(a evidence.Addr, port uint16) netip.AddrPort {
		if s.V6 {
			return netip.AddrPortFrom(netip.AddrFrom16(a), port)
		}
		return netip.AddrPortFrom(a.Netip(), port)
	}
	row := socketRow{
		V6: s.V6, State: s.State, Src: addr(s.Src, s.SrcPort), Dst: addr(s.Dst, s.DstPort),
		Device: map[uint32]string{1: "lo"}[s.Ifindex], RQueue: s.RQueue, WQueue: s.WQueue, UID: s.UID,
		Inode: s.Inode, Cookie: s.Cookie, Timer: s.Timer, Retrans: uint32(s.Retrans),
	}
	if row.State == tcp.BoundInactive {
		row.State = tcp.Close
	}
	return row
}

// asProc is what /proc/net/tcp says of the socket instead: it has no cookie
// and no device; of a listener not the backlog; and of a request sock the
// user of its listener, whom inet_diag leaves out, and the number of timeouts
// instead of answers sent (get_openreq4, inet_req_diag_fill). It tells no timer
// of a delayed ACK (get_tcp4_sock).
func asProc(row socketRow, listeners map[netip.AddrPort]uint32) socketRow {
	row.Cookie, row.Device = 0, ""
	if row.Timer == evidence.TimerDelayedAck {
		row.Timer = evidence.TimerNone
	}
	switch row.State {
	case tcp.Listen:
		row.WQueue = 0
	case tcp.SynRecv:
		row.UID, row.Retrans = listeners[row.Src], 0
	}
	return row
}

// jiffy is the longest of any kernel.
const jiffy = 10 * time.Millisecond

// still reports whether nothing happened to a socket from one dump to another:
// it looks the same, and its timer ran down by the time between them. A timer
// that was started anew did not. This chooses what is compared; a busy machine
// only makes it choose more often.
func still(a, b evidence.Socket, before, after dumped) bool {
	from, to := a.Expires, b.Expires
	a.Expires, b.Expires = 0, 0
	if a != b || to > from {
		return false
	}
	if from == 0 {
		return a.Timer == evidence.TimerNone || a.Timer == evidence.TimerTimeWait
	}
	ran := time.Duration(from-to) * time.Millisecond
	return to > 0 && ran >= after.first.Sub(before.last)-2*jiffy && ran <= after.last.Sub(before.first)+2*jiffy
}

// between reports whether a time that was printed may lie between two dumps.
func (s span) between(a, b evidence.Socket) bool {
	return s.high+uint32(jiffy.Milliseconds()) >= b.Expires && s.low <= a.Expires+uint32(jiffy.Milliseconds())
}

// same complains if an authority said anything else than linger did.
func same(t *testing.T, who string, got socketRow, a, b evidence.Socket, want told) {
	t.Helper()
	if got != want.row {
		t.Errorf("linger and %s differ:\n%+v\n%+v\n%s", who, got, want.row, want.line)
	}
	if !want.left.between(a, b) {
		t.Errorf("linger saw %d ms and then %d ms left, %s in between %+v: %s", a.Expires, b.Expires, who, want.left, want.line)
	}
}

// Each round asks linger, ss, /proc and linger again. A socket to which
// nothing happened meanwhile must be told alike by all, and every socket must
// have such a round.
func TestKernelDumpAgreesWithSsInEveryState(t *testing.T) {
	t.Parallel()
	host := everyState(t)
	oddities(t, host)
	var client *sockdiag.Client
	must(t, host.Do(func() (err error) {
		client, err = sockdiag.Open()
		return err
	}))
	defer client.Close()
	compared := make(map[uint64]evidence.Socket)
	var left int
	timers := make(map[evidence.Timer]bool)
	for round := 0; round < 400 && !t.Failed(); round++ {
		before, ss, proc, after := dump(t, client), ssLines(t, host), procLines(t, host), dump(t, client)
		left = compareRound(t, before, after, ss, proc, compared)
		for _, s := range compared {
			if s.Timer != evidence.TimerDelayedAck { // too short, and only on new kernels
				timers[s.Timer] = true
			}
		}
		if left == 0 && len(timers) == 5 {
			break
		}
	}
	if left > 0 || len(timers) != 5 {
		t.Fatalf("%d sockets never stood still; timers seen: %v", left, timers)
	}
	presentInEachFamily(t, compared)
}

// compareRound returns how many sockets have yet to be compared.
func compareRound(t *testing.T, before, after dumped, ss map[uint64]told, proc map[ends]told, compared map[uint64]evidence.Socket) (left int) {
	t.Helper()
	listeners := make(map[netip.AddrPort]uint32)
	hidden, unlisted := 0, 0 // from ss before 6.8, and from /proc
	for _, a := range before.rows {
		if a.State == tcp.Listen {
			listeners[rowOf(&a).Src] = a.UID
		}
	}
	for cookie, a := range before.rows {
		b, ok := after.rows[cookie]
		if !ok || !still(a, b, before, after) {
			if compared[cookie].State != a.State {
				left++
			}
			continue
		}
		compared[cookie] = a
		row := rowOf(&a)
		if said, ok := ss[cookie]; ok {
			same(t, "ss", row, a, b, said)
		} else if hidden++; row.State != tcp.Close {
			t.Errorf("ss does not list %+v", row)
		}
		if said, ok := proc[ends{row.State, row.Src, row.Dst}]; ok {
			a, b := a, b
			if row.Timer == evidence.TimerDelayedAck {
				a.Expires, b.Expires = 0, 0
			}
			same(t, "/proc", asProc(row, listeners), a, b, said)
		} else if unlisted++; row.State != tcp.Close {
			t.Errorf("/proc does not list %+v", row)
		}
	}
	for cookie, said := range ss {
		if _, ok := before.rows[cookie]; !ok {
			t.Errorf("linger does not list %s", said.line)
		}
	}
	if left == 0 && len(proc) != len(before.rows)-unlisted {
		t.Errorf("/proc lists %d sockets, linger %d and %d in CLOSE", len(proc), len(before.rows)-unlisted, unlisted)
	}
	if left == 0 && len(ss) != len(before.rows)-hidden {
		t.Errorf("ss lists %d sockets, linger %d and %d in CLOSE", len(ss), len(before.rows)-hidden, hidden)
	}
	return left
}

func familyOf(row socketRow) netlab.Family {
	switch {
	case !row.V6:
		return netlab.IPv4
	case row.Src.Addr().Is4In6():
		return netlab.Mapped
	}
	return netlab.IPv6
}

// presentInEachFamily checks that nothing was left out of the comparison.
func presentInEachFamily(t *testing.T, compared map[uint64]evidence.Socket) {
	t.Helper()
	pop := netlab.Population{netlab.IPv4: {}, netlab.IPv6: {}, netlab.Mapped: {}}
	minis := 0
	for _, s := range compared {
		row := rowOf(&s)
		if row.Src.Addr().Unmap().IsLoopback() {
			continue
		}
		pop[familyOf(row)][row.State]++
		if s.Mini() {
			minis++
		}
	}
	want := netlab.Everything()
	if kernel(t).AtLeast(6, 8) {
		want[tcp.Close] = 1
	}
	for family, got := range pop {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: compared %v, want %v", family, got, want)
		}
	}
	if minis != 6 {
		t.Errorf("compared %d mini-sockets, want one in TIME_WAIT and one in FIN_WAIT2 of each family", minis)
	}
}
