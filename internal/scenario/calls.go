package scenario

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// callKeys are the keys that each call takes besides "label", "fails" and
// "within".
func callKeys(c CallKind) []string {
	switch c {
	case Bind:
		return []string{"at", "options", "port"}
	case Listen:
		return []string{"at", "options", "backlog"}
	case Connect:
		return []string{"to", "from", "options", "times", "port", "await"}
	case Accept:
		return []string{"from"}
	case Write:
		return []string{"data", "bytes"}
	case ReadCall:
		return []string{"data", "bytes", "eof"}
	}
	return nil
}

// call reads a socket call.
func call(kind CallKind) func(*decoder, *node) Action {
	return func(d *decoder, n *node) Action {
		at := n.get(string(kind))
		c := Call{Call: kind, Within: callWithin, Await: true}
		if kind == Listen {
			c.Backlog = backlog
		}
		c.Socket = d.callSocket(at, kind)
		host := ""
		if p := d.programNamed(c.Socket.Program); p != nil {
			host = p.On
		}
		all := []field{
			{"at", func(n *node) { c.At = d.endpoint(n); d.local(n, host, c.At.Addr()) }},
			{"to", func(n *node) { c.To = d.endpoint(n) }},
			{"from", func(n *node) { d.callFrom(&c, n, host) }},
			{"options", func(n *node) { c.Options = d.options(n) }},
			{"backlog", func(n *node) { c.Backlog = int(d.integer(n, 0, 65535)) }},
			{"data", func(n *node) { c.Data = d.text(n) }},
			{"bytes", func(n *node) { c.Bytes = d.size(n) }},
			{"eof", func(n *node) { c.EOF = d.bool(n) }},
			{"times", func(n *node) { c.Times = int(d.integer(n, 1, 65535)) }},
			{"port", func(n *node) { c.Port = d.portWish(n) }},
			{"await", func(n *node) { c.Await = d.bool(n) }},
		}
		known := []field{
			{"fails", func(n *node) { c.Fails = d.errno(n) }},
			{"within", func(n *node) { c.Within = max(d.duration(n), time.Millisecond) }},
		}
		for _, f := range all {
			if slices.Contains(callKeys(kind), f.name) {
				known = append(known, f)
			}
		}
		d.modifiers(n, string(kind), known...)
		d.checkCall(n, &c)
		d.made(&c, host)
		return c
	}
}

// callFrom reads "from": a local address of connect, the listener of accept.
func (d *decoder) callFrom(c *Call, n *node, host string) {
	if c.Call == Connect {
		c.From = d.source(n)
		d.local(n, host, c.From.Addr())
		return
	}
	of := d.socket(n)
	c.Of = of.Name
	if of.Program != c.Socket.Program {
		d.wrong(n, "%s does not belong to program %s", of, c.Socket.Program)
	}
}

// checkCall checks what is needed, and what excludes each other.
func (d *decoder) checkCall(n *node, c *Call) {
	needed := map[CallKind]string{Bind: "at", Connect: "to", Accept: "from"}[c.Call]
	if needed != "" && n.get(needed) == nil {
		d.wrong(n, "%s needs %q", c.Call, needed)
	}
	if c.Call == Write && (c.Data == "") == (c.Bytes == 0) {
		d.wrong(n, `write needs either "data" or "bytes"`)
	}
	if c.Call == ReadCall && c.Fails == "" && c.Data == "" && c.Bytes == 0 && !c.EOF {
		d.wrong(n, `read needs "data", "bytes", "eof: yes" or "fails"`)
	}
	if c.Data != "" && c.Bytes > 0 {
		d.wrong(n, `"data" and "bytes" exclude each other`)
	}
	if c.Fails != "" && (c.Port.Parity != "" || c.Port.Range != nil) {
		d.wrong(n, `a call that fails has no "port"`)
	}
	if c.Call != Listen || c.At.IsValid() {
		return
	}
	if _, bound := d.sockets[c.Socket.String()]; !bound {
		d.wrong(n, `listen needs "at", or a socket that was bound before`)
	}
}

// callSocket reads "program.socket": calls that make one need no socket before.
func (d *decoder) callSocket(n *node, kind CallKind) Socket {
	if kind == Bind || kind == Listen || kind == Connect || kind == Accept {
		return d.newSocket(n)
	}
	return d.socket(n)
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
		d.wrong(n, "program %s is no calls program: steps cannot use its sockets", program)
	}
	return Socket{program, name}
}

// socket reads the name of a socket that an earlier step made.
func (d *decoder) socket(n *node) Socket {
	s := d.newSocket(n)
	if _, made := d.sockets[s.String()]; !made && d.programNamed(s.Program) != nil && s.Name != "" {
		var words []string
		for name := range d.sockets {
			words = append(words, name)
		}
		d.wrong(n, "no earlier step makes %s: %s", s, instead(s.String(), words))
	}
	return s
}

// made remembers the sockets that a call makes.
func (d *decoder) made(c *Call, host string) {
	switch c.Call {
	case Bind, Listen, Connect, Accept:
	default:
		return
	}
	h := d.hostNamed(host)
	party := scenarioParty{raw: h != nil && h.Raw != nil}
	if c.Times == 0 {
		d.sockets[c.Socket.String()] = party
		return
	}
	for i := range min(c.Times, 1000) {
		d.sockets[c.Socket.String()+strconv.Itoa(i+1)] = party
	}
}

func (d *decoder) portWish(n *node) PortWish {
	if text := d.text(n); text == "even" || text == "odd" {
		return PortWish{Parity: text}
	}
	r := d.numbers(n)
	return PortWish{Range: &r}
}

func (d *decoder) fork(n *node) Action {
	at := n.get("fork")
	f := Fork{Program: d.programOf(at)}
	d.modifiers(n, "fork", field{"child", func(n *node) { f.Child = d.name(n, "a program") }})
	p := d.programNamed(f.Program)
	_, kid := d.kids[f.Program]
	switch {
	case f.Child == "":
		d.wrong(n, `fork needs "child": a name for it`)
	case d.programNamed(f.Child) != nil || d.hostNamed(f.Child) != nil:
		d.wrong(n, "the name %q is taken", f.Child)
	case p == nil:
	case p.Run != Calls || kid:
		d.wrong(at, "only a calls program that is no child itself can fork")
	default:
		if h := d.hostNamed(p.On); h != nil && h.Raw != nil {
			d.wrong(at, "%s is on a raw host and has no process", f.Program)
		}
		d.kids[f.Child] = f.Program
		for name, party := range d.sockets {
			if rest, ok := strings.CutPrefix(name, f.Program+"."); ok {
				d.sockets[f.Child+"."+rest] = party
			}
		}
	}
	return f
}
