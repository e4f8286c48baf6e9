package pool_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linger-dev/linger/pool"
)

func hello(c *pool.Conn) error { return ask(c, "hello") }

func TestDoTriesAgainWhenTheConnectionBreaks(t *testing.T) {
	var rude atomic.Int32
	s := listen(t, func(c net.Conn) {
		if rude.Add(1) <= 3 {
			io.ReadFull(c, make([]byte, 1)) // takes the request, and goes
			c.Close()
		}
	})
	p := newPool(t, pool.Options{})
	must(t, p.Do(t.Context(), "tcp", s.addr(), hello))
	if got := p.Stats(); got.Closed[pool.ClosedBroken] != 3 || got.Idle != 1 {
		t.Errorf("after three broken connections: %+v", got)
	}
}

func TestDoWaitsUntilTheDestinationIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flaky
		p := newPool(t, pool.Options{Dial: f.dial})
		go func() {
			time.Sleep(30 * time.Second)
			f.up.Store(true)
		}()
		began := time.Now()
		must(t, p.Do(t.Context(), "tcp", "peer", write))
		if took := time.Since(began); took < 30*time.Second || took > 40*time.Second {
			t.Errorf("it took %v", took)
		}
		if got := f.dials.Load(); got > 20 {
			t.Errorf("%d dials in 30 s", got)
		}
	})
}

func write(c *pool.Conn) error {
	_, err := c.Write([]byte("x"))
	return err
}

func TestDoEndsWithTheContextAndSaysWhy(t *testing.T) {
	t.Run("while nobody can be reached", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var f flaky
			p := newPool(t, pool.Options{Dial: f.dial})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := p.Do(ctx, "tcp", "peer", write)
			if _, ok := errors.AsType[*net.OpError](err); !ok || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Do: %v", err)
			}
		})
	})
	t.Run("during a request", func(t *testing.T) {
		p := newPool(t, pool.Options{})
		s := listen(t)
		ctx, cancel := context.WithCancel(t.Context())
		err := p.Do(ctx, "tcp", s.addr(), func(c *pool.Conn) error {
			cancel()
			_, err := c.Read(make([]byte, 1)) // no answer ever
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Do: %v", err)
		}
	})
}

func TestDoReturnsARequestsOwnErrorAtOnce(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	wrong := errors.New("wrong answer")
	calls := 0
	err := p.Do(t.Context(), "tcp", s.addr(), func(*pool.Conn) error {
		calls++
		return wrong
	})
	if err != wrong || calls != 1 {
		t.Errorf("after %d calls: %v", calls, err)
	}
	closed(t, p, map[pool.Reason]uint64{pool.ClosedDiscarded: 1})
}

func TestDoGivesUpARequestThatBreaksEveryConnection(t *testing.T) {
	s := listen(t, func(c net.Conn) { c.Close() })
	p := newPool(t, pool.Options{})
	calls := 0
	err := p.Do(t.Context(), "tcp", s.addr(), func(c *pool.Conn) error {
		calls++
		_, err := c.Read(make([]byte, 1))
		return err
	})
	if !errors.Is(err, io.EOF) || calls != 8 {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

func TestDoDoesNotRetryWhatCannotSucceed(t *testing.T) {
	p := newPool(t, pool.Options{})
	for _, c := range []struct{ network, address string }{
		{"tcp", "no-port"}, {"tcp", "127.0.0.1:no-such-service"}, {"wire", "127.0.0.1:1"},
	} {
		if err := p.Do(t.Context(), c.network, c.address, write); err == nil {
			t.Errorf("%v succeeded", c)
		}
	}
	if got := p.Stats().Dials; got != 3 {
		t.Errorf("%d dials, want one each", got)
	}
}

func TestDoClosesTheConnectionOfARequestThatPanics(t *testing.T) {
	s := listen(t)
	p := newPool(t, pool.Options{})
	func() {
		defer func() { _ = recover() }()
		_ = p.Do(t.Context(), "tcp", s.addr(), func(*pool.Conn) error { panic("bug") })
	}()
	closed(t, p, map[pool.Reason]uint64{pool.ClosedDiscarded: 1})
}
