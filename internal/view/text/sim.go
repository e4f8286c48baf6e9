package text

import (
	"fmt"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/chart"
)

// SimClaims writes what the twin says to claims: the verdict, or the sum of many,
// then each with what was measured.
func (r *Reporter) SimClaims(c *outcome.Claims) error {
	p := r.page()
	on := p.say("on the twin of Linux %s", "（Linux %s 的孪生内核）", string(c.Kernel))
	if len(c.Results) == 1 {
		res := &c.Results[0]
		p.line("%s", p.say("%s %s: %s", "%[1]s%[2]s：%[3]s", p.simVerdict(res.Verdict), on, res.Name))
	} else {
		p.line("%s", p.say("%d claims %s: %d proved, %d not so, %d not testable", "%d 个论断%s：%d 个得证，%d 个不成立，%d 个无法检验",
			len(c.Results), on, c.Count(claims.Proved), c.Count(claims.NotSo), c.Count(claims.NotTestable)))
	}
	for i := range c.Results {
		res := &c.Results[i]
		if len(c.Results) > 1 {
			p.line("")
			p.b.WriteString(p.colored(gravity(res.Verdict, false), p.simVerdict(res.Verdict)))
			p.line("  %s", res.Name)
		}
		p.wrap("  ", res.Claim)
		p.simClaim(res, c.Detail)
	}
	if len(c.Results) == 1 {
		p.figure(chart.OfClaim(&c.Results[0], p.opt.Lang))
	}
	return r.flush(p)
}

// simVerdict is a verdict in the twin's words.
func (p *page) simVerdict(v claims.Verdict) string {
	switch v {
	case claims.Proved:
		return p.say("PROVED", "得证")
	case claims.NotSo:
		return p.say("NOT SO", "不成立")
	}
	return p.say("NOT TESTABLE", "无法检验")
}

func (p *page) simClaim(res *outcome.Claim, detail bool) {
	if !res.Reason.Empty() {
		p.wrap("  "+p.say("why      ", "原因     "), res.Reason.In(p.opt.Lang))
	}
	if res.Note != "" {
		p.wrap("  "+p.say("note     ", "说明     "), res.Note)
	}
	if res.Hint != "" {
		p.wrap("  "+p.say("hint     ", "提示     "), p.say("the laboratory plays it on the real kernel: %s", "实验室可以在真实内核上演示：%s", res.Hint))
	}
	for i := range res.Plays {
		switch {
		case detail:
			p.everything(&res.Plays[i])
		case i < casesMost:
			p.measured(&res.Plays[i])
		case i == casesMost:
			p.line("           %s %s", p.dots(), p.say("and %d more cases", "另有 %d 种情形", len(res.Plays)-i))
		}
	}
}

// figure draws a figure, if there is anything in it.
func (p *page) figure(f chart.Figure) {
	drawn := chart.Text(f, chart.Options{Width: p.width, Unicode: p.opt.Unicode, Color: p.opt.Color})
	if drawn != "" {
		p.b.WriteString("\n" + drawn)
	}
}

// exact writes a time of a simulation, which is exact, with three digits or more.
func exact(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// lasting writes a duration as files do: "5m", "1h30m", "90ms".
func lasting(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// ordinal writes "28,233rd"; Chinese has a word before the number.
func (p *page) ordinal(n uint64) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return p.say("%s%s", "%s%.0s", count(n), suffix)
}
