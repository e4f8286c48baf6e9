package kerneltest

import "sync"

// queue says when the next case may begin.
type queue struct {
	room     int // descriptors that are free
	all      int
	progress func(done, all int)

	// mu guards what follows; changed is told of every end of a case.
	mu      sync.Mutex
	changed sync.Cond
	running int // cases, but for those of the family Minute
	alone   bool
	used    int
	done    int
}

// enter waits until a case may begin.
func (q *queue) enter(c *Case) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.used > 0 && (q.used+c.descriptors() > q.room || q.alone || c.Family == Cliff && q.running > 0 ||
		c.Family != Minute && q.running >= most) {
		q.changed.Wait()
	}
	q.used += c.descriptors()
	if c.Family != Minute {
		q.running++
	}
	q.alone = c.Family == Cliff
}

func (q *queue) leave(c *Case) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used -= c.descriptors()
	if c.Family != Minute {
		q.running--
	}
	if c.Family == Cliff {
		q.alone = false
	}
	q.done++
	if q.progress != nil {
		q.progress(q.done, q.all)
	}
	q.changed.Broadcast()
}

// descriptors is how many a case has open at most, if all its calls succeed.
func (c *Case) descriptors() int {
	open, worst := c.Targets, 0
	for i := range c.Ops {
		switch c.Ops[i].Kind {
		case Dial:
			open += 2
		case DialFrom, Accept, Bind, Abandon:
			open++
			if c.Ops[i].Kind == Abandon {
				open -= 2
			}
		case CloseByUs, CloseByThem, Reset:
			open -= 2
		}
		worst = max(worst, open)
	}
	const own = 30 // namespaces, statistics, and what is on its way
	return worst + own
}
