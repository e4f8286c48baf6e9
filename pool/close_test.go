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

func TestCloseWaitsForWhatIsLent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(pool.Options{Dial: pipes})
		get(t, p, "idle").Release()
		c := get(t, p, "peer")
		ended := false
		go func() {
			p.Close()
			ended = true
		}()
		synctest.Wait()
		if ended {
			t.Error("Close returned while a connection was lent")
		}
		if _, err := p.Get(t.Context(), "tcp", "peer"); !errors.Is(err, pool.ErrClosed) {
			t.Errorf("Get on a closed pool: %v", err)
		}
		if _, err := c.Write([]byte("x")); err != nil {
			t.Errorf("what is lent does not work any more: %v", err)
		}
		c.Release()
		synctest.Wait()
		if !ended {
			t.Error("Close still waits")
		}
		closed(t, p, map[pool.Reason]uint64{pool.ClosedShutdown: 2})
		must(t, p.Close()) // again
	})
}

func TestShutdownStopsWaitingWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(pool.Options{Dial: pipes})
		c := get(t, p, "peer")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
		c.Release()
		must(t, p.Close())
	})
}

func TestCloseSendsAwayWhoWaits(t *testing.T) {
	for name, o := range map[string]pool.Options{
		"for a connection": {MaxPerDestination: 1},
		"for a place":      {MaxTotal: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o.Dial = pipes
				p := pool.New(o)
				c := get(t, p, "peer")
				var wg sync.WaitGroup
				for range 3 {
					wg.Go(func() {
						if _, err := p.Get(t.Context(), "tcp", "peer"); !errors.Is(err, pool.ErrClosed) {
							t.Errorf("a waiter got %v", err)
						}
					})
				}
				synctest.Wait()
				var closing sync.WaitGroup
				closing.Go(func() { p.Close() })
				wg.Wait() // they do not wait for who has the connection
				c.Release()
				closing.Wait()
			})
		})
	}
}

func TestCloseEndsADial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(pool.Options{DialTimeout: -1, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := p.Get(t.Context(), "tcp", "peer"); !errors.Is(err, pool.ErrClosed) {
				t.Errorf("Get: %v", err)
			}
		})
		synctest.Wait()
		must(t, p.Close())
		wg.Wait()
	})
}
