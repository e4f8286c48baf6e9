package diagram_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/diagram"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
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

// content is what a picture says: its texts, and the title of each group of
// shapes. It fails if the picture is not well formed or has more in it than
// shapes and texts.
func content(t *testing.T, picture string) (texts, arrows []string) {
	t.Helper()
	const allowed = " svg title style defs pattern rect path polygon text g "
	var path []string
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, arrows
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			path = append(path, e.Name.Local)
			if !strings.Contains(allowed, " "+e.Name.Local+" ") {
				t.Errorf("element %s", e.Name.Local)
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			switch in := strings.Join(path, " "); in {
			case "svg text", "svg g text", "svg g g text":
				texts = append(texts, string(e))
			case "svg g g title":
				arrows = append(arrows, string(e))
			}
		}
	}
}

// heads counts the arrows of a terminal drawing.
func heads(drawing string) int {
	return strings.Count(drawing, "▶") + strings.Count(drawing, "◀") + strings.Count(drawing, "▲") + strings.Count(drawing, "▼")
}

func TestPicturesLookAsInTheGoldenFiles(t *testing.T) {
	o := diagram.Options{Title: "The states of a TCP connection", Intro: []string{"Made from a table.", "linger lab run lost-last-ack"}}
	golden(t, "ascii.txt", text(t, table(), o))
	golden(t, "states.svg", svg(t, table(), o))
	o.Unicode = true
	golden(t, "unicode.txt", text(t, table(), o))
	golden(t, "empty.txt", text(t, nil, o))
	golden(t, "empty.svg", svg(t, nil, o))
}

func TestAMoveThatTheMachineDoesNotMakeIsNotDrawn(t *testing.T) {
	o := diagram.Options{Unicode: true}
	_, all := content(t, svg(t, table(), o))
	if len(all) != 21 || heads(text(t, table(), o)) != 21 {
		t.Fatalf("%d arrows in the picture, %d in the text", len(all), heads(text(t, table(), o)))
	}
	for _, arrow := range all {
		move, _, _ := strings.Cut(arrow, ":")
		rows := slices.DeleteFunc(table(), func(r tcp.Transition) bool { return fmt.Sprintf("%s to %s", r.From, r.To) == move })
		_, left := content(t, svg(t, rows, o))
		want := slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == arrow })
		if diff := cmp.Diff(want, left); diff != "" {
			t.Errorf("without the rows %s:\n%s", move, diff)
		}
		if n := heads(text(t, rows, o)); n != 20 {
			t.Errorf("without the rows %s: %d arrows in the text", move, n)
		}
	}
}

func TestAStateThatTheMachineDoesNotHaveIsNotDrawn(t *testing.T) {
	for s := tcp.Established; s <= tcp.Closing; s++ {
		rows := slices.DeleteFunc(table(), func(r tcp.Transition) bool { return r.From == s || r.To == s })
		texts, _ := content(t, svg(t, rows, diagram.Options{}))
		if slices.Contains(texts, s.String()) {
			t.Errorf("%s is in the picture", s)
		}
		boxed := regexp.MustCompile(`[|#] +` + s.String() + ` +[|#]`)
		if drawing := text(t, rows, diagram.Options{}); boxed.MatchString(drawing) {
			t.Errorf("%s is in the text:\n%s", s, drawing)
		}
	}
}

func TestEveryTransitionOfTheMachineIsInTheTable(t *testing.T) {
	for name, rows := range machines() {
		// Wide enough that nothing is folded.
		lines := strings.Split(text(t, rows, diagram.Options{Width: 200}), "\n")
		for _, r := range rows {
			at := slices.Index(lines, r.From.String())
			if at < 0 {
				t.Fatalf("%s: no rows of %s", name, r.From)
			}
			var want []string
			want = append(want, strings.Fields(r.Event)...)
			for _, flags := range r.Sends {
				want = append(want, flags.String())
			}
			if r.To != r.From {
				want = append(want, r.To.String())
			}
			want = append(want, strings.Fields(strings.TrimPrefix(r.Section, "RFC 9293 "))...)
			end := at + slices.Index(append(lines[at:], ""), "")
			if !slices.ContainsFunc(lines[at:end], func(l string) bool { return strings.Join(strings.Fields(l), " ") == strings.Join(want, " ") }) {
				t.Errorf("%s: no row %q under %s", name, strings.Join(want, " "), r.From)
			}
		}
	}
}

