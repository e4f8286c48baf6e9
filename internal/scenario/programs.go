package scenario

import (
	"slices"
	"strings"
)

// programKinds are the kinds of programs, and which keys each takes besides
// "on", "run" and "start".
func programKinds() map[ProgramKind]string {
	server := "listen options how"
	client := "to from options rate concurrency count hold closes how"
	return map[ProgramKind]string{
		Calls:       "",
		EchoServer:  server + " closes think count",
		HoldServer:  server,
		ForkServer:  server + " think retain",
		FileServer:  server + " closes",
		ShortClient: client + " keep_alive split",
		HoldClient:  "to from options how",
		FileClient:  client + " bytes",
	}
}

func (d *decoder) programs(n *node) {
	if n.kind != mapping {
		d.wrong(n, "programs are a mapping of names to what they do")
		return
	}
	for _, kv := range n.pairs {
		d.program(kv)
	}
}

func (d *decoder) program(kv pair) {
	p := Program{Name: d.name(kv.key, "a program"), Line: kv.key.line, How: ByClose}
	switch {
	case p.Name == "segment":
		d.wrong(kv.key, `no program may be called "segment": expectations use the word`)
	case d.hostNamed(p.Name) != nil:
		d.wrong(kv.key, "a host is called %s already", p.Name)
	}
	d.fields(kv.value, "a program", d.programFields(&p))
	if kv.value.get("closes") == nil {
		p.ClosesFirst = p.Run == ShortClient || p.Run == FileServer
	}
	d.checkProgram(kv, &p)
	if p.Later {
		d.waiting[p.Name] = kv.key
	}
	d.play.Programs = append(d.play.Programs, p)
}

func (d *decoder) programFields(p *Program) []field {
	return []field{
		{"on", func(n *node) { p.On = d.host(n) }},
		{"run", func(n *node) { p.Run = ProgramKind(d.choice(n, kindNames()...)) }},
		{"start", func(n *node) { p.Later = d.choice(n, "later", "first") == "later" }},
		{"listen", func(n *node) { p.Listen = d.endpoint(n) }},
		{"to", func(n *node) { p.To = d.target(n) }},
		{"from", func(n *node) { p.From = d.source(n) }},
		{"options", func(n *node) { p.Options = d.options(n) }},
		{"rate", func(n *node) { p.Rate = d.rate(n) }},
		{"concurrency", func(n *node) { p.Concurrency = int(d.integer(n, 1, 1000)) }},
		{"count", func(n *node) { p.Count = int(d.integer(n, 1, 1e9)) }},
		{"hold", func(n *node) { p.Hold = d.duration(n) }},
		{"think", func(n *node) { p.Think = d.duration(n) }},
		{"bytes", func(n *node) { p.Bytes = d.size(n, 1e12) }},
		{"keep_alive", func(n *node) { p.KeepAlive = d.bool(n) }},
		{"closes", func(n *node) { p.ClosesFirst = d.choice(n, "first", "last") == "first" }},
		{"how", func(n *node) { p.How = Closing(d.choice(n, "close", "shutdown", "reset")) }},
		{"retain", func(n *node) { p.Retain = d.bool(n) }},
		{"split", func(n *node) { p.Split = int(d.integer(n, 1, 1e9)) }},
	}
}

func kindNames() (words []string) {
	for k := range programKinds() {
		words = append(words, string(k))
	}
	return words
}

func (d *decoder) checkProgram(kv pair, p *Program) {
	if kv.value.kind != mapping && kv.value.kind != nothing {
		return
	}
	for _, key := range []string{"on", "run"} {
		if kv.value.get(key) == nil {
			d.wrong(kv.key, "program %s needs %q", p.Name, key)
		}
	}
	if p.Run == "" {
		return
	}
	takes := strings.Fields(programKinds()[p.Run])
	known := names(d.programFields(p))
	for _, key := range kv.value.pairs {
		if word := key.key.text; !slices.Contains(append(takes, "on", "run", "start"), word) && slices.Contains(known, word) {
			d.wrong(key.key, "a program of kind %s takes no %q", p.Run, word)
		}
	}
	for _, key := range []string{"listen", "to"} {
		if slices.Contains(takes, key) && kv.value.get(key) == nil {
			d.wrong(kv.key, "program %s needs %q", p.Name, key)
		}
	}
	d.checkPlace(kv.value, p)
}

// checkPlace checks that a program can be on its host.
func (d *decoder) checkPlace(n *node, p *Program) {
	if d.isRaw(p.On) && p.Run != Calls {
		d.wrong(n.get("run"), "a raw host runs only programs of kind calls")
	}
	if d.isRaw(p.On) && p.Later {
		d.wrong(n.get("start"), "a program on a raw host has no process that could start later")
		p.Later = false
	}
	if listen := n.get("listen"); listen != nil {
		d.local(listen, p.On, p.Listen.Addr())
	}
	if from := n.get("from"); from != nil {
		d.local(from, p.On, p.From.Addr())
	}
}

func (d *decoder) programNamed(name string) *Program {
	if parent, ok := d.kids[name]; ok {
		name = parent
	}
	for i := range d.play.Programs {
		if d.play.Programs[i].Name == name {
			return &d.play.Programs[i]
		}
	}
	return nil
}

func (d *decoder) programNames() (out []string) {
	for _, p := range d.play.Programs {
		out = append(out, p.Name)
	}
	for kid := range d.kids {
		out = append(out, kid)
	}
	return out
}

// programOf checks that there is a program of this name.
func (d *decoder) programOf(n *node) string {
	text := d.text(n)
	if n.kind == scalar && d.programNamed(text) == nil {
		d.wrong(n, "there is no program %q: %s", text, instead(text, d.programNames()))
	}
	return text
}

// started checks that a program runs by now.
func (d *decoder) started(n *node, name string) {
	if d.waiting[name] != nil {
		d.wrong(n, `program %s says "start: later", and no step before this one starts it`, name)
	}
}

// checkStarts finds programs that wait for a start that never comes.
func (d *decoder) checkStarts() {
	for name, at := range d.waiting {
		d.wrong(at, `program %s says "start: later", but no step starts it`, name)
	}
}
