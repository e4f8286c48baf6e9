package play

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/twin"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

// pointsMost is how many looks at a host a run is described by.
const pointsMost = 144

// run is traffic over one host, under way.
type run struct {
	traffic *Traffic
	options *Options
	host    *twin.Host
	driver  *twin.Driver
	out     *outcome.Run
	changes []Change // that are still to come
	seconds int      // of the driver that are in the points
	// connects is how many connect() calls are in the points.
	connects uint64
	every    time.Duration
	look     bool // for each point, also at the ports of each group
}

// Run plays traffic over one host. If ctx ends it returns what came until then,
// with the error of ctx; other errors are those of settings and of Save.
func Run(ctx context.Context, t *Traffic, o Options) (*outcome.Run, error) {
	r, err := newRun(t, &o, 1000, o.Seed)
	if err != nil {
		return nil, err
	}
	r.look = true
	err = r.play(ctx)
	r.conclude()
	return r.out, err
}

// newRun makes the host. load is by how many thousandths its rates differ from
// those of the file.
func newRun(t *Traffic, o *Options, load int64, seed uint64) (*run, error) {
	kernel := cmp.Or(o.Kernel, t.Kernel, "6.18")
	hz := cmp.Or(o.HZ, t.HZ)
	h, err := twin.New(twin.Options{Kernel: kernel, HZ: hz, Seed: seed, Began: o.Began, Name: t.Name})
	if err != nil {
		return nil, err
	}
	for _, s := range slices.Concat(t.Settings, o.Settings) {
		if err := h.Set(s.Key, s.Value); err != nil {
			return nil, settingError(s, h.Kernel(), err)
		}
	}
	r := &run{traffic: t, options: o, host: h, changes: t.Changes, every: interval(t.Duration)}
	r.driver = h.Drive(t.on(h, load)...)
	r.out = &outcome.Run{
		Name: t.Name, About: t.About, Kernel: kernel, HZ: cmp.Or(hz, 250), Seed: o.Seed, Duration: t.Duration,
		Streams: t.describe(),
	}
	return r, nil
}

// interval is the time between two points, in whole seconds.
func interval(d time.Duration) time.Duration {
	return max(time.Second, (d+pointsMost*time.Second-1)/(pointsMost*time.Second)*time.Second)
}

// play runs to the end.
func (r *run) play(ctx context.Context) error {
	end, point := r.traffic.Duration, r.every
	for r.host.Now() < end {
		until := min(end, point)
		if r.options.Pace != nil {
			until = min(until, r.host.Now()+paceEvery)
		}
		if len(r.changes) > 0 {
			until = min(until, r.changes[0].At)
		}
		r.driver.Run(until)
		if err := r.change(); err != nil {
			return err
		}
		if until == point || until == end {
			if err := r.point(); err != nil {
				return err
			}
			point += r.every
		}
		if r.options.Pace != nil {
			r.options.Pace(until)
		}
		if r.options.Live != nil {
			r.options.Live(r.out)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// change makes the changes that are due.
func (r *run) change() error {
	now := r.host.Now()
	for len(r.changes) > 0 && r.changes[0].At <= now {
		c := r.changes[0]
		r.changes = r.changes[1:]
		if c.Stream != "" {
			rate := perSecond(c.Rate)
			r.event(now, say.F("%s: %g connections/s from now on", "%s：从此每秒 %g 个连接", c.Stream, rate))
		}
		for _, s := range c.Settings {
			if err := r.host.Set(s.Key, s.Value); err != nil {
				return settingError(s, r.host.Kernel(), err)
			}
			r.event(now, say.F("%s is set to %s", "%s 被设为 %s", s.Key, s.Value))
		}
	}
	return nil
}

func perSecond(thousandths int64) float64 { return float64(thousandths) / 1000 }

func (r *run) event(at time.Duration, text say.Text) {
	r.out.Events = append(r.out.Events, outcome.Event{At: at, Text: text})
}

// point adds the state of now.
func (r *run) point() error {
	d := r.driver
	p := outcome.Point{At: r.host.Now(), Minis: r.host.Minis()}
	var visited uint64
	for _, s := range d.Seconds[r.seconds:] {
		p.Tried += s.Opened + s.Failed
		p.Failed += s.Failed
		visited += s.Visited
		p.Longest = max(p.Longest, s.Longest)
		p.Live = s.Live
		r.out.Most = max(r.out.Most, s.Minis)
	}
	r.seconds = len(d.Seconds)
	r.out.Played = p.At
	r.out.Tried, r.out.Opened, r.out.Failed, r.out.Closed = d.Tried, d.Opened, d.Failed, d.Closed
	r.out.FirstFailure, r.out.FirstSlow = moment(d.FirstFailure), moment(d.FirstSecond)
	c := r.host.Counters()
	connects := c.ActiveOpens + c.NoPort
	if connects > r.connects {
		p.Visited = float64(visited) / float64(connects-r.connects)
	}
	r.connects = connects
	if c.TCPTimeWaitOverflow > 0 && r.out.Refused == 0 {
		r.event(p.At, say.F("by now tcp_max_tw_buckets is reached: new TIME_WAIT sockets are not kept", "至此已达到 tcp_max_tw_buckets：新的 TIME_WAIT 套接字不再保留"))
	}
	r.out.Refused, r.out.Reused = c.TCPTimeWaitOverflow, c.TWRecycled
	if r.look || r.options.Save != nil {
		if err := r.inspect(&p); err != nil {
			return err
		}
	}
	r.out.Points = append(r.out.Points, p)
	return nil
}

// inspect looks at the ports of each group.
func (r *run) inspect(p *outcome.Point) error {
	s := r.host.Snapshot()
	r.out.Groups = r.out.Groups[:0]
	ns := &s.Namespaces[0]
	ports := budget(&ns.Settings)
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		g := outcome.Group{Path: path(t.Key), Used: int(t.States.Total()), TimeWait: int(t.Minute.Total())}
		if t.Direction == evidence.Outbound {
			g.Outbound, g.Ports = true, ports
			if p.Used = max(p.Used, g.Used); g.Used > r.out.Fullest.Used {
				r.out.Fullest = g
			}
		}
		r.out.Groups = append(r.out.Groups, g)
	}
	if r.options.Save != nil {
		return r.options.Save(s)
	}
	return nil
}

// budget is how many ports automatic choice has.
func budget(s *evidence.Settings) int {
	span, _ := s.PortRange()
	n := span.Len()
	for p := range s.Reserved.All() {
		if span.Has(p) {
			n--
		}
	}
	return n
}

func moment(m twin.Moment) outcome.Moment {
	return outcome.Moment{Happened: m.Happened, At: m.At, Number: m.Number, Visited: m.Visited}
}

// path says where the connections of a group go.
func path(k evidence.Key) string {
	if k.Direction == evidence.Inbound {
		return "-> " + k.Service().String()
	}
	return k.Src.String() + " -> " + k.Service().String()
}
