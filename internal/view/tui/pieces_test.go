package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

func TestPanesShareTheScreen(t *testing.T) {
	for name, c := range map[string]struct {
		need   [numPanes]int
		height int
		focus  int
		zoomed bool
		want   [numPanes]int
	}{
		"all fit, the rest is left":           {[numPanes]int{5, 1, 2, 3}, 30, 2, false, [numPanes]int{6, 2, 3, 4}},
		"the focused one gets what is scarce": {[numPanes]int{5, 50, 50, 50}, 21, 2, false, [numPanes]int{6, 4, 7, 4}},
		"another focus":                       {[numPanes]int{5, 50, 50, 50}, 40, 3, false, [numPanes]int{6, 4, 4, 26}},
		"no room for all":                     {[numPanes]int{5, 2, 2, 2}, 8, 1, false, [numPanes]int{0, 8, 0, 0}},
		"zoomed":                              {[numPanes]int{5, 2, 2, 2}, 40, 0, true, [numPanes]int{40, 0, 0, 0}},
		"no room at all":                      {[numPanes]int{5, 2, 2, 2}, -1, 0, false, [numPanes]int{}},
	} {
		if got := share(c.need, c.height, c.focus, c.zoomed); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestPanesNeverNeedMoreThanTheScreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var need [numPanes]int
		for i := range need {
			need[i] = rapid.IntRange(1, 100).Draw(t, "need")
		}
		height, sum := rapid.IntRange(0, 100).Draw(t, "height"), 0
		for _, h := range share(need, height, rapid.IntRange(0, 3).Draw(t, "focus"), rapid.Bool().Draw(t, "zoomed")) {
			sum += h
		}
		if sum > height {
			t.Fatalf("%d lines of %d", sum, height)
		}
	})
}

func TestThePastIsResampledToSeconds(t *testing.T) {
	at := func(ms int, n uint64) Moment {
		return Moment{Taken: noon.Add(time.Duration(ms) * time.Millisecond), Counts: only(tcp.CloseWait, n)}
	}
	p := pastOf([]Moment{at(0, 1), at(900, 2), at(5000, 3), at(6100, 4)})
	if got := p.counts[tcp.CloseWait][:p.seen]; len(got) != 7 || got[0] != 4 || got[1] != 3 || got[2] != 2 || got[5] != 2 || got[6] != 1 {
		t.Errorf("newest first: %v", got)
	}
	if got := p.change[tcp.CloseWait]; !p.rated || got < 0.49 || got > 0.5 {
		t.Errorf("3 more in 6.1 s are %v per second", got)
	}
	if p := pastOf(nil); p.seen != 0 || p.rated {
		t.Error("nothing became something")
	}
	if p := pastOf([]Moment{at(0, 9)}); p.seen != 1 || p.rated {
		t.Errorf("one look: %d seconds, rated %v", p.seen, p.rated)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	var kept []Moment
	for i := range 5000 {
		kept = remember(kept, Moment{Taken: noon.Add(time.Duration(i) * 10 * time.Millisecond)})
	}
	if len(kept) != mostMoments {
		t.Errorf("%d moments are kept", len(kept))
	}
	for i := range 500 {
		kept = remember(kept, Moment{Taken: noon.Add(time.Hour + time.Duration(i)*time.Second)})
	}
	if n := len(kept); n < pastSeconds || n > pastSeconds+10 {
		t.Errorf("%d moments of a second each are kept", n)
	}
	if kept = remember(kept, Moment{Taken: noon}); len(kept) != 1 {
		t.Errorf("a clock that was set back leaves %d moments", len(kept))
	}
}

func TestTimeLeftIsKnownOfPortsThatCameWhileWatched(t *testing.T) {
	group := func(ports ...uint16) *view.Group {
		return &view.Group{Tally: &evidence.Tally{TimeWaitPorts: evidence.PortSetOf(ports...)}}
	}
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	w := watched{}.learn(group(1), at(0)).learn(group(1, 2), at(3)).learn(group(1, 2, 3), at(4))
	if _, known := w.left(1); known {
		t.Error("port 1 was there before")
	}
	if left, known := w.left(2); !known || left != 59*time.Second {
		t.Errorf("port 2: %v, %v", left, known)
	}
	if again := w.learn(group(1, 2, 3), at(4)); len(again.since) != 3 || again.since[2] != at(3) {
		t.Error("the same look once more changes what is known")
	}
	for name, later := range map[string]time.Time{"a gap": at(30), "winding back": at(1)} {
		if _, known := w.learn(group(1, 2, 3), later).left(2); known {
			t.Errorf("%s: what was watched is no longer so", name)
		}
	}
	if w = w.learn(nil, at(5)); len(w.since) != 0 {
		t.Error("nothing is left of a destination that is gone")
	}
}

func TestSparklineTellsNothingFromALittleAndShowsTheMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Uint32Range(0, 9), rapid.Uint32()), 60, 60).Draw(t, "values")
		width := rapid.IntRange(1, 60).Draw(t, "width")
		line := []rune(charset{true}.sparkline(values, width))
		var most, peak uint32
		for _, v := range values {
			most = max(most, v)
		}
		for i, r := range line {
			peak = 0
			for j := i * 60 / width; j < (i+1)*60/width; j++ {
				peak = max(peak, values[59-j])
			}
			if (peak == 0) != (r == '▁') || peak > 0 && (peak == most) && r != '█' {
				t.Fatalf("%d of at most %d is drawn as %c", peak, most, r)
			}
		}
	})
	if got := (charset{}).sparkline(nil, 10); got != "" {
		t.Errorf("nothing is drawn as %q", got)
	}
}

