package tui

import (
	"errors"
	"io"

	tea "charm.land/bubbletea/v2"
)

// Model is the whole view: a value that messages turn into another one. It
// implements tea.Model.
type Model struct {
	feed *feed
	set  charset
	size size

	shown   *frame // nil before the first look
	latest  *frame // what a paused screen will show next
	moments []Moment
	whole   bool // moments are all of a recording

	panes  [numPanes]list
	focus  int
	zoomed bool
	open   *page // instead of the panes

	filter  string
	typing  bool // keys go to the filter
	paused  bool // live: the screen stands; recording: it does not play
	at      int  // where a recording is wanted
	seeking bool // a look of a recording is under way

	problem string // of the last look, or of the recording
	fatal   error  // why the view had to end
}

// size is the terminal's, in columns and lines.
type size struct{ width, height int }

func newModel(f *feed) Model {
	set := charset{f.opt.Unicode}
	return Model{
		feed: f, set: set, paused: !f.live(), focus: paneDestinations, seeking: !f.live(),
		panes: [numPanes]list{
			paneStates: statesPane(set), paneFindings: findingsPane(set),
			paneDestinations: destinationsPane(set), paneOwners: ownersPane(set),
		},
	}
}

// Init asks for the first look.
func (m Model) Init() tea.Cmd { return m.feed.first() }

// Update takes a look, a key or a new size of the terminal.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = size{msg.Width, msg.Height}
	case lookMsg:
		m, cmd = m.take(msg)
	case momentsMsg:
		m = m.know(msg)
	case tickMsg:
		m, cmd = m.due()
	case openMsg:
		m.open = &page{kind: msg.pane, id: msg.id, set: m.set}
		m = m.show(m.shown)
	case tea.PasteMsg:
		if m.typing {
			m = m.filterBy(m.filter + msg.Content)
		}
	case tea.KeyPressMsg:
		m, cmd = m.key(msg)
	}
	return m.measure(), cmd
}

// take takes in a look, or that it failed.
func (m Model) take(msg lookMsg) (Model, tea.Cmd) {
	if m.feed.live() {
		return m.takeLive(msg)
	}
	m.seeking = false
	switch {
	case msg.err != nil && m.shown == nil:
		return m.end(msg.err)
	case msg.err != nil:
		m.at, m.paused = m.shown.at, true // the end, or damage, which know tells
		if !errors.Is(msg.err, io.EOF) {
			m.problem = msg.err.Error()
		}
		return m, nil
	}
	first := m.shown == nil
	m = m.show(newFrame(msg.report, msg.at, m.upTo(msg)))
	var next tea.Cmd
	switch {
	case msg.at != m.at:
		m, next = m.wind(m.at)
	case !m.paused:
		next = m.feed.rest(msg.took)
	}
	if first {
		return m, tea.Batch(next, m.feed.moments())
	}
	return m, next
}

// upTo returns the moments that a look of a recording ends.
func (m *Model) upTo(msg lookMsg) []Moment {
	if msg.at < len(m.moments) {
		return m.moments[:msg.at+1]
	}
	return []Moment{MomentOf(msg.report.Snapshot)}
}

func (m Model) takeLive(msg lookMsg) (Model, tea.Cmd) {
	next := m.feed.rest(msg.took)
	if msg.err != nil {
		if m.shown == nil {
			return m.end(msg.err)
		}
		m.problem = "the last look failed: " + msg.err.Error()
		return m, next
	}
	m.problem = ""
	m.moments = remember(m.moments, MomentOf(msg.report.Snapshot))
	m.latest = newFrame(msg.report, 0, m.moments)
	if !m.paused || m.shown == nil {
		m = m.show(m.latest)
	}
	return m, next
}

// end leaves the view because there is nothing to show.
func (m Model) end(err error) (Model, tea.Cmd) {
	if errors.Is(err, io.EOF) {
		err = ErrEmpty
	}
	m.fatal = err
	return m, tea.Quit
}

// ErrEmpty is returned for a recording that has nothing to show.
var ErrEmpty = errors.New("the recording holds no look")

// know takes in what a recording holds.
func (m Model) know(msg momentsMsg) Model {
	m.moments, m.whole = msg.moments, true
	if msg.err != nil {
		m.problem = msg.err.Error()
	}
	if m.shown != nil && m.shown.at < len(m.moments) {
		m = m.show(newFrame(m.shown.report, m.shown.at, m.moments[:m.shown.at+1]))
	}
	return m
}

// due takes the next look: a live one, or the next of a recording that plays.
func (m Model) due() (Model, tea.Cmd) {
	switch {
	case m.feed.live():
		return m, m.feed.look()
	case m.paused:
		return m, nil
	case m.whole && m.at+1 >= len(m.moments):
		m.paused = true
		return m, nil
	}
	return m.wind(m.at + 1)
}

// wind goes to a look of a recording. One is read at a time: more wishes
// meanwhile come down to the last.
func (m Model) wind(to int) (Model, tea.Cmd) {
	m.at = max(0, to)
	if m.whole {
		m.at = min(m.at, max(0, len(m.moments)-1))
	}
	if m.seeking || m.shown != nil && m.at == m.shown.at {
		return m, nil
	}
	m.seeking = true
	return m, m.feed.seek(m.at)
}

// show gives a frame to the panes and to the page that is open.
func (m Model) show(f *frame) Model {
	m.shown = f
	for i := range m.panes {
		m.panes[i], _ = m.panes[i].Update(f)
	}
	if m.open != nil {
		opened, _ := m.open.Update(f)
		m.open = &opened
	}
	return m
}
