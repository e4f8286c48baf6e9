package tracer

import (
	"context"
	"errors"
	"sync"
	"time"
)

// seen collects records by cookie while a test runs.
type seen struct {
	mu     sync.Mutex // guards what follows
	closed map[uint64][]Record
	failed []Record
	total  int
	err    error
}

// collect reads until ctx ends.
func collect(ctx context.Context, tr *Tracer) (*seen, func()) {
	s := &seen{closed: map[uint64][]Record{}}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			r, err := tr.Next(ctx)
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					s.err = err
				}
				return
			}
			s.add(r)
		}
	}()
	return s, func() { cancel(); <-done }
}

func (s *seen) add(r Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	switch r.Event {
	case Closed:
		s.closed[r.Cookie] = append(s.closed[r.Cookie], r)
	case Failed:
		s.failed = append(s.failed, r)
	}
}

// awaitFailures waits until so many failures came, or none does any more.
func (s *seen) awaitFailures(n int) {
	for range 50 {
		s.mu.Lock()
		have := len(s.failed)
		s.mu.Unlock()
		if have >= n {
			return
		}
		time.Sleep(patience)
	}
}

// lingering counts the connections of a namespace that left a mini-socket.
func (s *seen) lingering(ns uint64) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, records := range s.closed {
		if r := records[0]; r.Namespace == ns && r.Lingers() {
			n++
		}
	}
	return n
}

// awaitAll waits until every truth was seen and a false record had time to
// come, or until none of the truths comes any more.
func (s *seen) awaitAll(truths []truth) {
	before := len(truths)
	for quiet := 0; quiet < 50; quiet++ {
		time.Sleep(2 * patience)
		missing := 0
		s.mu.Lock()
		for _, tr := range truths {
			if len(s.closed[tr.cookie]) == 0 {
				missing++
			}
		}
		s.mu.Unlock()
		if missing == 0 {
			time.Sleep(3 * patience)
			return
		}
		if missing < before {
			before, quiet = missing, 0
		}
	}
}
