package demo

import (
	"context"
	"fmt"
)

// Run plays one demonstration. It returns an error if the kernel or linger did
// not behave as it says.
func Run(ctx context.Context, name string, opts Options) error {
	plays := map[string]func(*stage) error{
		"ports": portsRunOut, "close-wait": closeWait, "bind": bindTaken, "restart": restart,
	}
	play := plays[name]
	if play == nil {
		return fmt.Errorf("there is no demonstration %q", name)
	}
	s, err := newStage(ctx, opts)
	if err != nil {
		return err
	}
	defer s.close()
	for _, n := range Names() {
		if n[0] == name {
			s.say("%s", n[1])
		}
	}
	if err := play(s); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("demonstration %s: %w", name, err)
	}
	return nil
}
