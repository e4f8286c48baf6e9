package play

import "time"

// counts is what a program did since its start.
type counts struct {
	opened, open, ended, answered, failures int64
	children, bytes                         int64
	odd, even, distinct                     int64
	errnos                                  map[string]int64

	// Of the first failure: how many connections had been opened, and when it was.
	failedNo int64
	failedAt time.Duration
}

// named returns a count by the name that scenarios have for it.
func (c *counts) named(name string) int64 {
	switch name {
	case "opened":
		return c.opened
	case "open":
		return c.open
	case "ended":
		return c.ended
	case "answered":
		return c.answered
	case "failures":
		return c.failures
	case "children":
		return c.children
	case "bytes":
		return c.bytes
	case "odd_ports":
		return c.odd
	case "even_ports":
		return c.even
	case "distinct_ports":
		return c.distinct
	}
	return c.errnos[name]
}

// maxLag is how late a request may be before the schedule is moved, as the
// laboratory's clients do.
const maxLag = time.Second

// pacer gives turns to the threads of a client.
type pacer struct {
	rate  float64 // a second; 0: as fast as they go
	count int     // in all; 0: no end
	given int
	due   time.Duration
}

// take returns how long to wait for the next turn, if there is one.
func (p *pacer) take(now time.Duration) (time.Duration, bool) {
	if p.count > 0 && p.given == p.count {
		return 0, false
	}
	p.given++
	if p.rate <= 0 {
		return 0, true
	}
	if now-p.due > maxLag || p.given == 1 {
		p.due = now
	}
	wait := p.due - now
	p.due += time.Duration(float64(time.Second) / p.rate)
	return wait, true
}
