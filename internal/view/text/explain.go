package text

import (
	"strings"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/escape"
)

// Topic writes the answer of `linger explain TOPIC` in a language: the title,
// the answer in one paragraph, then each statement with its references and the
// command that proves it. Chinese needs Options.Unicode.
func (r *Reporter) Topic(t explain.Topic, lang say.Lang) error {
	p := r.page()
	p.topic(&t, lang)
	return r.flush(p)
}

// Topics writes the answer of `linger explain`: a line for each topic.
func (r *Reporter) Topics(list []explain.Topic, lang say.Lang) error {
	p := r.page()
	p.wrap("", lang.F("%d topics; read one with: linger explain TOPIC", "共 %d 个主题；阅读其中一个：linger explain TOPIC", len(list)))
	p.line("")
	widest := 0
	for _, t := range list {
		widest = max(widest, len(t.Name))
	}
	for _, t := range list {
		p.wrap("  "+t.Name+strings.Repeat(" ", widest-len(t.Name)+2), t.Title.In(lang))
	}
	return r.flush(p)
}

func (p *page) topic(t *explain.Topic, lang say.Lang) {
	p.heading(t.Title.In(lang))
	p.line("")
	p.wrap("", t.Answer.In(lang))
	for _, section := range t.Sections {
		p.line("")
		p.heading(section.Heading.In(lang))
		for _, s := range section.Statements {
			p.line("")
			p.wrap("- ", s.Text.In(lang))
			p.reasons(&s, lang)
		}
	}
	p.line("")
	see := make([]string, len(t.See))
	for i, name := range t.See {
		see[i] = "linger explain " + name
	}
	p.wrap(lang.F("see also: ", "另见："), strings.Join(see, ", "))
}

// reasons says how a statement can be known.
func (p *page) reasons(s *explain.Statement, lang say.Lang) {
	if len(s.Refs) > 0 {
		p.wrap("    "+lang.F("reference: ", "依据："), s.References(lang))
	}
	if len(s.ProvedBy) > 0 {
		p.wrap("    "+lang.F("proved by: ", "验证："), "linger lab run "+strings.Join(s.ProvedBy, " "))
	}
}

// heading writes lines that stand out where there is colour.
func (p *page) heading(text string) {
	for _, line := range escape.Fold(escape.Text(text, p.opt.Unicode), max(p.width, 16)) {
		if p.opt.Color {
			line = "\x1b[1m" + line + "\x1b[0m"
		}
		p.b.WriteString(line + "\n")
	}
}
