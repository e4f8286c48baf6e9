package text

import (
	"fmt"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/escape"
	"github.com/linger-dev/linger/internal/why"
)

// whyPage is a page of one language.
type whyPage struct {
	*page
	lang   say.Lang
	owners *evidence.Snapshot // only its Owners
}

func (r *Reporter) whyPage(lang say.Lang, owners []evidence.Owner) whyPage {
	return whyPage{r.page(), lang, &evidence.Snapshot{Owners: owners}}
}

// answer writes the first line: the word of the answer, and why.
func (p whyPage) answer(c why.Certainty, text string) {
	word, severity := p.lang.F("Unsure", "不确定"), rule.Warning
	switch c {
	case why.Can:
		word, severity = p.lang.F("Yes", "可以"), rule.Info
	case why.Soon:
		word = p.lang.F("Not for long", "很快不行")
	case why.Cannot:
		word, severity = p.lang.F("No", "不可以"), rule.Critical
	case why.Unsure:
	}
	p.b.WriteString(p.colored(severity, word))
	p.line("%s", p.lang.F(": ", "：")+text)
}

// names tells who processes are, "an unknown process" if none is known.
func (p whyPage) names(m evidence.Maker) string {
	if len(m.PIDs) == 0 {
		return p.lang.F("a process that could not be told", "未能识别的进程")
	}
	text := view.Names(p.owners, m.PIDs)
	if m.Basis.Inferred() {
		text += p.lang.F(", inferred", "，推断")
	}
	return text
}

// columns writes rows as a table, by the cells that they take on a terminal;
// where little room is left for the last column, it gets lines of its own.
func (p whyPage) columns(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], escape.Cells(escape.Text(cell, p.opt.Unicode)))
		}
	}
	for _, row := range rows {
		line := "  "
		last := len(row) - 1
		for i, cell := range row[:last] {
			cell = escape.Text(cell, p.opt.Unicode)
			line += cell + strings.Repeat(" ", widths[i]-escape.Cells(cell)+2)
		}
		const little = 20
		if escape.Cells(line) > p.width-little {
			p.wrap(line, "")
			line = "      "
		}
		p.wrap(line, row[last])
	}
}

// point writes one point of a list, and the command that does it.
func (p whyPage) point(text, command string) {
	p.wrap("  - ", text)
	if command != "" {
		p.line("      $ %s", command)
	}
}

// unseen says what was not seen.
func (p whyPage) unseen(gaps []evidence.Gap) {
	if len(gaps) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.lang.F("not seen:", "未能看到："))
	for _, g := range gaps {
		p.wrap("  - ", g.String())
		if g.Hint != "" {
			p.line("      $ %s", g.Hint)
		}
	}
}

// left is how long something still lasts.
func (p whyPage) left(d time.Duration) string {
	if d < time.Second {
		return p.lang.F("less than 1 s", "不到 1 秒")
	}
	seconds := int64((d + time.Second - 1) / time.Second)
	return p.lang.F("%d s", "%d 秒", seconds)
}

// times writes "3 × ", or nothing for one.
func (p whyPage) times(n uint64) string {
	if n <= 1 {
		return ""
	}
	if !p.opt.Unicode {
		return fmt.Sprintf("%s x ", count(n))
	}
	return fmt.Sprintf("%s × ", count(n))
}

// joined writes a list with the language's comma.
func (p whyPage) joined(list []string) string { return strings.Join(list, p.lang.F(", ", "、")) }
