package forecast

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

// Quota is the future of a namespace's tcp_max_tw_buckets: beyond it a closing
// connection skips TIME_WAIT and loses what it protects.
type Quota struct {
	Namespace string        `json:"namespace"`
	Limit     int64         `json:"limit"`
	Now       int64         `json:"now"`   // TIME_WAIT sockets, and those in FIN_WAIT2 that count too
	Rate      float64       `json:"rate"`  // connections a second that close here
	Error     float64       `json:"error"` // standard error of Rate
	AsIs      *QuotaOutlook `json:"as_is"`
	Twice     *QuotaOutlook `json:"twice"`
	Ten       *QuotaOutlook `json:"ten"`
}

// QuotaOutlook is one future of a quota; see Outlook for the times.
type QuotaOutlook struct {
	Never bool          `json:"never"`
	In    time.Duration `json:"in_ns"`
	Early time.Duration `json:"early_ns"`
	Late  time.Duration `json:"late_ns"`
	Held  int64         `json:"held"` // the most that were there at once
}

// closes measures what closes in a namespace: into TIME_WAIT, and beyond the
// quota.
func closes(ns *evidence.Namespace) (minute evidence.Minute, t Traffic) {
	for i := range ns.Tallies {
		minute.Add(&ns.Tallies[i].Minute)
	}
	r := minute.Rate()
	t = Traffic{Rate: r.PerSecond, Error: r.Error, Slope: r.Slope, Window: r.Window}
	if t.Slope != 0 {
		t.Rate = max(0, t.Rate+t.Slope*float64(t.Window)/2)
	}
	if s := ns.Counters.Over.Seconds(); s > 0 {
		t.Rate += float64(max(0, ns.Counters.Growth["TCPTimeWaitOverflow"])) / s
	}
	return minute, t
}

// population is how many mini-sockets there are.
func population(ns *evidence.Namespace) int64 {
	if n, ok := ns.Counters.Sockstat["TCP.tw"]; ok {
		return n
	}
	var n uint64
	for i := range ns.Tallies {
		n += minis(&ns.Tallies[i])
	}
	return int64(min(n, 1<<40))
}

// crowd is a namespace's mini-sockets without their ports, thinned: of a big
// population one in so many stands for all, and the quota shrinks as much.
type crowd struct {
	snap  *evidence.Snapshot
	seed  uint64
	limit int64 // before it was thinned
	now   int64
	every int64
}

// thin is how many mini-sockets a crowd has at most, about.
const thin = 5_000

func crowdOf(snap *evidence.Snapshot, ns *evidence.Namespace, minute *evidence.Minute, limit int64, steady float64) *crowd {
	c := &crowd{limit: limit, now: population(ns), seed: seedOf(snap, ns.Name, "quota"), every: 1}
	total := max(int64(min(minute.Total(), 1<<40)), int64(steady))
	if total > thin {
		c.every = (total + thin - 1) / thin
	}
	t := evidence.Tally{Key: evidence.Key{Direction: evidence.Inbound, Port: 1}, Merged: 1}
	t.Minute = thinned(minute, c.every)
	settings := evidence.Settings{MaxTWBuckets: evidence.IntOf(limit / c.every)}
	c.snap = &evidence.Snapshot{Taken: snap.Taken, Host: snap.Host, Namespaces: []evidence.Namespace{{
		Name: ns.Name, Settings: settings, Tallies: []evidence.Tally{t},
	}}}
	return c
}

// thinned returns every so manieth of a minute, without losing the remainders.
func thinned(m *evidence.Minute, every int64) evidence.Minute {
	var out evidence.Minute
	var sum int64
	take := func(n uint32) uint32 {
		before := sum / every
		sum += int64(n)
		return uint32(sum/every - before)
	}
	out.Tail = take(m.Tail)
	for i := len(m.Age) - 1; i >= 0; i-- {
		out.Age[i] = take(m.Age[i])
	}
	return out
}

