package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/view"
)

// stage is the private network that a demonstration plays in: two hosts
// joined by a veth pair.
type stage struct {
	Options
	ctx     context.Context
	world   *netlab.World
	client  *netlab.Host // 10.0.0.1
	server  *netlab.Host // 10.0.0.2
	started time.Time
	eyes    []*eyes
}

const serviceAddr = "10.0.0.2:80"

func newStage(ctx context.Context, opts Options) (*stage, error) {
	world, err := netlab.New()
	if err != nil {
		return nil, err
	}
	s := &stage{Options: opts, ctx: ctx, world: world, started: time.Now()}
	if s.client, s.server, err = s.pair("client", "server"); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// pair makes two more hosts that see only each other.
func (s *stage) pair(client, server string) (c, d *netlab.Host, err error) {
	if c, err = s.world.Host(client); err != nil {
		return nil, nil, err
	}
	if d, err = s.world.Host(server); err != nil {
		return nil, nil, err
	}
	return c, d, s.world.Join(c, d, []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}, []netip.Prefix{netip.MustParsePrefix("10.0.0.2/24")})
}

func (s *stage) close() {
	for _, e := range s.eyes {
		e.Close()
	}
	if err := s.world.Close(); err != nil {
		fmt.Fprintf(os.Stderr, "linger: clean up: %v\n", err)
	}
}

// say tells what happens, with the seconds since the start.
func (s *stage) say(format string, args ...any) {
	fmt.Fprintf(s.Out, "%5.1fs  %s\n", time.Since(s.started).Seconds(), strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n        "))
}

// pause waits, unless the demonstration is interrupted.
func (s *stage) pause(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// await calls done again and again until it says yes.
func (s *stage) await(what string, done func() (bool, error)) error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if ok, err := done(); ok || err != nil {
			return err
		}
		if err := s.pause(50 * time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("waited 20 s in vain for %s", what)
}

// eyes are linger's look into one of the hosts.
type eyes struct {
	*observe.Observer
	stage *stage
}

func (s *stage) look(h *netlab.Host) (*eyes, error) {
	ns, err := netns.Open(h.Path(), "host") // the advice is for somebody on that host
	if err != nil {
		return nil, err
	}
	e := &eyes{observe.OpenNamespaces(observe.Options{Deep: true, Settle: 250 * time.Millisecond}, ns), s}
	s.eyes = append(s.eyes, e)
	return e, nil
}

// check is `linger check` of the host.
func (e *eyes) check() (view.Report, error) {
	snap, err := e.Look(e.stage.ctx)
	if err != nil {
		return view.Report{}, err
	}
	return e.stage.Judge(e.stage.ctx, e.Observer, snap)
}

// headline is the first line of the report.
func headline(r view.Report) string {
	if worst := r.Worst(); worst != nil && worst.Severity > 0 {
		return view.Word(worst.Severity) + ": " + worst.Title.EN
	}
	return "OK: nothing wrong"
}

// finds reports whether the report has a finding with this code.
func finds(r view.Report, code string) bool {
	for _, f := range r.Findings {
		if string(f.Code) == code {
			return true
		}
	}
	return false
}

// expect checks that linger says what the demonstration promises.
func expect(r view.Report, code string) error {
	if !finds(r, code) {
		return fmt.Errorf("linger did not find %q; it said %q", code, headline(r))
	}
	return nil
}

// healthy checks that linger finds nothing wrong.
func healthy(r view.Report) error {
	if w := r.Worst(); w != nil && w.Severity > 0 {
		return errors.New("linger should find nothing wrong, but said: " + headline(r))
	}
	return nil
}

func group(r view.Report, dir evidence.Direction) *view.Group {
	for i := range r.Groups {
		if r.Groups[i].Tally.Direction == dir {
			return &r.Groups[i]
		}
	}
	return nil
}
