package text

import (
	"strings"

	"github.com/linger-dev/linger/internal/remedy"
	"github.com/linger-dev/linger/internal/view/escape"
)

// snippets shows what can be pasted.
func (p *planPage) snippets(r *remedy.Remedy) {
	shown, more := r.Snippets, []remedy.Snippet(nil)
	if !p.full && len(shown) > snippetsMost {
		shown, more = shown[:snippetsMost], shown[snippetsMost:]
	}
	for i, s := range shown {
		if i > 0 {
			p.line("")
		}
		head := string(s.Client)
		if s.File != "" {
			head += ", " + s.File
		}
		p.label(p.l.F("paste", "示例"), head+p.l.F(": ", "：")+s.Note)
		p.line("")
		for line := range strings.SplitSeq(strings.TrimRight(s.Text, "\n"), "\n") {
			p.line("      %s", strings.ReplaceAll(line, "\t", "    "))
		}
	}
	if len(more) > 0 {
		var names []string
		for _, s := range more {
			names = append(names, string(s.Client))
		}
		p.label("", p.l.F("and text for %s: linger fix --full", "还有 %s 的示例：linger fix --full", strings.Join(names, ", ")))
	}
}

// apply says what linger would write by itself.
func (p *planPage) apply(plan *remedy.Plan) {
	kernel := plan.Kernel()
	if len(kernel) == 0 {
		return
	}
	p.line("")
	p.wrap("", p.l.F("linger can write these, and takes them back by itself unless you confirm:", "linger 可以写入以下参数；若不确认，会自动撤回："))
	p.line("  $ linger fix --apply --confirm-within 5m")
	for _, s := range remedy.Changes(kernel) {
		from := s.From
		if from == "" {
			from = p.l.F("nothing", "空")
		}
		p.wrap("    ", p.l.F("%s in %s: %s, now %s", "%[2]s 中的 %[1]s：%[3]s，目前为 %[4]s", s.Key, s.Namespace, s.To, from))
	}
	p.line("  $ linger fix --confirm")
	p.line("  $ linger fix --undo")
}

// refusals says what linger does not do, although it is advised.
func (p *planPage) refusals(list []remedy.Refusal) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.wrap("", p.l.F("Often advised, and not done:", "常见但不采纳的建议："))
	for _, r := range list {
		p.wrap("  - ", r.Advice+p.l.F(": ", "：")+r.Because)
		if p.full && len(r.ProvedBy) > 0 {
			p.line("      $ linger lab run %s", strings.Join(r.ProvedBy, " "))
		}
	}
}

// padded fills a label up to so many columns.
func padded(label string, columns int) string {
	return label + strings.Repeat(" ", max(0, columns-escape.Cells(label)))
}
