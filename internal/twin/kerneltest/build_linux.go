package kerneltest

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/linger-dev/linger/internal/netlab"
)

// scene is where a case is carried out.
type scene struct {
	world          *netlab.World
	client, server *netlab.Host
}

// buckets is how large the hash tables of a case's namespaces are: enough that
// its connections do not share chains, and little to walk.
const buckets = 1024

// build makes the namespaces of a case, with its addresses and settings.
func build(c *Case) (*scene, error) {
	size := buckets
	for size < 4*c.Size() {
		size *= 2
	}
	world, err := netlab.NewSmall(size)
	if err != nil {
		return nil, err
	}
	s := &scene{world: world}
	if err := s.furnish(c); err != nil {
		return nil, errors.Join(err, world.Close())
	}
	return s, nil
}

func (s *scene) furnish(c *Case) (err error) {
	if s.client, err = s.world.Host("client"); err != nil {
		return err
	}
	bits := 24
	if c.V6 {
		bits = 64
	}
	var ours, theirs []netip.Prefix
	for i := range c.Sources {
		ours = append(ours, netip.PrefixFrom(c.Source(i), bits))
	}
	for i := range min(2, c.Targets) {
		theirs = append(theirs, netip.PrefixFrom(c.Target(i).Addr(), bits))
	}
	switch c.Place {
	case Apart:
		if s.server, err = s.world.Host("server"); err != nil {
			return err
		}
		err = s.world.Join(s.client, s.server, ours, theirs)
	case Same:
		s.server = s.client
		err = s.client.AddAddr("lo", append(ours, theirs...)...)
	default:
		s.server = s.client
	}
	if err != nil {
		return err
	}
	if err := s.client.Sysctl("net.ipv4.ip_local_port_range", fmt.Sprintf("%d\t%d", c.Low, c.High)); err != nil {
		return err
	}
	for _, set := range c.Settings {
		if err := s.client.Sysctl(set.Key, set.Value); err != nil {
			return err
		}
	}
	return nil
}
