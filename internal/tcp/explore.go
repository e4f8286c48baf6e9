package tcp

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Transition is one row of the machine's table: in From, Event makes it send
// Sends and go to To. From and To can be equal: then it is what the state
// answers.
type Transition struct {
	From    State
	Event   string  // as in RFC 9293 figure 5: "rcv FIN"
	Sends   []Flags // of each segment, in order
	To      State
	Section string // the rule that decided, as in Output.Rule
}

// Explore finds the transitions of a machine with the parameters p by running
// it: from CLOSED, every kind of event in every kind of connection that it
// meets on the way. Rows that change nothing and send nothing are left out,
// but for those of TIME-WAIT, where to stay silent is a rule of its own. The
// order is stable: by state, then by event.
//
// Conn.Listener stays as it is: a connection that was opened passively has a
// listener for a new SYN, one that was opened actively has none.
func Explore(p Params) []Transition {
	p.Retries, p.SynRetries = 1, 1
	x := explorer{p: p, seen: map[string]bool{}}
	x.visit(Conn{State: Close}, time.Second)
	for len(x.queue) > 0 {
		from := x.queue[0]
		x.queue = x.queue[1:]
		for _, e := range stimuli(from.conn) {
			x.try(from, e)
		}
	}
	slices.SortStableFunc(x.rows, compareRows)
	table := make([]Transition, len(x.rows))
	for i, row := range x.rows {
		table[i] = row.Transition
	}
	return table
}

type explorer struct {
	p     Params
	seen  map[string]bool // kinds of connections and rows
	queue []visited
	rows  []row
}

type visited struct {
	conn Conn
	now  time.Duration
}

type row struct {
	Transition
	order int
}

func (x *explorer) visit(c Conn, now time.Duration) {
	if key := kind(c); !x.seen[key] {
		x.seen[key] = true
		x.queue = append(x.queue, visited{c, now})
	}
}

// kind tells connections apart that may behave differently.
func kind(c Conn) string {
	return fmt.Sprint(c.State, c.Listener, c.passive, c.orphan, c.closing, c.synAcked(), c.finAcked(),
		c.Snd.UNA == c.Snd.NXT, c.queue.len() > 0, c.unread > 0, c.timestamps, c.tries, c.before != nil)
}

// try does one event, later than all that limits the rate of answers.
func (x *explorer) try(from visited, e stimulus) {
	now := from.now + time.Second
	if e.Kind == Expire {
		now = max(now, from.conn.Deadlines[e.Timer])
	}
	to, out := x.p.Step(from.conn, now, e.Event)
	x.visit(to, now)
	t := Transition{From: from.conn.State, Event: e.word, To: to.State, Section: out.Rule}
	for _, seg := range out.Segments {
		if n := len(t.Sends); n == 0 || t.Sends[n-1] != seg.Flags {
			t.Sends = append(t.Sends, seg.Flags)
		}
	}
	silent := t.From == t.To && t.Sends == nil && (t.From != TimeWait || e.Kind != Arrive)
	key := fmt.Sprintf("%+v", t)
	if out.Err != nil || silent || x.seen[key] {
		return
	}
	x.seen[key] = true
	x.rows = append(x.rows, row{t, e.order})
}

func compareRows(a, b row) int {
	return cmp.Or(
		cmp.Compare(rank(a.From), rank(b.From)),
		cmp.Compare(a.order, b.order),
		cmp.Compare(rank(a.To), rank(b.To)),
		cmp.Compare(fmt.Sprint(a.Sends, a.Section), fmt.Sprint(b.Sends, b.Section)),
	)
}

// rank orders the states as RFC 9293 figure 5 does, from top to bottom.
func rank(s State) int {
	return slices.Index([]State{
		Close, Listen, SynSent, SynRecv, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait,
	}, s)
}
