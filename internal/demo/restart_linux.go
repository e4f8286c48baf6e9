package demo

import (
	"errors"

	"github.com/linger-dev/linger/internal/tcp"
)

func restart(s *stage) error {
	for _, reuse := range []bool{false, true} {
		if err := s.restartOnce(reuse); err != nil {
			return err
		}
	}
	return nil
}

// restartOnce stops a server while a client is connected, so that the server
// closes first and is left with the TIME_WAIT, and starts it again.
func (s *stage) restartOnce(reuse bool) error {
	name := "without SO_REUSEADDR"
	args := []string{"-addr", "10.0.0.2:7"}
	if reuse {
		name, args = "with SO_REUSEADDR", append(args, "-options", "reuse_addr")
	}
	client, server, err := s.pair("client "+name, "server "+name)
	if err != nil {
		return err
	}
	eyes, err := s.look(server)
	if err != nil {
		return err
	}
	echo, err := s.serve(server, "echo-server", args...)
	if err != nil {
		return err
	}
	s.say("an echo server %s listens on port 7, and a client is connected", name)
	if _, err := s.start(client, "short-client", "-target", "10.0.0.2:7", "-count", "1", "-peer-closes"); err != nil {
		return err
	}
	if err := s.await("the client to be answered", func() (bool, error) { return echo.counts().Answered > 0, nil }); err != nil {
		return err
	}
	if err := echo.end(); err != nil {
		return err
	}
	if err := s.await("the TIME_WAIT", func() (bool, error) {
		report, err := eyes.check()
		return err == nil && sockets(report, tcp.TimeWait) > 0, err
	}); err != nil {
		return err
	}
	s.say("the server is stopped: it closed first, so its end is in TIME_WAIT on port 7 for a minute")
	again, err := s.serve(server, "echo-server", args...)
	if err != nil {
		return err
	}
	why, refused := again.failure()
	switch {
	case refused && reuse:
		return errors.New("the kernel refused a restart with SO_REUSEADDR: " + why.Error)
	case refused:
		s.say("started again at once, it fails: %s (%s)", why.Error, why.Errno)
	case !reuse:
		return errors.New("the kernel allowed a restart without SO_REUSEADDR over a TIME_WAIT")
	default:
		s.say("started again at once, it listens: the TIME_WAIT inherited SO_REUSEADDR from its listener, and the new listener has it too")
	}
	return nil
}
