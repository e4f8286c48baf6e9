package forecast

import (
	"time"

	"github.com/linger-dev/linger/internal/twin"
)

// flow drives one group of a twin: connections are opened, held, and closed in
// the order in which they were opened.
type flow struct {
	host  *twin.Host
	group twin.GroupID
	hold  time.Duration
	how   twin.Closing
	opens arrivals
	leaks arrivals // connections that nobody closes

	second int64     // what open and leak are for
	open   beats     // of the present second
	leak   beats     // of the present second
	live   []holding // oldest first, from head on
	head   int
	kept   int // connections that nobody closes, so far

	made    int  // connections that were tried
	opened  bool // before any failed
	failed  moments
	slow    moments
	visited int // ports looked at since the last call of work
	calls   int
	peak    int // the most ports held since it was last set to 0
}

// holding is a live connection and when it is closed.
type holding struct {
	at   time.Duration
	conn twin.Conn
}

// moments is the first and the last time that something happened.
type moments struct {
	any         bool
	first, last time.Duration
}

func (m *moments) now(t time.Duration) {
	if !m.any {
		m.any, m.first = true, t
	}
	m.last = t
}

// beats are n events spread evenly over a second.
type beats struct{ n, done int64 }

const never = time.Duration(1 << 62)

func (b *beats) next(second int64) time.Duration {
	if b.done == b.n {
		return never
	}
	return time.Duration(second)*time.Second + time.Duration((2*b.done+1)*int64(time.Second)/(2*b.n))
}

// newFlow returns the flow of a traffic on a twin at time 0. The live connections
// that are there end at the rate that was seen: Little's law, read backwards.
func newFlow(h *twin.Host, id twin.GroupID, t *Traffic, how twin.Closing, n *noise) *flow {
	f := &flow{
		host: h, group: id, hold: t.Hold, how: how,
		opens: newArrivals(t.opening(), t.Slope, n), leaks: newArrivals(t.Growth, 0, nil),
	}
	for c := range h.Live(id) {
		f.live = append(f.live, holding{conn: c})
	}
	f.kept = min(t.Stuck, len(f.live))
	f.live = f.live[f.kept:]
	for i := range f.live {
		f.live[i].at = t.ends(i, len(f.live))
	}
	if t.Rate == 0 { // nothing tells when they end
		f.kept += len(f.live)
		f.live = nil
	}
	f.peak = f.held()
	f.begin(0)
	return f
}

func (f *flow) begin(second int64) {
	f.second = second
	f.open = beats{n: f.opens.in(second)}
	f.leak = beats{n: f.leaks.in(second)}
}

// run goes on until a time, or, if it is to stop there, until the first
// connect() that finds no port.
func (f *flow) run(until time.Duration, stop bool) {
	for {
		closes := never
		if f.head < len(f.live) {
			closes = f.live[f.head].at
		}
		opens, leaks, end := f.open.next(f.second), f.leak.next(f.second), time.Duration(f.second+1)*time.Second
		t := min(closes, opens, leaks, end)
		if t > until {
			f.host.Advance(until)
			return
		}
		f.host.Advance(t)
		switch t {
		case closes:
			f.close()
		case opens:
			f.open.done++
			f.connect(false)
		case leaks:
			f.leak.done++
			f.connect(true)
		default:
			f.begin(f.second + 1)
		}
		if stop && f.failed.any {
			return
		}
	}
}

func (f *flow) close() {
	c := f.live[f.head].conn
	if f.head++; f.head > 1024 && 2*f.head > len(f.live) {
		f.live = f.live[:copy(f.live, f.live[f.head:])]
		f.head = 0
	}
	// It is live: nobody else ends connections of this twin.
	_ = f.host.Close(c, f.how)
}

func (f *flow) connect(stays bool) {
	now := f.host.Now()
	a, err := f.host.Connect(f.group, twin.Dial{})
	f.made++
	f.calls++
	f.visited += a.Visited
	if a.Second {
		f.slow.now(now)
	}
	if err != nil {
		f.failed.now(now)
		return
	}
	f.opened = f.opened || !f.failed.any
	switch {
	case stays:
		f.kept++
	case f.hold == 0:
		_ = f.host.Close(a.Conn, f.how)
	default:
		f.live = append(f.live, holding{at: now + f.hold, conn: a.Conn})
	}
	f.peak = max(f.peak, f.held())
}

// held returns how many ports are held.
func (f *flow) held() int { return f.host.Minis() + len(f.live) - f.head + f.kept }

// work returns how many ports a connect() looked at, on average since the last
// call; 0 if there was none.
func (f *flow) work() float64 {
	if f.calls == 0 {
		return 0
	}
	w := float64(f.visited) / float64(f.calls)
	f.visited, f.calls = 0, 0
	return w
}
