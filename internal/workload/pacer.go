package workload

import (
	"context"
	"sync"
	"time"
)

// maxLag is how late a request may be before the schedule is moved. A short
// delay is made up for, so that the mean rate holds; a long stall is not
// followed by a burst.
const maxLag = time.Second

// pacer gives turns at a mean rate to any number of workers. It is safe for
// concurrent use.
type pacer struct {
	rate  float64 // turns per second; 0 for no limit
	count int     // turns in all; 0 for no limit

	mu    sync.Mutex // guards the rest; never held while waiting
	given int
	due   time.Time // of the next turn
}

// next waits for a turn and reports whether there is one.
func (p *pacer) next(ctx context.Context) bool {
	wait, ok := p.take(time.Now())
	return ok && sleep(ctx, wait)
}

// take returns how long to wait for the next turn.
func (p *pacer) take(now time.Time) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count > 0 && p.given == p.count {
		return 0, false
	}
	p.given++
	if p.rate <= 0 {
		return 0, true
	}
	if now.Sub(p.due) > maxLag {
		p.due = now
	}
	wait := p.due.Sub(now)
	p.due = p.due.Add(time.Duration(float64(time.Second) / p.rate))
	return wait, true
}
