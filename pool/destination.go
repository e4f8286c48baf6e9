package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/jackc/puddle/v2"
)

// key names a destination as the caller does: two names of one server are two.
type key struct{ network, address string }

// destination lends connections to one address.
type destination struct {
	key
	pool    *Pool
	conns   *puddle.Pool[*link] // who waits, in which order; what is idle
	backoff backoff
	counts  counts

	asking  atomic.Int64 // who waits for a connection or has one
	dialing atomic.Int64

	mu    sync.Mutex // guards links; nothing is called under it
	links map[*link]struct{}
}

// newDestination is called under Pool.mu and so does nothing but make it.
func newDestination(p *Pool, k key) *destination {
	d := &destination{
		key: k, pool: p, links: make(map[*link]struct{}),
		backoff: backoff{least: p.opts.BackoffMin, most: p.opts.BackoffMax},
	}
	size := p.opts.MaxPerDestination
	if size < 0 || size > math.MaxInt32 {
		size = math.MaxInt32
	}
	// The only error is of a size less than one.
	d.conns, _ = puddle.NewPool(&puddle.Config[*link]{
		Constructor: d.open, Destructor: (*link).destroy, MaxSize: int32(size),
	})
	return d
}

// get lends a connection. The caller has counted itself in asking.
func (d *destination) get(ctx context.Context) (*Conn, error) {
	ctx, done, err := d.queue(ctx)
	if err != nil {
		return nil, err
	}
	if done != nil {
		defer done()
	}
	for {
		res, err := d.conns.Acquire(ctx)
		if err != nil {
			return nil, d.explain(ctx, err)
		}
		l := res.Value()
		if !l.take() {
			res.Destroy()
			continue
		}
		if l.turn.Load() == 1 {
			d.counts.fresh.Add(1)
		}
		d.counts.gets.Add(1)
		return &Conn{link: l, res: res}, nil
	}
}

// queue prepares for waiting. It makes nothing in the common case that a
// connection is there.
func (d *destination) queue(ctx context.Context) (context.Context, func(), error) {
	p := d.pool
	if p.opts.MaxTotal > 0 {
		// Puddle gives the constructor this context's values, but not its end.
		ctx = context.WithValue(ctx, askerKey{}, ctx)
	}
	ahead := d.asking.Load() - int64(p.opts.MaxPerDestination)
	if p.opts.MaxPerDestination < 0 || ahead <= 0 {
		return ctx, nil, nil
	}
	if p.opts.MaxWaiting != 0 && ahead > int64(max(p.opts.MaxWaiting, 0)) {
		d.counts.refused.Add(1)
		return nil, nil, ErrTooManyWaiting
	}
	// Puddle wakes who waits only when a connection is given back.
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(p.closing, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }, nil
}

// explain turns puddle's errors into ours. Those of dialling are left as they are.
func (d *destination) explain(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, puddle.ErrClosedPool), d.pool.closing.Err() != nil:
		return ErrClosed
	case errors.Is(err, ErrTooManyWaiting):
		d.counts.refused.Add(1)
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("wait for a connection to %s %s: %w", d.network, d.address, err)
	}
	return err
}

// askerKey is the key of the context of who called Get.
type askerKey struct{}

// open is puddle's constructor. It runs on, for the next one, when the caller
// of Get has given up.
func (d *destination) open(ctx context.Context) (*link, error) {
	round, until, err := d.backoff.enter(d.pool.clock.now())
	if err != nil {
		d.counts.heldBack.Add(1)
		return nil, &BackoffError{Network: d.network, Address: d.address, Until: d.pool.clock.time(until), Err: err}
	}
	asker, _ := ctx.Value(askerKey{}).(context.Context)
	if l, err := d.pool.places.take(asker, d, d.pool.opts.MaxWaiting); l != nil || err != nil {
		return l, err
	}
	d.dialing.Add(1)
	defer d.dialing.Add(-1)
	conn, err := d.dial(ctx)
	if err != nil {
		d.pool.places.give()
		d.counts.dialErrors.Add(1)
		if ctx.Err() != nil {
			return nil, err // puddle ends it only when it is closed
		}
		d.backoff.failed(d.pool.clock.now(), round, err)
		d.log(slog.LevelWarn, "could not connect", keyError, err)
		return nil, err
	}
	d.backoff.succeeded()
	return d.adopt(conn), nil
}

func (d *destination) dial(ctx context.Context) (net.Conn, error) {
	d.counts.dials.Add(1)
	if d.pool.opts.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.pool.opts.DialTimeout)
		defer cancel()
	}
	return d.pool.opts.Dial(ctx, d.network, d.address)
}

func (d *destination) adopt(conn net.Conn) *link {
	now := d.pool.clock.now()
	l := &link{dest: d, conn: conn, raw: rawOf(conn), eye: newEye(), expires: math.MaxInt64}
	if life := d.pool.opts.MaxLifetime; life > 0 {
		if jitter := min(d.pool.opts.Jitter, life); jitter > 0 {
			life -= rand.N(jitter)
		}
		l.expires = now + life
	}
	l.idleSince.Store(int64(now))
	l.open.Add(1)
	d.mu.Lock()
	d.links[l] = struct{}{}
	d.mu.Unlock()
	d.log(slog.LevelDebug, "connected", keyLocal, conn.LocalAddr())
	return l
}

func (d *destination) remove(l *link) {
	d.mu.Lock()
	delete(d.links, l)
	d.mu.Unlock()
}

// end takes back a connection that is not fit.
func (d *destination) end(l *link, res *puddle.Resource[*link], why Reason) {
	l.reason = why
	res.Destroy()
	d.asking.Add(-1)
}

// back takes back a connection that is fit.
func (d *destination) back(l *link, res *puddle.Resource[*link]) {
	p := d.pool
	if p.clock.now() >= l.expires {
		d.end(l, res, ClosedLifetime)
		return
	}
	if p.places.wanted() {
		heir, others := p.places.heir(d)
		if others {
			d.end(l, res, ClosedEvicted)
			return
		}
		if heir != nil {
			res.Hijack()
			l.rest()
			heir.got <- l
			d.asking.Add(-1)
			return
		}
	}
	l.rest()
	res.Release()
	d.asking.Add(-1)
	if p.places.wanted() {
		p.shrink() // see places.take
	}
}

// sweep takes the resources whose links were buried out of puddle's stack. A Get
// in this instant may dial although something is idle: so it is only done when
// there is something to take out.
func (d *destination) sweep() {
	idle := d.conns.AcquireAllIdle()
	for i := len(idle) - 1; i >= 0; i-- { // the last used one on top again
		if idle[i].Value().turn.Load() == dead {
			idle[i].Destroy()
		} else {
			idle[i].ReleaseUnused()
		}
	}
}

func (d *destination) log(level slog.Level, what string, args ...any) {
	if log := d.pool.opts.Logger; log.Enabled(context.Background(), level) {
		log.Log(context.Background(), level, what, append([]any{keyNetwork, d.network, keyAddress, d.address}, args...)...)
	}
}
