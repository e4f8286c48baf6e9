package rule

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
)

// Failing is all calls that a tracer saw failing alike, by whomever.
type Failing struct {
	Call  string         // connect, bind or listen
	Addr  netip.AddrPort // the destination of connect, else the address asked for
	Bound bool           // connect only: the program had chosen the source port
	Count uint64
	Who   evidence.Maker // who called; its basis is Unknown if nobody is known
}

// Failings joins the failed calls of a namespace, in the order of its evidence.
func Failings(ns *evidence.Namespace) []Failing {
	type id struct {
		call  string
		addr  netip.AddrPort
		bound bool
	}
	var all []Failing
	at := make(map[id]int)
	for i := range ns.Failed {
		f := &ns.Failed[i]
		k := id{f.Call, f.Addr, f.Bound}
		place, met := at[k]
		if !met {
			place = len(all)
			at[k] = place
			all = append(all, Failing{Call: f.Call, Addr: f.Addr, Bound: f.Bound})
		}
		one := &all[place]
		one.Count += f.Count
		if f.Owner != nil {
			one.Who.PIDs, one.Who.Basis = append(one.Who.PIDs, f.Owner.PID), evidence.FromLedger
		}
	}
	return all
}
