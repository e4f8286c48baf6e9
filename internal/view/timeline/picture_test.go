package timeline_test

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/timeline"
)

// written is a text in a picture: from x1 to x2, its base line at y where x is
// at, rising by slope.
type written struct {
	text          string
	x1, x2, at, y float64
	slope         float64
}

var textElement = regexp.MustCompile(
	`<text class="(\w+)" text-anchor="(\w+)" x="([-\d.]+)" y="([-\d.]+)"(?: transform="rotate\(([-\d.]+)[^"]*")?>([^<]*)</text>`)

// texts reads a picture; widths are those of DejaVu Sans, a wide font, about.
func texts(t interface{ Fatal(...any) }, picture string) (list []written) {
	widths := map[string]float64{"title": 11, "host": 9, "sub": 7, "state": 7.3, "long": 7, "foot": 5.8, "time": 5.8, "port": 5.8}
	for _, m := range textElement.FindAllStringSubmatch(picture, -1) {
		per := widths[m[1]]
		if per == 0 {
			per = 6.2
		}
		number := func(s string) float64 {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		w := written{text: m[6], at: number(m[3]), y: number(m[4])}
		if m[5] != "" {
			w.slope = math.Tan(number(m[5]) * math.Pi / 180)
		}
		width := per * float64(utf8.RuneCountInString(m[6]))
		w.x1 = w.at - map[string]float64{"start": 0, "middle": width / 2, "end": width}[m[2]]
		w.x2 = w.x1 + width
		list = append(list, w)
	}
	return list
}

// hides reports whether two texts overlap. They do if their base lines come
// closer than the height of small letters.
func (w written) hides(o written) bool {
	const height = 8
	left, right := max(w.x1, o.x1), min(w.x2, o.x2)
	if right-left < 2 {
		return false
	}
	gap := func(x float64) float64 { return w.y + w.slope*(x-w.at) - o.y - o.slope*(x-o.at) }
	a, b := gap(left), gap(right)
	return math.Abs(a) < height || math.Abs(b) < height || a*b < 0
}

func checkTexts(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, picture string,
) {
	list := texts(t, picture)
	for i, a := range list {
		for _, b := range list[:i] {
			if a.hides(b) {
				t.Errorf("%q and %q hide each other: %+v %+v", a.text, b.text, a, b)
			}
		}
	}
}

func TestNoTextHidesAnother(t *testing.T) {
	for name, line := range stories() {
		if name == "hostile" { // its names are longer than hosts are wide, and clipped
			continue
		}
		checkTexts(t, svg(t, line, timeline.Options{Title: "title", Subtitle: "subtitle"}))
	}
}

// randomLine has one connection, whose events are as close or as far as luck
// has it.
func randomLine(t *rapid.T) evidence.Timeline {
	s := newStory("client", "server")
	at := rapid.SampledFrom([]time.Duration{0, 1000, ms / 50, ms / 3, 20 * ms, 3000 * ms})
	now := time.Duration(0)
	for range rapid.IntRange(0, 40).Draw(t, "events") {
		now += at.Draw(t, "wait")
		host := rapid.SampledFrom(s.Hosts).Draw(t, "host")
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			s.is(now, host, tcp.State(rapid.IntRange(1, 11).Draw(t, "state")))
		case 1:
			s.note(now, host, rapid.SampledFrom([]string{"close()", "a note that is too long for one line"}).Draw(t, "note"))
		default:
			p := s.send(now, host, tcp.ACK, 1, 100_000, 1460)
			p.Until = now + at.Draw(t, "way")
			p.Fate = rapid.SampledFrom([]evidence.Fate{evidence.Arrived, evidence.Lost, evidence.Delayed}).Draw(t, "fate")
		}
	}
	return s.done(now)
}

func TestNoTextHidesAnotherWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out strings.Builder
		if err := timeline.SVG(&out, randomLine(t), timeline.Options{}); err != nil {
			t.Fatal(err)
		}
		checkTexts(t, out.String())
	})
}

func TestThousandsOfSegmentsGiveABoundedPicture(t *testing.T) {
	picture := svg(t, crowd(50, 500), timeline.Options{})
	elements := parse(t, picture)
	if elements["polygon"] > 200 || len(picture) > 200_000 {
		t.Errorf("%d arrows in %d bytes", elements["polygon"], len(picture))
	}
	// 6 of 50 connections have 1,000 segments each, of which 140 are drawn.
	ladder := text(t, crowd(50, 500))
	for _, want := range []string{"5,860 segments not", "44 connections", "not drawn"} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
	if !strings.Contains(ladder, "5,860 segments not shown") || strings.Count(ladder, "\n") > 300 {
		t.Errorf("ladder of %d lines does not say what it lacks:\n%s", strings.Count(ladder, "\n"), ladder)
	}
}

func TestWhatTheTimelineDroppedIsSaid(t *testing.T) {
	line := activeClose()
	line.Dropped = evidence.Dropped{Segments: 1234, Notes: 1}
	for _, got := range []string{svg(t, line, timeline.Options{}), text(t, line)} {
		if !strings.Contains(got, "not drawn: 1,234 segments, 1 note") {
			t.Error("not said")
		}
	}
}

func TestManyHostsAndNoConnectionsAreDrawn(t *testing.T) {
	line := evidence.Timeline{}
	for i := range 20 {
		line.Hosts = append(line.Hosts, fmt.Sprint("host", i))
		line.AddState(evidence.Stay{
			Host: fmt.Sprint("host", i), State: tcp.Listen, Open: true,
			Tuple: tcp.FourTuple{Src: netip.MustParseAddrPort("[::]:80")},
		})
	}
	if got := svg(t, line, timeline.Options{}); !strings.Contains(got, "14 hosts") || strings.Count(got, "LISTEN") != 6 {
		t.Error("not six hosts and a word about the others")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestErrorsOfWritingAreReturned(t *testing.T) {
	if timeline.SVG(fullDisk{}, evidence.Timeline{}, timeline.Options{}) == nil || timeline.Text(fullDisk{}, evidence.Timeline{}) == nil {
		t.Error("no error")
	}
}
