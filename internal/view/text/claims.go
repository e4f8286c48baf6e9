package text

import (
	"fmt"
	"strconv"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/view"
)

// tellingMost is how many measured values a claim shows without Detail.
const tellingMost = 6

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
	shown := 0
	for i := range res.Plays {
		for _, m := range res.Plays[i].Measured {
			if !detail && (!m.Telling || !m.Holds || shown == tellingMost) {
				continue
			}
			shown++
			p.measure(&res.Plays[i], m, detail)
		}
	}
}

func (p *page) measure(play *claims.Play, m claims.Measure, detail bool) {
	text := m.Got
	if detail {
		text = m.Step + ": " + m.Got
	}
	if play.Case != "" {
		text = play.Case + ": " + text
	}
	word := "  measured "
	if detail {
		word = fmt.Sprintf("  line %-4s", strconv.Itoa(m.Line))
	}
	if !m.Holds {
		text += "  <- not as claimed"
	}
	p.wrap(word, text)
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
