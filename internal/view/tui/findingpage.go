package tui

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

// finding tells all that a rule found, as `linger check` does.
func (p page) finding(s *sheet) {
	f := p.frame.finding(p.id)
	if f == nil {
		s.title("FINDING")
		s.gone("the finding")
		return
	}
	snap := p.frame.report.Snapshot
	s.title("FINDING " + string(f.Code))
	s.toned(toneOf(f.Severity), severity(f.Severity)+"  ", f.Title.EN)
	if p.frame.many() {
		s.fact("namespace", f.Namespace)
	}
	if len(f.Who.PIDs) > 0 {
		s.fact("who", maker(snap, f.Who))
		s.process(snap.Owner(f.Who.PIDs[0]))
	}
	if f.Since.Known {
		atLeast := ""
		if f.Since.AtLeast {
			atLeast = "at least "
		}
		s.fact("since", atLeast+rule.About(f.Since.For)+" ago")
	}
	for _, fact := range f.Facts {
		s.fact("seen", fact.EN)
	}
	if !f.Why.Empty() {
		s.fact("why", strings.ReplaceAll(f.Why.EN, "\n", " "))
	}
	s.advice("what would help", f.Helps)
	s.advice("what would not help, although it is advised", f.NotHelp)
}

func (s *sheet) advice(title string, list []rule.Advice) {
	if len(list) == 0 {
		return
	}
	s.section(title)
	for _, a := range list {
		text := a.Do.EN
		if !a.Because.Empty() {
			text += ": " + a.Because.EN
		}
		s.text("- ", text)
		if a.Command != "" {
			s.text("    $ ", a.Command)
		}
	}
}

// process describes a process; nil if it was not looked up.
func (s *sheet) process(o *evidence.Owner) {
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
		parts = append(parts, fmt.Sprintf("parent %s (%d)", o.ParentName, o.Parent))
	}
	parts = append(parts, fmt.Sprintf("uid %d", o.UID))
	if o.State != "" && o.State != "S" && o.State != "R" {
		parts = append(parts, o.State.Means().EN)
	}
	s.fact("", strings.Join(parts, "; "))
	if len(o.Cmdline) > 0 {
		s.fact("", "command: "+s.set.cut(s.set.safe(strings.Join(o.Cmdline, " ")), mostCommand))
	}
}

// mostCommand is how much of a command line is shown; strangers write it.
const mostCommand = 200
