package play

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/twin/chance"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

const (
	firstMost = 20 // hosts that are named
	barsOf    = 48 // parts of a run in which failures are counted
)

// RunFleet plays traffic over each host of the file's fleet, side by side, with one
// host for each processor in memory. If ctx ends it returns what came until then,
// with the error of ctx.
func RunFleet(ctx context.Context, t *Traffic, o Options) (*outcome.Fleet, error) {
	o.Save, o.Pace, o.Live = nil, nil, nil
	probe, err := newRun(t, &o, 1000, o.Seed)
	if err != nil {
		return nil, err
	}
	out := &outcome.Fleet{
		Name: t.Name, About: t.About, Kernel: probe.out.Kernel, HZ: probe.out.HZ, Seed: o.Seed, Duration: t.Duration,
		Load: t.Fleet.Load.Text(), Hosts: t.Fleet.Hosts, Streams: probe.out.Streams,
	}
	hosts := make([]outcome.Host, t.Fleet.Hosts)
	refused := make([]uint64, t.Fleet.Hosts)
	err = parallel(ctx, len(hosts), func(ctx context.Context, i int) error {
		load := t.Fleet.Load.Of(o.Seed, i)
		r, err := newRun(t, &o, load, chance.Hash(o.Seed, uint64(i), 1))
		if err != nil {
			return err
		}
		if err := r.play(ctx); err != nil {
			return err
		}
		d := r.out
		hosts[i] = outcome.Host{
			No: i + 1, Rate: perSecond(t.outbound()*load) / 1000, FirstFailure: d.FirstFailure, FirstSlow: d.FirstSlow,
			Tried: d.Tried, Failed: d.Failed, Most: d.Most,
		}
		refused[i] = d.Refused
		return nil
	}, func(all int) {
		if o.Progress != nil {
			o.Progress(Progress{Done: all, All: len(hosts)})
		}
	})
	for i, n := range refused {
		out.Tried += hosts[i].Tried
		out.Failed += hosts[i].Failed
		out.Refused += n
	}
	out.Opened = out.Tried - out.Failed
	sum(out, slices.DeleteFunc(hosts, func(h outcome.Host) bool { return h.No == 0 }))
	return out, err
}

// sum says which hosts failed, when and at which rate.
func sum(out *outcome.Fleet, hosts []outcome.Host) {
	out.Played = len(hosts)
	slices.SortFunc(hosts, func(a, b outcome.Host) int { return cmp.Or(cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.No, b.No)) })
	for _, p := range percents() {
		if len(hosts) > 0 {
			out.Rates = append(out.Rates, outcome.Quantile{Percent: p, Rate: hosts[rank(p, len(hosts))].Rate})
		}
	}
	for _, h := range hosts { // by rate
		if h.FirstFailure.Happened {
			out.Wall = h.Rate
			break
		}
		out.Calm = h.Rate
	}
	hit := slices.DeleteFunc(hosts, func(h outcome.Host) bool { return !h.FirstFailure.Happened })
	slices.SortFunc(hit, func(a, b outcome.Host) int {
		return cmp.Or(cmp.Compare(a.FirstFailure.At, b.FirstFailure.At), cmp.Compare(a.No, b.No))
	})
	out.Hit = len(hit)
	for _, p := range percents() {
		if len(hit) > 0 {
			h := hit[rank(p, len(hit))]
			out.Quantiles = append(out.Quantiles, outcome.Quantile{Percent: p, At: h.FirstFailure.At, Rate: h.Rate})
		}
	}
	out.First = hit[:min(len(hit), firstMost)]
	out.Timeline = bars(out.Duration, hit)
}

// percents are the quantiles that are told.
func percents() []float64 { return []float64{0, 1, 10, 25, 50, 75, 90, 99, 100} }

// rank is the place of a quantile among n in order: the nearest one.
func rank(percent float64, n int) int {
	return max(0, int(math.Ceil(percent/100*float64(n)))-1)
}

func bars(d time.Duration, hit []outcome.Host) []outcome.Bar {
	all := make([]outcome.Bar, barsOf)
	for i := range all {
		all[i].From, all[i].Until = d*time.Duration(i)/barsOf, d*time.Duration(i+1)/barsOf
	}
	for _, h := range hit {
		i := min(int(h.FirstFailure.At*barsOf/d), barsOf-1)
		all[i].Hosts++
	}
	return all
}
