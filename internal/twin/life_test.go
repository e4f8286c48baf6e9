package twin_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

func netipPort(a netip.AddrPort, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr(), port)
}

// lives makes n mini-sockets, each so long after the other, and returns how long
// they live, to 4 ms, and at how many instants they end.
func lives(h *twin.Host, to twin.GroupID, n int, gap time.Duration, how twin.Closing) (least, most time.Duration, instants int) {
	var born []time.Duration
	least = time.Hour
	was := 0
	for now := time.Duration(0); len(born) < n || h.Minis() > 0; now += 4 * time.Millisecond {
		h.Advance(now)
		if h.Minis() < was {
			instants++
		}
		for ; was > h.Minis(); was-- {
			first := born[len(born)-was]
			least, most = min(least, now-first), max(most, now-first)
		}
		if len(born) < n && now >= time.Duration(len(born))*gap {
			a, err := h.Connect(to, twin.Dial{})
			if err != nil || h.Close(a.Conn, how) != nil {
				panic(fmt.Sprint("cannot connect: ", err))
			}
			born = append(born, now)
			was++
		}
	}
	return least, most, instants
}

func TestTimeWaitLastsAsEachGenerationsTimersMakeIt(t *testing.T) {
	for _, c := range []struct {
		kernel      evidence.Kernel
		hz          int
		least, most time.Duration
	}{
		{"6.18", 100, 60 * time.Second, 65120 * time.Millisecond},
		{"6.18", 250, 60 * time.Second, 62048 * time.Millisecond},
		{"4.19", 300, 60 * time.Second, 61710 * time.Millisecond},
		{"5.10", 1000, 60 * time.Second, 64096 * time.Millisecond},
		{"4.4", 250, 60 * time.Second, 60004 * time.Millisecond},
		{"3.10", 250, 52500 * time.Millisecond, 60 * time.Second},
		{"2.6.32", 1000, 52500 * time.Millisecond, 60 * time.Second},
	} {
		h := newHost(t, twin.Options{Kernel: c.kernel, HZ: c.hz})
		least, most, _ := lives(h, h.Outbound(here, there), 300, 370*time.Millisecond, twin.ByUs)
		const tick = 8 * time.Millisecond // what the test cannot tell apart
		if least < c.least-tick || most > c.most+tick {
			t.Errorf("%s, HZ=%d: %v to %v, must be %v to %v", c.kernel, c.hz, least, most, c.least, c.most)
		}
		if spread := c.most - c.least; most-least < spread*9/10-tick {
			t.Errorf("%s, HZ=%d: %v to %v does not fill %v to %v", c.kernel, c.hz, least, most, c.least, c.most)
		}
	}
}

func TestTimeWaitsDieInBatchesOfTheWheel(t *testing.T) {
	h := newHost(t, twin.Options{})
	if _, _, n := lives(h, h.Outbound(here, there), 30, 370*time.Millisecond, twin.ByUs); n != 6 {
		t.Errorf("30 mini-sockets in 11 s died at %d instants, must at 6, 2.048 s apart", n)
	}
}

func TestTheOldWheelIsSlowOnceASlotHoldsMoreThanAHundred(t *testing.T) {
	for _, c := range []struct {
		rate        int64
		least, most float64 // seconds of life
	}{
		{5, 52.5, 60}, // 37 or 38 in a slot
		{12, 52.5, 60},
		{20, 97.5, 112.5},
		{400, 97.5, 112.5},
	} {
		h := newHost(t, twin.Options{Kernel: "3.10"})
		d := h.Drive(twin.Traffic{Groups: []twin.GroupID{h.Outbound(here, there)}, Rate: c.rate, Count: 28_000})
		d.Run(600 * time.Second)
		var sum float64
		for _, s := range d.Seconds[400:600] {
			sum += float64(s.Minis)
		}
		if c.rate == 400 { // the range is full after 70 s: look at the first failure instead
			if d.FirstFailure.Happened {
				t.Errorf("400/s: 28,000 connections did not fit: %+v", d.FirstFailure)
			}
			continue
		}
		if life := sum / 200 / float64(c.rate); life < c.least || life > c.most {
			t.Errorf("%d closes/s: a mean life of %.1f s, must be %.1f to %.1f", c.rate, life, c.least, c.most)
		}
	}
}

