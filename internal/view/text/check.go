package text

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/view"
)

// Check writes the answer of `linger check`: the verdict, the findings, then
// what they rest on.
func (r *Reporter) Check(rep view.Report) error {
	p := r.page()
	p.verdict(&rep)
	p.about(rep.Snapshot)
	p.traced(rep.Snapshot)
	for i := range rep.Findings {
		p.line("")
		p.finding(rep.Snapshot, &rep.Findings[i], len(rep.Snapshot.Namespaces) > 1)
	}
	for i := range rep.Snapshot.Namespaces {
		p.line("")
		p.namespace(&rep, &rep.Snapshot.Namespaces[i])
	}
	p.gaps(rep.Snapshot)
	return r.flush(p)
}

// verdict writes the first line, which must be the answer and stay one line
// for those who read only that.
func (p *page) verdict(rep *view.Report) {
	worst := rep.Worst()
	if worst == nil || worst.Severity == rule.Info {
		p.severity(rule.Info, ": nothing wrong with lingering sockets on "+rep.Snapshot.Host.Name)
		return
	}
	p.severity(worst.Severity, ": "+worst.Title)
}

// severity writes a line that begins with a severity's word.
func (p *page) severity(s rule.Severity, rest string) {
	p.b.WriteString(p.colored(s, view.Word(s)))
	p.line("%s", rest)
}

// colored wraps a trusted word into the colour of a severity.
func (p *page) colored(s rule.Severity, word string) string {
	if !p.opt.Color {
		return word
	}
	color := "32"
	switch s {
	case rule.Warning:
		color = "33"
	case rule.Critical:
		color = "31"
	}
	return "\x1b[1;" + color + "m" + word + "\x1b[0m"
}

// finding writes one finding; where tells whether its namespace must be named.
func (p *page) finding(s *evidence.Snapshot, f *rule.Finding, where bool) {
	word := view.Word(f.Severity)
	if f.Severity == rule.Info {
		word = "INFO"
	}
	title := f.Title
	if where {
		title += " [namespace " + f.Namespace + "]"
	}
	start := p.b.Len()
	p.wrap(word+"  ", title)
	if p.opt.Color { // after wrapping, which counts characters
		text := p.b.String()
		p.b.Reset()
		p.b.WriteString(text[:start] + p.colored(f.Severity, word) + text[start+len(word):])
	}
	if len(f.Who.PIDs) > 0 {
		p.wrap("  who      ", view.Names(s, f.Who.PIDs)+inferred(f.Who))
		p.process(s, f.Who.PIDs)
	}
	if f.Count > 0 {
		p.line("  count    %s", count(f.Count))
	}
	if f.Since.Known {
		atLeast := ""
		if f.Since.AtLeast {
			atLeast = "at least "
		}
		p.line("  since    %s%s ago", atLeast, span(f.Since.For))
	}
	for _, fact := range f.Facts {
		p.wrap("  seen     ", fact)
	}
	if f.Why != "" {
		p.wrap("  why      ", strings.ReplaceAll(f.Why, "\n", " "))
	}
	p.advice("what would help:", f.Helps)
	p.advice("what would not help, although it is advised:", f.NotHelp)
	p.line("  code     %s", string(f.Code))
}

// process describes the first process of several: they do the same work.
func (p *page) process(s *evidence.Snapshot, pids []int) {
	o := s.Owner(pids[0])
	if o == nil {
		return
	}
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("unit", o.Unit)
	add("container", o.Container)
	add("pod", o.Pod)
	if o.ParentName != "" {
		add("parent", fmt.Sprintf("%s (%d)", o.ParentName, o.Parent))
	}
	if o.State != "" && o.State != "S" && o.State != "R" {
		parts = append(parts, o.State.Means())
	}
	add("command:", p.shorten(strings.Join(o.Cmdline, " "), 200))
	if parts != nil {
		p.wrap("           ", strings.Join(parts, "; "))
	}
}

// shorten cuts a string that a stranger made too long.
func (p *page) shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + p.dots()
}

// inferred says that a maker is a conclusion, and from what.
func inferred(m evidence.Maker) string {
	if !m.Basis.Inferred() {
		return ""
	}
	return " (inferred: " + string(m.Basis) + ")"
}

func (p *page) advice(title string, list []rule.Advice) {
	if len(list) == 0 {
		return
	}
	p.line("  %s", title)
	for _, a := range list {
		text := a.Do
		if a.Because != "" {
			text += ": " + a.Because
		}
		p.wrap("    - ", text)
		if a.Command != "" {
			p.line("        $ %s", a.Command)
		}
	}
}
