package play

import (
	"fmt"
	"strconv"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// do does a socket call of a program of kind calls. An error is not the
// kernel's answer but means that there was none.
func (s *stage) do(c *scenario.Call) (a answer, err error) {
	p := s.programs[c.Socket.Program]
	until := s.now + c.Within
	makes := c.Call == scenario.Bind || c.Call == scenario.Connect || c.Call == scenario.Accept || c.Call == scenario.Listen && c.At.IsValid()
	sock := p.socks[c.Socket.Name]
	switch {
	case p.gone:
		return a, fmt.Errorf("%s is not running", p.spec.Name)
	case c.Call == scenario.Connect:
		return s.connectAll(p, c)
	case makes && sock != nil:
		return a, fmt.Errorf("there is a socket %q", c.Socket)
	case !makes && sock == nil:
		return a, fmt.Errorf("there is no socket %q", c.Socket)
	}
	switch c.Call {
	case scenario.Bind:
		sock = p.host.socket(c.Options)
		if a.errno = sock.bind(c.At); a.errno == "" {
			p.socks[c.Socket.Name] = sock
			a.ports = []uint16{sock.port}
		}
	case scenario.Listen:
		a.errno = s.listen(p, c, sock)
	case scenario.Accept:
		l := p.socks[c.Of]
		if l == nil {
			return a, fmt.Errorf("there is no socket %q", c.Of)
		}
		if sock, a.errno = l.accept(s, until); a.errno == "" {
			p.socks[c.Socket.Name] = sock
		}
	case scenario.Close, scenario.Abort:
		delete(p.socks, c.Socket.Name)
		p.past[c.Socket.Name] = sock // of a raw host it can still be spoken of
		if c.Call == scenario.Abort {
			sock.abort()
		} else {
			sock.close()
		}
	default:
		return s.transfer(c, sock)
	}
	return a, nil
}

// transfer does what needs a connection.
func (s *stage) transfer(c *scenario.Call, sock *sock) (a answer, err error) {
	if sock.end == nil {
		a.errno = "ENOTCONN"
		if c.Call == scenario.Write {
			a.errno = "EPIPE"
		}
		return a, nil
	}
	until := s.now + c.Within
	switch c.Call {
	case scenario.Write:
		bytes := c.Bytes
		if c.Data != "" {
			bytes = int64(len(c.Data))
		}
		if a.errno = sock.end.write(s, c.Data, bytes, pieceMost, until); a.errno == timeout {
			s.refuse(untestable("buffers: more than 64 kB lie unread; the twin does not know how much more a kernel takes",
				"缓冲区：未读数据超过 64 kB；孪生内核不知道真实内核还能容纳多少"))
		}
	case scenario.ReadCall:
		want := c.Bytes
		if c.Data != "" {
			want = int64(len(c.Data))
		}
		a.reads = true
		a.got = sock.end.read(s, max(want, 1), c.EOF, until)
		a.errno = a.got.errno
	case scenario.Shutdown:
		a.errno = sock.end.shutdown()
	}
	return a, nil
}

func (s *stage) listen(p *program, c *scenario.Call, sock *sock) string {
	if !c.At.IsValid() {
		return sock.listen(c.At, c.Backlog)
	}
	sock = p.host.socket(c.Options)
	errno := sock.listen(c.At, c.Backlog)
	if errno == "" {
		p.socks[c.Socket.Name] = sock
	} else if sock.bound {
		sock.close()
	}
	return errno
}

// connectAll makes one connection, or many up to the first failure.
func (s *stage) connectAll(p *program, c *scenario.Call) (a answer, err error) {
	until := s.now + c.Within
	for no := range max(c.Times, 1) {
		name := c.Socket.Name
		if c.Times > 0 {
			name += strconv.Itoa(no + 1)
		}
		sock := p.socks[name]
		known := sock != nil
		if known && sock.end != nil {
			a.errno = "EISCONN"
			return a, nil
		}
		if !known {
			sock = p.host.socket(c.Options)
		}
		a.no = no + 1
		if c.From.IsValid() && !known {
			a.errno = sock.bind(c.From)
		}
		if a.errno == "" {
			a.errno = sock.connect(s, c.To, until, c.Await)
		}
		if a.errno == "" || a.errno == timeout {
			p.socks[name] = sock
		} else if !known {
			sock.close()
		}
		if a.errno != "" {
			return a, nil
		}
		a.ports = append(a.ports, sock.port)
	}
	return a, nil
}

// stateOf is the state of a socket as getsockopt(TCP_INFO) tells it.
func (s *sock) stateOf() tcp.State {
	switch {
	case s.listens != nil:
		return tcp.Listen
	case s.end != nil && (s.end.live || s.end.state != 0):
		return s.end.state
	}
	return tcp.Close
}
