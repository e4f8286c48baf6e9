package play

import (
	"container/heap"
	"context"
	"time"
)

// clock is simulated time: what is to happen, in order.
type clock struct {
	now    time.Duration
	events events
	made   uint64
}

// event is something that happens at an instant; those of one instant happen in
// the order in which they were made.
type event struct {
	at  time.Duration
	no  uint64
	act func()
}

type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].no < e[j].no
}
func (e *events) Push(x any) { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	(*e)[len(*e)-1] = event{}
	*e = (*e)[:len(*e)-1]
	return last
}

// after lets something happen so much later.
func (c *clock) after(d time.Duration, act func()) { c.at(c.now+d, act) }

func (c *clock) at(t time.Duration, act func()) {
	c.made++
	heap.Push(&c.events, event{max(t, c.now), c.made, act})
}

// next does what happens next, if that is by then; else it lets the time pass
// until then.
func (c *clock) next(until time.Duration) bool {
	if len(c.events) == 0 || c.events[0].at > until {
		c.now = max(c.now, until)
		return false
	}
	e := heap.Pop(&c.events).(event)
	c.now = e.at
	e.act()
	return true
}

// askEvery is after how many events the context is looked at.
const askEvery = 1024

// run does all that happens until then. It ends early, with the error of ctx, if
// that ends.
func (c *clock) run(ctx context.Context, until time.Duration) error {
	for n := 1; c.next(until); n++ {
		if n%askEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return ctx.Err()
}
