package journal

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawPlan draws settings of a host and a plan for them.
func drawPlan(t *rapid.T, h *host) Plan {
	p := Plan{DropIn: h.dropIn, RuntimeOnly: rapid.Bool().Draw(t, "runtime only")}
	value := rapid.OneOf(rapid.StringMatching(`[0-9]{1,5}`), rapid.StringMatching(`[0-9]{1,4}\t[0-9]{1,4}`), rapid.SampledFrom([]string{"cubic", "reno"}))
	for i := range rapid.IntRange(1, 6).Draw(t, "changes") {
		key := fmt.Sprintf("net.ipv4.setting%d", i)
		from := value.Draw(t, "from")
		h.kernel.values[key] = from
		p.Changes = append(p.Changes, Change{Key: key, From: strings.ReplaceAll(from, "\t", "  "), To: value.Draw(t, "to")})
	}
	if rapid.Bool().Draw(t, "confirm") {
		p.ConfirmWithin = time.Minute
	}
	return p
}

// drawFile gives the host a drop-in, or none.
func drawFile(t *rapid.T, tt *testing.T, h *host) {
	if !rapid.Bool().Draw(t, "a file") {
		return
	}
	line := rapid.OneOf(
		rapid.Just("# a comment\n"), rapid.Just("\n"), rapid.Just(mark+"7\n"),
		rapid.StringMatching(`-?net[./]ipv4[./]setting[0-9] ?=? ?[0-9]{0,3}\n?`), rapid.StringN(0, 10, 20),
	)
	content := strings.Join(rapid.SliceOfN(line, 0, 8).Draw(t, "lines"), "")
	must(tt, os.WriteFile(h.dropIn, []byte(content), 0o600))
	must(tt, os.Chmod(h.dropIn, os.FileMode(rapid.Uint32Range(0o400, 0o777).Draw(t, "mode"))))
}

func TestApplyThenUndoIsIdentityForEveryPlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newHost(t)
		p := drawPlan(rt, h)
		drawFile(rt, t, h)
		before := h.state(t)
		e, err := h.Apply(t.Context(), p, h.kernel)
		if err != nil {
			rt.Fatal(err)
		}
		for _, c := range p.Changes {
			if got := h.kernel.values[c.Key]; !same(c.Key, got, c.To) {
				rt.Errorf("%s is %q, want %q", c.Key, got, c.To)
			}
		}
		if e.State == Pending && rapid.Bool().Draw(rt, "confirmed") {
			if _, err = h.Confirm(t.Context(), e.ID); err != nil {
				rt.Fatal(err)
			}
		}
		if _, err = h.Undo(t.Context(), e.ID, StepBack); err != nil {
			rt.Fatal(err)
		}
		if after := h.state(t); !after.equal(before) {
			rt.Fatalf("%v %v, want %v %v", after.values, after.files, before.values, before.files)
		}
	})
}

// Many plans one on another, undone in any order that is allowed, with reboots
// of the journal's reader in between: what is not undone is in force.
func TestPlansOneOnAnotherAreUndoneInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newHost(t)
		states := []state{h.state(t)}
		for range rapid.IntRange(1, 5).Draw(rt, "plans") {
			key := rapid.SampledFrom([]string{"net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_fin_timeout"}).Draw(rt, "key")
			p := Plan{DropIn: h.dropIn, Changes: []Change{{Key: key, From: h.kernel.values[key], To: rapid.StringMatching(`[0-9]{1,3}`).Draw(rt, "to")}}}
			if _, err := h.Apply(t.Context(), p, h.kernel); err != nil {
				rt.Fatal(err)
			}
			states = append(states, h.state(t))
		}
		for id := len(states) - 1; id > 0; id-- {
			if id > 1 {
				if _, err := h.Undo(t.Context(), 1, Overwrite); err == nil {
					rt.Fatal("the first was undone below the others")
				}
			}
			if _, err := h.Undo(t.Context(), id, StepBack); err != nil {
				rt.Fatal(err)
			}
			if got := h.state(t); !got.equal(states[id-1]) {
				rt.Fatalf("after undo %d: %v, want %v", id, got.values, states[id-1].values)
			}
		}
	})
}