func TestTheMachinesMovesAreAllDrawnOrListedInThePicture(t *testing.T) {
	for name, rows := range machines() {
		texts, arrows := content(t, svg(t, rows, diagram.Options{}))
		listed := " · " + strings.Join(texts, " · ") + " · "
		for _, r := range rows {
			title := fmt.Sprintf("%s to %s: ", r.From, r.To)
			drawn := slices.ContainsFunc(arrows, func(a string) bool { return strings.HasPrefix(a, title) && strings.Contains(a, r.Event) })
			if !drawn && !strings.Contains(listed, " · "+r.Event+" · ") {
				t.Errorf("%s: neither drawn nor listed: %+v", name, r)
			}
		}
		if strings.Contains(listed, "there is no room") {
			t.Errorf("%s: the layout has no way for a move that is to be drawn", name)
		}
		if strings.Contains(listed, "...") {
			t.Errorf("%s: a label does not fit", name)
		}
	}
}

func TestTextKeepsToItsWidth(t *testing.T) {
	tables := machines()
	tables["hostile"] = hostile()
	for name, rows := range tables {
		for _, width := range []int{60, 80, 100} {
			for _, allowed := range []bool{true, false} {
				drawing := text(t, rows, diagram.Options{Width: width, Unicode: allowed, Intro: []string{strings.Repeat("word ", 90)}})
				for i, line := range strings.Split(drawing, "\n") {
					if n := utf8.RuneCountInString(line); n > width {
						t.Errorf("%s, width %d: line %d has %d columns: %q", name, width, i+1, n, line)
					}
					if !allowed && strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
						t.Errorf("%s: line %d is not plain: %q", name, i+1, line)
					}
				}
				if framed := strings.Contains(drawing, "#============="); !allowed && framed != (width >= 80) {
					t.Errorf("%s, width %d: drawn is %v", name, width, framed)
				}
			}
		}
	}
}

// hostile has events and sections that try to leave their place.
func hostile() []tcp.Transition {
	rows := table()
	for i := range rows {
		rows[i].Event += "</text><script>\"&'\x1b[31m\n\xff\u202e" + strings.Repeat("x", 300)
		rows[i].Section = rows[i].Event
	}
	return rows
}

func TestHostileEventsAreShownAndDoNothing(t *testing.T) {
	picture := svg(t, hostile(), diagram.Options{Title: "<script>\x1b", Intro: []string{"]]><script>"}})
	content(t, picture) // fails for a script
	for _, drawing := range []string{picture, text(t, hostile(), diagram.Options{Unicode: true})} {
		if strings.ContainsFunc(drawing, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) || !utf8.ValidString(drawing) {
			t.Error("a character that is not printable came through")
		}
		if !strings.Contains(drawing, `\x1b`) {
			t.Error("what is not printable is not shown by its number")
		}
	}
}

func TestTheFirstStepTellsTheSidesOfACloseApart(t *testing.T) {
	class := func(picture, move string) string {
		_, after, _ := strings.Cut(picture, "<title>"+move+": ")
		_, after, _ = strings.Cut(after, `class="line `)
		name, _, _ := strings.Cut(after, `"`)
		return name
	}
	expect := func(rows []tcp.Transition, move, want string) {
		t.Helper()
		if got := class(svg(t, rows, diagram.Options{}), move); got != want {
			t.Errorf("%s is drawn as %q, want %q", move, got, want)
		}
	}
	expect(table(), "FIN_WAIT2 to TIME_WAIT", "active")
	expect(table(), "TIME_WAIT to CLOSE", "active")
	expect(table(), "TIME_WAIT to SYN_RECV", "opens")
	expect(table(), "SYN_SENT to CLOSE", "opens")
	expect(table(), "LAST_ACK to CLOSE", "passive")

	swapped := slices.DeleteFunc(table(), func(r tcp.Transition) bool { return r.From == tcp.SynRecv })
	for i, r := range swapped {
		switch {
		case r.From == tcp.Established && r.To == tcp.FinWait1:
			swapped[i].Event = "rcv FIN"
		case r.From == tcp.Established && r.To == tcp.CloseWait:
			swapped[i].Event = "CLOSE"
		}
	}
	expect(swapped, "FIN_WAIT2 to TIME_WAIT", "passive")
	expect(swapped, "LAST_ACK to CLOSE", "active")
	if strings.Contains(text(t, swapped, diagram.Options{}), "keeps TIME_WAIT") {
		t.Error("the active close is said to keep TIME_WAIT, which here the other side does")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAnErrorOfWritingIsReported(t *testing.T) {
	if err := diagram.SVG(broken{}, table(), diagram.Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("SVG: %v", err)
	}
	if err := diagram.Text(broken{}, table(), diagram.Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Text: %v", err)
	}
}
