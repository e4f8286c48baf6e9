package tcp_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// carry sends 10 MB over a path of 2 ms that loses one segment in so many, and
// returns the time that it took in the simulated world.
func carry(t *testing.T, p tcp.Params, oneIn int) time.Duration {
	t.Helper()
	const size = 10 << 20
	p.TimeWait = time.Minute
	client := &host{params: p, say: speech('c', size)}
	server := &host{params: p, polite: true}
	want := client.say
	dice := rand.New(rand.NewPCG(1, 2))
	w := &world{hosts: [2]*host{client, server}, quota: 1 << 20}
	free := time.Duration(0)
	w.fate = func(from int, seg tcp.Segment) fate {
		if oneIn > 0 && dice.IntN(oneIn) == 0 {
			return nil
		}
		if from == 1 {
			return fate{time.Millisecond}
		}
		// 1 Gbit/s: segments queue behind each other.
		free = max(free, w.now) + time.Duration(len(seg.Data)+60)*8
		return fate{free - w.now + time.Millisecond}
	}
	w.step(1, tcp.Event{Kind: tcp.OpenPassive, ISS: 1})
	w.step(0, tcp.Event{Kind: tcp.OpenActive, ISS: 1<<32 - 5<<20})
	var took time.Duration
	err := w.run(func() bool {
		if took == 0 && len(server.heard) == size {
			took = w.now
		}
		return w.both()
	})
	if err != nil || !bytes.Equal(server.heard, want) {
		t.Fatalf("%v: %d of %d bytes", err, len(server.heard), size)
	}
	t.Logf("%+v, one lost in %d: %s, %d events", p, oneIn, took, w.steps)
	return took
}

func TestTenMegabytesAreQuickAlsoOverALossyPath(t *testing.T) {
	for _, x := range []struct {
		p     tcp.Params
		oneIn int
		limit time.Duration
	}{
		{tcp.Params{}, 0, time.Second},
		{tcp.Params{Window: 1 << 20, Timestamps: true}, 0, 300 * time.Millisecond},
		{tcp.Params{}, 100, 10 * time.Second},
		{tcp.Params{Linux: true, Timestamps: true, Window: 4 << 20}, 100, 10 * time.Second},
		{tcp.Params{Timestamps: true}, 20, 60 * time.Second},
	} {
		if took := carry(t, x.p, x.oneIn); took > x.limit {
			t.Errorf("%+v, one lost in %d: %s, want at most %s", x.p, x.oneIn, took, x.limit)
		}
	}
}
