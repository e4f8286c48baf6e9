package pool

import (
	"math/rand/v2"
	"sync"
	"time"
)

// backoff decides when a destination whose dials fail may be dialled again.
// After the time is over one dial goes ahead alone; when it succeeds all may.
type backoff struct {
	least, most time.Duration // least < 0: off

	mu sync.Mutex
	// round grows with each failure that counted. Dials that began together
	// and fail together count once.
	round    uint64
	failures int
	until    time.Duration
	err      error
}

// enter asks to dial at now. If err is not nil the destination must be left
// alone until then; else the dial's outcome must be told with its round.
func (b *backoff) enter(now time.Duration) (round uint64, until time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures == 0 {
		return b.round, 0, nil
	}
	if now < b.until {
		return 0, b.until, b.err
	}
	b.until = now + b.pause() // for the others, while this one tries
	return b.round, 0, nil
}

func (b *backoff) failed(now time.Duration, round uint64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.least < 0 || round != b.round {
		return
	}
	b.round++
	b.failures++
	b.err = err
	b.until = now + b.pause()
}

func (b *backoff) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.err = 0, nil
}

// pause is random by a fifth, so that many clients of a server that restarts
// do not come back together.
func (b *backoff) pause() time.Duration {
	d := b.most
	if shift := b.failures - 1; shift < 32 && b.least<<shift>>shift == b.least {
		d = min(b.least<<shift, b.most)
	}
	return d - rand.N(d/5+1)
}

// on reports whether the last dial failed.
func (b *backoff) on() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures > 0
}
