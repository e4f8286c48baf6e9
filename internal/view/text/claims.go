package text

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/view"
)

// casesMost is how many cases of a claim are shown without Detail.
const casesMost = 5

// Claims writes the answer of `linger lab run`: the sum, then each claim with
// its verdict and what was measured.
func (r *Reporter) Claims(c view.Claims) error {
	p := r.page()
	p.line("%s (Linux %s, %s)", c.Headline(), c.Kernel, span(c.Took))
	for i := range c.Results {
		p.line("")
		p.claim(&c.Results[i], c.Mutants, c.Detail)
	}
	return r.flush(p)
}

func (p *page) claim(res *claims.Result, mutant, detail bool) {
	p.b.WriteString(p.colored(gravity(res.Verdict, mutant), string(res.Verdict)))
	p.line("  %s", res.Name)
	p.wrap("  ", res.Claim)
	for _, note := range []struct{ word, text string }{
		{"  why      ", res.Why}, {"  note     ", res.Note}, {"  hint     ", res.Hint},
	} {
		if note.text != "" {
			p.wrap(note.word, note.text)
		}
	}
	for i := range res.Plays {
		switch {
		case detail:
			p.everything(&res.Plays[i])
		case i < casesMost:
			p.measured(&res.Plays[i])
		case i == casesMost:
			p.line("           %s and %d more cases", p.dots(), len(res.Plays)-i)
		}
	}
}

// measured shows what was seen in a play, in few lines.
func (p *page) measured(play *claims.Play) {
	var seen []string
	for _, m := range play.Measured {
		if text := m.About + ": " + m.Got; m.Telling && m.Holds && !slices.Contains(seen, text) {
			seen = append(seen, text)
		}
	}
	text := strings.Join(seen, "; ")
	if play.Case != "" {
		text = play.Case + " -> " + text
	}
	if len(seen) > 0 {
		p.wrap("  measured ", text)
	}
}

// everything shows each step of a play.
func (p *page) everything(play *claims.Play) {
	for _, m := range play.Measured {
		text := m.Step + ": " + m.Got
		if play.Case != "" {
			text = play.Case + ": " + text
		}
		if !m.Holds {
			text += "  <- not as claimed"
		}
		p.wrap(fmt.Sprintf("  line %-4d", m.Line), text)
	}
}

// gravity is the colour of a verdict: a changed claim must not hold.
func gravity(v claims.Verdict, mutant bool) rule.Severity {
	switch {
	case v == claims.NotTestable:
		return rule.Warning
	case (v == claims.Proved) != mutant:
		return rule.Info
	}
	return rule.Critical
}

// Catalogue writes the answer of `linger lab list`.
func (r *Reporter) Catalogue(list []view.Claim) error {
	p := r.page()
	p.line("%d claims; play them with: linger lab run NAME", len(list))
	for _, c := range list {
		p.line("")
		p.line("%s  (%s)", c.Name, length(c.Length))
		p.wrap("  ", c.Claim)
	}
	return r.flush(p)
}

// length is about how long a claim takes.
func length(d time.Duration) string {
	if d < time.Second {
		return "at once"
	}
	return "about " + span(d.Round(time.Second))
}
