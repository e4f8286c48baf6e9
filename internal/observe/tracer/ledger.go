package tracer

import "sync"

// Ledger remembers the connections that left a mini-socket, by cookie, to be
// joined to a dump: a TIME_WAIT row has neither uid nor inode, but it carries
// the cookie of the socket it replaced. It is bounded, and safe for concurrent
// use.
type Ledger struct {
	// mu guards all below; it is never held while anything is waited for.
	mu        sync.Mutex
	lives     map[uint64]*entry
	people    map[identity]*person
	order     []uint64 // cookies, a ring
	next      int      // where the next cookie goes: the oldest, once order is full
	forgotten uint64
}

type identity struct {
	pid   int
	start int64
	name  string
}

// person is one process that any number of entries share.
type person struct {
	Process
	uses int
}

type entry struct {
	opener, closer *person
	course         Course
}

// NewLedger returns a Ledger for at most size connections, which take about
// 200 bytes each.
func NewLedger(size int) *Ledger {
	return &Ledger{
		lives:  make(map[uint64]*entry),
		people: make(map[identity]*person),
		order:  make([]uint64, 0, max(size, 1)),
	}
}

// Add remembers the connection of r if it left a mini-socket. Others are
// passed over, since no dump will show them.
func (l *Ledger) Add(r *Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Event == Closed && r.Lingers() && l.lives[r.Cookie] == nil {
		l.keep(r)
	}
}

func (l *Ledger) keep(r *Record) {
	if len(l.order) < cap(l.order) {
		l.order = append(l.order, r.Cookie)
	} else {
		l.forget(l.order[l.next])
		l.order[l.next] = r.Cookie
		l.next = (l.next + 1) % len(l.order)
	}
	l.lives[r.Cookie] = &entry{opener: l.meet(r.Opener), closer: l.meet(r.Closer), course: r.Course}
}

func (l *Ledger) forget(cookie uint64) {
	e := l.lives[cookie]
	delete(l.lives, cookie)
	l.forgotten++
	for _, p := range []*person{e.opener, e.closer} {
		if p.uses--; p.uses == 0 {
			delete(l.people, identityOf(p.Process))
		}
	}
}

func (l *Ledger) meet(p Process) *person {
	id := identityOf(p)
	known := l.people[id]
	if known == nil {
		known = &person{Process: p}
		l.people[id] = known
	}
	known.uses++
	return known
}

func identityOf(p Process) identity { return identity{p.PID, int64(p.Start), p.Name} }

// Find returns the life of the connection whose socket had this cookie.
func (l *Ledger) Find(cookie uint64) (Life, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.lives[cookie]
	if e == nil {
		return Life{}, false
	}
	return Life{Opener: e.opener.Process, Closer: e.closer.Process, Course: e.course}, true
}

// Len returns how many connections are remembered, and how many were
// forgotten to make room.
func (l *Ledger) Len() (remembered int, forgotten uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lives), l.forgotten
}
