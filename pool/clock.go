package pool

import "time"

// clock counts from the start of the pool: time.Since costs less than time.Now,
// and a Duration fits an atomic.
type clock struct{ start time.Time }

func (c clock) now() time.Duration { return time.Since(c.start) }

// time says when an instant of this clock is.
func (c clock) time(d time.Duration) time.Time { return c.start.Add(d) }
