package tracer

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestKernelWhatTinyMapsLoseIsCountedExactly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{
		Namespace: l.ns, Records: true,
		Connections: 64, Groups: 2, Listeners: 1, Failures: 1, RingBytes: 1,
	})
	_, end := l.serve()
	l.run(
		[]string{"client", countEnv + "=1000"},
		[]string{"client", countEnv + "=1000"},
		[]string{"holder", countEnv + "=300"},
	)
	end()
	truths := map[uint64]truth{}
	for _, want := range readTruths(t, l.truth) {
		truths[want.cookie] = want
	}

	// Nobody has read until now, so most records are lost.
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	var read uint64
	for {
		r, err := tr.Next(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		read++
		want, known := truths[r.Cookie]
		if !known || r.Opener.Known() && r.Opener.PID != want.opener || r.Closer.Known() && r.Closer.PID != want.closer || r.First != want.first {
			t.Errorf("got %+v\nwant %+v", r, want)
		}
	}
	groups, c, err := tr.Aggregate()
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, groups, &c)
	// What the kernel misses is made up for only where something is
	// remembered, and with so little room it mostly is not.
	slack := c.Missed + uint64(len(truths)/500)
	if known := uint64(len(truths)); c.Closed > known || known-c.Closed > slack {
		t.Errorf("%d ends told, the driver knows %d", c.Closed, known)
	}
	if read+c.Lost != c.Closed {
		t.Errorf("%d records read and %d lost, %d told", read, c.Lost, c.Closed)
	}
	if made := uint64(l.kernelCount("TW")); c.Minis > made || made-c.Minis > slack {
		t.Errorf("%d mini-sockets told, the kernel made %d", c.Minis, made)
	}
	if c.Lost == 0 || c.Other == 0 || c.Evicted == 0 || c.UnknownListeners == 0 {
		t.Errorf("something was to be lost of each kind: %+v", c)
	}
	if len(c.Gaps()) < 4 {
		t.Errorf("gaps: %v", c.Gaps())
	}
}

// checkSums wants the groups to add up to the counts.
func checkSums(t *testing.T, groups []Group, c *Coverage) {
	t.Helper()
	var closed, other, minis, nobody uint64
	for _, g := range groups {
		closed += g.Closed
		minis += g.TimeWait + g.FinWait2
		if g.Other {
			other += g.Closed
		} else if g.Basis == NoBasis {
			nobody += g.Closed
		}
	}
	if closed != c.Closed || other != c.Other || minis != c.Minis-c.Unmatched || nobody > c.NoOwner {
		t.Errorf("groups: %d closed, %d in other, %d minis, %d of nobody\nwant %+v", closed, other, minis, nobody, c)
	}
}

func TestKernelConnectionsOlderThanTheTracerHaveACloser(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	server, end := l.serve()
	p, _, stop := l.start("holder", countEnv+"=20", wayEnv+"=wait")
	for l.established() < 40 {
		time.Sleep(patience / 10)
	}
	tr := openTracer(t, Options{Namespace: l.ns, Records: true})
	for _, listener := range l.listeners(server) {
		if err := tr.AddListener(listener); err != nil {
			t.Fatal(err)
		}
	}
	s, done := collect(t.Context(), tr)
	stop()
	end()
	truths := readTruths(t, l.truth)
	s.awaitAll(truths)
	done()
	for _, want := range truths {
		records := s.closed[want.cookie]
		if len(records) != 1 {
			t.Errorf("%d records, want 1: %+v", len(records), want)
			continue
		}
		r := records[0]
		if r.Closer.PID != want.closer || r.First != want.first || r.Lingers() != want.lingers {
			t.Errorf("got %+v\nwant %+v", r, want)
		}
		older := r.Born == 0
		if older && want.origin == Connected && (r.Origin != UnknownOrigin || r.Opener.Known()) {
			t.Errorf("the opener cannot be known: %+v", r)
		}
		if want.origin == Accepted && (r.Origin != Accepted || r.Opener.PID != server) {
			t.Errorf("the opener is told by AddListener: %+v", r)
		}
	}
	if p.PID() == 0 || len(truths) < 40 {
		t.Errorf("%d truths", len(truths))
	}
}

func TestKernelConnectionsThatWereClosingBeforeTheTracerEndRightAndAreNotForgotten(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	openTracer(t, Options{Namespace: l.ns}) // or skip
	const all = 50
	var tr *Tracer
	err := l.host.Do(func() error {
		var servers, clients []int
		for range all {
			listener, client, server, err := pair()
			if err != nil {
				return err
			}
			servers, clients = append(servers, server), append(clients, client)
			if err := errors.Join(unix.Close(listener), unix.Shutdown(client, unix.SHUT_WR), acknowledge(server)); err != nil {
				return err
			}
		}
		tr = openTracer(t, Options{Namespace: l.ns, Records: true})
		for i := range servers {
			if err := errors.Join(unix.Close(servers[i]), unix.Close(clients[i])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for range 2 * all {
		r, err := tr.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.First == Us {
			left++
			if r.End != EndTimeWait || r.Closer.Known() || r.Born != 0 {
				t.Errorf("%+v", r)
			}
		}
	}
	c, err := tr.Coverage()
	if err != nil || left != all || c.Evicted != 0 || c.Unmatched != 0 || c.Minis != all {
		t.Errorf("%d left a TIME_WAIT, %+v, %v", left, c, err)
	}
}

func TestKernelListenersOfSeveralProcessesOnOneAddressAreNotGuessed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns, Records: true})
	s, done := collect(t.Context(), tr)
	_, end := l.serve(wayEnv + "=reuseport")
	_, end2 := l.serve(wayEnv + "=reuseport")
	l.run([]string{"client", countEnv + "=40"})
	end()
	end2()
	truths := readTruths(t, l.truth)
	s.awaitAll(truths)
	done()
	accepted := uint64(0)
	for _, want := range truths {
		for _, r := range s.closed[want.cookie] {
			if want.origin != Accepted {
				continue
			}
			accepted++
			if r.Opener.Known() || r.Closer.PID != want.closer {
				t.Errorf("got %+v\nwant %+v without opener", r, want)
			}
		}
	}
	if c, err := tr.Coverage(); err != nil || c.SharedListeners < accepted || accepted == 0 {
		t.Errorf("%d accepted, coverage %+v, %v", accepted, c, err)
	}
}
