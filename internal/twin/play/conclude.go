package play

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

// conclude puts what happened in the order of time.
func (r *run) conclude() {
	o := r.out
	if m := o.FirstSlow; m.Happened {
		r.event(m.At, say.F("connection %s: the ports of one parity are used up; from here on a search looks at up to %s ports",
			"第 %s 个连接：同一奇偶性的端口已用尽；从此一次搜索要查看多达 %s 个端口", commas(m.Number), commas(uint64(r.longest()))))
	}
	if m := o.FirstFailure; m.Happened {
		r.event(m.At, say.F("connection %s fails: EADDRNOTAVAIL", "第 %s 个连接失败：EADDRNOTAVAIL", commas(m.Number)))
		if last := r.lastFailure(); last < o.Played {
			r.event(last, say.F("from here on no connection fails", "从此再没有连接失败"))
		}
	}
	slices.SortStableFunc(o.Events, func(a, b outcome.Event) int { return cmp.Compare(a.At, b.At) })
}

// commas writes a number with a comma between thousands.
func commas(n uint64) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10)
	}
	return commas(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

func (r *run) longest() (n int) {
	for _, s := range r.driver.Seconds {
		n = max(n, s.Longest)
	}
	return n
}

// lastFailure is the end of the last second in which a connection failed.
func (r *run) lastFailure() (at time.Duration) {
	for i, s := range r.driver.Seconds {
		if s.Failed > 0 {
			at = time.Duration(i+1) * time.Second
		}
	}
	return at
}

// describe says what the streams are.
func (t *Traffic) describe() (all []outcome.Stream) {
	for i := range t.Streams {
		s := &t.Streams[i]
		to := s.Service.String()
		if s.Destinations > 1 {
			to += fmt.Sprintf(" +%d", s.Destinations-1)
		}
		p := "-> " + to
		if s.Outbound {
			var from []string
			for _, a := range s.From {
				from = append(from, a.String())
			}
			p = strings.Join(from, ",") + " " + p
		}
		one := outcome.Stream{Name: s.Name, Path: p, Rate: perSecond(s.Rate), Hold: s.Hold}
		for _, c := range closings() {
			if c.how == s.Closes {
				one.Closes = c.word
			}
		}
		all = append(all, one)
	}
	return all
}
