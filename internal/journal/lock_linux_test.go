package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestWhoCannotWaitIsToldWhoHoldsTheJournal(t *testing.T) {
	h := newHost(t)
	unlock, err := lock(t.Context(), h.Dir, "linger fix --apply")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, do := range []func() error{
		func() error { _, err := h.Apply(ctx, h.plan(), h.kernel); return err },
		func() error { _, err := h.Confirm(ctx, 1); return err },
		func() error { _, err := h.Undo(ctx, 1, StepBack); return err },
		func() error { _, err := h.Finish(ctx, 1); return err },
		func() error { _, err := h.Recover(ctx); return err },
	} {
		if e := refused(t, do(), Locked); !strings.Contains(e.Text.EN, "linger fix --apply") {
			t.Error(e)
		}
	}
	if who, busy := held(h.Dir); !busy || !strings.Contains(who, "linger fix --apply") {
		t.Errorf("%q, %v", who, busy)
	}
	unlock()
	if _, busy := held(h.Dir); busy {
		t.Error("held after unlock")
	}
}

// Each applies and undoes as often as it can. If two ever mixed, the fake
// kernel's log would show a value of one between those of the other.
func TestManyAtOnceDoNotMix(t *testing.T) {
	h := newHost(t)
	before := h.state(t)
	var wg sync.WaitGroup
	for who := range 6 {
		wg.Go(func() {
			j := *h.Journal
			for range 8 {
				p := h.plan()
				p.Changes[0].To, p.Changes[1].To = fmt.Sprint(who+100), fmt.Sprintf("1 %d", who+100)
				e, err := j.Apply(t.Context(), p, h.kernel)
				if err == nil {
					_, err = j.Undo(t.Context(), e.ID, StepBack)
				}
				if err != nil && !errors.Is(err, &Error{Problem: Stale}) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if after := h.state(t); !after.equal(before) {
		t.Errorf("%v, want %v", after, before)
	}
	log := h.kernel.log
	if len(log) < 6 || len(log)%6 != 0 {
		t.Fatalf("%d writes", len(log))
	}
	for ; len(log) > 0; log = log[6:] {
		_, a, _ := strings.Cut(log[0], "=")
		_, b, _ := strings.Cut(log[1], "=")
		if b != "1 "+a || !strings.HasSuffix(log[5], "tcp_tw_reuse=2") {
			t.Errorf("mixed: %q", log[:6])
		}
	}
}
