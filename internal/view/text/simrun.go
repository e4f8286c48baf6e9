package text

import (
	"fmt"

	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/chart"
)

// SimRun writes what came of traffic over one host: where the wall is, the
// streams, where the ports are, the course of it, what happened when.
func (r *Reporter) SimRun(run *outcome.Run) error {
	p := r.page()
	p.line("%s", p.simAnswer(run))
	text := p.say("%s on the twin of Linux %s, HZ %d, seed %d: %s of traffic, %s connections tried, %s failed",
		"%s，Linux %s 的孪生内核，HZ %d，种子 %d：%s 的流量，尝试 %s 个连接，失败 %s 个",
		run.Name, string(run.Kernel), run.HZ, run.Seed, lasting(run.Played), count(run.Tried), count(run.Failed))
	if run.Played < run.Duration {
		text += p.say("; interrupted, of %s", "；中断，原定 %s", lasting(run.Duration))
	}
	p.wrap("", text)
	if run.About != "" {
		p.wrap("", run.About)
	}
	p.line("")
	p.print(p.simStreams(run.Streams), "  ")
	p.figure(chart.OfRun(run, p.opt.Lang))
	if len(run.Events) > 0 {
		p.line("")
		for i, e := range run.Events {
			p.wrap(fmt.Sprintf("  %2d  %8s  ", i+1, exact(e.At)), e.Text.In(p.opt.Lang))
		}
	}
	if len(run.Groups) > 0 {
		p.line("")
		p.line("%s", p.say("at the end", "结束时"))
		p.print(p.simGroups(run.Groups), "  ")
	}
	return r.flush(p)
}

// simAnswer is the answer in one sentence.
func (p *page) simAnswer(run *outcome.Run) string {
	m := run.FirstFailure
	full := run.Fullest
	switch {
	case m.Happened:
		text := p.say("The %s connection fails after %s with EADDRNOTAVAIL", "第 %s 个连接在 %s 后失败：EADDRNOTAVAIL", p.ordinal(m.Number), exact(m.At))
		if len(run.Streams) > 1 {
			text = p.say("The %s connection of all streams fails after %s with EADDRNOTAVAIL", "所有流中的第 %s 个连接在 %s 后失败：EADDRNOTAVAIL", p.ordinal(m.Number), exact(m.At))
		}
		if full.Used >= full.Ports && full.Ports > 0 {
			text += p.say(": all %s ports toward %s are in use", "：去往 %[2]s 的全部 %[1]s 个端口都已占用", count(full.Ports), target(full.Path))
		}
		return text
	case full.Ports > 0:
		return p.say("No connection fails in %s: at most %s of %s ports toward %s are in use", "%s 内没有连接失败：去往 %[4]s 的 %[3]s 个端口中最多占用 %[2]s 个",
			lasting(run.Played), count(full.Used), count(full.Ports), target(full.Path))
	}
	return p.say("No connection fails in %s: at most %s sockets in TIME_WAIT", "%s 内没有连接失败：TIME_WAIT 套接字最多 %s 个", lasting(run.Played), count(run.Most))
}

// target is the service of a path.
func target(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == ' ' {
			return path[i+1:]
		}
	}
	return path
}

func (p *page) simStreams(streams []outcome.Stream) table {
	t := table{right: []bool{false, true, false, true, false}}
	t.rows = append(t.rows, []string{p.say("stream", "流"), p.say("per second", "每秒"), p.say("closes", "关闭"), p.say("held", "保持"), p.say("path", "路径")})
	for _, s := range streams {
		t.rows = append(t.rows, []string{s.Name, simRate(s.Rate), p.closes(s.Closes), exact(s.Hold), s.Path})
	}
	return t
}

// simRate writes a rate with as many digits as it has.
func simRate(rate float64) string {
	if rate >= 1000 && rate == float64(uint64(rate)) {
		return count(uint64(rate))
	}
	return fmt.Sprintf("%g", rate)
}

// closes is who closes, in the words of files.
func (p *page) closes(word string) string {
	switch word {
	case "first":
		return p.say("first", "先关闭")
	case "last":
		return p.say("last", "后关闭")
	case "reset":
		return p.say("reset", "复位")
	}
	return p.say("alone", "单方关闭")
}

func (p *page) simGroups(groups []outcome.Group) table {
	t := table{right: []bool{true, true, true, false}}
	t.rows = append(t.rows, []string{p.say("in use", "占用"), "TIME_WAIT", p.say("ports", "端口"), p.say("path", "路径")})
	shown, more := limit(groups, 10)
	for _, g := range shown {
		ports := "-"
		if g.Outbound {
			ports = count(g.Ports)
		}
		t.rows = append(t.rows, []string{count(g.Used), count(g.TimeWait), ports, g.Path})
	}
	if more > 0 {
		t.rows = append(t.rows, []string{p.dots(), "", "", p.say("and %d more", "另有 %d 个", more)})
	}
	return t
}