func TestFoldingLosesNothingAndCuttingKeepsTheWidth(t *testing.T) {
	set := charset{true}
	rapid.Check(t, func(t *rapid.T) {
		text, width := names.Draw(t, "text"), rapid.IntRange(2, 40).Draw(t, "width")
		joined := strings.ReplaceAll(strings.Join(set.fold(text, width), ""), " ", "")
		if want := strings.ReplaceAll(set.safe(text), " ", ""); joined != want {
			t.Fatalf("%q became %q", want, joined)
		}
		if filled := set.fill(set.safe(text), width, true); !utf8.ValidString(filled) {
			t.Fatalf("%q", filled)
		}
	})
}

func TestAFirstLookThatFailsEndsTheView(t *testing.T) {
	broken := errors.New("no such namespace")
	err := Run(context.Background(), Options{
		In: strings.NewReader(""), Out: io.Discard, Every: time.Second,
		Look: func(context.Context) (*evidence.Snapshot, error) { return nil, broken },
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for tape, want := range map[*reel]error{{}: ErrEmpty, {err: broken}: broken} {
		if s := atTape(tape, 80, 24); !s.quit || !errors.Is(s.m.fatal, want) {
			t.Errorf("got %v, want %v", s.m.fatal, want)
		}
	}
}

func TestALaterLookThatFailsIsToldAndForgotten(t *testing.T) {
	s := atLive(true, 80, 24, 2)
	s.send(lookMsg{err: errors.New("the namespace is gone")})
	if !strings.Contains(s.m.content(), "the last look failed: the namespace is gone") {
		t.Error(s.m.content())
	}
	s.look(shop(3))
	if strings.Contains(s.m.content(), "failed") {
		t.Error("a look that succeeds does not make good")
	}
}

// What is read by commands is closed when Run has returned.
func TestRunWaitsForTheLookThatIsUnderWay(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	looking := false
	err := Run(ctx, Options{
		In: strings.NewReader(""), Out: io.Discard, Every: time.Second,
		Look: func(ctx context.Context) (*evidence.Snapshot, error) {
			looking = true
			cancel()
			<-ctx.Done()
			time.Sleep(20 * time.Millisecond)
			looking = false
			return nil, ctx.Err()
		},
	})
	if err != nil || looking {
		t.Errorf("error %v, still looking: %v", err, looking)
	}
}
