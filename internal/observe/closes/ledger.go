package closes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

// Ledger remembers who made lingering sockets, to be joined to a dump: a
// TIME_WAIT row has neither uid nor inode, but it carries the cookie of the
// socket that it replaced. It is fed in the background from the moment it is
// opened, and safe for concurrent use.
type Ledger struct {
	watch *Watch
	end   context.CancelFunc
	each  func(*evidence.Closed)
	done  chan struct{}
	read  atomic.Uint64 // connections that ended, of those that the kernel told of

	// mu guards all below, and the Watch's own memory of processes. /proc is
	// read under it, and each is called; nothing else is waited for.
	mu       sync.Mutex
	memory   memory
	searches searches
	finds    int // lookups in the kernel during this look
	err      error
	unnamed  uint64 // sockets whose maker had no room
	unplaced uint64 // sockets that had no room
}

// OpenLedger begins to watch connections end. each is called with every one of
// them, from one goroutine, and must not wait; nil calls nothing. Errors are
// those of Open.
func OpenLedger(ctx context.Context, netns string, each func(*evidence.Closed)) (*Ledger, error) {
	w, err := Open(ctx, Options{Netns: netns, Closed: true})
	if err != nil {
		return nil, err
	}
	return newLedger(w, each), nil
}

func newLedger(w *Watch, each func(*evidence.Closed)) *Ledger {
	ctx, end := context.WithCancel(context.Background())
	l := &Ledger{watch: w, end: end, done: make(chan struct{}), memory: newMemory(time.Now()), each: each}
	go l.follow(ctx)
	return l
}

// Close ends the watch.
func (l *Ledger) Close() error {
	l.end()
	<-l.done
	return l.watch.Close()
}

func (l *Ledger) follow(ctx context.Context) {
	defer close(l.done)
	for {
		r, err := l.watch.source.Next(ctx)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, os.ErrClosed) {
				l.mu.Lock()
				l.err = err
				l.mu.Unlock()
			}
			return
		}
		if r.Event == tracer.Closed {
			l.learn(&r)
		}
	}
}

// learn remembers who made the socket of r, if one is left behind. /proc is
// asked at once, while the process may still be there.
func (l *Ledger) learn(r *tracer.Record) {
	defer l.read.Add(1)
	if !r.Lingers() && l.each == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.each != nil {
		l.each(l.watch.closed(r))
	}
	if !r.Lingers() {
		return
	}
	maker := l.watch.people.meet(r.Owner())
	switch l.memory.put(time.Now(), r.Cookie, maker) {
	case noRoom:
		l.unplaced++
	case tooMany:
		l.unnamed++
	}
}

// Maker returns the process that closed the connection with this cookie, or
// that opened it where nobody is known to have closed it; nil if neither is
// known. What is returned is shared and must not be changed. mini says that
// the socket is a mini-socket, so that the connection has ended.
func (l *Ledger) Maker(cookie uint64, mini bool) *evidence.Owner {
	l.mu.Lock()
	defer l.mu.Unlock()
	if maker := l.memory.get(cookie); maker != nil {
		return maker
	}
	// The kernel's own memory has those that are still closing, and the few
	// whose end it did not tell. Each question is a system call.
	const most = 4096
	if cookie == 0 || mini && l.finds >= most {
		return nil
	}
	l.finds++
	life, ok, err := l.watch.source.Find(cookie)
	if err != nil || !ok || !life.Closer.Known() {
		return nil
	}
	return l.watch.people.meet(life.Closer)
}

// Settle waits until all connections are learned that had ended when it was
// called, or until ctx ends: the kernel hands over ten times a second.
func (l *Ledger) Settle(ctx context.Context) error {
	traced, err := l.watch.Traced()
	if err != nil {
		return err
	}
	upTo := traced.Closed - min(traced.Lost, traced.Closed)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(grace)
	for l.read.Load() < upTo {
		select {
		case <-tick.C:
		case <-late: // some record was not made: Coverage tells
			return nil
		case <-l.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	l.mu.Lock()
	l.finds = 0
	l.mu.Unlock()
	return nil
}

// grace is for what is on its way at the end.
const grace = 300 * time.Millisecond

// Traced says how much was seen so far.
func (l *Ledger) Traced() (evidence.Traced, error) {
	t, err := l.watch.Traced()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return t, l.err
	}
	t.Gaps = append(t.Gaps, l.memory.gaps(l.unplaced, l.unnamed)...)
	return t, err
}

// Here returns what was seen in the calling thread's network namespace: the
// calls that failed for want of a port in the last minute, and how long
// connect() took in the last one or two, both most first.
func (l *Ledger) Here() ([]evidence.FailedCall, []evidence.Connects, error) {
	here, err := tracer.NamespaceCookie()
	if err != nil {
		return nil, nil, err
	}
	failures, err := l.watch.source.Failures()
	if err != nil {
		return nil, nil, fmt.Errorf("watch calls fail: %w", err)
	}
	searches, err := l.watch.source.Connecting()
	if err != nil {
		return nil, nil, fmt.Errorf("watch calls take time: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failedIn(here, failures), l.searches.in(here, time.Now(), searches), nil
}

func (l *Ledger) failedIn(here uint64, all []tracer.Failure) []evidence.FailedCall {
	const recent = time.Minute // what is mended since is no finding any more
	var failed []evidence.FailedCall
	for i := range all {
		if all[i].Namespace != here {
			continue
		}
		call := l.watch.failed(&all[i])
		if time.Since(call.At) < recent {
			call.Fresh = call.Count
			failed = append(failed, call)
		}
	}
	slices.SortFunc(failed, func(a, b evidence.FailedCall) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), a.Addr.Compare(b.Addr), cmp.Compare(a.Call, b.Call))
	})
	return failed
}
