package sockdiag

import (
	"context"
	"errors"
	"sync"

	"github.com/linger-dev/linger/internal/evidence"
)

// DumpHalves dumps what req selects as Dump does, but in two walks at the
// same time: that of lower for the local ports up to split, that of upper for
// those above it. Both clients must be of one namespace. A second processor
// makes the dump of a large table faster, at the price of more work in all:
// each walk passes over every socket. each is called by one goroutine at a
// time. A request that selects local ports itself cannot be halved.
func DumpHalves(ctx context.Context, lower, upper *Client, req Request, split uint16, each func(*evidence.Socket) error, restart func()) (Stats, error) {
	if req.LocalPort != (PortMatch{}) || split == 0 || split == 65535 {
		return Stats{}, errors.New("dump sockets: a request for some local ports cannot be halved")
	}
	return repeat(restart, func() (progress, error) {
		p := progress{each: each}
		var mu sync.Mutex // guards p; not held while the kernel walks its tables
		take := func(c *Client, data []byte) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			return p.take(c, data)
		}
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		half := func(c *Client, ports PortMatch) error {
			part := req
			part.LocalPort = ports
			err := c.attempt(ctx, &part, take)
			if err != nil {
				stop(err) // the other half is of no use alone
			}
			return err
		}
		var upperErr error
		var wg sync.WaitGroup
		wg.Go(func() { upperErr = half(upper, PortMatch{Low: split + 1, High: 65535}) })
		lowerErr := half(lower, PortMatch{High: split})
		wg.Wait()
		if err := context.Cause(ctx); err != nil {
			return p, err // the first that went wrong
		}
		return p, errors.Join(lowerErr, upperErr)
	})
}
