package pool_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linger-dev/linger/pool"
)

func TestIdleConnectionIsClosedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{Dial: pipes})
		get(t, p, "peer").Release()
		time.Sleep(29 * time.Second)
		if got := p.Stats().Idle; got != 1 {
			t.Fatalf("idle: %d after 29 s, want 1", got)
		}
		time.Sleep(2 * time.Second)
		closed(t, p, map[pool.Reason]uint64{pool.ClosedIdle: 1})
	})
}

func TestConnectionInUseIsNeverIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{Dial: pipes})
		c := get(t, p, "peer")
		time.Sleep(time.Minute)
		c.Release()
		time.Sleep(20 * time.Second)
		if c = get(t, p, "peer"); !c.Reused() {
			t.Error("its idle time did not begin when it was given back")
		}
		c.Release()
	})
}

// The background may be late; what is lent must be right all the same.
func TestConnectionThatWasIdleForTooLongIsNotLent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{Dial: pipes, CheckInterval: time.Hour})
		get(t, p, "peer").Release()
		time.Sleep(30 * time.Second)
		c := get(t, p, "peer")
		defer c.Release()
		if c.Reused() {
			t.Error("lent after 30 s")
		}
		closed(t, p, map[pool.Reason]uint64{pool.ClosedIdle: 1})
	})
}

func TestLifetimesEndWithinTheirJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{Dial: pipes, MaxLifetime: time.Minute, Jitter: 20 * time.Second, IdleTimeout: -1})
		var lent [50]*pool.Conn
		for i := range lent {
			lent[i] = get(t, p, "peer")
		}
		for _, c := range lent {
			c.Release()
		}
		time.Sleep(40 * time.Second)
		if got := p.Stats().Idle; got != 50 {
			t.Errorf("%d are left before the first may end, want 50", got)
		}
		time.Sleep(10 * time.Second)
		if got := p.Stats().Idle; got < 5 || got > 45 {
			t.Errorf("%d of 50 are left in the middle of the jitter", got)
		}
		time.Sleep(11 * time.Second)
		closed(t, p, map[pool.Reason]uint64{pool.ClosedLifetime: 50})
	})
}

func TestLifetimeThatEndsDuringALoanEndsTheConnectionAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{Dial: pipes, MaxLifetime: time.Minute, CheckInterval: 24 * time.Hour})
		c := get(t, p, "peer")
		time.Sleep(time.Hour)
		if _, err := c.Write([]byte("x")); err != nil {
			t.Errorf("a connection was closed during its loan: %v", err)
		}
		c.Release()
		closed(t, p, map[pool.Reason]uint64{pool.ClosedLifetime: 1})
	})
}

func TestUnusedDestinationIsForgottenAndItsCountsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{Dial: pipes})
		get(t, p, "peer").Release()
		kept := get(t, p, "other")
		defer kept.Release()
		time.Sleep(2 * time.Minute) // 30 s idle, then not yet two minutes of nothing
		if got := p.Stats().Destinations; len(got) != 2 {
			t.Errorf("forgotten too early: %+v", got)
		}
		time.Sleep(time.Minute)
		st := p.Stats()
		if len(st.Destinations) != 1 || st.Destinations[0].Address != "other" {
			t.Errorf("remembered: %+v, want the one with a connection", st.Destinations)
		}
		if st.Gets != 2 || st.Dials != 2 || st.Closed[pool.ClosedIdle] != 1 {
			t.Errorf("the sum lost something: %+v", st.Counts)
		}
		get(t, p, "peer").Release() // it can come back
	})
}

func TestDestinationThatFailsIsNotForgottenWhileSomebodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flaky
		p := newPool(t, pool.Options{Dial: f.dial})
		for range 30 {
			if _, err := p.Get(t.Context(), "tcp", "peer"); err == nil {
				t.Fatal("a dial succeeded")
			}
			time.Sleep(10 * time.Second)
		}
		if st := p.Stats().Destinations; len(st) != 1 || st[0].DialErrors != 30 {
			t.Errorf("remembered: %+v, want all 30 failures", st)
		}
	})
}

func TestPlaceIsFreeOnlyWhenTheConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open census
		p := newPool(t, pool.Options{MaxPerDestination: 1, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := pipes(ctx, network, address)
			open.count(address, 1)
			return &counted{Conn: c, close: func() {
				time.Sleep(time.Minute) // as TLS may, which says goodbye
				open.count(address, -1)
			}}, err
		}})
		get(t, p, "peer").Release()
		time.Sleep(31 * time.Second) // the background is closing it now
		get(t, p, "peer").Discard()
		must(t, p.Close())
		open.check(t, 1, 1)
	})
}

func TestCloseIdleKeepsWhatIsLent(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	a, b := get(t, p, s.addr()), get(t, p, s.addr())
	a.Release()
	p.CloseIdle()
	must(t, ask(b, "still here"))
	b.Release()
	closed(t, p, map[pool.Reason]uint64{pool.ClosedDiscarded: 1})
	if c := get(t, p, s.addr()); !c.Reused() {
		t.Error("the lent connection was not kept")
	} else {
		c.Release()
	}
}
