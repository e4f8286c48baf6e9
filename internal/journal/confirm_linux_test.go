package journal

import (
	"os"
	"testing"
	"time"
)

func TestAPendingChangeHasNoFileAndConfirmWritesIt(t *testing.T) {
	h, e, before := applied(t, time.Minute)
	pending := h.state(t)
	if e.State != Pending || len(pending.files) != len(before.files) {
		t.Errorf("%s with %v", e.State, pending.files)
	}
	_, err := h.Apply(t.Context(), h.plan(), h.kernel)
	refused(t, err, Open)
	h.clock.pass(59 * time.Second)
	e, err = h.Confirm(t.Context(), e.ID)
	must(t, err)
	if _, err := os.Stat(h.dropIn); e.State != Applied || err != nil {
		t.Errorf("%s, %v", e.State, err)
	}
	h.clock.pass(time.Hour)
	if moved, err := h.Recover(t.Context()); err != nil || len(moved) != 0 {
		t.Errorf("%v, %v", moved, err)
	}
	_, err = h.Confirm(t.Context(), e.ID)
	refused(t, err, WrongState)
	_, err = h.Undo(t.Context(), e.ID, StepBack)
	must(t, err)
	if after := h.state(t); !after.equal(before) {
		t.Errorf("%v, want %v", after, before)
	}
}

func TestAConfirmThatFailsLeavesTheChangePending(t *testing.T) {
	h, e, before := applied(t, time.Minute)
	pending := h.state(t)
	h.Winner = func(string) (string, int, string) {
		if _, err := os.Stat(h.dropIn); err == nil { // somebody is quicker
			return "/etc/sysctl.d/99-x.conf", 1, "odd"
		}
		return "", 0, ""
	}
	e, err := h.Confirm(t.Context(), e.ID)
	refused(t, err, Overridden)
	if after := h.state(t); e.State != Pending || !after.equal(pending) {
		t.Errorf("%s: %v, want %v", e.State, after, pending)
	}
	h.clock.pass(time.Minute)
	_, err = h.Recover(t.Context())
	must(t, err)
	if after := h.state(t); !after.equal(before) {
		t.Errorf("%v, want %v", after, before)
	}
}

func TestWhatWasConfirmedIsCompletedAlsoAfterItsDeadline(t *testing.T) {
	for name, finish := range map[string]func(h *host) error{
		"recover": func(h *host) error { _, err := h.Recover(t.Context()); return err },
		"finish":  func(h *host) error { _, err := h.Finish(t.Context(), 1); return err },
		"guard":   func(h *host) error { return h.Guard(t.Context(), 1) },
		"after a reboot": func(h *host) error {
			h.clock.reboot()
			h.kernel.values["net.ipv4.tcp_tw_reuse"] = "2"
			_, err := h.Recover(t.Context())
			return err
		},
	} {
		h, e, _ := applied(t, time.Minute)
		e.State, e.Step = Confirming, len(e.Changes)+1
		must(t, h.record(e))
		h.clock.pass(time.Minute)
		must(t, finish(h))
		if got, err := h.load(1); err != nil || got.State != Applied || h.kernel.values["net.ipv4.tcp_tw_reuse"] != "1" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if _, err := os.Stat(h.dropIn); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfirmRefusesWhatIsNotAsItWasApplied(t *testing.T) {
	for name, spoil := range map[string]func(h *host){
		"a value":      func(h *host) { h.kernel.values["net.ipv4.tcp_tw_reuse"] = "0" },
		"a file":       func(h *host) { _ = os.WriteFile(h.dropIn, []byte("x"), 0o644) },
		"late":         func(h *host) { h.clock.pass(time.Minute) },
		"another boot": func(h *host) { h.clock.reboot() },
		"a new winner": func(h *host) { h.Winner = winner("/etc/sysctl.d/99-x.conf") },
	} {
		h, e, _ := applied(t, time.Minute)
		spoil(h)
		before := h.state(t)
		_, err := h.Confirm(t.Context(), e.ID)
		if err == nil {
			t.Errorf("%s: confirmed", name)
		}
		if again, err := h.load(e.ID); err != nil || again.State != Pending || !h.state(t).equal(before) {
			t.Errorf("%s: %v, %v", name, again, err)
		}
	}
}

func TestTheNewestThatFitsIsMeantWhereNoneIsNamed(t *testing.T) {
	h, _, _ := applied(t, time.Minute)
	id, err := h.ToConfirm()
	must(t, err)
	_, err = h.Confirm(t.Context(), id)
	must(t, err)
	_, err = h.ToConfirm()
	refused(t, err, NoEntry)
	id, err = h.ToUndo()
	must(t, err)
	_, err = h.Undo(t.Context(), id, StepBack)
	must(t, err)
	_, err = h.ToUndo()
	refused(t, err, NoEntry)
	must(t, os.WriteFile(h.entryName(2), nil, 0o600))
	_, err = h.ToUndo()
	refused(t, err, Unreadable)
}
