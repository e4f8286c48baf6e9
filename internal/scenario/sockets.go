package scenario

import (
	"math"
	"strconv"
	"strings"
)

// made is a socket that a step makes.
type made struct {
	raw, listens bool
	times        int // more than 0: so many sockets, whose names end in a number
}

// newSocket reads the name of a socket that may not exist yet.
func (d *decoder) newSocket(n *node) Socket {
	text := d.text(n)
	program, name, ok := strings.Cut(text, ".")
	switch p := d.programNamed(program); {
	case n.kind != scalar:
	case !ok || !isName(name):
		d.wrong(n, `%q is no socket: it is written "program.name"`, text)
	case p == nil:
		d.wrong(n, "there is no program %q: %s", program, instead(program, d.programNames()))
	case p.Run != Calls && p.Run != "":
		d.wrong(n, "program %s is of kind %s: steps use only the sockets of programs of kind calls", program, p.Run)
	default:
		d.started(n, program)
	}
	return Socket{program, name}
}

// socket reads the name of a socket that an earlier step made.
func (d *decoder) socket(n *node) Socket {
	s := d.newSocket(n)
	p := d.programNamed(s.Program)
	if _, known := d.madeSocket(s.String()); known || p == nil || p.Run != Calls || !isName(s.Name) {
		return s
	}
	var words []string
	for name, m := range d.sockets {
		if m.times == 0 {
			words = append(words, name)
			continue
		}
		words = append(words, name+"1")
		if m.times > 1 {
			words = append(words, name+strconv.Itoa(m.times))
		}
	}
	d.wrong(n, "no earlier step makes %s: %s", s, instead(s.String(), words))
	return s
}

// madeSocket returns the socket of this name, which may be one of many.
func (d *decoder) madeSocket(name string) (made, bool) {
	if m, ok := d.sockets[name]; ok && m.times == 0 {
		return m, true
	}
	for i := len(name) - 1; i > 0 && '0' <= name[i] && name[i] <= '9'; i-- {
		no, err := strconv.Atoi(name[i:])
		if m := d.sockets[name[:i]]; err == nil && name[i] != '0' && no <= m.times {
			return m, true
		}
	}
	return made{}, false
}

// remember keeps which sockets a call makes, if they can be.
func (d *decoder) remember(c *Call, host string) {
	if p := d.programNamed(c.Socket.Program); p == nil || p.Run != Calls || !isName(c.Socket.Name) {
		return
	}
	d.sockets[c.Socket.String()] = made{raw: d.isRaw(host), listens: c.Call == Listen, times: c.Times}
}

// portWish reads which local port must have been chosen.
func (d *decoder) portWish(n *node) PortWish {
	if n.text == "even" || n.text == "odd" {
		return PortWish{Parity: n.text}
	}
	low, high := interval(d, n, `port, nor a range such as 40000..40009, nor "even" or "odd"`, 1, math.MaxUint16, func(s string) (int64, bool) {
		v, ok := parseInteger(s)
		return v, ok && v > 0 && v <= math.MaxUint16
	})
	return PortWish{Range: &Range{low, high}}
}

func (d *decoder) fork(n *node) Action {
	at := n.get("fork")
	f := Fork{Program: d.programOf(at)}
	d.modifiers(n, "fork", d.forkFields(&f)...)
	p := d.programNamed(f.Program)
	_, kid := d.kids[f.Program]
	child := n.get("child")
	switch {
	case child == nil:
		d.wrong(at, `fork needs "child": a name for it`)
	case !isName(f.Child):
	case d.programNamed(f.Child) != nil || d.hostNamed(f.Child) != nil || f.Child == "segment":
		d.wrong(child, "the name %q is taken", f.Child)
	case p == nil:
	case p.Run != Calls || kid:
		d.wrong(at, "only a program of kind calls that is no child itself can fork")
	case d.isRaw(p.On):
		d.wrong(at, "%s is on a raw host and has no process", f.Program)
	default:
		d.started(at, f.Program)
		d.adopt(f)
	}
	return f
}

func (d *decoder) forkFields(f *Fork) []field {
	return []field{{"child", func(n *node) { f.Child = d.name(n, "a program") }}}
}

// adopt gives a child the sockets that its parent has.
func (d *decoder) adopt(f Fork) {
	d.kids[f.Child] = f.Program
	theirs := map[string]made{}
	for name, m := range d.sockets {
		if rest, ok := strings.CutPrefix(name, f.Program+"."); ok {
			theirs[f.Child+"."+rest] = m
		}
	}
	for name, m := range theirs {
		d.sockets[name] = m
	}
}
