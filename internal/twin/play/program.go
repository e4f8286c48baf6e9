package play

import (
	"net/netip"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
)

// program is a program of a scenario.
type program struct {
	spec   *scenario.Program
	host   *host
	world  *world
	began  time.Duration
	counts counts
	socks  map[string]*sock // of a program of kind calls
	past   map[string]*sock // of these, what was closed
	held   map[*sock]bool   // of the others: what they have not closed
	listen *sock
	tasks  map[*task]bool
	up     bool // a server listens, a client is at work; or they failed
	gone   bool
	served int
	pace   pacer
	ports  map[uint16]bool
}

func newProgram(w *world, spec *scenario.Program, h *host) *program {
	return &program{
		spec: spec, host: h, world: w, socks: map[string]*sock{}, past: map[string]*sock{}, held: map[*sock]bool{},
		tasks: map[*task]bool{}, ports: map[uint16]bool{}, counts: counts{errnos: map[string]int64{}},
		pace: pacer{rate: spec.Rate, count: spec.Count},
	}
}

// start starts it. A server listens at once, or has failed.
func (p *program) start() {
	p.began = p.world.now
	switch p.spec.Run {
	case scenario.Calls:
		p.up = true
	case scenario.HoldClient:
		p.begin(p.holdClient)
	case scenario.ShortClient, scenario.FileClient:
		p.up = true
		for range max(p.spec.Concurrency, 1) {
			p.begin(p.worker)
		}
	default:
		p.serve()
		p.up = true
	}
}

// begin starts a thread of the program.
func (p *program) begin(code func(*task)) {
	var t *task
	t = p.world.begin(code, func() { delete(p.tasks, t) })
	p.tasks[t] = true
}

// end is SIGTERM, or with kill SIGKILL: all its sockets are closed.
func (p *program) end(kill bool) {
	if p.gone {
		return
	}
	p.gone = true
	if p.listen != nil {
		p.listen.close()
		p.listen = nil
	}
	if kill { // nobody runs any more who could close in another way
		p.closeAll(scenario.ByClose)
	}
	for _, t := range p.inOrder() {
		t.end()
	}
	p.closeAll(p.spec.How)
	for _, name := range p.names() {
		p.socks[name].close()
	}
	clear(p.socks)
}

// closeAll closes what the program holds, in the order in which it was made.
func (p *program) closeAll(how scenario.Closing) {
	all := make([]*sock, 0, len(p.held))
	for s := range p.held {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *sock) int { return compareTuples(a.end.tuple(), b.end.tuple()) })
	for _, s := range all {
		s.prepare(how)
		p.close(s)
	}
}

// prepare does what comes before close(2) and does not wait.
func (s *sock) prepare(how scenario.Closing) {
	switch how {
	case scenario.ByShutdown:
		_ = s.end.shutdown()
	case scenario.ByReset:
		s.end.abortive = true
	}
}

// keep notes that the program holds a connection.
func (p *program) keep(s *sock) {
	p.held[s] = true
	p.counts.opened++
	p.counts.open++
}

// close closes a connection of the program, once.
func (p *program) close(s *sock) {
	if !p.held[s] {
		return
	}
	delete(p.held, s)
	s.close()
	p.counts.open--
}

// fail counts an error.
func (p *program) fail(errno string) {
	if errno == ended {
		return
	}
	if p.counts.failures == 0 {
		p.counts.failedNo, p.counts.failedAt = p.counts.opened, p.world.now-p.began
	}
	p.counts.failures++
	p.counts.errnos[errno]++
}

func (p *program) inOrder() []*task {
	all := make([]*task, 0, len(p.tasks))
	for t := range p.tasks {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *task) int { return int(a.no) - int(b.no) })
	return all
}

func (p *program) names() []string {
	all := make([]string, 0, len(p.socks))
	for name := range p.socks {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func compareTuples(a, b tuple) int {
	if c := compareAddrPorts(a.local, b.local); c != 0 {
		return c
	}
	return compareAddrPorts(a.remote, b.remote)
}

func compareAddrPorts(a, b netip.AddrPort) int { return a.Compare(b) }

// named returns a socket of a program of kind calls, also after its end; nil if
// there was none.
func (p *program) named(name string) *sock {
	if s := p.socks[name]; s != nil {
		return s
	}
	return p.past[name]
}
