package scenario

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// countNames are the counts of a program that can be expected, besides the
// names of errors.
func countNames() []string {
	return []string{
		"opened", "open", "ended", "answered", "failures", "odd_ports", "even_ports", "distinct_ports", "children", "bytes", "timeout",
	}
}

// expect reads an expectation: what it is about decides which keys there are.
func (d *decoder) expect(n *node) Action {
	at := n.get("expect")
	text := d.text(at)
	e := Expect{}
	timing := d.timingFields(&e)
	switch {
	case at.kind != scalar:
		return e
	case text == "segment":
		d.expectSegment(n, &e, timing)
	case d.hostNamed(text) != nil:
		e.Host = d.kernel(at)
		d.expectHost(n, &e, timing)
	case d.programNamed(text) != nil:
		e.Program = text
		d.expectProgram(n, &e, timing)
	case strings.Contains(text, "."):
		e.Socket = d.socket(at)
		d.expectSocket(n, &e, timing)
	default:
		words := append(append(d.hostNames(), d.programNames()...), "segment")
		d.wrong(at, "there is no host or program %q: %s", text, instead(text, words))
		return e
	}
	d.checkTiming(n, &e)
	return e
}

func (d *decoder) timingFields(e *Expect) []field {
	return []field{
		{"within", func(n *node) { e.Within = d.positive(n) }},
		{"for", func(n *node) { e.For = d.positive(n) }},
		{"after", func(n *node) { e.After = d.durations(n) }},
		{"since", func(n *node) { e.Since = d.since(n) }},
	}
}

// since checks that a label is one of an earlier step.
func (d *decoder) since(n *node) string {
	text := d.text(n)
	if n.kind == scalar && !d.labels[text] {
		d.wrong(n, "no earlier step is labelled %q: %s", text, instead(text, slices.Collect(maps.Keys(d.labels))))
	}
	return text
}

func (d *decoder) checkTiming(n *node, e *Expect) {
	since := n.get("since") != nil
	switch {
	case e.After != nil && !since:
		d.wrong(n.key("after"), `"after" needs "since": the label of the step that it counts from`)
	case e.After != nil && n.get("within") != nil:
		d.wrong(n.key("within"), `"after" and "within" exclude each other`)
	case e.After != nil && n.get("for") != nil:
		d.wrong(n.key("for"), `"after" and "for" exclude each other`)
	case since && e.After == nil && e.Segment == nil:
		d.wrong(n.key("since"), `"since" goes with "after", or with segments`)
	case e.Segment != nil && n.get("for") != nil:
		d.wrong(n.key("for"), `segments are counted "within" a time, not "for" one`)
	}
}

func (d *decoder) expectHost(n *node, e *Expect, timing []field) {
	known := slices.Concat(timing, d.hostExpectations(e))
	for _, kv := range n.pairs {
		name := kv.key.text
		lower := func(f field) bool { return f.name == strings.ToLower(name) }
		// The kernel's counters have names of their own, such as TWRecycled.
		if name != "" && name[0] >= 'A' && name[0] <= 'Z' && isName(name) && !slices.Contains(errnos(), name) && !slices.ContainsFunc(known, lower) {
			known = append(known, field{name, func(n *node) {
				e.Counters = append(e.Counters, Count{name, d.numbers(n)})
			}})
		}
	}
	d.modifiers(n, "expect", known...)
	d.expectsSomething(n, e.Host, names(timing), "port")
}

func (d *decoder) hostExpectations(e *Expect) []field {
	known := []field{
		{"time_left", func(n *node) { e.TimeLeft = d.durations(n) }},
		{"bytes_per_time_wait", func(n *node) { r := d.numbers(n); e.Bytes = &r }},
		{"port", func(n *node) { e.Port = uint16(d.integer(n, 1, math.MaxUint16)) }},
	}
	for name, state := range states() {
		known = append(known, field{name, func(n *node) {
			e.States = append(e.States, StateCount{state, d.numbers(n)})
		}})
	}
	return known
}

// expectsSomething refuses an expectation that only says when, or where.
func (d *decoder) expectsSomething(n *node, subject string, besides []string, more ...string) {
	besides = slices.Concat(besides, more, []string{"expect", "label"})
	if !slices.ContainsFunc(n.pairs, func(kv pair) bool { return !slices.Contains(besides, kv.key.text) }) {
		d.wrong(n.get("expect"), "nothing is expected of %s", subject)
	}
}

func (d *decoder) expectProgram(n *node, e *Expect, timing []field) {
	at := n.get("expect")
	d.modifiers(n, "expect", slices.Concat(timing, d.programExpectations(e))...)
	d.expectsSomething(n, e.Program, names(timing))
	p := d.programNamed(e.Program)
	told := e.Counts != nil || e.Slowdown != nil || e.FailedAt != nil || e.FailedNo != nil
	switch {
	case d.isRaw(p.On):
		d.wrong(at, "%s is on a raw host and has no process", e.Program)
	case told && p.Run == Calls:
		d.wrong(at, "a program of kind calls counts nothing")
	case e.Slowdown != nil && p.Split == 0:
		d.wrong(n.key("slowdown"), `"slowdown" needs "split" where program %s is described`, e.Program)
	}
}

func (d *decoder) programExpectations(e *Expect) []field {
	known := []field{
		{"slowdown", func(n *node) { e.Slowdown = d.floats(n) }},
		{"failed_at", func(n *node) { e.FailedAt = d.durations(n) }},
		{"failed_no", func(n *node) { r := d.numbers(n); e.FailedNo = &r }},
		{"process", func(n *node) { e.Process = d.choice(n, "running", "sleeping", "stopped", "zombie", "gone") }},
		{"sockets", func(n *node) { r := d.numbers(n); e.Sockets = &r }},
	}
	for _, name := range append(countNames(), errnos()...) {
		known = append(known, field{name, func(n *node) {
			e.Counts = append(e.Counts, Count{name, d.numbers(n)})
		}})
	}
	return known
}

func (d *decoder) expectSocket(n *node, e *Expect, timing []field) {
	d.modifiers(n, "expect", slices.Concat(timing, d.socketExpectations(e))...)
	d.expectsSomething(n, e.Socket.String(), names(timing))
	if s, known := d.madeSocket(e.Socket.String()); known && !s.raw && n.get("ended") != nil {
		d.wrong(n.key("ended"), `only a raw host tells how a connection "ended"`)
	}
}

func (d *decoder) socketExpectations(e *Expect) []field {
	return []field{
		{"state", func(n *node) { e.State = d.state(n) }},
		{"ended", func(n *node) { e.Ended = d.choice(n, "closed", "reset", "refused", "timed out") }},
		{"port", func(n *node) { e.Local = d.portWish(n) }},
	}
}

func (d *decoder) expectSegment(n *node, e *Expect, timing []field) {
	e.Segment = &Seen{Times: Range{1, math.MaxInt64}}
	d.modifiers(n, "expect", slices.Concat(timing, d.segmentExpectations(e.Segment))...)
	for _, key := range []string{"from", "flags"} {
		if n.get(key) == nil {
			d.wrong(n.get("expect"), "an expected segment needs %q", key)
		}
	}
}

func (d *decoder) segmentExpectations(s *Seen) []field {
	return []field{
		{"from", func(n *node) { s.From = d.host(n) }},
		{"flags", func(n *node) { s.Match = d.match(n) }},
		{"times", func(n *node) { s.Times = d.numbers(n) }},
	}
}
