package workload

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"
)

// firstExtra is the first descriptor after standard error.
const firstExtra = 3

// requestLimit is the longest line of input.
const requestLimit = 1 << 20

// CallsOptions is what Calls is started with.
type CallsOptions struct {
	In io.Reader // the requests, one JSON object a line; its end ends the program
	// Self is the command line that runs this program again, up to its flags.
	// Without it there is no fork.
	Self []string
	// Children are the names of the children that can be made. Number i, from
	// 0, reads from the descriptor 3+2i and writes to 4+2i, which the program
	// was started with.
	Children []string
	// Inherit are the names of the sockets that the program was started with,
	// from descriptor 3 on.
	Inherit []string
}

// Calls does only what it is told: each Request on o.In is one call, or few,
// made directly, and has one Answer. Requests are worked on side by side, so
// one that needs what another does must wait for the other's answer.
//
// A child that was made by fork goes on when its parent is stopped or dead,
// because it has its own input, output and session; it ends when its input
// does, but not while it is stopped, so its starter should kill it. Its parent
// does not wait for it: a child that is dead stays a zombie until the parent
// ends.
//
// Besides the answers there are the events Started and Done; the counts stay 0.
func Calls(ctx context.Context, o CallsOptions, out io.Writer) error {
	c := &caller{meter: newMeter("calls", out, 0), sockets: map[string]*socket{}, self: o.Self}
	if err := c.adopt(o); err != nil {
		return err
	}
	c.meter.started(netip.AddrPort{}, netip.AddrPort{})
	return c.meter.during(ctx, func(ctx context.Context) error { return c.run(ctx, o.In) })
}

// caller holds the sockets. It is safe for concurrent use.
type caller struct {
	meter *meter
	self  []string

	// mu guards the rest. It is never held during a call that waits.
	mu      sync.Mutex
	sockets map[string]*socket
	spares  map[string]channel // of children that are not made yet
}

// channel is the input and output of a child: plain descriptors.
type channel struct{ in, out int }

func (c *caller) run(ctx context.Context, in io.Reader) error {
	lines, readErr := make(chan []byte), make(chan error, 1)
	go func() {
		defer close(lines)
		scan := bufio.NewScanner(in)
		scan.Buffer(nil, requestLimit)
		for scan.Scan() {
			select {
			case lines <- bytes.Clone(scan.Bytes()):
			case <-ctx.Done():
				return
			}
		}
		readErr <- scan.Err()
	}()
	var pending sync.WaitGroup
	defer pending.Wait()
	defer c.closeAll()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, more := <-lines:
			if !more {
				return wrapRead(readErr)
			}
			pending.Go(func() { c.meter.answer(c.serve(line)) })
		}
	}
}

// wrapRead returns how reading ended.
func wrapRead(ended <-chan error) error {
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("read requests: %w", err)
		}
	default: // ctx was first
	}
	return nil
}

// answer writes an answer.
func (m *meter) answer(a Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.write(line{Answer: &a})
}

// line is any line of the output of Calls.
type line struct {
	*Event
	Answer *Answer `json:"answer,omitempty"`
}

// misuse is the error of a request that cannot be carried out.
type misuse string

func (m misuse) Error() string { return string(m) }

// serve carries out one line.
func (c *caller) serve(line []byte) Answer {
	r, err := decodeRequest(line)
	if err != nil {
		return Answer{ID: r.ID, Problem: err.Error()}
	}
	a, err := c.do(r)
	a.ID = r.ID
	var wrong misuse
	switch {
	case errors.As(err, &wrong):
		a.Problem = err.Error()
	case err != nil:
		a.Errno, a.Error = errnoName(err), err.Error()
	}
	return a
}

func (c *caller) do(r Request) (Answer, error) {
	until := time.Now().Add(r.Within)
	switch r.Call {
	case Bind:
		return c.bind(r)
	case Listen:
		return c.listen(r)
	case Connect:
		return c.connect(r, until)
	case Accept:
		return c.accept(r, until)
	case Close, Abort:
		return c.close(r)
	case Fork:
		return c.fork(r)
	}
	s, err := c.get(r.Socket)
	if err != nil {
		return Answer{}, err
	}
	switch r.Call {
	case Write:
		return write(s, r, until)
	case Read:
		return read(s, r, until)
	case Shutdown:
		return Answer{}, s.CloseWrite()
	}
	return info(s)
}

func (c *caller) get(name string) (*socket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sockets[name]; s != nil {
		return s, nil
	}
	return nil, misuse(fmt.Sprintf("there is no socket %q", name))
}

// add gives a new socket its name.
func (c *caller) add(name string, s *socket) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sockets[name] != nil {
		return misuse(fmt.Sprintf("there is a socket %q", name))
	}
	c.sockets[name] = s
	return nil
}

// remove takes a socket's name away, so that another can have it.
func (c *caller) remove(name string) (*socket, error) {
	s, err := c.get(name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sockets, name)
	return s, nil
}

func (c *caller) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		_ = s.Close()
	}
	clear(c.sockets)
}
