package sockdiag

import (
	"context"
	"errors"

	"github.com/linger-dev/linger/internal/evidence"
)

// DumpHalves dumps what req selects as Dump does, but in two walks at the
// same time: that of lower for the local ports up to split, that of upper for
// those above it. Both clients must be of one namespace. The walks hold the
// same locks for no longer than one hash bucket, so a second processor makes
// the dump of a large table faster, at the price of more work in all: each
// walk passes over every socket. each is called by one goroutine at a time.
// A request that selects local ports itself cannot be halved.
func DumpHalves(ctx context.Context, lower, upper *Client, req Request, split uint16, each func(*evidence.Socket) error, restart func()) (Stats, error) {
	if req.LocalPort != (PortMatch{}) || split == 0 || split == 65535 {
		return Stats{}, errors.New("dump sockets: a request for some local ports cannot be halved")
	}
	return repeat(restart, func() (progress, error) {
		p := progress{each: each}
		err := attemptHalves(ctx, lower, upper, req, split, &p)
		return p, err
	})
}

func attemptHalves(ctx context.Context, lower, upper *Client, req Request, split uint16, p *progress) error {
	req.LocalPort = PortMatch{Low: 0, High: split}
	if err := lower.begin(ctx, &req); err != nil {
		return err
	}
	a := lower.receiveAhead(ctx)
	defer a.release()
	req.LocalPort = PortMatch{Low: split + 1, High: 65535}
	if err := upper.begin(ctx, &req); err != nil {
		return err
	}
	b := upper.receiveAhead(ctx)
	defer b.release()
	for {
		var s stretch
		var ok bool
		var from, other *ahead
		select {
		case s, ok = <-a.full:
			from, other = a, b
		case s, ok = <-b.full:
			from, other = b, a
		}
		if !ok {
			return errNoEnd()
		}
		done, err := from.decode(s, p)
		if err != nil {
			return err
		}
		if done {
			return rest(other, p)
		}
	}
}

// rest decodes the half that is still under way.
func rest(a *ahead, p *progress) error {
	for s := range a.full {
		if done, err := a.decode(s, p); err != nil || done {
			return err
		}
	}
	return errNoEnd()
}
