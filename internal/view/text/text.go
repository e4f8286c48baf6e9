// Package text shows answers as text for people: the answer in the first
// line, aligned columns, nothing that only colour tells, and every name that
// comes from a stranger escaped.
package text

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// Options say what the reader's terminal can show.
type Options struct {
	Color   bool // severities in colour; the words say the same
	Width   int  // columns; 0 is 80
	Unicode bool // sparklines, arrows, and letters beyond ASCII
	Rows    int  // the most rows of a table; 0 is all
	Lang    say.Lang
}

// Reporter writes answers to a writer, each in one call.
type Reporter struct {
	w   io.Writer
	opt Options
}

// New returns a view.Reporter that writes to w.
func New(w io.Writer, opt Options) *Reporter {
	if opt.Width <= 0 {
		opt.Width = 80
	}
	return &Reporter{w: w, opt: opt}
}

func (r *Reporter) page() *page { return &page{width: r.opt.Width, opt: r.opt} }

// flush writes the page.
func (r *Reporter) flush(p *page) error {
	_, err := io.WriteString(r.w, p.b.String())
	if err != nil {
		return fmt.Errorf("write text: %w", err)
	}
	return nil
}

// about says what was looked at, and when.
func (p *page) about(s *evidence.Snapshot) {
	text := p.say("host %s, Linux %s, seen %s in %s", "主机 %s，Linux %s，查看于 %s，用时 %s", s.Host.Name, s.Host.Kernel,
		s.Taken.UTC().Format("2006-01-02 15:04:05 UTC"), span(s.Took.Round(time.Millisecond)))
	if s.Host.Source != "" && s.Host.Source != "live" {
		text += p.say(", source: %s", "，来源：%s", s.Host.Source)
	}
	p.wrap("", text)
}

// gaps says what was not seen and what the reader loses by it.
func (p *page) gaps(s *evidence.Snapshot) {
	gaps := s.Gaps
	if _, ownerless := s.Covered(); s.Traced != nil && ownerless > 0 { // else nobody asks
		gaps = slices.Concat(gaps, s.Traced.Gaps)
	}
	if len(gaps) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.say("not seen:", "没有看到的："))
	for _, g := range together(gaps) {
		p.wrap("  - ", g.String())
		if g.Hint != "" {
			p.line("      $ %s", g.Hint)
		}
	}
}

// limit cuts rows to the most that are wanted; more is how many it left out.
func limit[T any](rows []T, most int) (shown []T, more int) {
	if most <= 0 || len(rows) <= most {
		return rows, 0
	}
	return rows[:most], len(rows) - most
}

// more says how many rows are not shown.
func (p *page) more(n int, indent string) {
	if n > 0 {
		p.line("%s%s and %d more", indent, p.dots(), n)
	}
}

// dots is the mark of something left out.
func (p *page) dots() string {
	if p.opt.Unicode {
		return "…"
	}
	return "..."
}

// together makes one gap of those that have the same cause.
func together(gaps []evidence.Gap) []evidence.Gap {
	var out []evidence.Gap
	for _, g := range gaps {
		i := slices.IndexFunc(out, func(o evidence.Gap) bool { return o.What == g.What && o.Hint == g.Hint })
		switch {
		case i < 0:
			out = append(out, g)
		case !strings.Contains(out[i].Loses, g.Loses):
			out[i].Loses += "; " + g.Loses
		}
	}
	return out
}
