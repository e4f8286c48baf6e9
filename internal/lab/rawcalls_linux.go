package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/linger-dev/linger/internal/netlab/rawpeer"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// rawCaller is a calls program on a raw host: it calls the state machine.
type rawCaller struct {
	peer *rawpeer.Peer

	mu        sync.Mutex // guards the maps
	conns     map[string]*rawpeer.Conn
	listeners map[string]*rawpeer.Listener
}

func newRawCaller(p *rawpeer.Peer) *rawCaller {
	return &rawCaller{peer: p, conns: map[string]*rawpeer.Conn{}, listeners: map[string]*rawpeer.Listener{}}
}

func (r *rawCaller) call(ctx context.Context, c scenario.Call) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	a, err := r.do(ctx, c)
	if err == nil {
		return a, nil
	}
	name, known := rawErrno(c.Call, err)
	if !known {
		return answer{}, fmt.Errorf("%s %s: %w", c.Call, c.Socket, err)
	}
	a.errno = name
	return a, nil
}

// rawErrno names the errno that a kernel would have given.
func rawErrno(call scenario.CallKind, err error) (string, bool) {
	switch {
	case errors.Is(err, rawpeer.ErrInUse) && call == scenario.Connect, errors.Is(err, rawpeer.ErrNoAddress):
		return "EADDRNOTAVAIL", true
	case errors.Is(err, rawpeer.ErrInUse):
		return "EADDRINUSE", true
	case errors.Is(err, rawpeer.ErrReset):
		return "ECONNRESET", true
	case errors.Is(err, rawpeer.ErrRefused):
		return "ECONNREFUSED", true
	case errors.Is(err, rawpeer.ErrTimedOut):
		return "ETIMEDOUT", true
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timeout", true
	}
	return "", false
}

func (r *rawCaller) do(ctx context.Context, c scenario.Call) (answer, error) {
	switch c.Call {
	case scenario.Listen:
		return answer{}, r.listen(c)
	case scenario.Connect:
		return r.connect(ctx, c)
	case scenario.Accept:
		l := r.listener(c.Of)
		if l == nil {
			return answer{}, fmt.Errorf("%s does not listen", c.Of)
		}
		conn, err := l.Accept(ctx)
		if err == nil {
			r.keep(c.Socket.Name, conn)
		}
		return answer{}, err
	}
	if l := r.listener(c.Socket.Name); l != nil && c.Call == scenario.Close {
		return answer{}, l.Close()
	}
	conn := r.conn(c.Socket.Name)
	if conn == nil {
		return answer{}, fmt.Errorf("there is no %s", c.Socket)
	}
	switch c.Call {
	case scenario.Write:
		_, err := conn.Write(ctx, payload(c))
		return answer{}, err
	case scenario.ReadCall:
		return read(ctx, conn, c)
	case scenario.Shutdown:
		return answer{}, conn.CloseWrite()
	case scenario.Close:
		return answer{}, conn.Close()
	case scenario.Abort:
		return answer{}, conn.Abort()
	}
	return answer{}, fmt.Errorf("a raw peer has no %s", c.Call)
}

func payload(c scenario.Call) []byte {
	if c.Data == "" {
		return []byte(strings.Repeat("x", int(c.Bytes)))
	}
	return []byte(c.Data)
}

func (r *rawCaller) listen(c scenario.Call) error {
	l, err := r.peer.Listen(c.At.Port())
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.listeners[c.Socket.Name] = l
	}
	return err
}

func (r *rawCaller) connect(ctx context.Context, c scenario.Call) (answer, error) {
	var a answer
	for i := range max(c.Times, 1) {
		conn, err := r.peer.DialStart(c.From, c.To)
		if err == nil {
			name := c.Socket.Name
			if c.Times > 0 {
				name = fmt.Sprintf("%s%d", name, i+1)
			}
			r.keep(name, conn)
			if c.Await {
				err = conn.Handshake(ctx)
			}
		}
		if err != nil {
			a.failed = i + 1
			return a, err
		}
		a.ports = append(a.ports, conn.Local().Port())
	}
	return a, nil
}

// read reads until so many bytes have come as are wanted, or the end.
func read(ctx context.Context, conn *rawpeer.Conn, c scenario.Call) (answer, error) {
	want := c.Bytes
	if c.Data != "" {
		want = int64(len(c.Data))
	}
	var a answer
	buf := make([]byte, 16<<10)
	for c.EOF || a.bytes < want {
		chunk := buf
		if !c.EOF {
			chunk = buf[:min(int64(len(buf)), want-a.bytes)]
		}
		n, err := conn.Read(ctx, chunk)
		a.bytes += int64(n)
		if len(a.data) < 64<<10 {
			a.data += string(chunk[:n])
		}
		if errors.Is(err, io.EOF) {
			a.eof = true
			return a, nil
		}
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

func (r *rawCaller) socket(_ context.Context, name string) (socketState, error) {
	if r.listener(name) != nil {
		return socketState{state: tcp.Listen}, nil
	}
	conn := r.conn(name)
	if conn == nil {
		return socketState{}, fmt.Errorf("there is no socket %s", name)
	}
	return socketState{state: conn.State(), ended: conn.Ended(), port: conn.Local().Port()}, nil
}

func (r *rawCaller) conn(name string) *rawpeer.Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns[name]
}

func (r *rawCaller) listener(name string) *rawpeer.Listener {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listeners[name]
}

func (r *rawCaller) keep(name string, c *rawpeer.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[name] = c
}
