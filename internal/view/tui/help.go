package tui

// binding is a key, or several with one meaning, and what it does.
type binding struct {
	keys  string // as tea names them, apart by blanks
	shown string // as they are printed
	does  string
	short string // in the last line of the screen; empty: not there
	when  when
}

// when says where a key means something.
type when uint8

const (
	always when = 0
	inTape when = 1 << iota
	inLive
	inPanes
	inPage
)

// here reports whether a key means something now.
func (b binding) here(tape, page bool) bool {
	switch b.when {
	case inTape:
		return tape
	case inLive:
		return !tape
	case inPanes:
		return !page
	case inPage:
		return page
	}
	return true
}

// bindings lists every key, the most wanted first: a narrow screen has room
// for those only.
func bindings() []binding {
	return []binding{
		{keys: "q ctrl+c", shown: "q", does: "leave", short: "q quit"},
		{keys: "?", shown: "?", does: "this page", short: "? help"},
		{keys: "tab shift+tab 1 2 3 4", shown: "Tab, 1 to 4", does: "go to the next pane, or to the one of this number", short: "Tab pane"},
		{keys: "enter", shown: "Enter", does: "open the chosen row: all about it; of a destination also its ports", short: "Enter open", when: inPanes},
		{keys: "esc backspace", shown: "Esc", does: "back; without a page: drop the filter", short: "Esc back", when: inPage},
		{keys: "space", shown: "Space", does: "hold the screen still, or let it go on; looking goes on", short: "Space pause", when: inLive},
		{keys: "space", shown: "Space", does: "play the recording, or stop", short: "Space play", when: inTape},
		{keys: "[ ] left right", shown: "[ ], Left Right", does: "one look back, one on", short: "[ ] wind", when: inTape},
		{keys: "{ }", shown: "{ }", does: "ten looks back, ten on", when: inTape},
		{keys: "home end", shown: "Home, End", does: "first look, last look", when: inTape},
		{keys: "/", shown: "/", does: "show only rows with a text in them; Enter keeps it, Esc drops it", short: "/ filter", when: inPanes},
		{keys: "s", shown: "s", does: "sort the pane by its next column", short: "s sort", when: inPanes},
		{keys: "S", shown: "S", does: "turn the order round"},
		{keys: "z", shown: "z", does: "give one pane the whole screen, or share it again", short: "z zoom", when: inPanes},
		{keys: "n", shown: "n", does: "what could not be seen, and what you lose by it"},
		{keys: "up down k j pgup pgdown g G", shown: "arrows, PgUp, PgDn, g, G", does: "move: a row, a page, first, last", short: "arrows scroll", when: inPage},
		{keys: "+ -", shown: "+ -", does: "map of ports: fewer or more ports in a cell"},
		{keys: "ctrl+z", shown: "Ctrl-Z", does: "back to the shell; fg comes back"},
	}
}

// help explains the keys and the columns that do not explain themselves.
func help(s *sheet, tape bool) {
	s.title("KEYS")
	const room = 26
	for _, b := range bindings() {
		if b.when == inTape && !tape || b.when == inLive && tape {
			continue
		}
		width := room
		if s.width < 2*room {
			width = 0
		}
		if width == 0 {
			s.text("", b.shown+": "+b.does)
			continue
		}
		s.text(s.set.fill(b.shown, width, false), b.does)
	}
	s.blank()
	s.title("COLUMNS")
	for _, text := range []string{
		"per second: of a state, by how much its count changes; of closes, how many sockets entered TIME_WAIT (mean of the last 10 s)",
		"ports left: connections that can still be opened from one address of this host to that address and port, of how many if nothing else were open",
		"full in: when they are used up if connections go on closing as now; never: not within ten minutes",
		"known how: exact where the process holds the socket; inferred where the kernel keeps no owner: from who listens there, or has live connections to the same destination",
		s.set.pick("↑ ↓", "+ -") + " after a rate: it rises or falls by more than chance",
	} {
		s.text("- ", text)
	}
}
