package kerneltest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// player carries a case out on the kernel. It runs on one thread, inside the
// namespace of our side.
type player struct {
	c      *Case
	client *netlab.Host
	server *netlab.Host

	listeners []int // by target
	fars      []int // sockets of the peer's namespace for Accept
	held      []ends
	done      []Done
	stats     *statistics
	diag      *sockdiag.Client
	began     time.Duration // on the monotonic clock
}

// ends are the descriptors that an operation left behind; -1 for none.
type ends struct {
	what      standing
	own, peer int
	port      uint16
}

// lead is how long after its preparation a case begins, and settle how long after
// its last operation the counters are read: a close may not be over before.
const (
	lead   = 20 * time.Millisecond
	settle = 50 * time.Millisecond
)

// Play carries a case out, in namespaces of its own. It may be called for many
// cases at the same time.
func (m *Machine) Play(c *Case) (*Transcript, error) {
	m.building <- struct{}{}
	w, err := build(c)
	<-m.building
	if err != nil {
		return nil, fmt.Errorf("%v: %w", c, err)
	}
	p := &player{c: c, client: w.client, server: w.server, done: make([]Done, len(c.Ops)), held: make([]ends, len(c.Ops))}
	for i := range p.held {
		p.held[i] = ends{own: -1, peer: -1}
	}
	defer p.release()
	t := &Transcript{Done: p.done}
	err = p.prepare()
	if err == nil {
		err = p.client.Do(func() error {
			if err := p.open(); err != nil {
				return err
			}
			defer hasten()()
			p.began = monotonic() + lead
			t.Clock = m.at(p.began)
			for i := range c.Ops {
				if err := p.perform(i); err != nil {
					return fmt.Errorf("operation %d, %v: %w", i, &c.Ops[i], err)
				}
			}
			time.Sleep(settle)
			t.Counters, err = p.stats.counters()
			return err
		})
	}
	p.release()
	if err := errors.Join(err, w.world.Close()); err != nil {
		return nil, fmt.Errorf("%v: %w", c, err)
	}
	return t, nil
}

// prepare makes what belongs to the peer's namespace.
func (p *player) prepare() error {
	return p.server.Do(func() error {
		for i := range p.c.Targets {
			fd, err := socket(p.c.V6)
			if err != nil {
				return err
			}
			p.listeners = append(p.listeners, fd)
			if err := errors.Join(unix.Bind(fd, sockaddr(p.c.Target(i))), unix.Listen(fd, 64)); err != nil {
				return fmt.Errorf("listen on %v: %w", p.c.Target(i), err)
			}
		}
		for i := range p.c.Ops {
			if p.c.Ops[i].Kind != Accept {
				continue
			}
			fd, err := socket(p.c.V6)
			if err != nil {
				return err
			}
			p.fars = append(p.fars, fd)
		}
		return nil
	})
}

// open opens the kernel's statistics of our namespace.
func (p *player) open() (err error) {
	if p.stats, err = openStatistics(); err != nil {
		return err
	}
	p.diag, err = sockdiag.Open()
	return err
}

// release closes all that is open; again, it does nothing.
func (p *player) release() {
	for _, fds := range [][]int{p.listeners, p.fars} {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	}
	p.listeners, p.fars = nil, nil
	for i := range p.held {
		p.held[i].drop()
	}
	if p.stats != nil {
		p.stats.close()
		p.stats = nil
	}
	if p.diag != nil {
		_ = p.diag.Close()
		p.diag = nil
	}
}

func (e *ends) drop() {
	e.what = gone
	for _, fd := range []*int{&e.own, &e.peer} {
		if *fd >= 0 {
			_ = unix.Close(*fd)
			*fd = -1
		}
	}
}

// perform waits for the time of an operation and carries it out.
func (p *player) perform(i int) error {
	op, d := &p.c.Ops[i], &p.done[i]
	if need := op.Kind.needs(); need != gone && p.held[op.Of].what != need {
		d.Skipped = true
		return nil
	}
	sleepUntil(p.began + op.At)
	d.Began = monotonic() - p.began
	err := p.do(i)
	d.Ended = monotonic() - p.began
	for errno, name := range map[unix.Errno]Errno{unix.EADDRNOTAVAIL: EADDRNOTAVAIL, unix.EADDRINUSE: EADDRINUSE, unix.EINVAL: EINVAL} {
		if errors.Is(err, errno) && op.Kind != Look {
			d.Errno = name
			return nil
		}
	}
	return err
}

func (p *player) do(i int) error {
	op, e, of := &p.c.Ops[i], &p.held[i], &p.held[p.c.Ops[i].Of]
	switch op.Kind {
	case Dial:
		return p.dial(i)
	case DialFrom:
		if err := p.connect(of.own, i); err != nil {
			return err
		}
		own := of.own
		*of = ends{own: -1, peer: -1}
		return p.accepted(i, own)
	case CloseByUs, CloseByThem, Reset, Abandon, PeerCloses:
		return p.close(op.Kind, of)
	case Bind:
		return p.bind(i)
	case Listen:
		return unix.Listen(of.own, 64)
	case Unbind:
		of.drop()
		return nil
	case Accept:
		return p.accept(op, e, of)
	case Set:
		return p.client.Sysctl(op.Setting.Key, op.Setting.Value)
	case Look:
		return p.look(op, &p.done[i])
	}
	return fmt.Errorf("no such operation: %w", errors.ErrUnsupported)
}

func (p *player) look(op *Op, d *Done) (err error) {
	if d.Minis, err = p.stats.minis(); err != nil || !op.Deep {
		return err
	}
	d.Rows, err = list(p.diag)
	return err
}

// list dumps all connections of the namespace.
func list(diag *sockdiag.Client) (map[Row]uint32, error) {
	rows := make(map[Row]uint32)
	states := tcp.AllStates &^ tcp.States(tcp.Listen, tcp.Close)
	_, err := diag.Dump(context.Background(), sockdiag.Request{States: states}, func(r *evidence.Socket) error {
		row, left := rowOf(r)
		rows[row] = left
		return nil
	}, func() { clear(rows) })
	return rows, err
}
