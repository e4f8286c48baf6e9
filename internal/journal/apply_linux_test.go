package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestApplyThenUndoIsAsIfNothingHadHappened(t *testing.T) {
	for name, old := range map[string]string{"no file": "", "a file": "# mine\nnet.ipv4.tcp_tw_reuse=0\nkernel.sysrq = 1"} {
		h := newHost(t)
		if old != "" {
			must(t, os.WriteFile(h.dropIn, []byte(old), 0o640))
		}
		before := h.state(t)
		e, err := h.Apply(t.Context(), h.plan(), h.kernel)
		must(t, err)
		if e.State != Applied || h.kernel.values["net.ipv4.tcp_tw_reuse"] != "1" {
			t.Errorf("%s: %s, %v", name, e.State, h.kernel.values)
		}
		got, err := os.ReadFile(h.dropIn)
		must(t, err)
		for _, line := range []string{"\nnet.ipv4.tcp_tw_reuse = 1\n", "\nnet.ipv4.ip_local_port_range = 10000 65001\n", "linger fix --undo 1"} {
			if !strings.Contains(string(got), line) {
				t.Errorf("%s: no %q in %s", name, line, got)
			}
		}
		if old != "" && (!strings.HasPrefix(string(got), "# mine\nkernel.sysrq = 1\n") || strings.Contains(string(got), "tcp_tw_reuse=0")) {
			t.Errorf("%s: the other lines are not as they were: %s", name, got)
		}
		e, err = h.Undo(t.Context(), e.ID, StepBack)
		must(t, err)
		if after := h.state(t); e.State != Undone || !after.equal(before) {
			t.Errorf("%s: %s\n%v\nwant\n%v", name, e.State, after, before)
		}
	}
}

func TestAFolderThatWasMissingIsMissingAfterUndo(t *testing.T) {
	h := newHost(t)
	must(t, os.Remove(filepath.Dir(h.dropIn)))
	before := h.state(t)
	e, err := h.Apply(t.Context(), h.plan(), h.kernel)
	must(t, err)
	if _, err := os.Stat(h.dropIn); err != nil {
		t.Error(err)
	}
	_, err = h.Undo(t.Context(), e.ID, StepBack)
	must(t, err)
	if after := h.state(t); !after.equal(before) {
		t.Errorf("%v, want %v", after, before)
	}
}

func TestApplyRefusesBeforeItChangesAnything(t *testing.T) {
	for name, c := range map[string]struct {
		problem Problem
		spoil   func(*host, *Plan)
	}{
		"nothing to do":     {Invalid, func(_ *host, p *Plan) { p.Changes = nil }},
		"twice the same":    {Invalid, func(_ *host, p *Plan) { p.Changes[1] = Change{Key: "net/ipv4/tcp_tw_reuse", From: "2", To: "0"} }},
		"not below net":     {Invalid, func(_ *host, p *Plan) { p.Changes[0].Key = "kernel.sysrq" }},
		"out of the tree":   {Invalid, func(_ *host, p *Plan) { p.Changes[0].Key = "net/../../etc/passwd" }},
		"two lines":         {Invalid, func(_ *host, p *Plan) { p.Changes[0].To = "1\nkernel.sysrq = 1" }},
		"not a .conf":       {Invalid, func(_ *host, p *Plan) { p.DropIn = "/etc/passwd" }},
		"changed since":     {Stale, func(h *host, _ *Plan) { h.kernel.values["net.ipv4.tcp_tw_reuse"] = "0" }},
		"no such setting":   {Stale, func(h *host, _ *Plan) { delete(h.kernel.values, "net.ipv4.tcp_tw_reuse") }},
		"not the host":      {NotHost, func(h *host, _ *Plan) { h.kernel.space.Host = false }},
		"a symbolic link":   {BadFile, func(h *host, _ *Plan) { _ = os.Symlink("/etc/hosts", h.dropIn) }},
		"a folder":          {BadFile, func(h *host, _ *Plan) { _ = os.Mkdir(h.dropIn, 0o755) }},
		"two folders short": {BadFile, func(h *host, p *Plan) { p.DropIn = filepath.Join(filepath.Dir(h.dropIn), "a/b/c.conf") }},
		"overridden":        {Overridden, func(h *host, _ *Plan) { h.Winner = winner("/etc/sysctl.d/99-x.conf") }},
		"by sysctl.conf":    {Overridden, func(h *host, _ *Plan) { h.Winner = winner("/etc/sysctl.conf") }},
		"no guard": {NoGuard, func(h *host, p *Plan) {
			p.ConfirmWithin = time.Minute
			h.Launch = func(context.Context, int) error { return errors.New("no") }
		}},
	} {
		h := newHost(t)
		p := h.plan()
		c.spoil(h, &p)
		before := h.state(t)
		_, err := h.Apply(t.Context(), p, h.kernel)
		refused(t, err, c.problem)
		if after := h.state(t); !after.equal(before) || len(h.kernel.log) > 0 {
			t.Errorf("%s: %v, want %v; writes %v", name, after, before, h.kernel.log)
		}
		if entries, bad := h.Entries(); len(bad) > 0 || len(entries) == 1 && entries[0].State != Abandoned {
			t.Errorf("%s: the journal has %v, %v", name, entries, bad)
		}
	}
}

