package pool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// maxBroken is how many connections may break under one request before Do takes
// it that the request is what breaks them.
const maxBroken = 8

// Do runs a request that may be sent more than once: again, on another
// connection, if the one it has breaks, and later if the destination cannot be
// reached just now. So a server can restart without an error here. It gives up
// when ctx ends, which therefore should have a deadline, or when the eighth
// connection has broken.
//
// request must not keep the connection. Reads and writes fail when ctx ends. If
// it returns an error, the connection is closed, as nobody knows how far the
// conversation got: carry out a server's "no such thing" by other means. Such an
// error is returned as it is, if all reads and writes had succeeded.
//
// Not retried are time-outs, names that do not exist, and errors that Dial
// returns of its own (of a login, of a certificate).
func (p *Pool) Do(ctx context.Context, network, address string, request func(*Conn) error) error {
	pause := time.Millisecond
	for broken := 0; ; {
		c, err := p.Get(ctx, network, address)
		wait := time.Duration(0)
		if err != nil {
			if ctx.Err() != nil {
				return ended(ctx, err)
			}
			if !passing(err) {
				return err
			}
			wait = max(pause, heldBackFor(err))
		} else {
			again := false
			if again, err = c.try(ctx, request); !again {
				return err
			}
			if broken++; broken == maxBroken {
				return fmt.Errorf("the connection broke %d times: %w", broken, err)
			}
			if broken > 1 {
				wait = pause
			}
		}
		if !sleep(ctx, wait+rand.N(wait/4+1)) {
			return ended(ctx, err)
		}
		if wait > 0 {
			pause = min(2*pause, p.opts.BackoffMax)
		}
	}
}

// try runs request once. again: the connection broke.
func (c *Conn) try(ctx context.Context, request func(*Conn) error) (again bool, err error) {
	defer c.Discard() // for an error of request's own, and if it panics
	stop := context.AfterFunc(ctx, func() {
		_ = c.SetDeadline(time.Unix(1, 0)) // fails if the loan is over, as it should
	})
	err = request(c)
	stop()
	if err == nil {
		c.Release()
		return false, nil
	}
	marks := c.marks.Load()
	if marks&markBroken != 0 {
		c.Release() // counted as broken
	}
	if ctx.Err() != nil {
		return false, ended(ctx, err)
	}
	return marks&markBroken != 0 && marks&markTimeout == 0, err
}

// ended says that ctx ended, and what the last attempt met.
func ended(ctx context.Context, last error) error {
	if errors.Is(last, ctx.Err()) {
		return last
	}
	return fmt.Errorf("%w; the last attempt: %w", ctx.Err(), last)
}

// heldBackFor returns how long a *BackoffError asks to wait.
func heldBackFor(err error) time.Duration {
	if b, ok := errors.AsType[*BackoffError](err); ok {
		return time.Until(b.Until)
	}
	return 0
}

// sleep returns false if ctx ended before d was over.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
