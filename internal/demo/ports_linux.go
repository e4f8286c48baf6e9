package demo

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

const demoRate = "60"

func portsRunOut(s *stage) error {
	const first, last = 20000, 20999
	if err := s.client.Sysctl("net.ipv4.ip_local_port_range", fmt.Sprintf("%d %d", first, last)); err != nil {
		return err
	}
	eyes, err := s.look(s.client)
	if err != nil {
		return err
	}
	if _, err := s.serve(s.server, "echo-server", "-addr", serviceAddr, "-think", "15ms"); err != nil {
		return err
	}
	report, err := eyes.check()
	if err != nil {
		return err
	}
	s.say("linger on the client, before: %s", headline(report))
	if err := healthy(report); err != nil {
		return err
	}
	s.say("a client starts: %s requests a second to %s, a new connection for each, closed by the client;\nit may use the local ports %d to %d", demoRate, serviceAddr, first, last)
	report, err = s.untilOut(eyes)
	if err != nil {
		return err
	}
	s.say("linger check on the client now prints:")
	fmt.Fprintln(s.Out)
	if err := s.Show.Check(report); err != nil {
		return err
	}
	fmt.Fprintln(s.Out)
	return s.pooled()
}

// untilOut plays the short connections until the kernel refuses one, and
// compares the moment with what linger had said.
func (s *stage) untilOut(e *eyes) (view.Report, error) {
	client, err := s.start(s.client, "short-client", "-target", serviceAddr, "-rate", demoRate, "-concurrency", "4")
	if err != nil {
		return view.Report{}, err
	}
	var foretold time.Time
	shown := time.Now()
	for began := time.Now(); time.Since(began) < 45*time.Second; {
		report, err := e.check()
		if err != nil {
			return report, err
		}
		if fail, failed := client.failure(); failed && finds(report, "ports-out") {
			s.say("linger: %s", headline(report))
			s.say("the kernel: connect() fails with %s after %d connections", fail.Errno, fail.Opened)
			if !foretold.IsZero() {
				off := fail.Time.Sub(foretold).Round(100 * time.Millisecond)
				s.say("linger had said so in advance; it was off by %v", off.Abs())
			}
			return report, s.blame(report, client)
		}
		g := group(report, evidence.Outbound)
		if g != nil && !g.Projection.Never && g.Projection.In > 0 && time.Since(shown) > 3*time.Second {
			if foretold.IsZero() {
				foretold = report.Snapshot.Taken.Add(g.Projection.In)
			}
			shown = time.Now()
			s.say("linger: %s", headline(report))
		}
		if err := s.pause(500 * time.Millisecond); err != nil {
			return report, err
		}
	}
	return view.Report{}, fmt.Errorf("the ports did not run out within 45 s: the client did %+v", client.counts())
}

// blame checks that linger names the process that did it.
func (s *stage) blame(r view.Report, culprit *program) error {
	for _, f := range r.Findings {
		if f.Code != "ports-out" {
			continue
		}
		for _, pid := range f.Who.PIDs {
			if pid == culprit.PID() {
				return nil
			}
		}
	}
	return fmt.Errorf("linger does not name process %d", culprit.PID())
}

// pooled shows the same client with keep-alive, on hosts without a past: the
// TIME_WAIT sockets of the first client stay for a minute.
func (s *stage) pooled() error {
	client, server, err := s.pair("client with keep-alive", "its server")
	if err != nil {
		return err
	}
	if err := client.Sysctl("net.ipv4.ip_local_port_range", "20000 20999"); err != nil {
		return err
	}
	if _, err := s.serve(server, "echo-server", "-addr", serviceAddr, "-think", "15ms"); err != nil {
		return err
	}
	eyes, err := s.look(client)
	if err != nil {
		return err
	}
	s.say("the same client with keep-alive, on a fresh host:")
	p, err := s.start(client, "short-client", "-target", serviceAddr, "-rate", demoRate, "-concurrency", "4", "-keep-alive")
	if err != nil {
		return err
	}
	if err := s.pause(5 * time.Second); err != nil {
		return err
	}
	report, err := eyes.check()
	if err != nil {
		return err
	}
	done := p.counts()
	s.say("linger: %s", headline(report))
	s.say("%d requests answered over %d connections, %d failures", done.Answered, done.Opened, done.Failures)
	if done.Failures > 0 {
		return fmt.Errorf("the client with keep-alive failed: %v", done.Errnos)
	}
	return healthy(report)
}
