package pool_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linger-dev/linger/pool"
)

// flaky dials pipes when it is up, and counts.
type flaky struct {
	up    atomic.Bool
	dials atomic.Int64
}

func (f *flaky) dial(ctx context.Context, network, address string) (net.Conn, error) {
	f.dials.Add(1)
	time.Sleep(time.Millisecond) // so that dials can overlap
	if f.up.Load() {
		return pipes(ctx, network, address)
	}
	return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
}

func TestDeadDestinationIsLeftAloneForLongerAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flaky
		p := newPool(t, pool.Options{Dial: f.dial})
		var pauses []time.Duration
		for last := time.Now(); len(pauses) < 10; time.Sleep(time.Millisecond) {
			before := f.dials.Load()
			_, err := p.Get(t.Context(), "tcp", "peer")
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Fatalf("Get: %v", err)
			}
			if held, ok := errors.AsType[*pool.BackoffError](err); ok != (f.dials.Load() == before) {
				t.Fatalf("dialled, and yet: %v", held)
			} else if !ok {
				pauses = append(pauses, time.Since(last))
				last = time.Now()
			}
		}
		want := 100 * time.Millisecond
		for i, pause := range pauses[1:] {
			if pause < want*4/5 || pause > want+5*time.Millisecond {
				t.Errorf("pause %d is %v, want %v less at most a fifth", i, pause, want)
			}
			want = min(2*want, 5*time.Second)
		}
		if st := p.Stats(); st.HeldBack == 0 || st.DialErrors != 10 || !st.Destinations[0].BackingOff {
			t.Errorf("statistics: %+v", st)
		}
	})
}

func TestDialsThatFailTogetherCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flaky
		p := newPool(t, pool.Options{Dial: f.dial})
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { p.Get(t.Context(), "tcp", "peer") })
		}
		wg.Wait()
		_, err := p.Get(t.Context(), "tcp", "peer")
		held, ok := errors.AsType[*pool.BackoffError](err)
		if !ok || time.Until(held.Until) > 100*time.Millisecond {
			t.Errorf("after 50 failures at once: %v", err)
		}
	})
}

func TestOneDialGoesAheadAfterThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flaky
		p := newPool(t, pool.Options{Dial: f.dial})
		p.Get(t.Context(), "tcp", "peer")
		time.Sleep(time.Second)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { p.Get(t.Context(), "tcp", "peer") })
		}
		wg.Wait()
		if got := f.dials.Load(); got != 2 {
			t.Errorf("%d dials, want one and one more", got)
		}
		f.up.Store(true)
		time.Sleep(time.Second)
		get(t, p, "peer").Release()
		if p.Stats().Destinations[0].BackingOff {
			t.Error("still backing off after a success")
		}
	})
}

func TestIdleConnectionsAreLentDuringABackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flaky
		f.up.Store(true)
		p := newPool(t, pool.Options{Dial: f.dial})
		c := get(t, p, "peer")
		f.up.Store(false)
		if _, err := p.Get(t.Context(), "tcp", "peer"); err == nil {
			t.Fatal("a dial succeeded")
		}
		c.Release()
		get(t, p, "peer").Release()
	})
}

func TestBackoffCanBeSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flaky
		p := newPool(t, pool.Options{Dial: f.dial, BackoffMin: -1})
		for range 10 {
			p.Get(t.Context(), "tcp", "peer")
		}
		if got := f.dials.Load(); got != 10 {
			t.Errorf("%d dials, want 10", got)
		}
	})
}
