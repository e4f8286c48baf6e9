package tui

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a screen with a file in testdata, which shows how it looks.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-update writes it anew):\n%s", path, diff)
	}
}

func TestScreensLookAsInTheGoldenFiles(t *testing.T) {
	const long = 40
	for name, s := range map[string]*stage{
		"first-look":          atLive(true, 80, 24, 1),
		"80x24":               atLive(true, 80, 24, long),
		"120x40":              atLive(true, 120, 40, long),
		"40x10":               atLive(true, 40, 10, long),
		"40x10-states":        atLive(true, 40, 10, long).press("1"),
		"ascii":               atLive(false, 80, 24, long),
		"filter":              atLive(true, 80, 24, long).press("/", "E", "V", "I", "L", "enter"),
		"filter-typed":        atLive(true, 80, 24, long).press("/", "x", "y"),
		"sorted":              atLive(true, 80, 24, long).press("4", "s", "s", "S"),
		"zoomed":              atLive(true, 80, 24, long).press("4", "z"),
		"destination":         atLive(true, 80, 24, long).press("enter"),
		"destination-wide":    atLive(true, 120, 40, long).press("enter"),
		"destination-coarse":  atLive(true, 80, 40, long).press("enter", "-", "-"),
		"destination-ascii":   atLive(false, 80, 40, long).press("enter", "-"),
		"destination-small":   atLive(true, 40, 10, long).press("enter", "pgdown"),
		"owner":               atLive(true, 80, 24, long).press("4", "enter"),
		"owner-hostile":       atLive(true, 80, 24, long).press("4", "down", "enter"),
		"finding":             atLive(true, 80, 24, long).press("2", "enter"),
		"state":               atLive(true, 80, 24, long).press("1", "down", "down", "enter"),
		"not-seen":            atLive(true, 80, 24, long).press("n"),
		"help":                atLive(true, 80, 40, long).press("?"),
		"recording":           atTape(reel{looks: 30}, 80, 24).press("]", "]", "end", "["),
		"recording-help":      atTape(reel{looks: 30}, 80, 40).press("?"),
		"recording-cut":       atTape(reel{2, errors.New("read x: recording is cut after 2 snapshots")}, 80, 24).press("end"),
		"destination-watched": watchedFor(25),
		"paused":              paused(),
	} {
		t.Run(name, func(t *testing.T) {
			screen := s.m.content()
			golden(t, name, bare(screen))
			proper(t, screen, s.m.size, s.m.set.unicode)
		})
	}
}

// bare is a screen without tones, and without blanks that nobody sees.
func bare(screen string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(ansi.Strip(screen), "\n") {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// paused is a screen that stands while three more looks are taken.
func paused() *stage {
	s := atLive(true, 80, 24, 10).press("space")
	for i := range 3 {
		s.look(shop(10 + i))
	}
	return s
}

// watchedFor is a page that was opened at the first of so many looks.
func watchedFor(seconds int) *stage {
	s := atLive(true, 80, 40, 1).press("enter")
	for i := range seconds {
		s.look(shop(i + 1))
	}
	return s
}

func TestColoursOnlyRepeatWhatWordsSay(t *testing.T) {
	screen := atLive(true, 80, 24, 3).m.content()
	if !strings.HasPrefix(screen, "\x1b[1;31mCRITICAL\x1b[m: ") {
		t.Errorf("the answer is not in colour: %q", screen[:40])
	}
	if !strings.HasPrefix(ansi.Strip(screen), "CRITICAL: ") {
		t.Error("without colours the word is gone")
	}
}

// proper fails if a screen does not have its size, or has strangers' bytes in
// it.
func proper(t interface{ Errorf(string, ...any) }, screen string, size size, allowUnicode bool) {
	text := ansi.Strip(screen)
	lines := strings.Split(text, "\n")
	if len(lines) != size.height {
		t.Errorf("%d lines on a screen of %d", len(lines), size.height)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > size.width {
			t.Errorf("line %d has %d columns, the screen %d: %q", i+1, w, size.width, line)
		}
		for _, r := range line {
			if !unicode.IsPrint(r) || !allowUnicode && r > 0x7e {
				t.Errorf("line %d holds %U: %q", i+1, r, line)
			}
		}
	}
	if !utf8.ValidString(text) {
		t.Errorf("not UTF-8: %q", text)
	}
	// Strip must not have hidden what a stranger wrote: only tones are allowed.
	for rest := screen; ; {
		_, after, found := strings.Cut(rest, "\x1b")
		if !found {
			return
		}
		end := strings.IndexByte(after, 'm')
		if end < 1 || strings.Trim(after[1:end], "0123456789;") != "" || after[0] != '[' {
			t.Errorf("a sequence that is no tone: %q", after[:min(len(after), 12)])
		}
		rest = after
	}
}
