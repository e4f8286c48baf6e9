package scenario

import (
	"maps"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Defaults of steps.
const (
	callWithin = 5 * time.Second
	backlog    = 128
)

// verbs are the words that a step begins with, and what reads each.
func verbs() map[string]func(*decoder, *node) Action {
	return map[string]func(*decoder, *node) Action{
		"bind": call(Bind), "listen": call(Listen), "connect": call(Connect), "accept": call(Accept), "write": call(Write),
		"read": call(ReadCall), "shutdown": call(Shutdown), "close": call(Close), "abort": call(Abort),
		"fork":  (*decoder).fork,
		"start": control(Start), "end": control(End), "kill": control(Kill), "stop": control(Stop), "continue": control(Continue),
		"wait": (*decoder).wait,
		"set":  (*decoder).set,
		"cut":  cut(false), "mend": cut(true),
		"lose": disturb(Lose), "delay": disturb(Delay), "duplicate": disturb(Duplicate), "reorder": disturb(Reorder),
		"inject": (*decoder).inject,
		"mute":   mute(false), "unmute": mute(true),
		"expect": (*decoder).expect,
	}
}

func verbNames() []string { return slices.Collect(maps.Keys(verbs())) }

func isVerb(word string) bool { return verbs()[word] != nil }

func (d *decoder) steps(n *node) {
	if n.kind != list || len(n.items) == 0 {
		d.wrong(n, "steps are a list of mappings, at least one")
		return
	}
	for _, item := range n.items {
		d.step(item)
	}
}

func (d *decoder) step(n *node) {
	if n.kind != mapping || len(n.pairs) == 0 {
		d.wrong(n, "a step is a mapping that begins with what is done, such as {wait: 2s}")
		return
	}
	i := slices.IndexFunc(n.pairs, func(kv pair) bool { return isVerb(kv.key.text) })
	if i < 0 {
		first := n.pairs[0].key
		d.wrong(first, "no step begins with %q: %s", first.text, instead(first.text, verbNames()))
		return
	}
	step := Step{Line: n.pairs[i].key.line}
	if label := n.get("label"); label != nil {
		step.Label = d.name(label, "a step")
		if d.labels[step.Label] {
			d.wrong(label, "two steps are labelled %q", step.Label)
		}
	}
	step.Action = verbs()[n.pairs[i].key.text](d, n)
	if step.Label != "" {
		d.labels[step.Label] = true
	}
	d.play.Steps = append(d.play.Steps, step)
}

// modifiers reads the other keys of a step.
func (d *decoder) modifiers(n *node, verb string, known ...field) {
	rest := *n
	rest.pairs = nil
	for _, kv := range n.pairs {
		word := kv.key.text
		switch {
		case word == verb:
		case isVerb(word) && !slices.Contains(names(known), word):
			d.wrong(kv.key, "a step does one thing: %s and %s need a step each", verb, word)
		default:
			rest.pairs = append(rest.pairs, kv)
		}
	}
	d.fields(&rest, "a step that begins with "+verb, append(known, ignored("label")))
}

func control(do ControlKind) func(*decoder, *node) Action {
	return func(d *decoder, n *node) Action {
		d.modifiers(n, string(do))
		at := n.get(string(do))
		c := Control{Do: do, Program: d.programOf(at)}
		p := d.programNamed(c.Program)
		_, kid := d.kids[c.Program]
		switch {
		case p == nil:
		case d.isRaw(p.On):
			d.wrong(at, "%s is on a raw host and has no process", c.Program)
		case do != Start:
			d.started(at, c.Program)
		case !p.Later || kid:
			d.wrong(at, `%s is started from the beginning: say "start: later" where it is described`, c.Program)
		case d.waiting[c.Program] == nil:
			d.wrong(at, "%s is started by an earlier step: describe a second program that is like it", c.Program)
		}
		if do == Start {
			delete(d.waiting, c.Program)
		}
		return c
	}
}

func (d *decoder) wait(n *node) Action {
	d.modifiers(n, "wait")
	return Wait{For: d.duration(n.get("wait"))}
}

func (d *decoder) set(n *node) Action {
	s := Set{Host: d.kernel(n.get("set"))}
	d.modifiers(n, "set", d.setFields(&s)...)
	if given := n.get("settings"); given == nil || given.kind == mapping && s.Settings == nil {
		d.wrong(n.key("set"), `set needs "settings", at least one`)
	}
	return s
}

func (d *decoder) setFields(s *Set) []field {
	return []field{{"settings", func(n *node) { s.Settings = d.settings(n) }}}
}

// kernel checks that there is a host of this name with a kernel.
func (d *decoder) kernel(n *node) string {
	name := d.host(n)
	if d.isRaw(name) {
		d.wrong(n, "%s is a raw host, without a kernel", name)
	}
	return name
}

// rawHost checks that there is a raw host of this name.
func (d *decoder) rawHost(n *node) string {
	name := d.host(n)
	if h := d.hostNamed(name); h != nil && h.Raw == nil {
		d.wrong(n, "%s is no raw host", name)
	}
	return name
}

func cut(mend bool) func(*decoder, *node) Action {
	return func(d *decoder, n *node) Action {
		verb := "cut"
		if mend {
			verb = "mend"
		}
		c := Cut{From: d.host(n.get(verb)), Mend: mend}
		d.modifiers(n, verb, d.cutFields(&c)...)
		joined := slices.ContainsFunc(d.play.Links, func(l Link) bool {
			return l.A == c.From && l.B == c.To || l.A == c.To && l.B == c.From
		})
		switch {
		case n.get("to") == nil:
			d.wrong(n.get(verb), `%s needs "to": a host at the other end of a link`, verb)
		case !joined && d.hostNamed(c.From) != nil && d.hostNamed(c.To) != nil:
			d.wrong(n.get("to"), "no link joins %s and %s", c.From, c.To)
		}
		return c
	}
}

func (d *decoder) cutFields(c *Cut) []field {
	return []field{{"to", func(n *node) { c.To = d.host(n) }}}
}

func disturb(do DisturbKind) func(*decoder, *node) Action {
	return func(d *decoder, n *node) Action {
		at := n.get(string(do))
		a := Disturb{Do: do, From: d.host(at), Times: 1, Match: Match{Any: true}}
		d.modifiers(n, string(do), d.disturbFields(&a)...)
		if (do == Delay || do == Duplicate) && n.get("by") == nil {
			d.wrong(at, `%s needs "by": how much later`, do)
		}
		near := func(l Link) bool { return (l.A == a.From || l.B == a.From) && (d.isRaw(l.A) || d.isRaw(l.B)) }
		if d.hostNamed(a.From) != nil && !slices.ContainsFunc(d.play.Links, near) {
			d.wrong(at, "only links to a raw host can be disturbed, and %s has none", a.From)
		}
		return a
	}
}

func (d *decoder) disturbFields(a *Disturb) []field {
	known := []field{
		{"segment", func(n *node) { a.Match = d.match(n) }},
		{"times", func(n *node) { a.Times = int(d.integer(n, 1, 1e6)) }},
		{"skip", func(n *node) { a.Skip = int(d.integer(n, 0, 1e6)) }},
	}
	if a.Do == Lose {
		return known
	}
	return append(known, field{"by", func(n *node) { a.By = d.positive(n) }})
}

func (d *decoder) inject(n *node) Action {
	at := n.get("inject")
	i := Inject{Socket: d.socket(at), Times: 1, Flags: tcp.ACK}
	switch s, known := d.madeSocket(i.Socket.String()); {
	case known && !s.raw:
		d.wrong(at, "%s is a kernel's socket: only a raw host sends hand-made segments", i.Socket)
	case s.listens:
		d.wrong(at, "%s listens: hand-made segments go over a connection", i.Socket)
	}
	d.modifiers(n, "inject", d.injectFields(&i)...)
	return i
}

func (d *decoder) injectFields(i *Inject) []field {
	return []field{
		{"flags", func(n *node) { i.Flags = d.flags(n, d.text(n)) }},
		{"seq", func(n *node) { i.Seq = d.integer(n, -1<<31, 1<<31) }},
		{"ack", func(n *node) { i.Ack = d.integer(n, -1<<31, 1<<31) }},
		{"data", func(n *node) { i.Data = d.text(n) }},
		{"timestamp", func(n *node) {
			if i.NoStamp = n.text == "none"; i.NoStamp {
				return
			}
			v := d.integer(n, -1<<31, 1<<31)
			i.Timestamp = &v
		}},
		{"times", func(n *node) { i.Times = int(d.integer(n, 1, 1e5)) }},
		{"every", func(n *node) { i.Every = d.duration(n) }},
	}
}

func mute(off bool) func(*decoder, *node) Action {
	return func(d *decoder, n *node) Action {
		verb := "mute"
		if off {
			verb = "unmute"
		}
		d.modifiers(n, verb)
		return Mute{Host: d.rawHost(n.get(verb)), Off: off}
	}
}
