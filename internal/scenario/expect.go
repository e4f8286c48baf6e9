package scenario

import (
	"maps"
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
	timing := []field{
		{"within", func(n *node) { e.Within = d.duration(n) }},
		{"for", func(n *node) { e.For = d.duration(n) }},
		{"after", func(n *node) { e.After = d.durations(n) }},
		{"since", func(n *node) { e.Since = d.since(n) }},
	}
	switch {
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
	}
	d.checkTiming(n, &e)
	return e
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
	at := n.get("expect")
	switch {
	case e.After != nil && e.Since == "":
		d.wrong(at, `"after" needs "since": the label of the step that it counts from`)
	case e.After != nil && (e.Within > 0 || e.For > 0):
		d.wrong(at, `"after" excludes "within" and "for"`)
	case e.Since != "" && e.After == nil && e.Segment == nil:
		d.wrong(at, `"since" goes with "after"`)
	case e.Segment != nil && e.For > 0:
		d.wrong(at, `segments are counted "within" a time, not "for" one`)
	}
}

func (d *decoder) expectHost(n *node, e *Expect, known []field) {
	for name, state := range states() {
		known = append(known, field{name, func(n *node) {
			e.States = append(e.States, StateCount{state, d.numbers(n)})
		}})
	}
	known = append(known,
		field{"time_left", func(n *node) { e.TimeLeft = d.durations(n) }},
		field{"bytes_per_time_wait", func(n *node) { r := d.numbers(n); e.Bytes = &r }},
		field{"port", func(n *node) { e.Port = uint16(d.integer(n, 1, 65535)) }},
	)
	for _, kv := range n.pairs {
		// The kernel's counters have names of their own, such as TWRecycled.
		if name := kv.key.text; name != "" && name[0] >= 'A' && name[0] <= 'Z' {
			known = append(known, field{name, func(n *node) {
				e.Counters = append(e.Counters, Count{name, d.numbers(n)})
			}})
		}
	}
	d.modifiers(n, "expect", known...)
	if e.States == nil && e.Counters == nil && e.TimeLeft == nil && e.Bytes == nil {
		d.wrong(n, "nothing is expected of host %s", e.Host)
	}
}

func (d *decoder) expectProgram(n *node, e *Expect, known []field) {
	for _, name := range append(countNames(), errnos()...) {
		known = append(known, field{name, func(n *node) {
			e.Counts = append(e.Counts, Count{name, d.numbers(n)})
		}})
	}
	known = append(known,
		field{"slowdown", func(n *node) { e.Slowdown = d.floats(n) }},
		field{"failed_at", func(n *node) { e.FailedAt = d.durations(n) }},
		field{"failed_no", func(n *node) { r := d.numbers(n); e.FailedNo = &r }},
		field{"process", func(n *node) { e.Process = d.choice(n, "running", "sleeping", "stopped", "zombie", "gone") }},
		field{"sockets", func(n *node) { r := d.numbers(n); e.Sockets = &r }},
	)
	d.modifiers(n, "expect", known...)
	p := d.programNamed(e.Program)
	told := e.Counts != nil || e.Slowdown != nil || e.FailedAt != nil || e.FailedNo != nil
	h := d.hostNamed(p.On)
	switch {
	case !told && e.Process == "" && e.Sockets == nil:
		d.wrong(n, "nothing is expected of program %s", e.Program)
	case told && p.Run == Calls:
		d.wrong(n, "a calls program counts nothing")
	case e.Slowdown != nil && p.Split == 0:
		d.wrong(n, `"slowdown" needs "split" where program %s is described`, e.Program)
	case h != nil && h.Raw != nil:
		d.wrong(n, "%s is on a raw host and has no process", e.Program)
	}
}

func (d *decoder) expectSocket(n *node, e *Expect, known []field) {
	known = append(known,
		field{"state", func(n *node) { e.State = d.state(n) }},
		field{"ended", func(n *node) { e.Ended = d.choice(n, "closed", "reset", "refused", "timed out") }},
		field{"port", func(n *node) { e.Local = d.portWish(n) }},
	)
	d.modifiers(n, "expect", known...)
	party := d.sockets[e.Socket.String()]
	switch {
	case e.State == 0 && e.Ended == "" && e.Local == PortWish{}:
		d.wrong(n, "nothing is expected of %s", e.Socket)
	case e.Ended != "" && !party.raw:
		d.wrong(n, `only a raw host tells how a connection "ended"`)
	}
}

func (d *decoder) expectSegment(n *node, e *Expect, known []field) {
	e.Segment = &Seen{Times: Range{1, 1 << 40}}
	known = append(known,
		field{"from", func(n *node) { e.Segment.From = d.host(n) }},
		field{"flags", func(n *node) { e.Segment.Match = d.match(n) }},
		field{"times", func(n *node) { e.Segment.Times = d.numbers(n) }},
	)
	d.modifiers(n, "expect", known...)
	for _, key := range []string{"from", "flags"} {
		if n.get(key) == nil {
			d.wrong(n, "an expected segment needs %q", key)
		}
	}
}
