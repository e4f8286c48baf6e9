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

func TestConnectionThatWasGivenBackIsLentAgain(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	for i := range 10 {
		c := get(t, p, s.addr())
		must(t, ask(c, "hello"))
		if c.Reused() != (i > 0) {
			t.Errorf("loan %d: Reused is %v", i, c.Reused())
		}
		must(t, c.Close())
	}
	st := p.Stats()
	if st.Gets != 10 || st.Fresh != 1 || st.Dials != 1 || st.Idle != 1 || st.InUse != 0 {
		t.Errorf("after ten loans in turn: %+v", st)
	}
}

func TestEachBorrowerHasAConnectionForItself(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	a, b := get(t, p, s.addr()), get(t, p, s.addr())
	defer a.Close()
	defer b.Close()
	if a.LocalAddr().String() == b.LocalAddr().String() {
		t.Errorf("both borrowers have %v", a.LocalAddr())
	}
}

func TestDestinationsDoNotShareConnections(t *testing.T) {
	one, two := listen(t), listen(t)
	p := newPool(t, pool.Options{})
	get(t, p, one.addr()).Release()
	c := get(t, p, two.addr())
	defer c.Close()
	if c.RemoteAddr().String() != two.addr() || c.Reused() {
		t.Errorf("asked for %s, got %v", two.addr(), c.RemoteAddr())
	}
	if got := p.Stats().Destinations; len(got) != 2 {
		t.Errorf("destinations: %+v", got)
	}
}

func TestWaitersAreServedInTheOrderOfComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{MaxPerDestination: 1, Dial: pipes})
		first := get(t, p, "peer")
		var order []int
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				c := get(t, p, "peer")
				order = append(order, i) // one borrower at a time: no race
				c.Release()
			})
			synctest.Wait() // until it waits in the queue
		}
		if got := p.Stats().Waiting; got != 20 {
			t.Errorf("%d wait, want 20", got)
		}
		first.Release()
		wg.Wait()
		for i := range order {
			if order[i] != i {
				t.Fatalf("served in the order %v", order)
			}
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{MaxPerDestination: 1})
	defer get(t, p, s.addr()).Release()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := p.Get(ctx, "tcp", s.addr()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Get: %v", err)
	}
	if got := p.Stats(); got.Canceled != 1 || got.Waiting != 0 {
		t.Errorf("after waiting in vain: %+v", got)
	}
}

func TestTooManyWhoWaitAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ max, may int }{"one may wait": {1, 1}, "none may wait": {-1, 0}} {
		t.Run(name, func(t *testing.T) {
			s := listen(t)
			p := newPool(t, pool.Options{MaxPerDestination: 1, MaxWaiting: c.max})
			lent := get(t, p, s.addr())
			var wg sync.WaitGroup
			for range c.may {
				wg.Go(func() { get(t, p, s.addr()).Release() })
			}
			eventually(t, "waiter", func() bool { return p.Stats().Waiting == c.may })
			if _, err := p.Get(t.Context(), "tcp", s.addr()); !errors.Is(err, pool.ErrTooManyWaiting) {
				t.Errorf("Get: %v", err)
			}
			lent.Release()
			wg.Wait()
			get(t, p, s.addr()).Release() // who was refused does not count as waiting for ever
			if got := p.Stats().Refused; got != 1 {
				t.Errorf("%d refused, want 1", got)
			}
		})
	}
}

func TestDialOfACallerWhoGaveUpServesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			time.Sleep(time.Second)
			return pipes(ctx, network, address)
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := p.Get(ctx, "tcp", "peer"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Get: %v", err)
		}
		time.Sleep(2 * time.Second)
		get(t, p, "peer").Release()
		if got := p.Stats(); got.Dials != 1 {
			t.Errorf("dialled %d times, want once", got.Dials)
		}
	})
}

func TestDialTimeoutBoundsADialAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, pool.Options{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		began := time.Now()
		_, err := p.Get(t.Context(), "tcp", "peer")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// pipes is a Dial without a network, for tests on a clock of their own. Its peers
// read everything and say nothing.
func pipes(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() {
		var buf [64]byte
		for {
			if _, err := theirs.Read(buf[:]); err != nil {
				theirs.Close()
				return
			}
		}
	}()
	return ours, nil
}
