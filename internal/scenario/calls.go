package scenario

import (
	"slices"
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

// bytesOfCall bounds what one call writes or reads; a raw host holds it all in
// memory.
const bytesOfCall = 100e6

// call reads a socket call.
func call(kind CallKind) func(*decoder, *node) Action {
	return func(d *decoder, n *node) Action {
		at := n.get(string(kind))
		c := Call{Call: kind, Within: callWithin, Await: true}
		if kind == Listen {
			c.Backlog = backlog
		}
		makes := kind == Bind || kind == Listen || kind == Connect || kind == Accept
		if makes {
			c.Socket = d.newSocket(at)
		} else {
			c.Socket = d.socket(at)
		}
		host := ""
		if p := d.programNamed(c.Socket.Program); p != nil {
			host = p.On
		}
		d.modifiers(n, string(kind), d.callFields(&c, host)...)
		d.checkCall(n, &c)
		d.checkRawCall(n, &c, host)
		if makes {
			d.remember(&c, host)
		}
		return c
	}
}

func (d *decoder) callFields(c *Call, host string) []field {
	all := []field{
		{"at", func(n *node) { c.At = d.endpoint(n); d.local(n, host, c.At.Addr()) }},
		{"to", func(n *node) { c.To = d.target(n) }},
		{"from", func(n *node) { d.callFrom(c, n, host) }},
		{"options", func(n *node) { c.Options = d.options(n) }},
		{"backlog", func(n *node) { c.Backlog = int(d.integer(n, 1, 65535)) }},
		{"data", func(n *node) { c.Data = d.data(n) }},
		{"bytes", func(n *node) { c.Bytes = d.size(n, bytesOfCall) }},
		{"eof", func(n *node) { c.EOF = d.bool(n) }},
		{"times", func(n *node) { c.Times = int(d.integer(n, 1, 65535)) }},
		{"port", func(n *node) { c.Port = d.portWish(n) }},
		{"await", func(n *node) { c.Await = d.bool(n) }},
	}
	known := []field{
		{"fails", func(n *node) { c.Fails = d.errno(n) }},
		{"within", func(n *node) { c.Within = d.positive(n) }},
	}
	for _, f := range all {
		if slices.Contains(callKeys(c.Call), f.name) {
			known = append(known, f)
		}
	}
	return known
}

// data reads what is written or must be read.
func (d *decoder) data(n *node) string {
	text := d.text(n)
	if n.kind == scalar && text == "" {
		d.wrong(n, "no data at all cannot be written or read")
	}
	return text
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
	s, known := d.madeSocket(of.String())
	switch {
	case of.Program != c.Socket.Program:
		d.wrong(n, "%s does not belong to program %s", of, c.Socket.Program)
	case known && !s.listens:
		d.wrong(n, "%s does not listen", of)
	}
}

// checkCall checks what is needed, and what excludes each other.
func (d *decoder) checkCall(n *node, c *Call) {
	at := n.get(string(c.Call))
	needed := map[CallKind]string{Bind: "at", Connect: "to", Accept: "from"}[c.Call]
	data, bytes := n.get("data") != nil, n.get("bytes") != nil
	switch {
	case needed != "" && n.get(needed) == nil:
		d.wrong(at, "%s needs %q", c.Call, needed)
	case data && bytes:
		d.wrong(n.key("bytes"), `"data" and "bytes" exclude each other`)
	case bytes && c.EOF:
		d.wrong(n.key("bytes"), `"bytes" and "eof" exclude each other`)
	case c.Call == Write && !data && c.Bytes == 0:
		d.wrong(at, `write needs either "data" or "bytes"`)
	case c.Call == ReadCall && c.Fails == "" && !data && c.Bytes == 0 && !c.EOF:
		d.wrong(at, `read needs "data", "bytes", "eof: yes" or "fails"`)
	case c.Fails != "" && n.get("port") != nil:
		d.wrong(n.key("port"), `a call that fails has no "port"`)
	}
	if c.Call != Listen || n.get("at") != nil {
		return
	}
	if _, bound := d.madeSocket(c.Socket.String()); !bound {
		d.wrong(at, `listen needs "at", or a socket that was bound before`)
	}
}

// checkRawCall checks that a raw host can do a call.
func (d *decoder) checkRawCall(n *node, c *Call, host string) {
	if !d.isRaw(host) {
		return
	}
	if c.Call == Bind {
		d.wrong(n.key("bind"), `a raw host has no bind: say "at" where it listens, or "from" where it connects`)
	}
	for _, key := range []string{"options", "backlog"} {
		if n.get(key) != nil {
			d.wrong(n.key(key), "a raw host has no %q", key)
		}
	}
}
