package demo

import (
	"errors"
	"fmt"
)

// bindTaken plays on the client's host: it runs a service of its own, on a
// port that lies inside the range for outgoing connections.
func bindTaken(s *stage) error {
	const port = "20000"
	if err := s.client.Sysctl("net.ipv4.ip_local_port_range", "20000 20003"); err != nil {
		return err
	}
	if _, err := s.serve(s.server, "echo-server", "-addr", serviceAddr); err != nil {
		return err
	}
	service := []string{"-addr", "0.0.0.0:" + port, "-options", "reuse_addr"}
	api, err := s.serve(s.client, "echo-server", service...)
	if err != nil {
		return err
	}
	eyes, err := s.look(s.client)
	if err != nil {
		return err
	}
	report, err := eyes.check()
	if err != nil {
		return err
	}
	s.say("a service listens on port %s; outgoing connections use the ports 20000 to 20003", port)
	s.say("linger, while all is well: %s", headline(report))
	if err := expect(report, "service-port-in-range"); err != nil {
		return err
	}
	if err := api.end(); err != nil {
		return err
	}
	// connect() begins at random, but takes the ports of the first one's parity
	// before the others (__inet_hash_connect in net/ipv4/inet_hashtables.c):
	// the second connection has the port if the first has it not.
	takers, err := s.takers(2)
	if err != nil {
		return err
	}
	s.say("the service is stopped for an upgrade; meanwhile processes %d and %d connect to %s", takers[0].PID(), takers[1].PID(), serviceAddr)
	failed, err := s.serve(s.client, "echo-server", service...)
	if err != nil {
		return err
	}
	why, refused := failed.failure()
	if !refused {
		return errors.New("the kernel let the service bind: the connections took other ports")
	}
	s.say("the service starts again, with SO_REUSEADDR, and fails: %s (%s)", why.Error, why.Errno)
	for _, taker := range takers {
		if err := taker.end(); err != nil {
			return err
		}
	}
	if err := s.client.Sysctl("net.ipv4.ip_local_reserved_ports", port); err != nil {
		return err
	}
	s.say("the cure: sysctl -w net.ipv4.ip_local_reserved_ports=%s", port)
	return s.bindCured(service)
}

// takers starts programs on the client's host that each hold a connection.
func (s *stage) takers(n int) (list []*program, err error) {
	for range n {
		p, err := s.serve(s.client, "hold-client", "-target", serviceAddr)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func (s *stage) bindCured(service []string) error {
	// The old connection is in TIME_WAIT on the port: a fresh host shows the
	// cure without waiting a minute for that.
	client, server, err := s.pair("client with a reserved port", "its server")
	if err != nil {
		return err
	}
	for key, value := range map[string]string{"net.ipv4.ip_local_port_range": "20000 20003", "net.ipv4.ip_local_reserved_ports": "20000"} {
		if err := client.Sysctl(key, value); err != nil {
			return err
		}
	}
	if _, err := s.serve(server, "echo-server", "-addr", serviceAddr); err != nil {
		return err
	}
	if _, err := s.serve(client, "hold-client", "-target", serviceAddr); err != nil {
		return err
	}
	api, err := s.serve(client, "echo-server", service...)
	if err != nil {
		return err
	}
	if why, refused := api.failure(); refused {
		return fmt.Errorf("the service still cannot bind: %s", why.Error)
	}
	eyes, err := s.look(client)
	if err != nil {
		return err
	}
	report, err := eyes.check()
	if err != nil {
		return err
	}
	s.say("on a fresh host with that setting the connection takes another port, and the service starts")
	s.say("linger: %s", headline(report))
	return healthy(report)
}
