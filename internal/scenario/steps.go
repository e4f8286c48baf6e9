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

func isVerb(word string) bool { return verbs()[word] != nil }

func (d *decoder) steps(n *node) {
	if n.kind != list {
		d.wrong(n, "steps are a list of mappings")
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
		d.wrong(first, "no step begins with %q: %s", first.text, instead(first.text, slices.Collect(maps.Keys(verbs()))))
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
	ignore := func(*node) {}
	d.fields(n, "a step that begins with "+verb, append(known, field{verb, ignore}, field{"label", ignore}))
}

func control(do ControlKind) func(*decoder, *node) Action {
	return func(d *decoder, n *node) Action {
		d.modifiers(n, string(do))
		at := n.get(string(do))
		c := Control{Do: do, Program: d.programOf(at)}
		p := d.programNamed(c.Program)
		if p == nil {
			return c
		}
		_, kid := d.kids[c.Program]
		h := d.hostNamed(p.On)
		switch {
		case h != nil && h.Raw != nil:
			d.wrong(at, "%s is on a raw host and has no process", c.Program)
		case do == Start && (!p.Later || kid):
			d.wrong(at, `%s is started from the beginning: say "start: later" where it is described`, c.Program)
		}
		return c
	}
}

// programOf checks that there is a program of this name.
func (d *decoder) programOf(n *node) string {
	text := d.text(n)
	if n.kind == scalar && d.programNamed(text) == nil {
		d.wrong(n, "there is no program %q: %s", text, instead(text, d.programNames()))
	}
	return text
}

func (d *decoder) wait(n *node) Action {
	d.modifiers(n, "wait")
	return Wait{For: d.duration(n.get("wait"))}
}

func (d *decoder) set(n *node) Action {
	s := Set{Host: d.kernel(n.get("set"))}
	d.modifiers(n, "set", field{"settings", func(n *node) { s.Settings = d.settings(n) }})
	if s.Settings == nil {
		d.wrong(n, `"set" needs "settings"`)
	}
	return s
}

// kernel checks that there is a host of this name with a kernel.
func (d *decoder) kernel(n *node) string {
	name := d.host(n)
	if h := d.hostNamed(name); h != nil && h.Raw != nil {
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
		d.modifiers(n, verb, field{"to", func(n *node) { c.To = d.host(n) }})
		joined := slices.ContainsFunc(d.play.Links, func(l Link) bool {
			return l.A == c.From && l.B == c.To || l.A == c.To && l.B == c.From
		})
		if !joined {
			d.wrong(n, `no link joins %q and %q: %s needs "to", a host at the other end`, c.From, c.To, verb)
		}
		return c
	}
}

func disturb(do DisturbKind) func(*decoder, *node) Action {
	return func(d *decoder, n *node) Action {
		at := n.get(string(do))
		a := Disturb{Do: do, From: d.host(at), Times: 1, Match: Match{Any: true}}
		known := []field{
			{"segment", func(n *node) { a.Match = d.match(n) }},
			{"times", func(n *node) { a.Times = int(d.integer(n, 1, 1e6)) }},
			{"skip", func(n *node) { a.Skip = int(d.integer(n, 0, 1e6)) }},
		}
		if do != Lose {
			known = append(known, field{"by", func(n *node) { a.By = d.duration(n) }})
		}
		d.modifiers(n, string(do), known...)
		if (do == Delay || do == Duplicate) && n.get("by") == nil {
			d.wrong(at, `%s needs "by": how much later`, do)
		}
		if !slices.ContainsFunc(d.play.Links, func(l Link) bool { return (l.A == a.From || l.B == a.From) && d.hasRaw(l) }) {
			d.wrong(at, "only links to a raw host can be disturbed, and %s has none", a.From)
		}
		return a
	}
}

func (d *decoder) hasRaw(l Link) bool {
	a, b := d.hostNamed(l.A), d.hostNamed(l.B)
	return a != nil && a.Raw != nil || b != nil && b.Raw != nil
}

func (d *decoder) inject(n *node) Action {
	at := n.get("inject")
	i := Inject{Socket: d.socket(at), Times: 1, Flags: tcp.ACK}
	if party, made := d.sockets[i.Socket.String()]; made && !party.raw {
		d.wrong(at, "%s is a kernel's socket: only a raw host sends hand-made segments", i.Socket)
	}
	d.modifiers(n, "inject",
		field{"flags", func(n *node) { i.Flags = d.flags(n, d.text(n)) }},
		field{"seq", func(n *node) { i.Seq = d.integer(n, -1<<31, 1<<31) }},
		field{"ack", func(n *node) { i.Ack = d.integer(n, -1<<31, 1<<31) }},
		field{"data", func(n *node) { i.Data = d.text(n) }},
		field{"timestamp", func(n *node) {
			if i.NoStamp = n.text == "none"; i.NoStamp {
				return
			}
			v := d.integer(n, -1<<31, 1<<31)
			i.Timestamp = &v
		}},
		field{"times", func(n *node) { i.Times = int(d.integer(n, 1, 1e5)) }},
		field{"every", func(n *node) { i.Every = d.duration(n) }},
	)
	return i
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

// checkStarts finds programs that wait for a start that never comes.
func (d *decoder) checkStarts() {
	for _, p := range d.play.Programs {
		started := !p.Later
		for _, s := range d.play.Steps {
			c, ok := s.Action.(Control)
			started = started || ok && c.Do == Start && c.Program == p.Name
		}
		if !started {
			d.add(p.Line, 1, `program %s says "start: later", but no step starts it`, p.Name)
		}
	}
}
