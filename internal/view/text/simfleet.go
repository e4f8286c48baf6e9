package text

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/chart"
)

// SimFleet writes what came of traffic over a fleet: how many hosts hit the wall,
// at which traffic, which first, and when.
func (r *Reporter) SimFleet(f *outcome.Fleet) error {
	p := r.page()
	p.line("%s", p.fleetAnswer(f))
	p.wrap("", p.say("%s on the twin of Linux %s, HZ %d, seed %d: %s hosts for %s, load %s; %s connections tried, %s failed",
		"%s，Linux %s 的孪生内核，HZ %d，种子 %d：%s 台主机运行 %s，负载 %s；尝试 %s 个连接，失败 %s 个",
		f.Name, string(f.Kernel), f.HZ, f.Seed, count(f.Played), lasting(f.Duration), f.Load.In(p.opt.Lang), count(f.Tried), count(f.Failed)))
	if f.Played < f.Hosts {
		p.line("%s", p.say("interrupted: %s of %s hosts were played", "中断：%[2]s 台主机中运行了 %[1]s 台", count(f.Played), count(f.Hosts)))
	}
	if f.About != "" {
		p.wrap("", f.About)
	}
	p.line("")
	p.print(p.simStreams(f.Streams), "  ")
	if len(f.Rates) > 0 {
		p.line("")
		p.print(p.fleetQuantiles(f), "  ")
	}
	p.figure(chart.OfFleet(f, p.opt.Lang))
	if len(f.First) > 0 {
		p.line("")
		p.line("%s", p.say("the first hosts to fail", "最先失败的主机"))
		p.print(p.firstHosts(f.First), "  ")
	}
	return r.flush(p)
}

func (p *page) fleetAnswer(f *outcome.Fleet) string {
	if f.Hit == 0 {
		return p.say("None of %s hosts hits the wall in %s: no connection fails up to %s connections/s", "%s 台主机在 %s 内都没有撞墙：直到每秒 %s 个连接都没有失败",
			count(f.Played), lasting(f.Duration), oneDigit(f.Calm))
	}
	first := f.First[0]
	return p.say("%s of %s hosts hit the wall; the first is host %s after %s, at %s connections/s",
		"%[2]s 台主机中有 %[1]s 台撞墙；最先是第 %[3]s 台，在 %[4]s 后，每秒 %[5]s 个连接",
		count(f.Hit), count(f.Played), count(first.No), exact(first.FirstFailure.At), oneDigit(first.Rate)) + p.wall(f)
}

// wall says at which rate the wall stands.
func (p *page) wall(f *outcome.Fleet) string {
	if f.Calm == 0 {
		return ""
	}
	return p.say(". The wall stands between %s and %s connections/s", "。墙在每秒 %s 与 %s 个连接之间", oneDigit(f.Calm), oneDigit(f.Wall))
}

func oneDigit(v float64) string { return fmt.Sprintf("%.1f", v) }

func (p *page) fleetQuantiles(f *outcome.Fleet) table {
	t := table{right: []bool{true, true, true, true, false}}
	t.rows = append(t.rows, []string{p.say("of the hosts", "主机比例"), p.say("connections/s up to", "每秒连接数不超过"), p.say("of those that fail", "失败主机比例"), p.say("first failure by", "首次失败不晚于"), ""})
	for i, q := range f.Rates {
		row := []string{percent(q.Percent), oneDigit(q.Rate), "", "", ""}
		if i < len(f.Quantiles) {
			row[2], row[3] = percent(f.Quantiles[i].Percent), exact(f.Quantiles[i].At)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// percent writes a part of all; none is the least of them.
func percent(v float64) string {
	if v == 0 {
		return "min"
	}
	return fmt.Sprintf("%g %%", v)
}

func (p *page) firstHosts(hosts []outcome.Host) table {
	t := table{right: []bool{true, true, true, true, true, true, false}}
	t.rows = append(t.rows, []string{
		p.say("host", "主机"), p.say("connections/s", "每秒连接数"), p.say("slow after", "变慢于"), p.say("fails after", "失败于"),
		p.say("at connection", "第几个连接"), p.say("failed in all", "总失败数"), "",
	})
	for _, h := range hosts {
		slow := "-"
		if h.FirstSlow.Happened {
			slow = exact(h.FirstSlow.At)
		}
		t.rows = append(t.rows, []string{
			count(h.No), oneDigit(h.Rate), slow, exact(h.FirstFailure.At.Round(time.Millisecond)), count(h.FirstFailure.Number), count(h.Failed), "",
		})
	}
	return t
}
