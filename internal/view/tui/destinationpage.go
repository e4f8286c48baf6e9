package tui

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/view"
)

// destination tells how the ports toward one destination are spent, and when
// they run out.
func (p page) destination(s *sheet) {
	g, ns := p.frame.group(p.id)
	if g == nil {
		s.title("DESTINATION")
		s.gone("the destination")
		return
	}
	b := &g.Budget
	s.title("DESTINATION " + b.Key.Service().String() + " from " + b.Key.Src.String() + inNamespace(p.frame, ns.Name))
	s.budget(g)
	s.future(p.frame.report.Forecast, g)
	s.fact("made by", maker(p.frame.report.Snapshot, ns.MakerOf(g.Tally)))
	s.minute(&g.Tally.Minute)
	s.blank()
	s.portMap(newPortMap(ns, g.Tally, b.Range, p.ports), p.zoom)
	for i := range p.frame.report.Findings {
		if f := &p.frame.report.Findings[i]; f.Subject.Key != nil && *f.Subject.Key == b.Key && f.Namespace == ns.Name {
			s.toned(toneOf(f.Severity), severity(f.Severity)+"  ", f.Title.EN)
		}
	}
}

// budget says how the ports are spent, and until when they last.
func (s *sheet) budget(g *view.Group) {
	b := &g.Budget
	_, of := b.Used()
	left := rule.N(b.Left.Max)
	if b.Left.Min != b.Left.Max {
		left = rule.N(b.Left.Min) + " or " + left
	}
	s.toned(hurry(g), s.set.fill("left", 12, false), fmt.Sprintf("%s of %s ports; full in: %s", left, rule.N(of), until(g)))
	s.fact("closes", perSecond(g.Projection.Rate, s.set)+fmt.Sprintf(", give or take %.1f; so %s ports would be held in the long run",
		g.Projection.Rate.Error, rule.N(g.Projection.Steady)))
	s.fact("spent", fmt.Sprintf("%s live, %s TIME_WAIT (%s of them may be taken over), %s bound, %s reserved, %s free",
		rule.N(b.Live), rule.N(b.TimeWait), rule.N(b.Reusable), rule.N(b.Bound), rule.N(b.Reserved), rule.N(b.Free)))
	word := "not allowed"
	if b.Reuse.Allowed {
		word = "allowed"
	}
	s.fact("taking over", word+": "+b.Reuse.Because)
}

// until is when the ports run out, with how sure that is.
func until(g *view.Group) string {
	_, text := runout(g)
	pr := &g.Projection
	switch {
	case g.Budget.Out():
		return text
	case pr.Never:
		return fmt.Sprintf("never (within %s, at this rate)", rule.About(pr.Horizon))
	case pr.Late == 0:
		return fmt.Sprintf("%s (%s or later)", text, rule.About(pr.Early))
	case rule.About(pr.Early) == rule.About(pr.Late):
		return text
	}
	return fmt.Sprintf("%s (%s to %s)", text, rule.About(pr.Early), rule.About(pr.Late))
}

// use is what a port of the range is doing for a destination.
type use uint8

const (
	free use = iota
	reserved
	bound
	live
	waiting  // in TIME_WAIT
	reusable // in TIME_WAIT, but connect() may take it over
	numUses
)

// portMap is the use of every port in the range, by the rules of the budget.
type portMap struct {
	span  evidence.PortRange
	uses  []use
	ports watched
	count [numUses]int
}

func newPortMap(ns *evidence.Namespace, t *evidence.Tally, span evidence.PortRange, w watched) portMap {
	m := portMap{span: span, uses: make([]use, span.Len()), ports: w}
	for i := range m.uses {
		u := useOf(ns, t, span.Low+uint16(i))
		m.uses[i] = u
		m.count[u]++
	}
	return m
}

// useOf asks in the order in which a budget counts.
func useOf(ns *evidence.Namespace, t *evidence.Tally, p uint16) use {
	b := &ns.Bound
	switch {
	case ns.Settings.Reserved.Has(p):
		return reserved
	case b.Listening.Has(p), b.Accepted.Has(p), b.Idle.Has(p), b.Connected.Has(p):
		return bound
	case t.ReusablePorts.Has(p):
		return reusable
	case t.TimeWaitPorts.Has(p):
		return waiting
	case t.Ports.Has(p):
		return live
	}
	return free
}
