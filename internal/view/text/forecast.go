package text

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/view/escape"
)

// Forecast writes what becomes of the host if its traffic goes on: for each
// destination in danger when its ports run out, at the rate of now, at twice and
// at ten times. It writes nothing if there is nothing to tell.
func (r *Reporter) Forecast(f forecast.Forecast) error {
	p := r.page()
	p.forecast(&f)
	if p.b.Len() == 0 {
		return nil
	}
	return r.flush(p)
}

func (p *page) forecast(f *forecast.Forecast) {
	if !f.Tells() {
		return
	}
	p.wrap("", p.say("forecast for the next %s, by a simulated kernel that is set to what was seen:", "预测（未来 %s，由设为当前状态的模拟内核得出）：", p.lasts(f.Horizon)))
	shown, more := limit(f.Groups, p.opt.Rows)
	many := false
	for i := range f.Groups {
		many = many || f.Groups[i].Namespace != f.Groups[0].Namespace
	}
	for i := range shown {
		p.future(&shown[i], many)
	}
	p.more(more, "  ")
	for i := range f.Quotas {
		p.quota(&f.Quotas[i])
	}
	p.leftOut(f)
}

// future writes one destination.
func (p *page) future(g *forecast.Group, where bool) {
	name := g.Key.String()
	if where {
		name += p.say(" [namespace %s]", " [命名空间 %s]", g.Namespace)
	}
	p.wrap("  ", name+p.say(": ", "：")+p.traffic(&g.Traffic))
	labels := p.rates()
	for i, o := range []*forecast.Outlook{g.AsIs, g.Twice, g.Ten} {
		if o == nil {
			p.row(labels[i], p.say("left out, to keep this quick", "为求快速而略去"))
			continue
		}
		p.row(labels[i], p.outlook(o)+p.slow(o))
	}
}

// rates names the traffic of the three futures.
func (p *page) rates() [3]string {
	return [3]string{p.say("at this rate", "按当前流量"), p.say("at twice", "两倍流量"), p.say("at ten times", "十倍流量")}
}

// row writes a label and what stands beside it.
func (p *page) row(label, text string) {
	const columns = 14
	p.wrap("    "+label+strings.Repeat(" ", max(1, columns-escape.Cells(label))), text)
}

// traffic says what the forecast takes as given.
func (p *page) traffic(t *forecast.Traffic) string {
	text := p.say("%s closed a second, give or take %s", "每秒关闭 %s 个，误差 %s", decimal(t.Rate), decimal(2*t.Error))
	if t.Slope != 0 {
		text += p.say(", and %+.1f each second", "，每秒变化 %+.1f", t.Slope)
	}
	if t.Live > 0 && t.Hold > 0 {
		text += p.say("; %s open, each for %s", "；%s 个打开，各持续 %s", count(t.Live), p.lasts(t.Hold))
	}
	if t.Stuck > 0 {
		text += p.say("; %s that nobody closes", "；%s 个无人关闭", count(t.Stuck))
	}
	if t.Growth > 0 {
		text += p.say("; %s more of these each second", "；此类每秒增加 %s 个", decimal(t.Growth))
	}
	return text
}

func decimal(f float64) string {
	if f < 10 {
		return fmt.Sprintf("%.1f", f)
	}
	return count(uint64(f + 0.5))
}