func winner(file string) func(string) (string, int, string) {
	return func(key string) (string, int, string) {
		if key == "net.ipv4.tcp_tw_reuse" {
			return file, 7, "0"
		}
		return "", 0, ""
	}
}

func TestTheRefusalNamesTheFileThatWouldWinAndItsLine(t *testing.T) {
	h := newHost(t)
	h.Winner = winner("/usr/lib/sysctl.d/99-x.conf")
	_, err := h.Apply(t.Context(), h.plan(), h.kernel)
	e := refused(t, err, Overridden)
	for _, part := range []string{"/usr/lib/sysctl.d/99-x.conf", "7", "net.ipv4.tcp_tw_reuse", `"0"`} {
		if !strings.Contains(e.Text.EN, part) || !strings.Contains(e.Text.ZH, part) {
			t.Errorf("no %s in %v", part, e.Text)
		}
	}
}

func TestAFileThatIsReadEarlierOrAgreesIsNoObstacle(t *testing.T) {
	for _, w := range []func(string) (string, int, string){
		winner("/usr/lib/sysctl.d/50-default.conf"),
		func(key string) (string, int, string) { // of a list that says the same
			for _, c := range (&host{}).plan().Changes {
				if c.Key == key {
					return "/etc/sysctl.conf", 1, c.To
				}
			}
			return "", 0, ""
		},
	} {
		h := newHost(t)
		h.Winner = w
		if _, err := h.Apply(t.Context(), h.plan(), h.kernel); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatFailsMidwayIsTakenBack(t *testing.T) {
	const last = "net.ipv4.ip_local_reserved_ports"
	for name, c := range map[string]struct {
		problem Problem
		spoil   func(*kernel)
	}{
		"EINVAL": {Invalid, func(k *kernel) { k.refuse = map[string]error{last: syscall.EINVAL} }},
		"clamped": {Altered, func(k *kernel) {
			k.alter = map[string]func(string) string{last: func(v string) string {
				if v != "" {
					return "1"
				}
				return v
			}}
		}},
		"moved by another setting": {Altered, func(k *kernel) {
			k.alter = map[string]func(string) string{last: func(v string) string {
				if v != "" {
					k.values["net.ipv4.tcp_tw_reuse"] = "0"
				}
				return v
			}}
		}},
	} {
		h := newHost(t)
		before := h.state(t)
		c.spoil(h.kernel)
		e, err := h.Apply(t.Context(), h.plan(), h.kernel)
		refused(t, err, c.problem)
		if after := h.state(t); e.State != Undone || !after.equal(before) {
			t.Errorf("%s: %s\n%v\nwant\n%v", name, e.State, after, before)
		}
	}
}

func TestAValueOfSomebodyElseMidwayIsLeftAlone(t *testing.T) {
	h := newHost(t)
	h.kernel.onRead = func(_ string, n int) {
		if n == 5 { // three of prepare, two of the first value
			h.kernel.values["net.ipv4.ip_local_port_range"] = "1 2"
		}
	}
	e, err := h.Apply(t.Context(), h.plan(), h.kernel)
	refused(t, err, Changed)
	if v := h.kernel.values; v["net.ipv4.ip_local_port_range"] != "1 2" || v["net.ipv4.tcp_tw_reuse"] != "2" {
		t.Errorf("%v", v)
	}
	if e.State != Undone || len(e.Left) != 1 {
		t.Errorf("%s, left %v", e.State, e.Left)
	}
}

func TestAnEndedContextTakesTheChangeBack(t *testing.T) {
	h := newHost(t)
	before := h.state(t)
	ctx, cancel := context.WithCancel(t.Context())
	h.kernel.onRead = func(_ string, n int) {
		if n == 5 {
			cancel()
		}
	}
	if _, err := h.Apply(ctx, h.plan(), h.kernel); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if after := h.state(t); !after.equal(before) || len(h.kernel.log) == 0 {
		t.Errorf("%v after writes %v", after, h.kernel.log)
	}
}

func TestRuntimeOnlyWritesNoFile(t *testing.T) {
	h := newHost(t)
	h.kernel.space.Host = false
	before := h.state(t)
	p := h.plan()
	p.RuntimeOnly = true
	e, err := h.Apply(t.Context(), p, h.kernel)
	must(t, err)
	after := h.state(t)
	if e.State != Applied || len(after.files) != len(before.files) || after.values["net.ipv4.tcp_tw_reuse"] != "1" {
		t.Errorf("%s %v", e.State, after)
	}
}
