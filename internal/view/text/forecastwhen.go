package text

import (
	"time"

	"github.com/linger-dev/linger/internal/forecast"
)

// outlook says when the ports run out.
func (p *page) outlook(o *forecast.Outlook) string {
	switch {
	case o.Never && o.Early > 0:
		return p.say("never, but in %s at the upper end of the noise; about %s of %s ports held", "不会耗尽，但取波动上限时 %s后耗尽；约占用 %s / %s 个端口",
			p.lasts(o.Early), count(o.Held), count(o.Of))
	case o.Never && o.TakesOver:
		return p.say("never: connect() takes over ports in TIME_WAIT", "不会耗尽：connect() 会接管处于 TIME_WAIT 的端口")
	case o.Never:
		return p.say("never; about %s of %s ports held", "不会耗尽；约占用 %s / %s 个端口", count(o.Held), count(o.Of))
	case o.Until > 0:
		return p.say("in %s, only on account of what was before; from %s on there are ports again", "%s后耗尽，仅因先前的连接；%s后恢复", p.lasts(o.In), p.lasts(o.Until))
	case o.In == 0:
		return p.say("now", "现在已耗尽")
	}
	text := p.say("in %s", "%s后耗尽", p.lasts(o.In))
	if o.Ranged {
		text += p.between(o.Early, o.Late)
	}
	return text
}

// between says how sure a time is; a late of 0 is never.
func (p *page) between(early, late time.Duration) string {
	from, to := p.lasts(early), p.lasts(late)
	switch {
	case late == 0:
		return p.say(" (%s or later, or never)", "（%s或更晚，或不会）", from)
	case from == to:
		return ""
	}
	return p.say(" (%s to %s)", "（%s至 %s）", from, to)
}

// slow says when connect() begins to walk many ports, if that is before it fails.
func (p *page) slow(o *forecast.Outlook) string {
	const felt = 4096 // ports: half of them cost most of a millisecond
	switch {
	case !o.Work.Slow || o.Of < felt || !o.Never && o.In == 0:
		return ""
	case o.Work.SlowIn < time.Second:
		return p.say("; connect() is slow already: it looks at %s ports", "；connect() 已经变慢：每次要查看 %s 个端口", count(uint64(o.Work.Now)))
	}
	return p.say("; connect() is slow from %s on", "；connect() 在 %s后变慢", p.lasts(o.Work.SlowIn))
}

// quota writes the future of a namespace's tcp_max_tw_buckets.
func (p *page) quota(q *forecast.Quota) {
	p.wrap("  ", p.say("tcp_max_tw_buckets of namespace %s: %s of %s, %s closed a second", "命名空间 %s 的 tcp_max_tw_buckets：%s / %s，每秒关闭 %s 个",
		q.Namespace, count(uint64(max(0, q.Now))), count(uint64(q.Limit)), decimal(q.Rate)))
	labels := p.rates()
	for i, o := range []*forecast.QuotaOutlook{q.AsIs, q.Twice, q.Ten} {
		if o == nil {
			p.row(labels[i], p.say("left out, to keep this quick", "为求快速而略去"))
			continue
		}
		p.row(labels[i], p.overflow(o))
	}
}

// overflow says when closing connections begin to skip TIME_WAIT.
func (p *page) overflow(o *forecast.QuotaOutlook) string {
	switch {
	case o.Never && o.Early > 0:
		return p.say("never, but in %s at the upper end of the noise; about %s held", "不会超限，但取波动上限时 %s后超限；约 %s 个", p.lasts(o.Early), count(uint64(o.Held)))
	case o.Never:
		return p.say("never; about %s held", "不会超限；约 %s 个", count(uint64(o.Held)))
	case o.In == 0:
		return p.say("it overflows now", "现在已超限")
	}
	return p.say("overflows in %s", "%s后超限", p.lasts(o.In)) + p.between(o.Early, o.Late)
}

// leftOut says what the forecast does not tell.
func (p *page) leftOut(f *forecast.Forecast) {
	if f.Beyond > 0 {
		p.wrap("  ", p.say("%s more groups may not bear ten times their traffic; they are less pressing and were left out to keep this quick", "另有 %s 组可能承受不了十倍流量；它们不那么紧迫，为求快速而略去", count(f.Beyond)))
	}
	if f.Safe > 0 {
		p.wrap("  ", p.say("%s other groups bear ten times their traffic", "其余 %s 组可承受十倍流量", count(f.Safe)))
	}
	for _, x := range f.Failed {
		name := x.Group
		if name == "" {
			name = x.Namespace
		}
		p.wrap("  ", p.say("no forecast for %s: %s", "无法预测 %s：%s", name, x.Because))
	}
}

// lasts writes a duration as span does, in the reader's language.
func (p *page) lasts(d time.Duration) string {
	switch {
	case d < time.Second:
		return p.say("%d ms", "%d 毫秒", d.Milliseconds())
	case d < 10*time.Second:
		return p.say("%.1f s", "%.1f 秒", d.Seconds())
	case d < 2*time.Minute:
		return p.say("%d s", "%d 秒", int64(d.Seconds()+0.5))
	case d < 2*time.Hour && d%time.Hour != 0:
		return p.say("%d min", "%d 分钟", int64(d.Minutes()+0.5))
	}
	return p.say("%d h", "%d 小时", int64(d.Hours()+0.5))
}
