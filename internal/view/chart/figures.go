package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

// seconds writes a number of seconds: "0 s", "90 s", "5 min", "2 h".
func seconds(v float64) string {
	switch {
	case v < 180:
		return strconv.FormatFloat(v, 'g', 3, 64) + " s"
	case v < 2*3600:
		return strconv.FormatFloat(math.Round(v/6)/10, 'f', -1, 64) + " min"
	}
	return strconv.FormatFloat(math.Round(v/360)/10, 'f', -1, 64) + " h"
}

// count writes a number in few letters: "950", "28.2k", "1.3M".
func count(v float64) string {
	switch {
	case v >= 1e9:
		return strconv.FormatFloat(v/1e9, 'g', 3, 64) + "G"
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 3, 64) + "M"
	case v >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 3, 64) + "k"
	case v != math.Trunc(v):
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func overTime(lang say.Lang, until time.Duration) Axis {
	return Axis{Name: lang.F("time", "时间"), High: until.Seconds(), Format: seconds}
}

// OfRun is the figure of traffic over one host: its population, the ports of the
// fullest group, the work of searching, and failures if there were any.
func OfRun(r *outcome.Run, lang say.Lang) Figure {
	f := Figure{
		Title: fmt.Sprintf("%s, Linux %s", r.Name, r.Kernel),
		X:     overTime(lang, max(r.Duration, time.Second)),
	}
	n := len(r.Points)
	var x, minis, used, work, failed []float64
	for _, p := range r.Points {
		x = append(x, p.At.Seconds())
		minis = append(minis, float64(p.Minis))
		used = append(used, float64(p.Used))
		work = append(work, p.Visited)
		failed = append(failed, float64(p.Failed))
	}
	panel := func(name string, y []float64) Panel {
		return Panel{Name: name, Y: Axis{Format: count}, Lines: []Line{{X: x, Y: y}}}
	}
	if n == 0 {
		return f
	}
	f.Panels = append(f.Panels, panel(lang.F("sockets in TIME_WAIT and orphans", "TIME_WAIT 套接字与孤儿套接字"), minis))
	if r.Fullest.Ports > 0 {
		p := panel(lang.F("local ports used toward ", "已用本地端口，去往 ")+r.Fullest.Path, used)
		p.Limit, p.LimitName = float64(r.Fullest.Ports), lang.F("of", "共")
		f.Panels = append(f.Panels, p, panel(lang.F("ports that a connect() looks at, on average", "一次 connect() 平均查看的端口数"), work))
	}
	if r.Failed > 0 {
		f.Panels = append(f.Panels, panel(lang.F("connections that fail, at each look", "每次观察之间失败的连接数"), failed))
	}
	for _, e := range r.Events {
		f.Marks = append(f.Marks, Mark{At: e.At.Seconds(), Text: e.Text.In(lang)})
	}
	return f
}

// OfClaim is the figure of a scenario: the sockets of all its hosts over time. It
// has no panel if there is nothing to see.
func OfClaim(c *outcome.Claim, lang say.Lang) Figure {
	f := Figure{Title: fmt.Sprintf("%s, %s", c.Name, c.Claim)}
	var x, minis, live []float64
	most := 0.0
	for _, s := range c.Samples {
		x = append(x, s.At.Seconds())
		minis = append(minis, float64(s.Minis))
		live = append(live, float64(s.Live))
		most = max(most, float64(s.Minis))
	}
	if len(x) < 2 || most == 0 {
		return f
	}
	f.X = overTime(lang, c.Samples[len(c.Samples)-1].At)
	f.Panels = []Panel{{Name: lang.F("sockets in TIME_WAIT and orphans", "TIME_WAIT 套接字与孤儿套接字"), Y: Axis{Format: count}, Lines: []Line{{X: x, Y: minis}}}}
	if slices.Max(live) > 0 {
		f.Panels = append(f.Panels, Panel{Name: lang.F("live connections, both ends", "活动连接（两端都计）"), Y: Axis{Format: count}, Lines: []Line{{X: x, Y: live}}})
	}
	return f
}

// OfFleet is the figure of a fleet: when hosts failed for the first time.
func OfFleet(r *outcome.Fleet, lang say.Lang) Figure {
	f := Figure{Title: fmt.Sprintf("%s, Linux %s", r.Name, r.Kernel), X: overTime(lang, r.Duration)}
	if r.Hit == 0 {
		return f
	}
	var x, y []float64
	for _, b := range r.Timeline {
		x = append(x, b.From.Seconds())
		y = append(y, float64(b.Hosts))
	}
	if n := len(x); n > 0 { // the last one lasts to the end
		x, y = append(x, r.Duration.Seconds()), append(y, y[n-1])
	}
	f.Panels = []Panel{{
		Name: lang.F("hosts whose first connection fails", "首次出现连接失败的主机数"), Y: Axis{Format: count}, Lines: []Line{{X: x, Y: y}},
	}}
	return f
}

// OfSweep is the figure of a sweep: the time to the first failure over the first
// axis that has numbers, a line for each combination of the others. It has no panel
// if there is no such axis, or nothing but verdicts to show.
func OfSweep(s *outcome.Sweep, lang say.Lang) Figure {
	f := Figure{Title: fmt.Sprintf("%s, Linux %s", s.Name, s.Kernel)}
	at := widest(s)
	if at < 0 || s.Scenario {
		return f
	}
	a := &s.Axes[at]
	f.X = Axis{Name: a.Name, Low: a.Numbers[0], High: a.Numbers[0], Format: count}
	for _, v := range a.Numbers {
		f.X.Low, f.X.High = min(f.X.Low, v), max(f.X.High, v)
	}
	f.X.Log = f.X.Low > 0 && f.X.High >= 4*f.X.Low
	p := Panel{
		Name: lang.F("time until the first connection fails", "到第一个连接失败为止的时间"), Points: true,
		Never: lang.F("never", "从不"), Y: Axis{Format: seconds},
	}
	place := map[string]int{}
	for i := range s.Cells {
		c := &s.Cells[i]
		if !c.Played {
			continue
		}
		name := others(s, c, at)
		no, known := place[name]
		if !known {
			no = len(p.Lines)
			place[name] = no
			p.Lines = append(p.Lines, Line{Name: name})
		}
		l := &p.Lines[no]
		y := math.Inf(1)
		if c.FirstFailure.Happened {
			y = c.FirstFailure.At.Seconds()
		}
		v, _ := strconv.ParseFloat(c.Values[at], 64)
		l.X, l.Y = append(l.X, v), append(l.Y, y)
	}
	f.Panels = []Panel{p}
	return f
}

// widest is the axis of numbers with most values, at least two; -1 if there is none.
func widest(s *outcome.Sweep) int {
	best, most := -1, 1
	for i, a := range s.Axes {
		if n := len(a.Numbers); n > most {
			best, most = i, n
		}
	}
	return best
}

// others names a cell by its values on all axes but one.
func others(s *outcome.Sweep, c *outcome.Cell, but int) string {
	var parts []string
	for i, a := range s.Axes {
		if i != but {
			parts = append(parts, a.Name+"="+c.Values[i])
		}
	}
	return strings.Join(parts, ", ")
}
