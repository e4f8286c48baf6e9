package journal

import (
	"os"
	"strings"
	"testing"
	"time"
)

// applied returns a host on which a plan was applied.
func applied(t *testing.T, within time.Duration) (*host, *Entry, state) {
	t.Helper()
	h := newHost(t)
	before := h.state(t)
	p := h.plan()
	p.ConfirmWithin = within
	e, err := h.Apply(t.Context(), p, h.kernel)
	must(t, err)
	return h, e, before
}

func TestUndoStepsBackFromSomebodyElsesValueUnlessForced(t *testing.T) {
	const key = "net.ipv4.ip_local_port_range"
	for foreign, want := range map[Foreign]string{StepBack: "1 2", Leave: "1 2", Overwrite: "32768\t60999"} {
		h, e, before := applied(t, 0)
		h.kernel.values[key] = "1 2"
		disturbed := h.state(t)
		h.kernel.log = nil
		e, err := h.Undo(t.Context(), e.ID, foreign)
		if foreign == StepBack {
			if got := refused(t, err, Changed); !strings.Contains(got.Text.EN, key) || !strings.Contains(got.Text.EN, `"1 2"`) {
				t.Errorf("%s does not name it", got)
			}
			if after := h.state(t); e.State != Applied || !after.equal(disturbed) || len(h.kernel.log) > 0 {
				t.Errorf("%s: something was undone: %v", e.State, h.kernel.log)
			}
			continue
		}
		must(t, err)
		if got := h.kernel.values[key]; got != want || (foreign == Leave) != (len(e.Left) == 1) {
			t.Errorf("%d: %s, left %v", foreign, got, e.Left)
		}
		h.kernel.values[key] = "32768\t60999"
		if after := h.state(t); !after.equal(before) {
			t.Errorf("%d: the rest is %v, want %v", foreign, after, before)
		}
	}
}

func TestUndoStepsBackFromAFileThatSomebodyElseEdited(t *testing.T) {
	for _, foreign := range []Foreign{StepBack, Leave, Overwrite} {
		h, e, before := applied(t, 0)
		must(t, os.WriteFile(h.dropIn, []byte("# edited\n"), 0o644))
		_, err := h.Undo(t.Context(), e.ID, foreign)
		after := h.state(t)
		switch foreign {
		case StepBack:
			refused(t, err, Changed)
			if h.kernel.values["net.ipv4.tcp_tw_reuse"] != "1" {
				t.Error("the values were undone")
			}
		case Leave:
			must(t, err)
			if after.files[h.dropIn] != "-rw-r--r-- # edited\n" || h.kernel.values["net.ipv4.tcp_tw_reuse"] != "2" {
				t.Errorf("%v", after)
			}
		case Overwrite:
			must(t, err)
			if !after.equal(before) {
				t.Errorf("%v, want %v", after, before)
			}
		}
	}
}

func TestASettingThatIsGoneIsNoObstacleToUndo(t *testing.T) {
	h, e, _ := applied(t, 0)
	delete(h.kernel.values, "net.ipv4.tcp_tw_reuse")
	e, err := h.Undo(t.Context(), e.ID, StepBack)
	must(t, err)
	if e.State != Undone || len(e.Left) != 1 {
		t.Errorf("%s, left %v", e.State, e.Left)
	}
}

func TestChangesOfTheSameSettingAreUndoneLastFirst(t *testing.T) {
	h, first, before := applied(t, 0)
	p := h.plan()
	p.Changes = []Change{{Key: "net.ipv4.tcp_tw_reuse", From: "1", To: "0"}}
	between := h.state(t)
	second, err := h.Apply(t.Context(), p, h.kernel)
	must(t, err)
	_, err = h.Undo(t.Context(), first.ID, Overwrite)
	if e := refused(t, err, Later); !strings.HasSuffix(e.Hint, "--undo 2") {
		t.Error(e.Hint)
	}
	_, err = h.Undo(t.Context(), second.ID, StepBack)
	must(t, err)
	if after := h.state(t); !after.equal(between) {
		t.Errorf("%v, want %v", after, between)
	}
	_, err = h.Undo(t.Context(), first.ID, StepBack)
	must(t, err)
	if after := h.state(t); !after.equal(before) {
		t.Errorf("%v, want %v", after, before)
	}
	_, err = h.Undo(t.Context(), first.ID, StepBack)
	refused(t, err, WrongState)
	_, err = h.Undo(t.Context(), 9, StepBack)
	refused(t, err, NoEntry)
}

func TestARebootEndsWhatHadNoFileAndKeepsTheRest(t *testing.T) {
	old := map[string]string{"net.ipv4.tcp_tw_reuse": "2", "net.ipv4.ip_local_port_range": "32768\t60999", "net.ipv4.ip_local_reserved_ports": "", "net.ipv4.tcp_fin_timeout": "60"}
	for name, c := range map[string]struct {
		within  time.Duration
		runtime bool
		want    State
	}{"applied": {0, false, Applied}, "pending": {time.Hour, false, Abandoned}, "runtime only": {0, true, Abandoned}} {
		h := newHost(t)
		p := h.plan()
		p.ConfirmWithin, p.RuntimeOnly = c.within, c.runtime
		e, err := h.Apply(t.Context(), p, h.kernel)
		must(t, err)
		h.clock.reboot()
		h.kernel.values = old
		_, err = h.Recover(t.Context())
		must(t, err)
		if got, err := h.load(e.ID); err != nil || got.State != c.want {
			t.Errorf("%s: %v %v", name, got, err)
		}
		if h.kernel.values["net.ipv4.tcp_tw_reuse"] != "2" {
			t.Errorf("%s: written after the reboot", name)
		}
	}
}

func TestAnEntryEndsWithItsNamespace(t *testing.T) {
	h := newHost(t)
	h.kernel.space.Host = false
	p := h.plan()
	p.RuntimeOnly = true
	e, err := h.Apply(t.Context(), p, h.kernel)
	must(t, err)
	h.kernel.space.Cookie = 2 // another one under the same inode number
	_, err = h.Undo(t.Context(), e.ID, StepBack)
	refused(t, err, Gone)
	_, err = h.Recover(t.Context())
	must(t, err)
	if got, _ := h.load(e.ID); got.State != Abandoned || h.kernel.values["net.ipv4.tcp_tw_reuse"] != "1" {
		t.Errorf("%s", got.State)
	}
}
