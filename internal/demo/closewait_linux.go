package demo

import (
	"fmt"
	"syscall"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view"
)

func closeWait(s *stage) error {
	const connections = 40
	server, err := s.serve(s.server, "echo-server", "-addr", serviceAddr)
	if err != nil {
		return err
	}
	eyes, err := s.look(s.server)
	if err != nil {
		return err
	}
	client, err := s.start(s.client, "short-client", "-target", serviceAddr, "-concurrency", fmt.Sprint(connections), "-rate", fmt.Sprint(connections), "-keep-alive")
	if err != nil {
		return err
	}
	if err := s.await("the connections", func() (bool, error) { return server.counts().Open >= connections, nil }); err != nil {
		return err
	}
	report, err := eyes.check()
	if err != nil {
		return err
	}
	s.say("%d clients are connected to the server (process %d)", connections, server.PID())
	s.say("linger on the server: %s", headline(report))
	if err := healthy(report); err != nil {
		return err
	}
	if err := server.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	s.say("the server is stopped with SIGSTOP; then all clients close")
	if err := client.end(); err != nil {
		return err
	}
	err = s.await("linger to find the leak", func() (bool, error) {
		report, err = eyes.check()
		return finds(report, "close-wait-leak"), err
	})
	if err != nil {
		return err
	}
	s.say("linger check on the server now prints:")
	fmt.Fprintln(s.Out)
	if err := s.Show.Check(report); err != nil {
		return err
	}
	fmt.Fprintln(s.Out)
	if err := server.Signal(syscall.SIGCONT); err != nil {
		return err
	}
	s.say("the server goes on (SIGCONT) and closes")
	err = s.await("the sockets to go", func() (bool, error) {
		report, err = eyes.check()
		return sockets(report, tcp.CloseWait) == 0, err
	})
	if err != nil {
		return err
	}
	s.say("linger: %s", headline(report))
	return healthy(report)
}

// sockets counts the sockets in a state.
func sockets(r view.Report, state tcp.State) uint64 {
	var n uint64
	for _, ns := range r.Snapshot.Namespaces {
		for _, t := range ns.Tallies {
			n += t.States[state]
		}
	}
	return n
}