// play returns when the first connection finds the quota used up; how much it
// holds; and how many connections that took.
func (c *crowd) play(t Traffic, horizon time.Duration) (q QuotaOutlook, made int, err error) {
	h, err := twin.Load(c.snap, 0, twin.Options{Seed: c.seed})
	if err != nil {
		return q, 0, err
	}
	var id twin.GroupID
	for g := range h.Groups() {
		id = g
	}
	over := h.Counters().TCPTimeWaitOverflow
	arrive := newArrivals(t.Rate/float64(c.every), t.Slope/float64(c.every), nil)
	end := time.Duration(longest(&c.snap.Host)+5) * time.Second // then all is as it was
	if t.Slope != 0 {
		end += trendLasts * time.Second
	}
	q.Held = c.now
	for second := int64(0); ; second++ {
		from := time.Duration(second) * time.Second
		if from >= min(end, horizon) {
			q.Never = true
			return q, made, nil
		}
		n := arrive.in(second)
		d := h.Drive(twin.Traffic{Groups: []twin.GroupID{id}, Rate: n, Per: time.Second, Count: uint64(n)})
		d.Run(from + time.Second - 1)
		made += int(n)
		if missed := h.Counters().TCPTimeWaitOverflow - over; missed > 0 {
			q.In = from + time.Second*time.Duration(n-min(n, int64(missed)))/time.Duration(max(1, n))
			q.Held = c.limit
			return q, made, nil
		}
		q.Held = max(q.Held, int64(h.Minis())*c.every)
	}
}

// quotas plays what comes of the quotas that may be reached.
func (b *Book) quotas(f *Forecast) {
	for i := range b.snap.Namespaces {
		ns := &b.snap.Namespaces[i]
		limit, ok := ns.Settings.MaxTWBuckets.Get()
		if !ok || limit < 0 {
			continue
		}
		minute, t := closes(ns)
		most := t.times(mostTimes)
		if float64(population(ns))+(most.highest()+2*most.Error)*float64(longest(&b.snap.Host)) < float64(limit) {
			continue
		}
		q := Quota{Namespace: ns.Name, Limit: limit, Now: population(ns), Rate: t.Rate, Error: t.Error}
		var err error
		q.AsIs, err = b.quota(ns, &minute, limit, t)
		if err != nil {
			f.Failed = append(f.Failed, Failure{Namespace: ns.Name, Because: err.Error()})
			continue
		}
		q.Twice, _ = b.quota(ns, &minute, limit, t.times(2))
		q.Ten, _ = b.quota(ns, &minute, limit, t.times(mostTimes))
		f.Quotas = append(f.Quotas, q)
	}
}

// quota plays one future of a quota, and the ends of its noise; nil if the work
// that is left is not enough.
func (b *Book) quota(ns *evidence.Namespace, minute *evidence.Minute, limit int64, t Traffic) (*QuotaOutlook, error) {
	const deviations = 2
	life := float64(longest(&b.snap.Host))
	var out QuotaOutlook
	maybe := false
	for i, v := range []Traffic{t, t.shifted(deviations), t.shifted(-deviations)} {
		c := crowdOf(b.snap, ns, minute, limit, v.highest()*life)
		q, made, err := (QuotaOutlook{Never: true, Held: max(c.now, int64(v.last()*61))}), 0, error(nil)
		if float64(c.now)+v.highest()*life >= float64(limit) {
			if int(thin*2) > b.left {
				return nil, nil
			}
			q, made, err = c.play(v, b.o.Horizon)
		}
		b.left -= made
		if err != nil {
			return nil, err
		}
		if i == 0 {
			out = q
		}
		maybe = maybe || q.Never
		if !q.Never {
			out.note(q.In)
		}
	}
	if maybe {
		out.Late = 0
	}
	if !out.Never && out.In == 0 { // now
		out.Early, out.Late = 0, 0
	}
	return &out, nil
}

func (o *QuotaOutlook) note(in time.Duration) {
	if o.Early == 0 || in < o.Early {
		o.Early = in
	}
	o.Late = max(o.Late, in)
}
