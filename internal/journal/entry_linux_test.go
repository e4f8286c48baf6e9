package journal

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/say"
)

func TestAnEntryThatCannotBeReadIsNamedAndKeptAndNothingIsAppliedOverIt(t *testing.T) {
	whole := func(h *host) []byte {
		data, err := os.ReadFile(h.entryName(1))
		must(t, err)
		return data
	}
	for name, spoil := range map[string]func(data []byte) []byte{
		"torn":  func(data []byte) []byte { return data[:len(data)/2] },
		"empty": func([]byte) []byte { return nil },
		"a bit": func(data []byte) []byte {
			return bytes.Replace(data, []byte("tcp_tw_reuse"), []byte("tcp_tw_reusf"), 1)
		},
		"not ours": func([]byte) []byte { return []byte(`{"hello":1}`) },
		"newer": func(data []byte) []byte {
			return bytes.Replace(data, []byte(`"linger_journal":1`), []byte(`"linger_journal":2`), 1)
		},
		"another's": func([]byte) []byte { return resealed(t, &Entry{ID: 2, State: Applied}) },
		"no state":  func([]byte) []byte { return resealed(t, &Entry{ID: 1, State: "odd"}) },
		"a wild path": func([]byte) []byte {
			return resealed(t, &Entry{ID: 1, State: Applied, Changes: []Change{{Key: "net/../../etc/x"}}})
		},
		"a wild step":  func([]byte) []byte { return resealed(t, &Entry{ID: 1, State: Undoing, Step: 3}) },
		"a short path": func([]byte) []byte { return resealed(t, &Entry{ID: 1, State: Undoing, File: &File{Path: "x"}}) },
	} {
		h, _, _ := applied(t, 0)
		spoiled := spoil(whole(h))
		must(t, os.WriteFile(h.entryName(1), spoiled, 0o600))
		before := h.state(t)
		if _, errs := h.Status(); len(errs) != 1 {
			t.Errorf("%s: status says %v", name, errs)
		} else if e := refused(t, errs[0], Unreadable); !strings.Contains(e.Text.EN, h.entryName(1)) {
			t.Errorf("%s: %s", name, e)
		}
		_, err := h.Apply(t.Context(), h.plan(), h.kernel)
		refused(t, err, Unreadable)
		_, err = h.Undo(t.Context(), 1, Overwrite)
		refused(t, err, Unreadable)
		if _, err := h.Recover(t.Context()); err == nil {
			t.Errorf("%s: Recover says nothing", name)
		}
		if !bytes.Equal(whole(h), spoiled) || !h.state(t).equal(before) {
			t.Errorf("%s: something was touched", name)
		}
	}
}

func resealed(t *testing.T, e *Entry) []byte {
	t.Helper()
	data, err := e.encode()
	must(t, err)
	return data
}

func TestAFileWithAStrangeNameIsNamedAndOthersAreIgnored(t *testing.T) {
	h, _, _ := applied(t, 0)
	for _, name := range []string{"01.json", "x.json"} {
		must(t, os.WriteFile(filepath.Join(h.Dir, name), nil, 0o600))
	}
	must(t, os.WriteFile(filepath.Join(h.Dir, "README"), nil, 0o600))
	entries, bad := h.Entries()
	if len(entries) != 1 || len(bad) != 2 {
		t.Errorf("%d entries, %v", len(entries), bad)
	}
}

func TestNumbersAreNeverGivenTwice(t *testing.T) {
	h, e, _ := applied(t, 0)
	_, err := h.Undo(t.Context(), e.ID, StepBack)
	must(t, err)
	must(t, os.Rename(h.entryName(1), h.entryName(41)))
	if id, err := h.nextID(); err != nil || id != 42 {
		t.Errorf("%d, %v", id, err)
	}
}

func FuzzAnEntryIsReadWholeOrRefused(f *testing.F) {
	data, err := (&Entry{ID: 1, State: Applying, Changes: []Change{{Key: "net.x", From: "1", To: "2"}}}).encode()
	must(f, err)
	f.Add(data)
	f.Add([]byte(`{"linger_journal":1,"sha256":"","entry":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decode(data, 1, "1.json")
		if (e == nil) == (err == nil) {
			t.Errorf("%v and %v", e, err)
		}
		if e != nil && !e.State.Ended() {
			r := Report{Entry: e}
			_, _ = r.Headline(), r.Commands()
		}
	})
}

func TestEveryStateIsSaidInBothLanguages(t *testing.T) {
	change := []Change{{Key: "net.ipv4.tcp_tw_reuse"}, {Key: "net.ipv4.tcp_fin_timeout"}}
	seen := make(map[string]State)
	for _, r := range []Report{
		{Entry: &Entry{State: Applying}},
		{Entry: &Entry{State: Applying, Step: 2}},
		{Entry: &Entry{State: Pending}},
		{Entry: &Entry{State: Pending}, Rest: 61e9},
		{Entry: &Entry{State: Pending}, Rest: 61e9, Guarded: true},
		{Entry: &Entry{State: Confirming}},
		{Entry: &Entry{State: Applied}},
		{Entry: &Entry{State: Applied, File: &File{}}},
		{Entry: &Entry{State: Applied}, Differs: []string{"x"}},
		{Entry: &Entry{State: Applied}, Over: true},
		{Entry: &Entry{State: Undoing}},
		{Entry: &Entry{State: Undoing}, Busy: "process 7, linger fix --undo"},
		{Entry: &Entry{State: Undone}},
		{Entry: &Entry{State: Undone, Left: []string{"x"}}},
		{Entry: &Entry{State: Abandoned}},
	} {
		r.ID, r.Changes = 5, change
		text := r.Headline()
		if text.EN == "" || text.ZH == "" || text.EN == text.ZH || strings.Contains(text.EN+text.ZH, "%!") {
			t.Errorf("%s: %q", r.State, text)
		}
		if other, twice := seen[text.EN]; twice {
			t.Errorf("%s and %s say the same: %s", other, r.State, text.EN)
		}
		seen[text.EN] = r.State
		if (len(r.Commands()) == 0) != (r.State.Ended() || r.Busy != "" || r.Over) {
			t.Errorf("%s: commands %v", text.EN, r.Commands())
		}
	}
}

func TestTextSpeaksOfAllErrorsThatWereJoined(t *testing.T) {
	h := newHost(t)
	h.kernel.refuse = map[string]error{"net.ipv4.tcp_tw_reuse": fmt.Errorf("EINVAL")}
	_, err := h.Apply(t.Context(), h.plan(), h.kernel)
	zh := Text(err, say.Chinese)
	if zh == err.Error() || !strings.Contains(zh, "内核拒绝") || !strings.Contains(Text(err, say.English), "EINVAL") {
		t.Errorf("%s", zh)
	}
}
