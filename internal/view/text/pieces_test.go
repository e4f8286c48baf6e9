package text

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

func TestSparklineShowsTheMinuteOldestFirst(t *testing.T) {
	var age [60]uint32
	age[0], age[59] = 8, 1
	got := Sparkline(age[:], 60, false)
	if got != ":"+strings.Repeat("_", 58)+"#" && got != "."+strings.Repeat("_", 58)+"#" {
		t.Errorf("got %q", got)
	}
	for _, width := range []int{60, 30, 20, 7} {
		if n := utf8.RuneCountInString(Sparkline(age[:], width, true)); n != width {
			t.Errorf("%d characters for a width of %d", n, width)
		}
	}
	if got := Sparkline(age[:], 100, true); utf8.RuneCountInString(got) != 60 {
		t.Errorf("got %q", got)
	}
	if Sparkline(nil, 20, true) != "" || Sparkline(age[:], 0, true) != "" {
		t.Error("nothing became something")
	}
	if got := Sparkline(make([]uint32, 60), 20, true); got != strings.Repeat("▁", 20) {
		t.Errorf("an idle minute is %q", got)
	}
}

func TestSparklineTellsNothingFromALittle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Uint32(), 60, 60).Draw(t, "values")
		var most uint32
		for _, v := range values {
			most = max(most, v)
		}
		for i, r := range []rune(Sparkline(values, 60, true)) {
			v := values[59-i]
			if (v == 0) != (r == '▁') || most > 0 && v == most && r != '█' {
				t.Fatalf("%d of at most %d is drawn as %c", v, most, r)
			}
		}
	})
}

func TestNumbersAreReadable(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		5 * time.Millisecond: "5 ms", 45 * time.Second: "45 s", 10 * time.Minute: "10 min", 5 * time.Hour: "5 h", 96 * time.Hour: "4 days",
	} {
		if got := span(d); got != want {
			t.Errorf("%v is %q", d, got)
		}
	}
	if got := rate(evidence.Rate{PerSecond: 1234.4, Slope: -1}, true); got != "1,234 ↓" {
		t.Error(got)
	}
	if got := rate(evidence.Rate{PerSecond: 2.25, Slope: 1}, false); got != "2.2 rising" {
		t.Error(got)
	}
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestWriteErrorIsReported(t *testing.T) {
	if err := New(brokenPipe{}, Options{}).States(view.States{Snapshot: &evidence.Snapshot{}}); !errors.Is(err, errPipe) {
		t.Errorf("got %v", err)
	}
}

// The command line chooses among the views by this interface.
var _ view.Reporter = (*Reporter)(nil)
