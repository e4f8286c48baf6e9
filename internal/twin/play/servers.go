package play

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/scenario"
)

// forkTime is what a child process takes to begin.
const forkTime = 50 * hop

// serve opens the server's socket and begins to accept.
func (p *program) serve() {
	s := p.host.socket(p.spec.Options)
	errno := s.bind(p.spec.Listen)
	if errno == "" {
		errno = s.listen(netip.AddrPort{}, 4096)
	}
	if errno != "" {
		p.fail(errno)
		p.gone = true
		return
	}
	p.listen = s
	p.begin(func(t *task) {
		for {
			c, errno := s.accept(t, never)
			if errno != "" {
				return
			}
			p.keep(c)
			p.begin(func(t *task) { p.attend(t, c) })
		}
	})
}

// attend serves one connection and closes it.
func (p *program) attend(t *task, c *sock) {
	switch p.spec.Run {
	case scenario.ForkServer:
		p.delegate(t, c)
	case scenario.FileServer:
		p.finish(t, c, p.sendFile(t, c.end))
	default:
		p.finish(t, c, p.echo(t, c.end))
	}
	if p.served++; p.spec.Count > 0 && p.served == p.spec.Count {
		p.world.after(0, func() { p.end(false) })
	}
}

// finish closes a connection after its service, unless the server never does.
// how is "closed" if the peer has closed, else an error or "".
func (p *program) finish(t *task, c *sock, how string) {
	switch how {
	case "closed":
		p.counts.ended++
	case ended:
		return
	case "":
	default:
		p.fail(how)
	}
	if p.spec.Run == scenario.HoldServer {
		return
	}
	if !p.held[c] {
		return
	}
	c.prepare(p.spec.How)
	if p.spec.How == scenario.ByShutdown && how == "" {
		if got := c.end.read(t, 0, true, p.world.now+halfClosedWait); got.eof {
			p.counts.ended++
		}
	}
	p.close(c)
}

// echo answers requests until the peer closes, or once.
func (p *program) echo(t *task, e *end) string {
	for {
		if errno := whole(e.read(t, message, false, never)); errno != "" {
			return errno
		}
		if !t.sleep(p.spec.Think) {
			return ended
		}
		if errno := e.write(t, "", message, message, never); errno != "" {
			return errno
		}
		p.counts.answered++
		if p.spec.ClosesFirst && p.spec.Run == scenario.EchoServer {
			return ""
		}
	}
}

// sendFile answers the request for a file. Its size is what a file-client asks
// for; nobody else asks.
func (p *program) sendFile(t *task, e *end) string {
	if errno := whole(e.read(t, fileRequest, false, never)); errno != "" {
		return errno
	}
	for rest := e.peer.asks; rest > 0; {
		part := min(rest, pieceMost)
		if errno := e.write(t, "", part, part, never); errno != "" {
			return errno
		}
		p.counts.bytes += part
		rest -= part
	}
	p.counts.answered++
	if !p.spec.ClosesFirst {
		return whole(e.read(t, 1, false, never))
	}
	return ""
}

// delegate hands a connection to a child process. The parent closes its own
// descriptor at once, unless it retains it; what the child closes is the last
// descriptor then.
func (p *program) delegate(t *task, c *sock) {
	c.end.held++ // the child's
	if !p.spec.Retain {
		p.close(c)
	}
	p.counts.children++
	how := ended
	if t.sleep(forkTime) {
		how = p.echo(t, c.end)
	}
	switch how {
	case "closed":
		p.counts.ended++
	case ended, "":
	default:
		p.fail(how)
	}
	c.prepare(p.spec.How)
	c.end.letGo()
	p.counts.children--
}
