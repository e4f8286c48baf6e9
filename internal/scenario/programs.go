package scenario

import (
	"slices"
	"strings"
)

// programKinds are the kinds of programs, and which keys each takes besides
// "on", "run" and "start".
func programKinds() map[ProgramKind]string {
	server := "listen options how"
	client := "to from options rate concurrency count hold closes how split"
	return map[ProgramKind]string{
		Calls:       "",
		EchoServer:  server + " closes think count",
		HoldServer:  server,
		ForkServer:  server + " think retain",
		FileServer:  server + " closes",
		ShortClient: client + " keep_alive",
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
	if p.Name == "segment" || d.hostNamed(p.Name) != nil {
		d.wrong(kv.key, "%q cannot be the name of a program: it means something else in expectations", p.Name)
	}
	var closes *node
	known := []field{
		{"on", func(n *node) { p.On = d.host(n) }},
		{"run", func(n *node) { p.Run = d.programKind(n) }},
		{"start", func(n *node) { p.Later = d.choice(n, "later", "first") == "later" }},
		{"listen", func(n *node) { p.Listen = d.endpoint(n) }},
		{"to", func(n *node) { p.To = d.endpoint(n) }},
		{"from", func(n *node) { p.From = d.source(n) }},
		{"options", func(n *node) { p.Options = d.options(n) }},
		{"rate", func(n *node) { p.Rate = d.rate(n) }},
		{"concurrency", func(n *node) { p.Concurrency = int(d.integer(n, 1, 1000)) }},
		{"count", func(n *node) { p.Count = int(d.integer(n, 1, 1e9)) }},
		{"hold", func(n *node) { p.Hold = d.duration(n) }},
		{"think", func(n *node) { p.Think = d.duration(n) }},
		{"bytes", func(n *node) { p.Bytes = d.size(n) }},
		{"keep_alive", func(n *node) { p.KeepAlive = d.bool(n) }},
		{"closes", func(n *node) { closes, p.ClosesFirst = n, d.choice(n, "first", "last") == "first" }},
		{"how", func(n *node) { p.How = Closing(d.choice(n, "close", "shutdown", "reset")) }},
		{"retain", func(n *node) { p.Retain = d.bool(n) }},
		{"split", func(n *node) { p.Split = int(d.integer(n, 1, 1e9)) }},
	}
	d.fields(kv.value, "a program", known)
	if closes == nil {
		p.ClosesFirst = p.Run == ShortClient || p.Run == FileServer
	}
	d.checkProgram(kv, &p)
	d.play.Programs = append(d.play.Programs, p)
}

func (d *decoder) programKind(n *node) ProgramKind {
	var words []string
	for k := range programKinds() {
		words = append(words, string(k))
	}
	return ProgramKind(d.choice(n, words...))
}

func (d *decoder) checkProgram(kv pair, p *Program) {
	if kv.value.kind != mapping || p.Run == "" || p.On == "" {
		for _, key := range []string{"on", "run"} {
			if kv.value.get(key) == nil {
				d.wrong(kv.key, "program %s needs %q", p.Name, key)
			}
		}
		return
	}
	takes := strings.Fields(programKinds()[p.Run])
	for _, key := range kv.value.pairs {
		if !slices.Contains(append(takes, "on", "run", "start"), key.key.text) && d.isProgramKey(key.key.text) {
			d.wrong(key.key, "a program of kind %s takes no %q", p.Run, key.key.text)
		}
	}
	for _, key := range []string{"listen", "to"} {
		if slices.Contains(takes, key) && kv.value.get(key) == nil {
			d.wrong(kv.key, "program %s needs %q", p.Name, key)
		}
	}
	if h := d.hostNamed(p.On); h != nil && h.Raw != nil && p.Run != Calls {
		d.wrong(kv.value.get("run"), "a raw host runs only programs of kind calls")
	}
	if n := kv.value.get("listen"); n != nil {
		d.local(n, p.On, p.Listen.Addr())
	}
	if n := kv.value.get("from"); n != nil {
		d.local(n, p.On, p.From.Addr())
	}
}

// isProgramKey reports whether some kind of program takes a key: if none does,
// it has been complained of already.
func (d *decoder) isProgramKey(key string) bool {
	for _, takes := range programKinds() {
		if slices.Contains(strings.Fields(takes), key) {
			return true
		}
	}
	return false
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
