package remedy

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/say"
)

// bench is a client that has used up a small range toward a server.
type bench struct {
	t              *testing.T
	client, server *netlab.Host
	observer       *observe.Observer
	listener       int // the server's
}

var target = &unix.SockaddrInet4{Port: 9000, Addr: [4]byte{10, 0, 0, 2}}

const (
	first, held = 65500, 20 // the client's range, all of it in TIME_WAIT
	wide        = 65535 - first + 1
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newBench(t *testing.T) *bench {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make network namespaces")
	}
	world, err := netlab.New()
	ok(t, err)
	t.Cleanup(func() { ok(t, world.Close()) })
	b := &bench{t: t}
	b.client, err = world.Host("client")
	ok(t, err)
	b.server, err = world.Host("server")
	ok(t, err)
	ok(t, world.Join(b.client, b.server, []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}, []netip.Prefix{netip.MustParsePrefix("10.0.0.2/24")}))
	ok(t, b.client.Sysctl("net.ipv4.ip_local_port_range", "65500 65519"))
	ok(t, b.client.Sysctl("net.ipv4.ip_unprivileged_port_start", "65500"))
	ok(t, b.client.Sysctl("net.ipv4.tcp_tw_reuse", "0"))
	b.listener = b.listen(b.server, target)
	b.listen(b.client, &unix.SockaddrInet4{Port: 65530}) // in the part that a wider range brings
	for range held {
		ok(t, b.connect(true))
	}
	ns, err := netns.Open(b.client.Path(), "client")
	ok(t, err)
	b.observer = observe.OpenNamespaces(observe.Options{Deep: true}, ns)
	t.Cleanup(b.observer.Close)
	return b
}

func (b *bench) listen(h *netlab.Host, at *unix.SockaddrInet4) (fd int) {
	b.t.Helper()
	ok(b.t, h.Do(func() (err error) {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return errors.Join(unix.Bind(fd, at), unix.Listen(fd, 256))
	}))
	b.t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// connect opens one connection as an ordinary client does, and may close it,
// first.
func (b *bench) connect(closing bool) error {
	var fd int
	err := b.client.Do(func() (err error) {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return unix.Connect(fd, target)
	})
	if !closing || err != nil {
		b.t.Cleanup(func() { unix.Close(fd) })
		return err
	}
	accepted, _, err := unix.Accept4(b.listener, unix.SOCK_CLOEXEC)
	return errors.Join(err, unix.Close(fd), unix.Close(accepted))
}

// await plans until the plan has a remedy that brings so many connections.
func (b *bench) await(c Code, left int) *Remedy {
	b.t.Helper()
	var last Plan
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		snap, err := b.observer.Look(context.Background())
		ok(b.t, err)
		last = plan(snap, say.English)
		if r := find(last, c); r != nil && r.Effects[0].After.Left == left {
			return r
		}
	}
	b.t.Fatalf("%s never promised %d connections: %s", c, left, indent(b.t, last))
	return nil
}

// TestKernelGivesThePortsThatAreForecast applies a remedy to a real kernel and
// counts the connections that it then allows.
func TestKernelGivesThePortsThatAreForecast(t *testing.T) {
	t.Parallel()
	for code, left := range map[Code]int{
		WiderRange: wide - held - 1, // but the port beside, which a listener has
		Reuse:      held,            // once all are older than a second
	} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if err := b.connect(false); !errors.Is(err, unix.EADDRNOTAVAIL) {
				t.Fatalf("before: %v, want EADDRNOTAVAIL", err)
			}
			r := b.await(code, left)
			for _, s := range r.Settings {
				ok(t, b.client.Sysctl(s.Key, s.To))
			}
			made := 0
			for ; made <= left; made++ {
				if err := b.connect(false); errors.Is(err, unix.EADDRNOTAVAIL) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if made != left {
				t.Errorf("%d connections were forecast, the kernel made %d", left, made)
			}
			for i := len(r.Settings) - 1; i >= 0; i-- {
				ok(t, b.client.Sysctl(r.Settings[i].Key, r.Settings[i].From+"\n"))
			}
		})
	}
}

// TestKernelTakesAllThatIsProposed writes what each plan writes, and back.
func TestKernelTakesAllThatIsProposed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make network namespaces")
	}
	for name, s := range cases() {
		t.Run(name, func(t *testing.T) {
			world, err := netlab.New()
			ok(t, err)
			t.Cleanup(func() { ok(t, world.Close()) })
			h, err := world.Host("host")
			ok(t, err)
			for _, c := range Changes(plan(s, say.English).Remedies) {
				if _, err := h.ReadSysctl(c.Key); errors.Is(err, os.ErrNotExist) {
					continue // an older or newer kernel than the recorded one
				}
				for _, value := range []string{c.From, c.To, c.From} {
					if err := h.Sysctl(c.Key, value+"\n"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}
