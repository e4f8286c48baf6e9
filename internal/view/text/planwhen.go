package text

import (
	"slices"

	"github.com/linger-dev/linger/internal/remedy"
)

// method says where the times of effects come from, if a twin was asked.
func (p *planPage) method(plan *remedy.Plan) {
	for i := range plan.Remedies {
		if slices.ContainsFunc(plan.Remedies[i].Effects, func(e remedy.Effect) bool { return e.After.Twin }) {
			p.wrap("", p.l.F("when something runs out, and the order of changes that are equally safe: by a simulated kernel of this release, set to this evidence and run for an hour",
				"“何时耗尽”以及同等安全的改动之间的顺序，来自一个同版本的模拟内核：设为本次采集的状态，再运行一小时"))
			return
		}
	}
}

// when says when the ports, or the quota, are out.
func (p *planPage) when(o *remedy.Outlook) string {
	switch {
	case o.Never && o.Until > 0:
		return p.l.F("never at this rate, once what waits is gone (in %s)", "按此速率不会耗尽（%s后，待现有 TIME_WAIT 到期）", p.span(o.Until))
	case o.Never && o.Left == 0 && !o.Twin:
		return p.l.F("never at this rate, once what waits is gone (a minute)", "按此速率不会耗尽（待现有 TIME_WAIT 到期后）")
	case o.Never && o.Early > 0:
		return p.l.F("not at this rate; in %s at the upper end of its noise", "按此速率不会耗尽；若取其波动上限，%s后耗尽", p.span(o.Early))
	case o.Never:
		return p.l.F("never at this rate", "按此速率不会耗尽")
	case o.In == 0 && o.Left == 0:
		return p.l.F("it has", "已耗尽")
	}
	text := p.l.F("in %s", "%s后", p.span(o.In))
	switch early, late := p.span(o.Early), p.span(o.Late); {
	case o.Early == 0 || early == late:
		return text
	case o.Late == 0:
		return text + p.l.F(" (%s or later, or never)", "（%s或更晚，或不会）", early)
	default:
		return text + p.l.F(" (%s to %s)", "（%s至 %s）", early, late)
	}
}

// atTwice says what twice the traffic does after the change.
func (p *planPage) atTwice(f *remedy.Future) string {
	switch {
	case f.Until > 0:
		return p.l.F("never, once what waits is gone (in %s)", "不会耗尽（%s后，待现有 TIME_WAIT 到期）", p.span(f.Until))
	case f.Never:
		return p.l.F("never", "不会耗尽")
	case f.In == 0:
		return p.l.F("at once", "立即耗尽")
	}
	return p.l.F("runs out in %s", "%s后耗尽", p.span(f.In))
}
