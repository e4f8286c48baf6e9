package text

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view/escape"
)

// Trace writes lines as they come, under titles whose columns do not move.
type Trace struct {
	r        *Reporter
	cut      bool
	closed   []column[evidence.Closed]
	failures []column[evidence.FailedCall]
}

// Trace returns a Trace. If whole, all columns are shown and nothing is cut,
// however wide the lines become.
func (r *Reporter) Trace(whole bool) *Trace {
	width := r.opt.Width
	if whole {
		width = 0
	}
	return &Trace{r: r, cut: !whole, closed: fit(closedColumns(), width), failures: fit(failedColumns(), width)}
}

// ClosedTitles writes the titles of Closed.
func (t *Trace) ClosedTitles() error {
	p := t.r.page()
	head(p, t.closed, t.cut)
	return t.r.flush(p)
}

// FailedTitles writes the titles of Failed.
func (t *Trace) FailedTitles() error {
	p := t.r.page()
	head(p, t.failures, t.cut)
	return t.r.flush(p)
}

// Closed writes a line about a connection.
func (t *Trace) Closed(c *evidence.Closed) error {
	p := t.r.page()
	show(p, t.closed, c, t.cut)
	return t.r.flush(p)
}

// Failed writes a line about a failed call.
func (t *Trace) Failed(f *evidence.FailedCall) error {
	p := t.r.page()
	show(p, t.failures, f, t.cut)
	return t.r.flush(p)
}

// closedColumns are in the order of the line.
func closedColumns() []column[evidence.Closed] {
	return []column[evidence.Closed]{
		{"TIME", 8, 12, 5, false, func(_ *page, c *evidence.Closed, room int) string { return clock(c.At, room) }},
		{"PROCESS", 20, 27, 1, false, func(p *page, c *evidence.Closed, room int) string { return p.who(c.Maker(), room) }},
		{"FIRST", 8, 0, 2, false, func(_ *page, c *evidence.Closed, _ int) string { return first(c.First) }},
		{"HOW", 10, 0, 7, false, func(_ *page, c *evidence.Closed, _ int) string { return how(c) }},
		{"LEFT", 10, 0, 3, false, func(_ *page, c *evidence.Closed, _ int) string { return left(c) }},
		{"LOCAL", 21, 47, 8, false, func(p *page, c *evidence.Closed, room int) string { return p.address(c.Src, room) }},
		{"REMOTE", 21, 47, 4, false, func(p *page, c *evidence.Closed, room int) string { return p.address(c.Dst, room) }},
		{"ORIGIN", 7, 0, 9, false, func(_ *page, c *evidence.Closed, _ int) string { return string(c.Origin) }},
		{"LIVED", 7, 0, 6, true, func(_ *page, c *evidence.Closed, _ int) string { return lifetime(c.Lived) }},
		{"SENT", 7, 0, 10, true, func(_ *page, c *evidence.Closed, _ int) string { return size(c.Sent) }},
		{"RECEIVED", 8, 0, 11, true, func(_ *page, c *evidence.Closed, _ int) string { return size(c.Received) }},
		{"OPENER", 20, 27, 13, false, func(p *page, c *evidence.Closed, room int) string {
			if !c.Shared() {
				return "-"
			}
			return p.who(c.Opener, room)
		}},
		{"WHERE", 20, 60, 12, false, func(_ *page, c *evidence.Closed, _ int) string { return where(c.Maker()) }},
	}
}

func failedColumns() []column[evidence.FailedCall] {
	return []column[evidence.FailedCall]{
		{"TIME", 8, 12, 5, false, func(_ *page, f *evidence.FailedCall, room int) string { return clock(f.At, room) }},
		{"PROCESS", 20, 27, 1, false, func(p *page, f *evidence.FailedCall, room int) string { return p.who(f.Owner, room) }},
		{"CALL", 7, 0, 2, false, func(_ *page, f *evidence.FailedCall, _ int) string { return f.Call }},
		{"ERRNO", 13, 0, 4, false, func(_ *page, f *evidence.FailedCall, _ int) string { return f.Errno }},
		{"ADDRESS", 21, 47, 3, false, func(p *page, f *evidence.FailedCall, room int) string { return p.address(f.Addr, room) }},
		{"COUNT", 6, 12, 6, true, func(_ *page, f *evidence.FailedCall, _ int) string { return count(f.Count) }},
		{"NEW", 7, 12, 7, true, func(_ *page, f *evidence.FailedCall, _ int) string { return count(f.Fresh) }},
		{"SOURCE", 6, 0, 9, false, func(_ *page, f *evidence.FailedCall, _ int) string { return source(f) }},
		{"WHERE", 20, 60, 8, false, func(_ *page, f *evidence.FailedCall, _ int) string { return where(f.Owner) }},
	}
}

// who names a process; a long name is cut, its number is not. What is not
// safe is escaped here, as only then its length is known.
func (p *page) who(o *evidence.Owner, room int) string {
	if o == nil {
		return "unknown"
	}
	pid := " " + strconv.Itoa(o.PID)
	name := escape.Text(o.Name, p.opt.Unicode)
	if room > 0 {
		name = p.cutEnd(name, max(room-len(pid), 1))
	}
	return name + pid
}

// where is the place a process runs at, the narrowest first.
func where(o *evidence.Owner) string {
	if o == nil {
		return "-"
	}
	const shortID = 12 // as docker ps shows it
	id := o.Container
	if len(id) == 64 {
		id = id[:shortID]
	}
	switch {
	case o.Pod != "" && id != "":
		return id + " in pod " + o.Pod
	case o.Pod != "":
		return "pod " + o.Pod
	case id != "":
		return id
	case o.Unit != "":
		return o.Unit
	}
	return "-"
}

func clock(at time.Time, room int) string {
	if room > 0 && room < len("15:04:05.000") {
		return at.Format("15:04:05")
	}
	return at.Format("15:04:05.000")
}

// first is short for who closed first.
func first(f evidence.First) string {
	switch f {
	case evidence.ResetByUs:
		return "us RST"
	case evidence.ResetByThem:
		return "them RST"
	}
	return string(f)
}

func how(c *evidence.Closed) string {
	switch {
	case c.Signal != 0:
		return fmt.Sprintf("signal %d", c.Signal)
	case c.How == "unknown":
		return "-"
	}
	return c.How
}

func left(c *evidence.Closed) string {
	switch {
	case !c.Lingers():
		return "-"
	case c.Estimated:
		return "~" + string(c.End)
	}
	return string(c.End)
}

func source(f *evidence.FailedCall) string {
	switch {
	case f.Call != "connect":
		return "-"
	case f.Bound:
		return "chosen"
	}
	return "any"
}

func (p *page) address(a netip.AddrPort, room int) string {
	text := a.String()
	if room > 0 && utf8.RuneCountInString(text) > room {
		return p.cutMiddle(text, room)
	}
	return text
}
