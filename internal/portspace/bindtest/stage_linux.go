package bindtest

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
)

// Stage is a namespace with several addresses of its own, in which each
// situation gets a port that nobody used before. It is for one goroutine.
type Stage struct {
	Host *netlab.Host
	t    *testing.T
	next uint16
	peer uint16
	fds  []int
}

// The addresses of a Stage: the first two of each family are equal in all but
// their value, Elsewhere4 and Elsewhere6 are on no interface.
var (
	Own4       = netip.MustParseAddr("10.0.0.1")
	Other4     = netip.MustParseAddr("10.0.0.3")
	Loop4      = netip.MustParseAddr("127.0.0.1")
	Instead4   = netip.MustParseAddr("127.0.0.6") // what the kernel keeps in the IPv4 field of IPv6 sockets
	Own6       = netip.MustParseAddr("fd00::1")
	Other6     = netip.MustParseAddr("fd00::3")
	Any4       = netip.IPv4Unspecified()
	Any6       = netip.IPv6Unspecified()
	Elsewhere4 = netip.MustParseAddr("192.0.2.1")
	Elsewhere6 = netip.MustParseAddr("2001:db8::1")
)

// The ports of situations, and those of the far ends of connections.
const (
	firstPort = 10000
	lastPort  = 39999
	firstPeer = 40000
	lastPeer  = 65000
)

// New makes a Stage, or skips the test without the rights for it.
func New(t *testing.T) *Stage {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make network namespaces and to be other users")
	}
	world, err := netlab.NewSmall(1024)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &Stage{t: t, next: firstPort - 1, peer: firstPeer - 1}
	if s.Host, err = world.Host("stage"); err != nil {
		t.Fatal(err)
	}
	for _, a := range []netip.Addr{Own4, Other4, Own6, Other6} {
		if err := s.Host.AddAddr("lo", netip.PrefixFrom(a, a.BitLen())); err != nil {
			t.Fatal(err)
		}
	}
	// All ports of situations are open to automatic connect().
	if err := s.Host.Sysctl("net.ipv4.ip_local_port_range", fmt.Sprintf("%d %d", firstPort, lastPort)); err != nil {
		t.Fatal(err)
	}
	// A small hash table has a small quota of mini-sockets, and a situation that
	// is beyond it would end without its TIME_WAIT.
	if err := s.Host.Sysctl("net.ipv4.tcp_max_tw_buckets", "262144"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Clear)
	return s
}

// connect is connect(). While an interface comes up the kernel makes the routes
// to the own IPv6 addresses anew, and for a moment there are none.
func connect(fd int, to unix.Sockaddr) error {
	err := unix.Connect(fd, to)
	for end := time.Now().Add(patience); errors.Is(err, unix.ENETUNREACH) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
		err = unix.Connect(fd, to)
	}
	return err
}

// Port returns a port that was not used before.
func (s *Stage) Port() uint16 {
	s.t.Helper()
	if s.next++; s.next > lastPort {
		s.t.Fatal("this stage has no fresh port left")
	}
	return s.next
}

// Clear closes all sockets of the situation. Its TIME_WAITs stay.
func (s *Stage) Clear() {
	for _, fd := range s.fds {
		_ = unix.Close(fd)
	}
	s.fds = nil
}

// keep closes the socket with the situation.
func (s *Stage) keep(fd int) { s.fds = append(s.fds, fd) }

// release closes a socket now.
func (s *Stage) release(fd int) error {
	for i, kept := range s.fds {
		if kept == fd {
			s.fds = append(s.fds[:i], s.fds[i+1:]...)
			return unix.Close(fd)
		}
	}
	return errors.New("no socket of the situation")
}

// Ask binds a port as asked, listens there, and closes it again. It must run
// inside Host.Do.
func (s *Stage) Ask(a Socket, port uint16) (bind, listen error) {
	fd, err := s.socket(a)
	if err != nil {
		return err, err
	}
	defer func() { _ = s.release(fd) }()
	if err := unix.Bind(fd, sockaddr(a, port)); err != nil {
		return err, err
	}
	return nil, unix.Listen(fd, 8)
}

// Dial asks whether an automatic connect() can have the port toward a service
// that nobody else is connected to. It must run inside Host.Do.
func (s *Stage) Dial(from Socket, port uint16) (answer, err error) {
	to := Socket{Addr: from.Addr, V6: from.Addr.Is6()}
	far := s.peerPort()
	server, ok, err := s.bound(to, far)
	if err != nil || !ok {
		return nil, errors.Join(err, errors.New("a peer's port is not free"))
	}
	if err := unix.Listen(server, 8); err != nil {
		return nil, err
	}
	fd, err := s.socket(from)
	if err != nil {
		return nil, err
	}
	if _, err := s.choose(fd, Actor{Kind: Dialled, How: Automatic, Socket: from}, port); err != nil {
		return nil, err
	}
	return connect(fd, sockaddr(from, far)), nil
}

// Socket is what a socket is before it is bound.
type Socket struct {
	Addr      netip.Addr // IPv4 unmapped
	V6        bool       // an AF_INET6 socket; with an IPv4 Addr it binds the IPv4-mapped one
	V6Only    bool
	ReuseAddr bool
	ReusePort bool
	UID       int
}

// String tells it in short: "6 10.0.0.1 RA RP only uid 1000".
func (a Socket) String() string {
	text := "4 "
	if a.V6 {
		text = "6 "
	}
	text += a.Addr.String()
	for _, word := range []struct {
		on   bool
		text string
	}{{a.ReuseAddr, " RA"}, {a.ReusePort, " RP"}, {a.V6Only, " only"}, {a.UID != 0, fmt.Sprintf(" uid %d", a.UID)}} {
		if word.on {
			text += word.text
		}
	}
	return text
}

// socket makes the socket. Its uid is the file system uid of the thread
// (sock_alloc).
func (s *Stage) socket(a Socket) (int, error) {
	family := unix.AF_INET
	if a.V6 {
		family = unix.AF_INET6
	}
	if a.UID != 0 {
		if _, err := unix.SetfsuidRetUid(a.UID); err != nil {
			return -1, err
		}
		defer unix.SetfsuidRetUid(0) //nolint:errcheck // it cannot fail for root
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	s.keep(fd)
	for _, o := range []struct {
		on          bool
		level, name int
	}{
		{a.ReuseAddr, unix.SOL_SOCKET, unix.SO_REUSEADDR},
		{a.ReusePort, unix.SOL_SOCKET, unix.SO_REUSEPORT},
		{a.V6Only, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY},
	} {
		if !o.on {
			continue
		}
		if err := unix.SetsockoptInt(fd, o.level, o.name, 1); err != nil {
			return -1, err
		}
	}
	return fd, nil
}

func sockaddr(a Socket, port uint16) unix.Sockaddr {
	if a.V6 {
		return &unix.SockaddrInet6{Port: int(port), Addr: a.Addr.As16()}
	}
	return &unix.SockaddrInet4{Port: int(port), Addr: a.Addr.As4()}
}

// addressOf returns the address of a socket, IPv4 unmapped.
func addressOf(name unix.Sockaddr) netip.Addr {
	switch n := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(n.Addr)
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(n.Addr).Unmap()
	}
	return netip.Addr{}
}

// Kernel returns the release of the running kernel.
func Kernel(t *testing.T) evidence.Kernel {
	t.Helper()
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	return evidence.Kernel(unix.ByteSliceToString(u.Release[:]))
}
