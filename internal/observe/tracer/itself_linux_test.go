package tracer

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// traceItself makes connections, closed first by either end, and wants all of
// them back from all that a tracer answers.
func traceItself(tr *Tracer) error {
	const pairs = 50
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	want := make(map[uint64]First)
	for i := range pairs {
		listener, client, server, err := pair()
		if err != nil {
			return err
		}
		first, second := client, server
		if i%2 == 1 {
			first, second = server, client
		}
		want[cookieOf(first)], want[cookieOf(second)] = Us, Them
		if life, found, err := tr.Find(cookieOf(client)); err != nil || !found || life.Opener.PID != os.Getpid() {
			return fmt.Errorf("an open connection is %+v (%v), %w", life, found, err)
		}
		_, _, _ = unix.Close(first), unix.Close(second), unix.Close(listener)
	}
	for len(want) > 0 {
		r, err := tr.Next(ctx)
		if err != nil {
			return fmt.Errorf("%d are missing: %w", len(want), err)
		}
		first := want[r.Cookie]
		if r.First != first || r.Lingers() != (first == Us) || r.Closer.PID != os.Getpid() || r.Estimated {
			return fmt.Errorf("got %+v, want first %v", r, first)
		}
		delete(want, r.Cookie)
	}
	return countsAre(tr, pairs)
}

// countsAre wants the counts to be exact, also when they are emptied into this
// process.
func countsAre(tr *Tracer, pairs uint64) error {
	if err := tr.relieve(0); err != nil {
		return err
	}
	groups, c, err := tr.Aggregate()
	if err != nil {
		return err
	}
	var closed, lingering uint64
	for _, g := range groups {
		closed += g.Closed
		lingering += g.TimeWait + g.FinWait2
	}
	if closed != 2*pairs || lingering != pairs || !c.Exact || c.Closed != closed || c.Evicted != 0 {
		return fmt.Errorf("groups %+v, coverage %+v", groups, c)
	}
	destinations, err := tr.Connecting()
	if err != nil {
		return err
	}
	var count uint64
	for _, d := range destinations {
		count += d.Count
	}
	if count != pairs {
		return fmt.Errorf("connecting %+v", destinations)
	}
	fmt.Println("every connection was seen")
	return nil
}

// pair connects a client to a server.
func pair() (listener, client, server int, err error) {
	if listener, err = socket(false); err != nil {
		return
	}
	if client, err = socket(false); err != nil {
		return
	}
	server, err = meet(listener, client)
	return
}