func TestFinWait2LastsAsLongAsItsTimerAndItsQuirkSay(t *testing.T) {
	for _, c := range []struct {
		fin         string
		least, most float64
	}{
		{"0", 0.7, 0.8},
		{"-5", 0.7, 0.8},
		{"5", 5, 5.26},
		{"20", 20, 22.1},
		{"30", 30, 32.2},
		{"60", 60, 62.1},
		{"61", 2, 2.2},
		{"65", 10, 10.6},
		{"90", 60, 64.2},
		{"120", 120, 124.2},
	} {
		h := newClient(t, "6.18", "tcp_fin_timeout", c.fin)
		h.Advance(300 * time.Millisecond)
		a := h.connect()
		h.close(a.Conn, twin.Abandoned)
		from, gone := h.Now(), time.Duration(0)
		for gone = from; h.Snapshot().Namespaces[0].Dump.Sockets > 0; gone += 4 * time.Millisecond {
			h.Advance(gone)
		}
		if life := (gone - from).Seconds(); life < c.least || life > c.most {
			t.Errorf("tcp_fin_timeout=%s: gone after %.2f s, must be %.2f to %.2f", c.fin, life, c.least, c.most)
		}
	}
}

func TestLoweringFinTimeoutEndsAnOrphanAtItsFirstStep(t *testing.T) {
	h := newClient(t, "6.18", "tcp_fin_timeout", "90")
	h.close(h.connect().Conn, twin.Abandoned)
	h.set("tcp_fin_timeout", "60")
	h.Advance(33 * time.Second)
	if n := h.Snapshot().Namespaces[0].Dump.Sockets; n != 0 {
		t.Errorf("%d sockets are left", n)
	}
}

func TestVeryLongFinTimeoutsKeepTheirLength(t *testing.T) {
	h := newClient(t, "6.18", "tcp_fin_timeout", "7200")
	h.close(h.connect().Conn, twin.Abandoned)
	h.Advance(7130 * time.Second)
	if h.Minis() != 0 {
		t.Error("became a mini-socket before 7140 s")
	}
	h.Advance(7140*time.Second + 600*time.Second)
	if h.Minis() != 1 {
		t.Error("is no mini-socket after 7140 s")
	}
}

func TestLinger2IsClampedAndNegativeResets(t *testing.T) {
	h := newClient(t, "6.18")
	if err := h.CloseLinger2(h.connect().Conn, twin.Abandoned, 200); err != nil {
		t.Fatal(err)
	}
	h.Advance(118 * time.Second)
	if h.Minis() != 1 {
		t.Error("200 s must behave as 120 s: 60 s as a full socket, then 60 s as a mini-socket")
	}
	h.Advance(128 * time.Second)
	if h.Minis() != 0 {
		t.Error("200 s must behave as 120 s")
	}
	if err := h.CloseLinger2(h.connect().Conn, twin.Abandoned, -1); err != nil || h.Minis() != 0 || h.Counters().TCPAbortOnLinger != 1 {
		t.Errorf("TCP_LINGER2 of -1: %v, counters %+v", err, h.Counters())
	}
}

func TestTheQuotaRefusesNewOnesAndCountsThem(t *testing.T) {
	for _, c := range []struct {
		quota string
		want  int
	}{{"0", 0}, {"1", 1}, {"5", 5}, {"-1", 20}} {
		h := newClient(t, "6.18", "tcp_max_tw_buckets", c.quota, "tcp_tw_reuse", "0")
		for i := range 20 {
			how := twin.ByUs
			if i%2 == 1 {
				how = twin.Abandoned // mini-sockets in FIN_WAIT2 count too
			}
			h.close(h.connect().Conn, how)
		}
		if h.Minis() != c.want || h.Counters().TCPTimeWaitOverflow != uint64(20-c.want) {
			t.Errorf("tcp_max_tw_buckets=%s: %d mini-sockets, %d overflows", c.quota, h.Minis(), h.Counters().TCPTimeWaitOverflow)
		}
	}
}

func TestShortMiniSocketsCountAsKilled(t *testing.T) {
	h := newClient(t, "6.18", "tcp_fin_timeout", "3")
	h.close(h.connect().Conn, twin.Abandoned)
	h.linger()
	if c := h.Counters(); c.TW != 1 || c.TWKilled != 1 {
		t.Errorf("TW %d, TWKilled %d", c.TW, c.TWKilled)
	}
}

func TestTheLastSegmentOfThePeerStartsTheMinuteAgain(t *testing.T) {
	h := newClient(t, "6.18", "tcp_fin_timeout", "20")
	orphan := h.connect().Conn
	h.close(orphan, twin.Abandoned)
	waiting := h.linger()
	for i := range 10 {
		h.Advance(time.Duration(i) * 10 * time.Second)
		if err := h.FromPeer(waiting); err != nil {
			t.Fatalf("after %d s: %v", 10*i, err)
		}
		if i == 1 {
			if err := h.FromPeer(orphan); err != nil {
				t.Fatal(err)
			}
		}
	}
	if h.Minis() != 1 {
		t.Errorf("%d mini-sockets after 90 s, must be 1: the one that the peer keeps alive", h.Minis())
	}
}
