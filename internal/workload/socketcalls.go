package workload

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// make makes a socket of that name and keeps it if use is content with it.
func (c *caller) make(name string, create func() (*socket, error), use func(*socket) error) (*socket, error) {
	if _, err := c.get(name); err == nil {
		return nil, misuse(fmt.Sprintf("there is a socket %q", name))
	}
	s, err := create()
	if err != nil {
		return nil, err
	}
	err = use(s)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		if err := c.add(name, s); err != nil {
			_ = s.Close()
			return nil, err
		}
		return s, err
	}
	_ = s.Close()
	return nil, err
}

func (c *caller) bind(r Request) (Answer, error) {
	s, err := c.make(r.Socket,
		func() (*socket, error) { return newSocket(r.At.Addr(), r.Options) },
		func(s *socket) error { return s.bind(r.At) })
	return addresses(s), err
}

func (c *caller) listen(r Request) (Answer, error) {
	if r.Backlog == 0 {
		r.Backlog = defaultBacklog
	}
	if !r.At.IsValid() {
		s, err := c.get(r.Socket)
		if err == nil {
			err = s.listen(r.Backlog)
		}
		return addresses(s), err
	}
	s, err := c.make(r.Socket,
		func() (*socket, error) { return newSocket(r.At.Addr(), r.Options) },
		func(s *socket) error {
			if err := s.bind(r.At); err != nil {
				return err
			}
			return s.listen(r.Backlog)
		})
	return addresses(s), err
}

// connect makes one connection, or many up to the first failure.
func (c *caller) connect(r Request, until time.Time) (Answer, error) {
	var a Answer
	for no := range max(r.Times, 1) {
		name := r.Socket
		if r.Times > 0 {
			name += strconv.Itoa(no + 1)
		}
		s, err := c.connectOne(name, r, until)
		if err != nil {
			a.Failed = no + 1
			if r.Times == 0 {
				a.Local = addresses(s).Local
			}
			return a, err
		}
		at := addresses(s)
		a.Count++
		a.Ports = append(a.Ports, at.Local.Port())
		a.Local, a.Remote = at.Local, at.Remote
	}
	return a, nil
}

// connectOne connects the socket of that name if there is one; else it makes
// one. The socket is nil if none stays.
func (c *caller) connectOne(name string, r Request, until time.Time) (*socket, error) {
	use := func(s *socket) error {
		if r.From.IsValid() {
			if err := s.bind(r.From); err != nil {
				return err
			}
		}
		_ = s.SetWriteDeadline(until)
		_, err := s.connect(r.To, r.Await)
		return err
	}
	if s, err := c.get(name); err == nil {
		return s, use(s)
	}
	return c.make(name, func() (*socket, error) { return newSocket(r.To.Addr(), r.Options) }, use)
}

func (c *caller) accept(r Request, until time.Time) (Answer, error) {
	l, err := c.get(r.Of)
	if err != nil {
		return Answer{}, err
	}
	_ = l.SetReadDeadline(until)
	s, err := c.make(r.Socket, l.accept, func(*socket) error { return nil })
	return addresses(s), err
}

func (c *caller) close(r Request) (Answer, error) {
	s, err := c.remove(r.Socket)
	if err != nil {
		return Answer{}, err
	}
	if r.Call == Abort {
		err = s.SetLinger(0)
	}
	return Answer{}, errors.Join(err, s.Close())
}

// write returns how much went into the send buffer, also with an error.
func write(s *socket, r Request, until time.Time) (Answer, error) {
	_ = s.SetWriteDeadline(until)
	if r.Bytes == 0 {
		n, err := s.Write(r.Data)
		return Answer{Count: int64(n)}, err
	}
	var a Answer
	for data := newPattern(); a.Count < r.Bytes; {
		n, err := s.Write(data.piece(a.Count, r.Bytes-a.Count))
		a.Count += int64(n)
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

// read returns what came, also with an error.
func read(s *socket, r Request, until time.Time) (Answer, error) {
	_ = s.SetReadDeadline(until)
	var a Answer
	buffer := make([]byte, readLimit)
	for {
		piece := buffer
		if r.Bytes > 0 && !r.EOF {
			piece = piece[:min(readLimit, r.Bytes-a.Count)]
		}
		n, err := s.Read(piece)
		a.Count += int64(n)
		if room := readLimit - len(a.Data); n > 0 && room > 0 {
			a.Data = append(a.Data, piece[:min(n, room)]...)
		}
		if a.EOF = errors.Is(err, io.EOF); a.EOF {
			return a, nil
		}
		if err != nil || !r.EOF && a.Count >= r.Bytes {
			return a, err
		}
	}
}

func info(s *socket) (Answer, error) {
	a := addresses(s)
	if _, err := s.remote(); err != nil {
		a.Peer = errnoName(err)
	}
	state, pending, err := s.state()
	a.State = state
	if pending != nil {
		a.Pending = errnoName(pending)
	}
	return a, err
}

// addresses returns those that a socket has; s may be nil.
func addresses(s *socket) Answer {
	if s == nil {
		return Answer{}
	}
	remote, _ := s.remote()
	return Answer{Local: s.local(), Remote: remote}
}
