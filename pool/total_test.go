package pool_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linger-dev/linger/pool"
)

func TestFullPoolClosesWhatWasIdleForLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{MaxTotal: 2, Dial: pipes})
		get(t, p, "a").Release()
		time.Sleep(time.Second)
		get(t, p, "b").Release()
		get(t, p, "c").Release() // a must go
		if c := get(t, p, "b"); !c.Reused() {
			t.Error("b was closed, though a had been idle for longer")
		} else {
			c.Release()
		}
		closed(t, p, map[pool.Reason]uint64{pool.ClosedEvicted: 1})
		if got := p.Stats(); got.Idle != 2 {
			t.Errorf("idle: %d, want 2", got.Idle)
		}
	})
}

func TestFullPoolHandsAConnectionToWhoWaitsForItsDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{MaxTotal: 1, Dial: pipes})
		c := get(t, p, "a")
		var wg sync.WaitGroup
		wg.Go(func() {
			second := get(t, p, "a")
			if !second.Reused() {
				t.Error("a new connection, though one was given back")
			}
			second.Release()
		})
		synctest.Wait()
		c.Release()
		wg.Wait()
		if got := p.Stats(); got.Dials != 1 || got.Idle != 1 {
			t.Errorf("after handing over: %+v", got)
		}
	})
}

func TestFullPoolGivesThePlaceToAnotherDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{MaxTotal: 1, Dial: pipes})
		c := get(t, p, "a")
		var wg sync.WaitGroup
		wg.Go(func() { get(t, p, "b").Release() })
		synctest.Wait()
		c.Release()
		wg.Wait()
		closed(t, p, map[pool.Reason]uint64{pool.ClosedEvicted: 1})
	})
}

func TestFullPoolServesDestinationsInTheOrderOfComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{MaxTotal: 1, Dial: pipes})
		c := get(t, p, "a")
		var order string
		var wg sync.WaitGroup
		for _, to := range []string{"b", "a", "c", "a", "b"} {
			wg.Go(func() {
				c := get(t, p, to)
				order += to
				c.Release()
			})
			synctest.Wait()
		}
		c.Release()
		wg.Wait()
		if order != "bacab" {
			t.Errorf("served %q, want bacab", order)
		}
	})
}

func TestWaitingForAPlaceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{MaxTotal: 1, Dial: pipes})
		c := get(t, p, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Get(ctx, "tcp", "b"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Get: %v", err)
		}
		c.Release()
		get(t, p, "b").Release() // the place is not lost
		get(t, p, "a").Release()
	})
}

func TestPlaceOfADiscardedConnectionIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{MaxTotal: 1, Dial: pipes})
		for range 5 {
			get(t, p, "a").Discard()
			get(t, p, "b").Discard()
		}
	})
}

func TestPlaceOfAFailedDialIsFree(t *testing.T) {
	s := listen(t)
	dead := refusing(t)
	p := newPool(t, pool.Options{MaxTotal: 1, BackoffMin: -1})
	for range 3 {
		if _, err := p.Get(t.Context(), "tcp", dead); err == nil {
			t.Fatal("a dial to nobody succeeded")
		}
	}
	get(t, p, s.addr()).Release()
}

func TestConnectionOfACallerWhoGaveUpMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{MaxTotal: 1, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			time.Sleep(10 * time.Millisecond)
			return pipes(ctx, network, address)
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := p.Get(ctx, "tcp", "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Get: %v", err)
		}
		began := time.Now()
		get(t, p, "b").Release() // must come while a is dialled, and waits
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("waited for %v, longer than until the next look", took)
		}
	})
}

func TestTooManyWhoWaitForAPlaceAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ max, may int }{"one may wait": {1, 1}, "none may wait": {-1, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPool(t, pool.Options{MaxTotal: 1, MaxWaiting: c.max, Dial: pipes})
				lent := get(t, p, "a")
				var wg sync.WaitGroup
				for range c.may {
					wg.Go(func() { get(t, p, "b").Release() })
				}
				synctest.Wait()
				if _, err := p.Get(t.Context(), "tcp", "b"); !errors.Is(err, pool.ErrTooManyWaiting) {
					t.Errorf("Get: %v", err)
				}
				lent.Release()
				wg.Wait()
				get(t, p, "b").Release()
				if got := p.Stats().Refused; got != 1 {
					t.Errorf("%d refused, want 1", got)
				}
			})
		})
	}
}
