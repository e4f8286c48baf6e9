package tui

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// mood is what a test compares of a Model: what keys change.
func mood(m Model) string {
	list := m.panes[m.focus]
	text := fmt.Sprintf("pane %d row %d", m.focus+1, list.at)
	if list.sort != [numPanes]int{-1, -1, 2, 2}[m.focus] {
		text += fmt.Sprintf(" sort %d", list.sort)
	}
	for name, is := range map[string]bool{" reversed": list.reverse, " zoomed": m.zoomed, " typing": m.typing, " paused": m.paused} {
		if is {
			text += name
		}
	}
	if m.filter != "" {
		text += " filter " + m.filter
	}
	if m.open != nil {
		text += fmt.Sprintf(" page %s line %d zoom %d", m.open.kind, m.open.offset, m.open.zoom)
	}
	return text
}

func TestKeysDoWhatTheHelpSays(t *testing.T) {
	for keys, want := range map[string]string{
		"":                        "pane 3 row 0",
		"tab":                     "pane 4 row 0",
		"tab tab":                 "pane 1 row 0",
		"shift+tab":               "pane 2 row 0",
		"1":                       "pane 1 row 0",
		"4 down down up j":        "pane 4 row 2",
		"4 G":                     "pane 4 row 4",
		"4 pgdown":                "pane 4 row 4",
		"4 G g":                   "pane 4 row 0",
		"up":                      "pane 3 row 0",
		"down down down":          "pane 3 row 1",
		"s":                       "pane 3 row 0 sort 3",
		"s s s s":                 "pane 3 row 0 sort 0",
		"S":                       "pane 3 row 1 reversed",
		"z":                       "pane 3 row 0 zoomed",
		"z z":                     "pane 3 row 0",
		"space":                   "pane 3 row 0 paused",
		"space space":             "pane 3 row 0",
		"/ a q 1":                 "pane 3 row 0 typing filter aq1",
		"/ a q backspace enter":   "pane 3 row 0 filter a",
		"/ a enter esc":           "pane 3 row 0",
		"/ a esc":                 "pane 3 row 0",
		"/ a b ctrl+u c enter":    "pane 3 row 0 filter c",
		"/ space x enter":         "pane 3 row 0 filter  x",
		"enter":                   "pane 3 row 0 page DESTINATIONS line 0 zoom 0",
		"enter esc":               "pane 3 row 0",
		"enter backspace":         "pane 3 row 0",
		"enter tab":               "pane 4 row 0",
		"enter + + -":             "pane 3 row 0 page DESTINATIONS line 0 zoom 1",
		"enter down":              "pane 3 row 0 page DESTINATIONS line 1 zoom 0",
		"enter down k":            "pane 3 row 0 page DESTINATIONS line 0 zoom 0",
		"2 enter":                 "pane 2 row 0 page FINDINGS line 0 zoom 0",
		"1 enter":                 "pane 1 row 0 page STATES line 0 zoom 0",
		"4 enter":                 "pane 4 row 0 page OWNERS line 0 zoom 0",
		"?":                       "pane 3 row 0 page help line 0 zoom 0",
		"? ?":                     "pane 3 row 0",
		"n":                       "pane 3 row 0 page not seen line 0 zoom 0",
		"[ ] { } left right home": "pane 3 row 0",
		"/ x x x enter enter":     "pane 3 row 0 filter xxx",
	} {
		s := atLive(true, 80, 24, 5).press(strings.Fields(keys)...)
		if got := mood(s.m); got != want {
			t.Errorf("%q leads to %q, want %q", keys, got, want)
		}
		if s.quit {
			t.Errorf("%q ends the view", keys)
		}
	}
}

func TestEveryKeyOfTheHelpDoesSomething(t *testing.T) {
	for _, b := range bindings() {
		for key := range strings.FieldsSeq(b.keys) {
			did := false
			for _, before := range []string{"", "4 down", "enter down", "enter +", "] ] ] ] ] ] ] ] ] ] ] ]", "/ c enter"} {
				s := atLive(true, 80, 24, 5)
				if b.when == inTape {
					s = atTape(reel{looks: 30}, 80, 24)
				}
				s.press(strings.Fields(before)...)
				next, cmd := s.m.Update(press(key))
				did = did || cmd != nil || !reflect.DeepEqual(mood(next.(Model)), mood(s.m))
			}
			if !did {
				t.Errorf("%s does nothing", key)
			}
		}
	}
}

func TestQuittingIsPossibleBeforeTheFirstLookAndWhileTyping(t *testing.T) {
	for name, c := range map[string]struct {
		s    *stage
		keys []string
	}{
		"q":                         {atLive(true, 80, 24, 1), []string{"q"}},
		"Ctrl-C":                    {atLive(true, 80, 24, 1), []string{"ctrl+c"}},
		"Ctrl-C while typing":       {atLive(true, 80, 24, 1), []string{"/", "ctrl+c"}},
		"q before the first look":   {atLive(true, 80, 24, 0), []string{"x", "q"}},
		"q on a page":               {atLive(true, 80, 24, 1), []string{"enter", "q"}},
		"Ctrl-C without any screen": {atLive(true, 0, 0, 0), []string{"ctrl+c"}},
	} {
		if c.s.press(c.keys...); !c.s.quit {
			t.Errorf("%s does not end the view", name)
		}
	}
}

func TestPastedTextGoesOnlyToTheFilterAndHasNoControls(t *testing.T) {
	s := atLive(true, 80, 24, 1)
	s.send(tea.PasteMsg{Content: "q"})
	s.press("/")
	s.send(tea.PasteMsg{Content: "craw\x1bl\n" + strings.Repeat("e", 1000)})
	if got := s.m.filter; !strings.HasPrefix(got, "crawle") || len(got) > mostFilter {
		t.Errorf("the filter is %q", got)
	}
}

func TestTheChosenRowStaysChosenWhenRowsMove(t *testing.T) {
	s := atLive(true, 80, 24, 5).press("4", "down")
	id := s.m.panes[paneOwners].id
	s.press("S")
	if l := s.m.panes[paneOwners]; l.id != id || l.rows[l.at].id != id || l.at == 1 {
		t.Errorf("row %d, %q, is chosen instead of %q", l.at, l.id, id)
	}
	s.press("/", "c", "r", "a", "w", "enter")
	if l := s.m.panes[paneOwners]; l.id == id || l.id == "" {
		t.Errorf("%q is chosen among %d rows", l.id, len(l.rows))
	}
}
