package closes

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/tracer"
	"github.com/linger-dev/linger/internal/tcp"
)

// closed turns a record to evidence.
func (w *Watch) closed(r *tracer.Record) *evidence.Closed {
	c := &evidence.Closed{
		At: wall(r.Ended), Netns: r.Inode, NetnsCookie: r.Namespace, Cookie: r.Cookie,
		FourTuple: tcp.FourTuple{Src: r.Src, Dst: r.Dst},
		Opener:    w.people.meet(r.Opener), Closer: w.people.meet(r.Closer),
		Origin: evidence.Origin(r.Origin.String()), First: evidence.First(r.First.String()),
		How: r.How.String(), Signal: r.Signal,
		End: evidence.End(r.End.String()), Estimated: r.Estimated,
		Sent: r.Sent, Received: r.Received,
	}
	if r.Born > 0 {
		c.Lived = max(r.Ended-r.Born, 1) // it was seen, so it is not 0
	}
	return c
}

// failed turns a failure to evidence, but for what is new of it.
func (w *Watch) failed(f *tracer.Failure) evidence.FailedCall {
	errno := "EADDRINUSE"
	if f.Call == tracer.Connect {
		errno = "EADDRNOTAVAIL"
	}
	return evidence.FailedCall{
		At: wall(f.Last), NetnsCookie: f.Namespace, Owner: w.people.meet(f.Owner),
		Call: f.Call.String(), Errno: errno, Addr: f.Addr, Count: f.Count,
		Bound: f.Bound && f.Call == tracer.Connect,
	}
}
