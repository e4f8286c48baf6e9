package text

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
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
	if rep.Forecast != nil && rep.Forecast.Tells() {
		p.line("")
		p.forecast(rep.Forecast)
	}
	p.gaps(rep.Snapshot)
	return r.flush(p)
}

// verdict writes the first line, which must be the answer and stay one line
// for those who read only that.
func (p *page) verdict(rep *view.Report) {
	worst := rep.Worst()
	if worst == nil || worst.Severity == rule.Info {
		p.severity(rule.Info, p.say(": nothing wrong with lingering sockets on %s", "：%s 上的残留套接字没有问题", rep.Snapshot.Host.Name))
		return
	}
	p.severity(worst.Severity, ": "+worst.Title.In(p.opt.Lang))
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
	title := f.Title.In(p.opt.Lang)
	if where {
		title += p.say(" [namespace %s]", " [命名空间 %s]", f.Namespace)
	}
	start := p.b.Len()
	p.wrap(word+"  ", title)
	if p.opt.Color { // after wrapping, which counts characters
		text := p.b.String()
		p.b.Reset()
		p.b.WriteString(text[:start] + p.colored(f.Severity, word) + text[start+len(word):])
	}
	if len(f.Who.PIDs) > 0 {
		p.wrap(p.say("  who      ", "  进程     "), view.Names(s, f.Who.PIDs)+p.inferred(f.Who))
		p.process(s, f.Who.PIDs)
	}
	if f.Count > 0 {
		p.line("%s%s", p.say("  count    ", "  数量     "), count(f.Count))
	}
	if f.Since.Known {
		since := p.say("  since    %s ago", "  始于     %s 之前", span(f.Since.For))
		if f.Since.AtLeast {
			since = p.say("  since    at least %s ago", "  始于     至少 %s 之前", span(f.Since.For))
		}
		p.line("%s", since)
	}
	for _, fact := range f.Facts {
		p.wrap(p.say("  seen     ", "  观察     "), fact.In(p.opt.Lang))
	}
	if !f.Why.Empty() {
		p.wrap(p.say("  why      ", "  原因     "), strings.ReplaceAll(f.Why.In(p.opt.Lang), "\n", " "))
	}
	p.advice(p.say("what would help:", "有帮助的做法："), f.Helps)
	p.advice(p.say("what would not help, although it is advised:", "常被建议却没有帮助的做法："), f.NotHelp)
	p.line("%s%s", p.say("  code     ", "  代码     "), string(f.Code))
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
	add(p.say("unit", "单元"), o.Unit)
	add(p.say("container", "容器"), o.Container)
	add("pod", o.Pod)
	if o.ParentName != "" {
		add(p.say("parent", "父进程"), fmt.Sprintf("%s (%d)", o.ParentName, o.Parent))
	}
	if o.State != "" && o.State != "S" && o.State != "R" {
		parts = append(parts, o.State.Means().In(p.opt.Lang))
	}
	add(p.say("command:", "命令："), p.shorten(strings.Join(o.Cmdline, " "), 200))
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
func (p *page) inferred(m evidence.Maker) string {
	if !m.Basis.Inferred() {
		return ""
	}
	return p.say(" (inferred: %s)", "（推断：%s）", basis(m.Basis))
}

// basis says from what a maker is concluded.
func basis(b evidence.Basis) say.Text {
	switch b {
	case evidence.FromYounger:
		return say.Text{EN: string(b), ZH: "较新的套接字"}
	case evidence.FromListener:
		return say.Text{EN: string(b), ZH: "监听者"}
	case evidence.FromLive:
		return say.Text{EN: string(b), ZH: "存活的连接"}
	case evidence.FromEarlier:
		return say.Text{EN: string(b), ZH: "先前的连接"}
	}
	return say.Same(string(b))
}

// say formats in the reader's language.
func (p *page) say(en, zh string, args ...any) string { return p.opt.Lang.F(en, zh, args...) }

func (p *page) advice(title string, list []rule.Advice) {
	if len(list) == 0 {
		return
	}
	p.line("  %s", title)
	for _, a := range list {
		text := a.Do
		if !a.Because.Empty() {
			text = text.Join(say.Text{EN: ": ", ZH: "："}, a.Because)
		}
		p.wrap("    - ", text.In(p.opt.Lang))
		if a.Command != "" {
			p.line("        $ %s", a.Command)
		}
	}
}
