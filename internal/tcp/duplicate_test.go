package tcp_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/tcp"
)

// msl is how long a segment lives in the network of these tests.
const msl = 5 * time.Second

// schedule is two connections, one after the other, between the same ports, and
// the copies that the network makes of segments of the first.
type schedule struct {
	serverCloses bool
	lazy         bool
	say          int                   // bytes that each side says in each connection
	clientISS    int                   // of the second connection, less that of the first
	serverISS    int                   // of the second connection, less the last number of the first
	copies       map[int]time.Duration // by number of segment: how late
}

func drawSchedule(t *rapid.T) schedule {
	late := rapid.Custom(func(t *rapid.T) time.Duration {
		most := rapid.SampledFrom([]time.Duration{400 * time.Millisecond, msl}).Draw(t, "most")
		return time.Duration(rapid.Int64Range(1, int64(most/time.Millisecond)).Draw(t, "late")) * time.Millisecond
	})
	return schedule{
		serverCloses: rapid.Bool().Draw(t, "server closes first"),
		lazy:         rapid.Bool().Draw(t, "lazy"),
		say:          rapid.SampledFrom([]int{1000, 4000, 20000}).Draw(t, "say"),
		// Only one end keeps TIME-WAIT. Of the other, RFC 9293 section 3.4.1 demands
		// that it does not use a number again: an old SYN-ACK would fit.
		clientISS: rapid.IntRange(-30000, 30000).Filter(func(n int) bool { return n != 0 }).Draw(t, "client ISS"),
		serverISS: rapid.IntRange(1, 30000).Draw(t, "server ISS"),
		copies:    rapid.MapOfN(rapid.IntRange(2, 30), late, 1, 12).Draw(t, "copies"),
	}
}

// two runs both connections. It returns what is wrong in what the second was
// given, and whether it ended as it should.
func (sc schedule) two(p tcp.Params) (wrong string, complete bool) {
	client := &host{params: p, say: speech('a', sc.say), polite: sc.serverCloses, lazy: sc.lazy}
	server := &host{params: p, say: speech('b', sc.say), polite: !sc.serverCloses, lazy: sc.lazy}
	segments := 0
	w := &world{hosts: [2]*host{client, server}}
	w.fate = func(int, tcp.Segment) fate {
		segments++
		if late, ok := sc.copies[segments]; ok {
			return fate{10 * time.Millisecond, late}
		}
		return fate{10 * time.Millisecond}
	}
	const clientISS, serverISS = 100000, 900000
	w.step(1, tcp.Event{Kind: tcp.OpenPassive, ISS: serverISS})
	w.step(0, tcp.Event{Kind: tcp.OpenActive, ISS: clientISS})
	last := tcp.Seq(serverISS + 2 + sc.say)
	second, waited := [2]bool{}, false
	again := func() bool {
		for i, h := range w.hosts {
			if second[i] {
				continue
			}
			switch {
			case i == 0 && h.life > 0:
				w.step(0, tcp.Event{Kind: tcp.OpenActive, ISS: tcp.Seq(clientISS + sc.clientISS)})
			case i == 1 && h.life > 0:
				w.step(1, tcp.Event{Kind: tcp.OpenPassive, ISS: last.Add(uint32(sc.serverISS))})
			case i == 1 && h.conn.State == tcp.TimeWait:
				waited = true
				continue
			case i == 1 && waited: // a SYN ended TIME-WAIT
			default:
				continue
			}
			second[i] = true
			h.say, h.closed, h.heard = speech("AB"[i], sc.say), false, nil
		}
		return client.life >= 2 || w.now > 100*time.Second
	}
	_ = w.run(again) // that nothing more happens is an end too
	return sc.judge(w, second)
}

func (sc schedule) judge(w *world, second [2]bool) (wrong string, complete bool) {
	complete = true
	for i, h := range w.hosts {
		if !second[i] {
			return "", false
		}
		want := speech("BA"[i], sc.say)
		if !bytes.HasPrefix(want, h.heard) {
			n := common(want, h.heard)
			return fmt.Sprintf("host %d heard %q\n%s", i, h.heard[n:min(n+16, len(h.heard))], strings.Join(w.log, "\n")), true
		}
		complete = complete && len(h.heard) == len(want)
	}
	return "", complete
}

// search looks for a schedule that corrupts the second connection.
func search(schedules *rapid.Generator[schedule], p tcp.Params, tries int) (found schedule, wrong string, ok bool) {
	for seed := range tries {
		sc := schedules.Example(seed)
		if wrong, _ := sc.two(p); wrong != "" {
			return sc, wrong, true
		}
	}
	return schedule{}, "", false
}

func TestWithoutTimeWaitASearchFindsAnOldDuplicateInTheNextConnection(t *testing.T) {
	sc, wrong, ok := search(rapid.Custom(drawSchedule), tcp.Params{}, 3000)
	if !ok {
		t.Fatal("no schedule corrupts the second connection: the network of this test is too kind, or the machine keeps TIME-WAIT")
	}
	t.Logf("%+v\n%s", sc, wrong)
	sc.copies = nil
	if wrong, _ := sc.two(tcp.Params{}); wrong != "" {
		t.Errorf("without the copies it is corrupt too: %s", wrong)
	}
}

func neverCorrupt(t *testing.T, p tcp.Params) {
	complete := 0
	rapid.Check(t, func(t *rapid.T) {
		sc := drawSchedule(t)
		wrong, whole := sc.two(p)
		if wrong != "" {
			t.Fatal(wrong)
		}
		if whole {
			complete++
		}
	})
	if complete == 0 {
		t.Error("no second connection was complete: the test shows nothing")
	}
	t.Logf("%d second connections were complete", complete)
}

func TestTimeWaitOfTwoSegmentLifetimesKeepsOldDuplicatesOut(t *testing.T) {
	neverCorrupt(t, tcp.Params{TimeWait: 2 * msl, RFC1337: true})
}

func TestLinuxTimeWaitOfTwoSegmentLifetimesKeepsOldDuplicatesOut(t *testing.T) {
	neverCorrupt(t, tcp.Params{TimeWait: 2 * msl, RFC1337: true, Linux: true})
}

func TestTimestampsKeepOldDuplicatesOutEvenWithoutTimeWait(t *testing.T) {
	neverCorrupt(t, tcp.Params{Timestamps: true})
}

func TestWithoutRFC1337ASearchFindsTimeWaitAssassinated(t *testing.T) {
	// The old reset must come early in TIME-WAIT, and an old duplicate soon after.
	soon := rapid.Custom(func(t *rapid.T) schedule {
		sc := drawSchedule(t)
		for i, late := range sc.copies {
			sc.copies[i] = late % (200 * time.Millisecond)
		}
		sc.say, sc.serverCloses = 4000, false
		return sc
	})
	sc, wrong, ok := search(soon, tcp.Params{TimeWait: 2 * msl}, 20000)
	if !ok {
		t.Fatal("no schedule corrupts the second connection")
	}
	t.Log(wrong)
	if wrong, _ := sc.two(tcp.Params{TimeWait: 2 * msl, RFC1337: true}); wrong != "" {
		t.Errorf("fix F1 does not help: %s", wrong)
	}
}
