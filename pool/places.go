package pool

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// places is Options.MaxTotal: as many connections as may be open or being
// opened. Who waits for a place is served in the order of coming.
type places struct {
	max    int             // < 1: no limit
	shrink func() bool     // closes one idle connection of any destination, if there is one
	queued atomic.Int32    // len(queue), for those that need not know exactly
	closed context.Context // done when the pool is closed

	// mu guards what follows. Nothing is called under it.
	mu    sync.Mutex
	taken int
	queue []*seeker
}

// seeker waits for a place. It gets a link to its own destination with the
// place if one is given back, so that nothing need be closed and dialled.
type seeker struct {
	dest *destination
	got  chan *link // nil: an empty place; has room for one
}

// take waits for a place until ctx ends, unless maxWaiting others wait for the
// same destination (0: no limit, negative: none may). If the link is not nil, it
// has come with the place.
func (p *places) take(ctx context.Context, d *destination, maxWaiting int) (*link, error) {
	if p.max < 1 {
		return nil, nil
	}
	p.mu.Lock()
	if p.taken < p.max && len(p.queue) == 0 {
		p.taken++
		p.mu.Unlock()
		return nil, nil
	}
	if maxWaiting > 0 && p.seeking(d) >= maxWaiting {
		p.mu.Unlock()
		return nil, ErrTooManyWaiting
	}
	s := &seeker{dest: d, got: make(chan *link, 1)}
	p.queue = append(p.queue, s)
	p.queued.Store(int32(len(p.queue)))
	p.mu.Unlock()

	// Who gives back a link looks whether somebody is in the queue after
	// making it idle; here it is the other way round. So one of the two sees
	// the other.
	p.shrink()
	var err error
	select {
	case l := <-s.got:
		return l, nil
	default:
	}
	if maxWaiting < 0 {
		err = ErrTooManyWaiting
	} else {
		select {
		case l := <-s.got:
			return l, nil
		case <-ctx.Done():
			err = ctx.Err()
		case <-p.closed.Done():
			err = ErrClosed
		}
	}
	return p.leave(s, err)
}

// seeking counts who waits for d.
func (p *places) seeking(d *destination) (n int) {
	for _, s := range p.queue {
		if s.dest == d {
			n++
		}
	}
	return n
}

// leave takes s out of the queue, unless it was served just now.
func (p *places) leave(s *seeker, err error) (*link, error) {
	p.mu.Lock()
	i := slices.Index(p.queue, s)
	if i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
		p.queued.Store(int32(len(p.queue)))
	}
	p.mu.Unlock()
	if i >= 0 {
		return nil, err
	}
	if l := <-s.got; l != nil {
		return l, nil // puddle keeps it for the next one
	}
	p.give()
	return nil, err
}

// give returns a place, to the first in the queue if there is one.
func (p *places) give() {
	if p.max < 1 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.pop(); s != nil {
		s.got <- nil
		return
	}
	p.taken--
}

// heir returns the first in the queue if it waits for d: who calls it must send
// it a link. Else others tells whether somebody waits.
func (p *places) heir(d *destination) (heir *seeker, others bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 || p.queue[0].dest != d {
		return nil, len(p.queue) > 0
	}
	return p.pop(), false
}

func (p *places) pop() *seeker {
	if len(p.queue) == 0 {
		return nil
	}
	s := p.queue[0]
	p.queue = slices.Delete(p.queue, 0, 1)
	p.queued.Store(int32(len(p.queue)))
	return s
}

// wanted reports whether somebody waits.
func (p *places) wanted() bool { return p.queued.Load() > 0 }
