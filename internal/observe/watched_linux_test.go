package observe_test

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/tcp"
)

// service is where the programs of these tests meet, each in a namespace of
// its own.
const service = "127.0.0.1:7200"

func newHost(t *testing.T) *netlab.Host {
	t.Helper()
	host, err := newWorld(t).Host("watched")
	must(t, err)
	return host
}

func every(string, evidence.Key) bool { return true }

// seen looks and resolves until the wanted can be seen: programs do not
// act at once. It gives up after as many looks as a patient person takes.
func seen(t *testing.T, o *observe.Observer, what string, there func(*evidence.Snapshot) bool) *evidence.Snapshot {
	t.Helper()
	for range 200 {
		snap, err := o.Look(t.Context())
		must(t, err)
		must(t, o.Resolve(t.Context(), snap, every))
		if there(snap) {
			return snap
		}
	}
	t.Fatalf("never seen: %s", what)
	return nil
}

// tallyOf returns the tally of one direction to or from the service.
func tallyOf(snap *evidence.Snapshot, d evidence.Direction) *evidence.Tally {
	tallies := snap.Namespaces[0].Tallies
	for i := range tallies {
		if tallies[i].Direction == d && tallies[i].Service() == netip.MustParseAddrPort(service) {
			return &tallies[i]
		}
	}
	return new(evidence.Tally)
}

func letterOf(t *testing.T, pid int) string {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[:1]
}

// visitOnce opens a connection and closes it: the far end gets a FIN.
func visitOnce(t *testing.T, host *netlab.Host) {
	t.Helper()
	must(t, host.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		at := netip.MustParseAddrPort(service)
		return unix.Connect(fd, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())})
	}))
}

// holdsOne reports whether a single CLOSE_WAIT is there and its holder known.
func holdsOne(s *evidence.Snapshot) bool {
	inbound := tallyOf(s, evidence.Inbound)
	return inbound.States[tcp.CloseWait] == 1 && inbound.HolderOf(tcp.CloseWait).PIDs != nil
}

func TestKernelAWatchedHostNamesAStoppedHolderAndAllThatInherited(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	server := start(t, host, "hoard "+service)
	o := watch(t, host)
	snap := seen(t, o, "the listener", func(s *evidence.Snapshot) bool { return len(s.Namespaces[0].Listeners) == 1 })
	if l := snap.Namespaces[0].Listeners[0]; !slices.Equal(l.PIDs, []int{server.PID()}) || snap.Owner(server.PID()) == nil {
		t.Errorf("listener %+v, want owner %d among %+v", l, server.PID(), snap.Owners)
	}

	visitOnce(t, host)
	snap = seen(t, o, "a held CLOSE_WAIT", holdsOne)
	if got := tallyOf(snap, evidence.Inbound).HolderOf(tcp.CloseWait); !slices.Equal(got.PIDs, []int{server.PID()}) || got.Basis != evidence.Held {
		t.Errorf("CLOSE_WAIT is held by %+v, want %d", got, server.PID())
	}

	heir := bequeath(t, server)
	stop(t, server, heir)
	snap = seen(t, o, "a held CLOSE_WAIT", holdsOne)
	both := []int{server.PID(), heir}
	slices.Sort(both)
	if got := tallyOf(snap, evidence.Inbound).HolderOf(tcp.CloseWait).PIDs; !slices.Equal(got, both) {
		t.Errorf("CLOSE_WAIT is held by %v, want %v", got, both)
	}
	if got := snap.Namespaces[0].Listeners[0].PIDs; !slices.Equal(got, both) {
		t.Errorf("the listener is held by %v, want %v", got, both)
	}
	for _, pid := range both {
		if owner := snap.Owner(pid); owner == nil || owner.State != "T" || owner.Start == 0 {
			t.Errorf("owner %d is %+v, want it stopped", pid, owner)
		}
	}
	if owner := snap.Owner(heir); owner != nil && owner.Parent != server.PID() {
		t.Errorf("parent of %d is %d, want %d", heir, owner.Parent, server.PID())
	}
}

