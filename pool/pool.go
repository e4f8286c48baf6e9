package pool

import (
	"context"
	"sync"
	"time"
)

// Pool lends connections to any number of destinations. It is safe for
// concurrent use. It runs one goroutine until Close, which looks after what is
// idle, and no other while nothing is dialled.
type Pool struct {
	opts Options // with defaults; never changed

	clock   clock
	places  places
	closing context.Context // done as soon as Close is called
	close   context.CancelFunc
	ended   chan struct{} // closed when everything is
	reaper  chan struct{} // closed when the reaper has returned

	// mu guards what follows. No dial, look, close or wait happens under it.
	mu           sync.RWMutex
	closed       bool
	destinations map[key]*destination
	past         Counts // of destinations that were forgotten
}

// New makes a pool, which must be closed.
func New(o Options) *Pool {
	p := &Pool{
		opts: o.withDefaults(), clock: clock{time.Now()},
		ended: make(chan struct{}), reaper: make(chan struct{}),
		destinations: make(map[key]*destination),
	}
	p.closing, p.close = context.WithCancel(context.Background())
	p.places = places{max: p.opts.MaxTotal, shrink: p.shrink, closed: p.closing}
	go p.reap()
	return p
}

// Get lends a connection to address: an idle one that is fit, else a new one,
// else the first that is given back. Who waits for one destination is served in
// the order of coming. The words are those of net.Dial; connections are shared
// between calls with the same words.
//
// Errors: that of ctx, wrapped, if it ends first; ErrClosed; ErrTooManyWaiting; a
// *BackoffError if the destination is left alone for a while; else what Dial
// returned, as it is. ctx is not needed any more when Get has returned.
func (p *Pool) Get(ctx context.Context, network, address string) (*Conn, error) {
	d, err := p.destination(key{network, address})
	if err != nil {
		return nil, err
	}
	c, err := d.get(ctx)
	if err != nil {
		d.asking.Add(-1)
		return nil, err
	}
	return c, nil
}

// destination finds or makes one, and counts the caller in its asking.
func (p *Pool) destination(k key) (*destination, error) {
	p.mu.RLock()
	d, closed := p.destinations[k], p.closed
	if d != nil {
		d.asking.Add(1) // under the lock, so that it is not forgotten now
	}
	p.mu.RUnlock()
	if closed {
		if d != nil {
			d.asking.Add(-1)
		}
		return nil, ErrClosed
	}
	if d != nil {
		return d, nil
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if d = p.destinations[k]; d == nil {
		d = newDestination(p, k)
		p.destinations[k] = d
	}
	d.asking.Add(1)
	return d, nil
}

// all returns the destinations of this moment.
func (p *Pool) all() []*destination {
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := make([]*destination, 0, len(p.destinations))
	for _, d := range p.destinations {
		all = append(all, d)
	}
	return all
}

// CloseIdle closes all idle connections, for example when a server's address
// was moved. Those in use are kept.
func (p *Pool) CloseIdle() {
	for _, d := range p.all() {
		for _, i := range d.idle(nil) {
			i.link.bury(i.turn, ClosedDiscarded)
		}
		d.sweep()
	}
}

// Close closes what is idle, lets nobody borrow or wait any more, and waits
// until all that is lent is given back and closed. Its error is always nil.
func (p *Pool) Close() error { return p.Shutdown(context.Background()) }

// Shutdown is Close that stops waiting when ctx ends, and then returns its error.
// What is still lent is closed when it is given back.
func (p *Pool) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	p.mu.Unlock()
	if first {
		p.close()
		go p.end()
	}
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Pool) end() {
	defer close(p.ended)
	var wg sync.WaitGroup
	for _, d := range p.all() {
		wg.Go(d.conns.Close)
	}
	wg.Wait()
	<-p.reaper
}
