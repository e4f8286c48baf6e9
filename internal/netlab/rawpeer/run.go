package rawpeer

import (
	"container/heap"
	"errors"
	"time"
)

// arrival is a packet from the device.
type arrival struct {
	at     time.Time
	packet Packet
	bytes  []byte
}

const (
	backlog = 1024                // packets that were read and not yet worked on
	burst   = 64                  // packets that are worked on before anything else gets its turn
	slab    = 1 << 20             // packets share memory of this size
	room    = maxPacket + header6 // no packet is larger
)

// read decodes what comes from the device until that is closed.
func (p *Peer) read() {
	defer close(p.arrivals)
	var free []byte
	for {
		if len(free) < room {
			free = make([]byte, slab)
		}
		n, err := p.device.Read(free)
		if err != nil {
			return
		}
		packet, err := Decode(free[:n:n])
		switch {
		case errors.Is(err, ErrNotTCP):
			p.counts.ignored.Add(1)
		case err != nil:
			p.counts.malformed.Add(1)
		default:
			p.arrivals <- arrival{at: time.Now(), packet: packet, bytes: free[:n:n]}
			free = free[n:]
		}
	}
}

// run owns the connections, until the device is closed.
func (p *Peer) run() {
	defer close(p.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(p.untilNext())
		select {
		case a, ok := <-p.arrivals:
			if !ok {
				return
			}
			p.receive(a)
			p.receiveMore()
		case fn := <-p.calls:
			fn()
		case <-timer.C:
		}
		p.runErrands()
	}
}

func (p *Peer) receiveMore() {
	for range burst {
		select {
		case a, ok := <-p.arrivals:
			if !ok {
				return
			}
			p.receive(a)
		default:
			return
		}
	}
}

// now is the time of the machine.
func (p *Peer) now() time.Duration { return time.Since(p.epoch) }

// errand is something to be done later.
type errand struct {
	at    time.Duration
	order int // among those of the same time
	do    func()
}

// agenda is a heap of errands, the first one on top.
type agenda struct {
	errands []errand
	made    int
}

func (a *agenda) Len() int { return len(a.errands) }

func (a *agenda) Less(i, j int) bool {
	x, y := &a.errands[i], &a.errands[j]
	return x.at < y.at || x.at == y.at && x.order < y.order
}

func (a *agenda) Swap(i, j int) { a.errands[i], a.errands[j] = a.errands[j], a.errands[i] }

func (a *agenda) Push(x any) { a.errands = append(a.errands, x.(errand)) }

func (a *agenda) Pop() any {
	last := len(a.errands) - 1
	x := a.errands[last]
	a.errands[last] = errand{} // for the garbage collector
	a.errands = a.errands[:last]
	return x
}

// at has do done at a time of the machine, or as soon as possible.
func (p *Peer) at(t time.Duration, do func()) {
	p.agenda.made++
	heap.Push(&p.agenda, errand{at: t, order: p.agenda.made, do: do})
}

func (p *Peer) untilNext() time.Duration {
	if p.agenda.Len() == 0 {
		return time.Hour
	}
	return p.agenda.errands[0].at - p.now()
}

// runErrands does what is due now; what that makes due comes the next time.
func (p *Peer) runErrands() {
	now := p.now()
	for p.agenda.Len() > 0 && p.agenda.errands[0].at <= now {
		heap.Pop(&p.agenda).(errand).do()
	}
}