// bequeath makes a hoarder start the child that inherits everything.
func bequeath(t *testing.T, hoarder program) (heir int) {
	t.Helper()
	must(t, hoarder.Signal(unix.SIGUSR1))
	said := []string{hoarder.line(t), hoarder.line(t)} // its PID, and that it is ready
	slices.Sort(said)
	heir, err := strconv.Atoi(said[0])
	must(t, err)
	if said[1] != "ready" {
		t.Fatal(said)
	}
	return heir
}

// stop stops a child and its own child, and waits until the kernel says so.
func stop(t *testing.T, p program, heir int) {
	t.Helper()
	must(t, p.Signal(unix.SIGSTOP))
	for _, pid := range []int{p.PID(), heir} {
		for letterOf(t, pid) != "T" {
			time.Sleep(time.Millisecond)
		}
	}
}

func TestKernelAWatchedHostNamesAShortLivedClientAlsoAfterItsEnd(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	start(t, host, "hoard "+service)
	client := start(t, host, "visit "+service)
	o := watch(t, host)
	named := func(basis evidence.Basis) func(*evidence.Snapshot) bool {
		return func(s *evidence.Snapshot) bool {
			outbound := tallyOf(s, evidence.Outbound)
			return outbound.States.Total() > 0 && s.Namespaces[0].MakerOf(outbound).Basis == basis
		}
	}
	snap := seen(t, o, "the client's process", named(evidence.FromLive))
	maker := snap.Namespaces[0].MakerOf(tallyOf(snap, evidence.Outbound))
	if !slices.Equal(maker.PIDs, []int{client.PID()}) {
		t.Errorf("made by %+v, want %d", maker, client.PID())
	}
	alive := snap.Owner(client.PID())
	if alive == nil {
		t.Fatalf("%d is not described: %+v", client.PID(), snap.Owners)
	}

	client.Kill()
	<-client.Done()
	snap = seen(t, o, "what the client left", named(evidence.FromEarlier))
	maker = snap.Namespaces[0].MakerOf(tallyOf(snap, evidence.Outbound))
	if !slices.Equal(maker.PIDs, []int{client.PID()}) {
		t.Errorf("made by %+v, want %d", maker, client.PID())
	}
	dead := snap.Owner(client.PID())
	if dead == nil || dead.Start != alive.Start || dead.Name != alive.Name || dead.State != "X" {
		t.Errorf("after its end %+v, before %+v", dead, alive)
	}
}

// dialFrom opens a connection to the service from an address of the host.
func dialFrom(t *testing.T, host *netlab.Host, from [4]byte) (fd int) {
	t.Helper()
	must(t, host.Do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: from}); err != nil {
			return err
		}
		at := netip.MustParseAddrPort(service)
		return unix.Connect(fd, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())})
	}))
	return fd
}

func TestKernelAWatchedHostDoesNotNameWhoConnectsFromAnotherAddress(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	start(t, host, "hoard "+service)
	live := dialFrom(t, host, [4]byte{127, 0, 0, 1})
	defer unix.Close(live)
	must(t, unix.Close(dialFrom(t, host, [4]byte{127, 0, 0, 2}))) // leaves a FIN_WAIT2 of nobody
	o := watch(t, host)
	snap, err := o.Look(t.Context())
	must(t, err)
	must(t, o.Resolve(t.Context(), snap, every))
	ns := &snap.Namespaces[0]
	makers := make(map[string][]int)
	for i := range ns.Tallies {
		if k := ns.Tallies[i].Key; k.Direction == evidence.Outbound {
			makers[k.Src.String()] = ns.MakerOf(&ns.Tallies[i]).PIDs
		}
	}
	if len(makers) != 2 || !slices.Equal(makers["127.0.0.1"], []int{os.Getpid()}) || makers["127.0.0.2"] != nil {
		t.Errorf("makers by source %v, want this process, %d, only for 127.0.0.1", makers, os.Getpid())
	}
}
