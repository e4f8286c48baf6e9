package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/view/chart"
	"github.com/linger-dev/linger/internal/view/escape"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-update writes it anew):\n%s", path, diff)
	}
}

// hill rises and falls over a minute, below a limit.
func hill() chart.Figure {
	var l chart.Line
	for s := range 61 {
		l.X = append(l.X, float64(s))
		l.Y = append(l.Y, math.Round(900-float64((s-30)*(s-30))))
	}
	return chart.Figure{
		Title: "a hill <of> numbers", X: chart.Axis{Name: "time", High: 60},
		Panels: []chart.Panel{
			{Name: "height", Lines: []chart.Line{l}, Limit: 1000, LimitName: "at most"},
			{Name: "nothing", Lines: []chart.Line{{X: []float64{0, 60}, Y: []float64{0, 0}}}},
		},
		Marks: []chart.Mark{{At: 20, Text: "first"}, {At: 20.1, Text: "second & near"}, {At: 60, Text: "last"}},
	}
}

// scatter has two lines of points over a logarithmic axis, one of which is
// partly nowhere.
func scatter() chart.Figure {
	inf := math.Inf(1)
	return chart.Figure{
		Title: "a sweep", X: chart.Axis{Name: "rate", Low: 100, High: 1600, Log: true},
		Panels: []chart.Panel{{
			Name: "time", Points: true, Never: "never",
			Lines: []chart.Line{
				{Name: "reuse=0", X: []float64{100, 200, 400, 800, 1600}, Y: []float64{inf, inf, 60, 35, 17}},
				{Name: "reuse=1", X: []float64{100, 200, 400, 800, 1600}, Y: []float64{inf, inf, inf, inf, 40}},
			},
		}},
	}
}

func TestFiguresAreDrawnWithBlocksAndInASCII(t *testing.T) {
	for name, f := range map[string]chart.Figure{"hill": hill(), "scatter": scatter()} {
		golden(t, name+".txt", chart.Text(f, chart.Options{Width: 60}))
		golden(t, name+"-unicode.txt", chart.Text(f, chart.Options{Width: 60, Unicode: true}))
	}
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for _, width := range []int{40, 61, 80, 200} {
		for _, f := range []chart.Figure{hill(), scatter()} {
			for line := range strings.Lines(chart.Text(f, chart.Options{Width: width, Unicode: true})) {
				if n := escape.Cells(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("a line of %d columns for %d: %q", n, width, line)
				}
			}
		}
	}
}

func TestColourSaysNothingThatTheLettersDoNot(t *testing.T) {
	plain := chart.Text(hill(), chart.Options{Width: 60})
	coloured := chart.Text(hill(), chart.Options{Width: 60, Color: true})
	if !strings.Contains(coloured, "\x1b[") {
		t.Error("no colour")
	}
	trim := func(s string) string {
		var out strings.Builder
		for line := range strings.Lines(strings.NewReplacer("\x1b[36m", "", "\x1b[0m", "").Replace(s)) {
			out.WriteString(strings.TrimRight(line, " \n") + "\n")
		}
		return out.String()
	}
	if trim(coloured) != trim(plain) {
		t.Error("without its colour the figure is another one")
	}
	if strings.Contains(plain, "\x1b") {
		t.Error("colour that nobody asked for")
	}
}

func TestAFigureWithoutPanelsIsNoText(t *testing.T) {
	if got := chart.Text(chart.Figure{Title: "nothing"}, chart.Options{}); got != "" {
		t.Errorf("%q", got)
	}
}

func TestPicturesAreWholeXMLWithoutAnythingFromElsewhere(t *testing.T) {
	for name, f := range map[string]chart.Figure{"hill.svg": hill(), "scatter.svg": scatter()} {
		var out bytes.Buffer
		if err := chart.SVG(&out, f); err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(out.Bytes())); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if text := out.String(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Contains(text, "href") || strings.Contains(text, "<script") {
			t.Errorf("%s: %s", name, text)
		}
		golden(t, name, out.String())
	}
}
