package play

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/scenario"
)

const (
	// message is the length of a request, and of its answer.
	message = 16
	// fileRequest is the length of the request for a file.
	fileRequest = 21
	// pieceMost is how much of a file is written at once.
	pieceMost = 16 << 10
	// patience is what a client gives a connect or an answer.
	patience = 5 * time.Second
	// failurePause keeps a client without a rate from spinning when all fails.
	failurePause = 10 * time.Millisecond
	// halfClosedWait is how long a server that closes by shutdown waits for the
	// peer's end.
	halfClosedWait = time.Minute
)

// worker makes one request after the other: a thread of a short-client or a
// file-client.
func (p *program) worker(t *task) {
	var conn *sock
	for {
		wait, more := p.pace.take(p.world.now)
		if !more || !t.sleep(wait) {
			break
		}
		errno := p.request(t, &conn)
		if t.ended {
			break
		}
		if errno != "" {
			p.fail(errno)
			p.drop(t, conn)
			conn = nil
			if p.spec.Rate == 0 {
				t.sleep(failurePause)
			}
			continue
		}
		p.counts.answered++
		t.sleep(p.spec.Hold)
		if p.spec.KeepAlive {
			continue
		}
		if !p.spec.ClosesFirst {
			p.awaitClose(t, conn)
		}
		p.drop(t, conn)
		conn = nil
	}
	p.drop(t, conn)
}

// request asks once, over the connection that there is or a new one.
func (p *program) request(t *task, conn **sock) string {
	if *conn == nil {
		s, errno := p.open(t)
		if errno != "" {
			return errno
		}
		*conn = s
	}
	e := (*conn).end
	if p.spec.Run == scenario.FileClient {
		return p.fetch(t, e)
	}
	if errno := e.write(t, "", message, message, p.world.now+patience); errno != "" {
		return errno
	}
	return whole(e.read(t, message, false, p.world.now+patience))
}

// whole is the error of a read that should have given everything.
func whole(got received) string {
	if got.eof {
		return "closed"
	}
	return got.errno
}

// fetch asks for a file.
func (p *program) fetch(t *task, e *end) string {
	e.asks = p.spec.Bytes
	if errno := e.write(t, "", fileRequest, fileRequest, p.world.now+patience); errno != "" {
		return errno
	}
	for rest := p.spec.Bytes; rest > 0; {
		got := e.read(t, min(rest, pieceMost), false, p.world.now+patience)
		p.counts.bytes += got.bytes
		rest -= got.bytes
		if errno := whole(got); errno != "" {
			return errno
		}
	}
	return ""
}

// open connects.
func (p *program) open(t *task) (*sock, string) {
	s := p.host.socket(p.spec.Options)
	if p.spec.From != (netip.AddrPort{}) {
		if errno := s.bind(p.spec.From); errno != "" {
			return nil, errno
		}
	}
	if errno := s.connect(t, p.spec.To, p.world.now+patience, true); errno != "" {
		s.close()
		return nil, errno
	}
	p.keep(s)
	if s.port%2 == 0 {
		p.counts.even++
	} else {
		p.counts.odd++
	}
	if !p.ports[s.port] {
		p.ports[s.port] = true
		p.counts.distinct++
	}
	return s, ""
}

// awaitClose reads until the peer's FIN.
func (p *program) awaitClose(t *task, s *sock) {
	switch got := s.end.read(t, 1, false, p.world.now+patience); {
	case got.eof:
		p.counts.ended++
	case got.errno != "":
		p.fail(got.errno)
	}
}

// drop closes the connection if there is one.
func (p *program) drop(t *task, s *sock) {
	if s == nil || !p.held[s] {
		return
	}
	s.prepare(p.spec.How)
	if p.spec.How == scenario.ByShutdown && p.spec.ClosesFirst {
		p.awaitClose(t, s)
	}
	p.close(s)
}

// holdClient opens one connection and keeps it to its end.
func (p *program) holdClient(t *task) {
	_, errno := p.open(t)
	if errno != "" {
		p.fail(errno)
	}
	p.up = true
}
