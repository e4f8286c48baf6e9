package closes

import (
	"context"
	"errors"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe/owner"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

const losesOpeners = "who opened what older listeners accept is not known, only who closed"

// introduce tells the tracer who listens already in these namespaces. It
// returns what it could not find out; unseen says why namespaces are missing.
func introduce(ctx context.Context, t source, spaces []*netns.Namespace, unseen []error) []evidence.Gap {
	var all []listening
	wanted := make(map[uint64]struct{})
	for _, space := range spaces {
		found, err := listenersIn(space)
		if err != nil {
			unseen = append(unseen, err)
			continue
		}
		for _, l := range found {
			wanted[l.inode] = struct{}{}
		}
		all = append(all, found...)
	}
	var gaps []evidence.Gap
	if len(unseen) > 0 {
		gaps = append(gaps, evidence.Gap{
			What:  "not all network namespaces show their listeners: " + reason(unseen[0]),
			Loses: losesOpeners, Hint: "sudo linger trace",
		})
	}
	holders, err := owner.Find(ctx, proc, wanted)
	for i := range holders.Gaps {
		holders.Gaps[i].Loses = losesOpeners
	}
	gaps = append(gaps, holders.Gaps...)
	if err == nil {
		err = addAll(t, all, holders)
	}
	if err != nil {
		gaps = append(gaps, evidence.Gap{What: "not all listeners are known: " + err.Error(), Loses: losesOpeners})
	}
	return gaps
}

// reason leaves out what was asked for, which nobody typed.
func reason(err error) string {
	var e *netns.Error
	if errors.As(err, &e) {
		return e.Problem
	}
	return err.Error()
}

func addAll(t source, all []listening, holders owner.Holders) error {
	for _, l := range all {
		first := oldest(holders, l.inode)
		if first == nil {
			continue // the gaps say why, or it was closed meanwhile
		}
		err := t.AddListener(tracer.Listener{
			Namespace: l.netns, Addr: l.addr.Addr(), V6: l.v6, Port: l.addr.Port(),
			Owner: tracer.Process{
				PID: first.PID, Start: time.Duration(first.Start) * tick, Name: first.Name, Parent: first.Parent, UID: first.UID,
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tick is the unit of evidence.Owner's Start (see tracer.Process.Ticks).
const tick = 10 * time.Millisecond

// oldest returns the holder that ran first: workers inherit a listener from
// the process that called listen().
func oldest(h owner.Holders, inode uint64) (first *evidence.Owner) {
	for i := range h.Owners {
		o := &h.Owners[i]
		for _, pid := range h.PIDs[inode] {
			if o.PID == pid && o.Name != "" && (first == nil || o.Start < first.Start) {
				first = o
			}
		}
	}
	return first
}
