package journal

import (
	"context"
	"testing"
	"time"
)

func TestTheGuardTakesBackAtTheDeadlineOrWhenItIsToldToEnd(t *testing.T) {
	for _, early := range []bool{false, true} {
		h, e, before := applied(t, time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error)
		go func() { done <- h.Guard(ctx, e.ID) }()
		for !watched(h.Dir, e.ID) {
			time.Sleep(time.Millisecond)
		}
		if got, _ := h.load(e.ID); got.State != Pending {
			t.Errorf("%s before the deadline", got.State)
		}
		if err := h.Guard(ctx, e.ID); err == nil {
			t.Error("two guards")
		}
		if early {
			cancel()
		} else {
			h.clock.pass(time.Minute)
		}
		must(t, <-done)
		if after := h.state(t); !after.equal(before) || watched(h.Dir, e.ID) {
			t.Errorf("early %v: %v, want %v", early, after, before)
		}
	}
}

func TestTheGuardLooksAgainOnceItHasTheLock(t *testing.T) {
	h, e, _ := applied(t, time.Minute)
	h.clock.pass(time.Minute)
	unlock, err := lock(t.Context(), h.Dir, "an apply that is slow")
	must(t, err)
	done := make(chan bool)
	asked := h.clock.asks()
	go func() {
		acted, err := h.guardOnce(h.kernel, e.ID, false)
		done <- acted || err != nil
	}()
	for h.clock.asks() == asked { // it knows that it is late
		time.Sleep(time.Millisecond)
	}
	e.Deadline += time.Minute
	must(t, h.record(e))
	unlock()
	if <-done || h.kernel.values["net.ipv4.tcp_tw_reuse"] != "1" {
		t.Error("the guard acted on what it knew before")
	}
}

func TestTheGuardLeavesOnceTheChangeIsConfirmed(t *testing.T) {
	h, e, _ := applied(t, time.Minute)
	done := make(chan error)
	go func() { done <- h.Guard(t.Context(), e.ID) }()
	_, err := h.Confirm(t.Context(), e.ID)
	must(t, err)
	must(t, <-done)
	if got, _ := h.load(e.ID); got.State != Applied || h.kernel.values["net.ipv4.tcp_tw_reuse"] != "1" {
		t.Errorf("%s", got.State)
	}
}

func TestWhatIsNotConfirmedInTimeIsTakenBackByTheNextRun(t *testing.T) {
	h, _, before := applied(t, time.Minute)
	h.clock.pass(time.Minute)
	moved, err := h.Recover(t.Context())
	must(t, err)
	if after := h.state(t); len(moved) != 1 || moved[0].State != Undone || !after.equal(before) {
		t.Errorf("%v: %v, want %v", moved, after, before)
	}
}
