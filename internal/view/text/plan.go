package text

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/remedy"
	"github.com/linger-dev/linger/internal/say"
)

const (
	// snippetsMost and effectsMost are how many of a remedy are shown unless
	// all are wanted.
	snippetsMost = 2
	effectsMost  = 2
	// labelWidth is the columns of the words before what is told of a remedy.
	labelWidth = 11
)

// Plan writes the answer of `linger fix`: the plan in one line, the remedies
// in the order in which to try them, what linger can apply, and what it
// refuses. Unless full, long lists are cut.
func (r *Reporter) Plan(plan remedy.Plan, full bool) error {
	p := &planPage{page: r.page(), l: plan.Lang, full: full}
	p.wrap("", plan.Answer)
	p.wrap("", p.l.F("host %s, Linux %s, seen %s", "主机 %s，Linux %s，采集于 %s",
		plan.Host.Name, plan.Host.Kernel, plan.Made.UTC().Format("2006-01-02 15:04:05 UTC")))
	p.method(&plan)
	many := false
	for i := range plan.Remedies {
		many = many || plan.Remedies[i].Namespace != plan.Remedies[0].Namespace
	}
	for i := range plan.Remedies {
		p.line("")
		p.remedy(i+1, &plan.Remedies[i], many)
	}
	p.apply(&plan)
	p.refusals(plan.Refusals)
	return r.flush(p.page)
}

// planPage is a page about a plan, in its language.
type planPage struct {
	*page
	l    say.Lang
	full bool
}

// label writes a word, and text beside it.
func (p *planPage) label(word, text string) { p.wrap(padded("   "+word, labelWidth+1), text) }

func (p *planPage) remedy(n int, r *remedy.Remedy, where bool) {
	title := r.Title
	if where {
		title += p.l.F(" [namespace %s]", " [命名空间 %s]", r.Namespace)
	}
	p.wrap(fmt.Sprintf("%-3s", fmt.Sprintf("%d.", n)), title)
	p.label(p.l.F("kind", "类别"), p.kind(r))
	p.label(p.l.F("what", "内容"), r.What)
	p.effects(r)
	p.label(p.l.F("risk", "风险"), r.Risk)
	word := p.l.F("write", "写入")
	for _, s := range r.Settings {
		p.line("%s$ %s", padded("   "+word, labelWidth+1), s.Command())
		word = ""
	}
	p.label(p.l.F("undo", "撤销"), r.Undo)
	for _, s := range slices.Backward(r.Settings) {
		p.line("%s$ %s", padded("", labelWidth+1), s.UndoCommand())
	}
	if len(r.ProvedBy) > 0 {
		p.line("%s$ linger lab run %s", padded("   "+p.l.F("proof", "证明"), labelWidth+1), strings.Join(r.ProvedBy, " "))
	}
	p.snippets(r)
}

// kind says whose hands it needs, and how safe it is.
func (p *planPage) kind(r *remedy.Remedy) string {
	kind := map[remedy.Kind]string{
		remedy.Application: p.l.F("application", "应用程序"),
		remedy.Topology:    p.l.F("addresses and network", "地址与网络"),
		remedy.Kernel:      p.l.F("kernel setting, linger can apply it", "内核参数，linger 可以应用"),
	}[r.Kind]
	safety := map[int]string{
		remedy.Harmless:   p.l.F("breaks nothing that works", "不会破坏正常的东西"),
		remedy.Careful:    p.l.F("needs some care", "需要小心"),
		remedy.Timestamps: p.l.F("relies on TCP timestamps", "依赖 TCP 时间戳"),
		remedy.Shortens:   p.l.F("shortens a protection", "缩短一项保护"),
	}[r.Safety]
	text := kind + p.l.F("; ", "；") + safety
	switch {
	case !r.Needed():
		text += p.l.F("; nobody needs it", "；并非必须")
	case r.Ends:
		text += p.l.F("; enough by itself", "；单独即足够")
	}
	return text
}

