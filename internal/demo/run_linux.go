package demo

import (
	"context"
	"fmt"
	"slices"
)

// play is one demonstration.
type play struct {
	name, about string
	run         func(*stage) error
}

func plays() []play {
	return []play{
		{"ports", "a client opens a connection per request and runs out of local ports", portsRunOut},
		{"close-wait", "a stopped process leaks sockets in CLOSE_WAIT", closeWait},
		{"bind", "a service cannot bind: an outgoing connection took its port", bindTaken},
		{"restart", "a server is stopped and started again, without and with SO_REUSEADDR", restart},
	}
}

// Run plays the demonstration of this name: ports, close-wait, bind or
// restart. It returns an error if the kernel or linger did not behave as it
// says.
func Run(ctx context.Context, name string, opts Options) error {
	all := plays()
	i := slices.IndexFunc(all, func(p play) bool { return p.name == name })
	if i < 0 {
		return fmt.Errorf("there is no demonstration %q", name)
	}
	s, err := newStage(ctx, opts)
	if err != nil {
		return err
	}
	defer s.close()
	s.say("%s", all[i].about)
	if err := all[i].run(s); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("demonstration %s: %w", name, err)
	}
	return nil
}
