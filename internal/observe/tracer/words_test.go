package tracer

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestEveryValueHasAWord(t *testing.T) {
	for _, text := range []string{
		Failed.String(), Listen.String(), Accepted.String(), TimedOut.String(), ByDestroy.String(), EndDropped.String(), ByOpener.String(),
	} {
		if text == "" || strings.HasPrefix(text, "value") {
			t.Errorf("no word: %q", text)
		}
	}
	if text := (EndDropped + 1).String(); text != "value 9" {
		t.Errorf("beyond the last: %q", text)
	}
}

func TestTicksAreThoseOfProcStat(t *testing.T) {
	if ticks := (Process{Start: 1234567890 * time.Nanosecond}).Ticks(); ticks != 123 {
		t.Errorf("got %d", ticks)
	}
}

func TestOwnerIsTheOpenerOnlyWhereTheCloserIsUnknown(t *testing.T) {
	a, b := Process{PID: 1}, Process{PID: 2}
	if got := (&Life{Opener: a, Closer: b}).Owner(); got != b {
		t.Errorf("got %+v", got)
	}
	if got := (&Life{Opener: a}).Owner(); got != a {
		t.Errorf("got %+v", got)
	}
}

func TestUnavailableSaysWhyAndWhatIsLost(t *testing.T) {
	err := &UnavailableError{Why: "no right", Hint: "sudo linger", Err: os.ErrPermission}
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "no right") {
		t.Errorf("%v", err)
	}
	if gap := err.Gap(); gap.Loses == "" || gap.Hint != "sudo linger" || !strings.Contains(gap.What, "no right") {
		t.Errorf("%+v", gap)
	}
}

func TestOnlyKernelsThatArePreemptedInTracepointsLookTwice(t *testing.T) {
	if old, recent := len(hooks("6.18.15")), len(hooks("7.3.4")); recent != old+1 {
		t.Errorf("%d hooks before, %d after 6.18", old, recent)
	}
}

func TestEachHookSaysWhatIsLostWithoutIt(t *testing.T) {
	for _, h := range hooks("7.0.1") {
		c := Coverage{Hooks: []Hook{h}}
		if gaps := c.Gaps(); h.Kernel == "" || len(gaps) != 1 || gaps[0].Loses == "" {
			t.Errorf("%+v: %+v", h, gaps)
		}
	}
}
