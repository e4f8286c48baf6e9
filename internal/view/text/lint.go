package text

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/lint"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/escape"
)

// linted is a page about settings.
type linted struct {
	*page
	lang say.Lang
}

// Lint writes the answer of `linger lint`: how many settings are worth what,
// then each, the worst first.
func (r *Reporter) Lint(rep lint.Report) error {
	p := linted{r.page(), r.opt.Lang}
	p.answer(&rep)
	p.read(&rep)
	for i := range rep.Findings {
		f := &rep.Findings[i]
		p.line("")
		p.heading(f)
		if f.Verdict.Exit() > 0 {
			p.details(f)
		} else {
			p.fact("because", "原因", f.Reason)
			p.rest(f)
		}
	}
	p.problems(rep.Problems)
	return r.flush(p.page)
}

// answer writes the first line.
func (p *linted) answer(rep *lint.Report) {
	var parts []string
	verdicts := lint.Verdicts()
	for i := range verdicts {
		v := verdicts[len(verdicts)-1-i]
		if n := rep.Count(v); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v.Word().In(p.lang)))
		}
	}
	text := p.lang.F("no setting that acts on lingering sockets", "没有影响滞留套接字的设置")
	if len(parts) > 0 {
		text = p.lang.F("%d settings: ", "%d 项设置：", len(rep.Findings))
		if len(rep.Findings) == 1 {
			text = p.lang.F("1 setting: ", "1 项设置：")
		}
		text += strings.Join(parts, p.lang.F(", ", "，"))
	}
	text += p.lang.F(" (for Linux %s)", "（针对 Linux %s）", string(rep.Kernel))
	if rep.Unread() {
		p.b.WriteString(p.colored(rule.Warning, "UNKNOWN"))
		p.line("%s", p.lang.F(": not everything could be read; ", ": 有内容无法读取；")+text)
		return
	}
	p.severity(gravityOf(rep.Exit()), ": "+text)
}

func gravityOf(exit int) rule.Severity {
	switch exit {
	case 0:
		return rule.Info
	case 1:
		return rule.Warning
	}
	return rule.Critical
}

// read says what was read, and what was not because of its name.
func (p *linted) read(rep *lint.Report) {
	if len(rep.Files) > 0 {
		p.wrap(p.lang.F("read: ", "已读："), strings.Join(rep.Files, ", "))
	}
	if rep.Boot != "" {
		p.wrap("", p.lang.F("applied at boot by: %s", "启动时由其应用：%s", string(rep.Boot)))
	}
	for _, m := range rep.Masked {
		p.wrap("", p.lang.F("not read: %s, which %s hides", "未读：%s（被 %s 遮蔽）", m.File, m.By))
	}
	switch {
	case rep.Others == 1:
		p.wrap("", p.lang.F("not judged: 1 setting that has nothing to do with lingering sockets", "未评判：1 项与滞留套接字无关的设置"))
	case rep.Others > 1:
		p.wrap("", p.lang.F("not judged: %d settings that have nothing to do with lingering sockets", "未评判：%d 项与滞留套接字无关的设置", rep.Others))
	}
}

// heading names the setting, its verdict and where it is.
func (p *linted) heading(f *lint.Finding) {
	word := strings.ToUpper(f.Verdict.Word().In(p.lang))
	title := f.Key + " = " + strings.Join(strings.Fields(f.Value), " ")
	start := p.b.Len()
	p.wrap(word+"  ", title)
	if p.opt.Color { // after wrapping, which counts cells
		text := p.b.String()
		p.b.Reset()
		p.b.WriteString(text[:start] + p.colored(gravityOf(f.Verdict.Exit()), word) + text[start+len(word):])
	}
	where := f.Place.String()
	if where == "" {
		where = p.lang.F("the running kernel; no file sets it so", "正在运行的内核；没有文件这样设置")
	}
	if f.Scope != "" {
		where += " (" + f.Scope + ")"
	}
	p.wrap(p.label("where", "位置"), where)
	for _, o := range f.Overridden {
		p.wrap(p.label("overrides", "覆盖"), fmt.Sprintf("%s (= %s)", o.Place.String(), o.Value))
	}
}

// label is the name of a fact, as wide as all of them.
func (p *linted) label(en, zh string) string {
	text := p.lang.F(en, zh)
	return "  " + text + strings.Repeat(" ", max(1, 11-escape.Cells(text)))
}

func (p *linted) fact(en, zh string, m lint.Message) {
	if text := m.In(p.lang); text != "" {
		p.wrap(p.label(en, zh), text)
	}
}

// details is all that is known of a setting that is not harmless.
func (p *linted) details(f *lint.Finding) {
	p.fact("believed", "人们以为", f.Believed)
	p.fact("does", "实际作用", f.Does)
	p.fact("because", "原因", f.Reason)
	p.rest(f)
	if len(f.References) > 0 {
		p.wrap(p.label("see", "参考"), strings.Join(f.References, "; "))
	}
	if len(f.Claims) > 0 {
		p.wrap(p.label("proof", "验证"), "linger lab run "+strings.Join(f.Claims, " "))
	}
}

// rest is what depends on other settings, files and the running kernel.
func (p *linted) rest(f *lint.Finding) {
	for _, m := range f.Notes {
		p.fact("note", "注意", m)
	}
	if f.Live != nil {
		p.fact("at boot", "下次启动", f.Live.What)
	}
	if d := f.Disagree; d != nil {
		text := p.lang.F("%s does not set it", "%s 不会设置它", string(d.Program))
		if d.Set != nil {
			text = p.lang.F("%s takes %s from %s instead", "%s 取 %s（来自 %s）", string(d.Program), d.Set.Value, d.Set.Place.String())
		}
		p.wrap(p.label("but", "但是"), text)
	}
	p.fact("instead", "应改为", f.Instead)
}

// problems lists what could not be read or understood.
func (p *linted) problems(list []lint.Problem) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.lang.F("not understood:", "无法理解："))
	for _, problem := range list {
		p.wrap("  - ", strings.TrimSuffix(problem.Place.String(), ":0")+": "+problem.What.In(p.lang))
	}
}
