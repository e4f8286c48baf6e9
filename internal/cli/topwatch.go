package cli

import (
	"context"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rules"
	"github.com/linger-dev/linger/internal/view"
)

// watcher judges look after look, and names the owners of all sockets. Where a
// destination has no connection in the instant of a look, finding its owner
// means to lie in wait, which is dear; the watcher does so only in some looks
// and for a few destinations at once, and in between goes by what it knows.
type watcher struct {
	*observe.Observer
	looks int
	known map[sought]sight
	again map[sought]int // not to be lain in wait for before this look
	told  *forecast.Forecast
	last  *evidence.Snapshot // that told is of
}

// sought is an outbound group of a namespace.
type sought struct {
	namespace string
	key       evidence.Key
}

// sight is who held the sockets of a group when that was asked last.
type sight struct {
	when    time.Time
	holders []evidence.Holding
	owners  []evidence.Owner
}

const (
	patientEvery = 5   // looks, of which one lies in wait
	newAtOnce    = 16  // destinations that it lies in wait for
	trustedFor   = 30  // looks, before it lies in wait for a known owner again
	givenUpFor   = 100 // looks, before it tries again where nobody was found
	// sightLasts is how long a sight says who made the sockets that linger now:
	// as long as those live, the timer wheel's delay included.
	sightLasts = 2 * evidence.TimeWaitLen
)

// judge judges a look and names owners in it.
func (w *watcher) judge(ctx context.Context, snap *evidence.Snapshot) (view.Report, error) {
	asked := w.choose(snap)
	err := w.Resolve(ctx, snap, func(namespace string, k evidence.Key) bool {
		return k.Direction == evidence.Inbound || asked[sought{namespace, k}]
	})
	if err != nil {
		return view.Report{}, err
	}
	w.learn(snap, asked)
	report := view.ReportOf(snap, rule.Judge(rules.All(), snap))
	if w.last == nil || snap.Taken.Sub(w.last.Taken) >= foretoldFor {
		w.told, w.last = future(snap, w.last), snap
	}
	report.Forecast = w.told
	return report, nil
}

// foretoldFor is how long a forecast is shown: it may take a tenth of a second.
const foretoldFor = 5 * time.Second

// choose returns the outbound groups whose owners are asked for: those whose
// owner is known and has connections now, and sometimes the largest others.
func (w *watcher) choose(snap *evidence.Snapshot) map[sought]bool {
	asked := make(map[sought]bool)
	patient := w.looks%patientEvery == 0
	w.looks++
	waited := 0
	eachOutbound(snap, func(_ *evidence.Namespace, t *evidence.Tally, s sought) {
		_, known := w.known[s]
		switch {
		case (known || len(t.Made) > 0) && t.States.Live() > 0:
			asked[s] = true
		case len(t.Made) > 0: // the tracer has named who makes them
		case patient && w.again[s] <= w.looks && waited < newAtOnce:
			waited++
			asked[s] = true
		}
	})
	return asked
}

// learn remembers who holds the groups that were asked for, and names for the
// others those who did. What the look does not have is forgotten, so that
// memory is bounded by one look.
func (w *watcher) learn(snap *evidence.Snapshot, asked map[sought]bool) {
	known, again := make(map[sought]sight), make(map[sought]int)
	eachOutbound(snap, func(ns *evidence.Namespace, t *evidence.Tally, s sought) {
		before, had := w.known[s]
		switch {
		case !asked[s]:
			again[s] = w.again[s]
			if had && snap.Taken.Sub(before.when) <= sightLasts {
				before.nameIn(snap, t)
				known[s] = before
			}
		case len(ns.MakerOf(t).PIDs) > 0:
			known[s], again[s] = sightOf(snap, t), w.looks+trustedFor
		default:
			again[s] = w.looks + givenUpFor
		}
	})
	w.known, w.again = known, again
	slices.SortFunc(snap.Owners, func(a, b evidence.Owner) int { return a.PID - b.PID })
}

func sightOf(snap *evidence.Snapshot, t *evidence.Tally) sight {
	saw := sight{when: snap.Taken, holders: t.Holders}
	for _, h := range t.Holders {
		for _, pid := range h.PIDs {
			if o := snap.Owner(pid); o != nil {
				saw.owners = append(saw.owners, *o)
			}
		}
	}
	return saw
}

// nameIn names who held the group some looks before. A PID that is now
// another process's is left out.
func (saw sight) nameIn(snap *evidence.Snapshot, t *evidence.Tally) {
	other := make(map[int]bool)
	for _, past := range saw.owners {
		switch now := snap.Owner(past.PID); {
		case now == nil:
			snap.Owners = append(snap.Owners, past)
		case now.Start != past.Start:
			other[past.PID] = true
		}
	}
	for _, h := range saw.holders {
		h.Earlier, h.Later = true, false
		h.PIDs = slices.DeleteFunc(slices.Clone(h.PIDs), func(pid int) bool { return other[pid] })
		if len(h.PIDs) > 0 {
			t.Holders = append(t.Holders, h)
		}
	}
}

func eachOutbound(snap *evidence.Snapshot, do func(*evidence.Namespace, *evidence.Tally, sought)) {
	for i := range snap.Namespaces {
		ns := &snap.Namespaces[i]
		for j := range ns.Tallies {
			if t := &ns.Tallies[j]; t.Direction == evidence.Outbound && !t.Others() {
				do(ns, t, sought{ns.Name, t.Key})
			}
		}
	}
}