func (p *planPage) effects(r *remedy.Remedy) {
	shown, more := r.Effects, 0
	if !p.full {
		shown, more = limit(r.Effects, effectsMost)
	}
	for i := range shown {
		p.effect(&shown[i], i == 0)
	}
	if more > 0 {
		p.label("", p.l.F("and %d groups more", "另有 %d 组", more))
	}
}

// effect writes what changes for one group, a line for each number.
func (p *planPage) effect(e *remedy.Effect, first bool) {
	word := ""
	if first {
		word = p.l.F("effect", "效果")
	}
	p.label(word, p.subject(e))
	arrow := " -> "
	if p.opt.Unicode {
		arrow = " → "
	}
	for _, row := range p.rows(e, arrow) {
		p.wrap(padded("", labelWidth+3)+padded(row[0], 18), row[1])
	}
}

// subject says which group an effect is about, how fast it closes, and what is
// assumed.
func (p *planPage) subject(e *remedy.Effect) string {
	text := ""
	switch {
	case e.Group != nil:
		text = about(e.Group)
	case e.Measure == remedy.Ports:
		text = p.l.F("any destination not used yet", "任何尚未使用的目的地")
	default:
		text = p.l.F("the namespace", "整个命名空间")
	}
	switch {
	case e.Rate > 0 && e.Measure == remedy.Ports && e.Before.Left == 0:
		text += p.l.F(", now closing %s, and more is wanted", "，目前关闭速率 %s，实际需求更高", perSecond(e.Rate))
	case e.Rate > 0:
		text += p.l.F(", now closing %s", "，目前关闭速率 %s", perSecond(e.Rate))
	}
	if e.Assuming != "" {
		text += p.l.F("; assuming: %s", "；假设：%s", e.Assuming)
	}
	return text
}

// about names a group, which may stand for all clients of a service.
func about(k *evidence.Key) string {
	if k.Others() || !k.Src.IsValid() {
		return k.Service().String()
	}
	return k.String()
}

func perSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return count(uint64(rate+0.5)) + "/s"
}

// rows lists what of a measure's numbers changes.
func (p *planPage) rows(e *remedy.Effect, arrow string) [][2]string {
	b, a := &e.Before, &e.After
	var out [][2]string
	add := func(label, from, to string) {
		if from != to {
			out = append(out, [2]string{label, from + arrow + to})
		}
	}
	if e.Measure == remedy.Ports {
		add(p.l.F("ports", "端口总数"), count(b.Of), count(a.Of))
		add(p.l.F("left now", "目前剩余"), count(b.Left), count(a.Left))
	}
	if e.Rate > 0 || e.Measure != remedy.Ports {
		add(p.l.F("held in the end", "稳态占用"), count(b.Waits), count(a.Waits))
	}
	if b.Limit > 0 && e.Rate > 0 {
		add(p.l.F("may close", "可承受速率"), perSecond(b.Limit), p.limitOf(e))
	}
	if e.Measure == remedy.Ports && e.Rate > 0 || b.Twin {
		add(p.l.F("runs out", "何时耗尽"), p.when(b), p.when(a))
	}
	if e.AtTwice != nil {
		out = append(out, [2]string{p.l.F("then, at twice", "此后流量翻倍"), p.atTwice(e.AtTwice)})
	}
	if a.Memory > 0 || b.Memory > 0 {
		add(p.l.F("memory, at most", "内存上限"), bytes(b.Memory), bytes(a.Memory))
	}
	return out
}

func (p *planPage) limitOf(e *remedy.Effect) string {
	if e.After.Limit == 0 {
		return p.l.F("no limit by TIME_WAIT", "不再受 TIME_WAIT 限制")
	}
	text := perSecond(e.After.Limit)
	if e.Room > 0 {
		text += p.l.F(", %.1f times the present", "，是目前的 %.1f 倍", e.Room)
	}
	return text
}

func (p *planPage) span(d time.Duration) string {
	if d < 2*time.Minute {
		return p.l.F("%d s", "%d 秒", int64(d.Seconds()+0.5))
	}
	return p.l.F("%d min", "%d 分钟", int64(d.Minutes()+0.5))
}

// bytes writes an amount of memory in the units of size.
func bytes(n uint64) string { return size(n) }
