package capture

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/tcp"
)

// patience bounds waits for the kernel; no test depends on how long it takes.
const patience = 60 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair makes two joined hosts.
func pair(t *testing.T) (a, b *netlab.Host) {
	t.Helper()
	w, err := netlab.New()
	var no *netlab.PrivilegeError
	if errors.As(err, &no) {
		t.Skipf("needs private namespaces: %v; %s", err, no.Hint)
	}
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	a, err = w.Host("a")
	must(t, err)
	b, err = w.Host("b")
	must(t, err)
	must(t, w.Join(a, b,
		[]netip.Prefix{netip.MustParsePrefix("10.1.0.1/24"), netip.MustParsePrefix("fd01::1/64")},
		[]netip.Prefix{netip.MustParsePrefix("10.1.0.2/24"), netip.MustParsePrefix("fd01::2/64")}))
	return a, b
}

func start(t *testing.T, h *netlab.Host, o Options) *Capture {
	t.Helper()
	c, err := Start(h, o)
	must(t, err)
	t.Cleanup(func() { _, _ = c.Stop() })
	return c
}

// echo opens a connection from a to a server on b, sends size bytes and gets
// them back, closes at a first, and waits until b has closed too and a knows.
func echo(t *testing.T, a, b *netlab.Host, address string, size int, seen *Capture) {
	t.Helper()
	var l net.Listener
	must(t, b.Do(func() (err error) {
		l, err = net.Listen("tcp", net.JoinHostPort(address, "7"))
		return err
	}))
	defer func() { _ = l.Close() }()
	served := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, err = io.Copy(c, c)
			err = errors.Join(err, c.Close())
		}
		served <- err
	}()
	must(t, a.Do(func() error {
		c, err := net.DialTimeout("tcp", l.Addr().String(), patience)
		if err != nil {
			return err
		}
		if _, err := c.Write(make([]byte, size)); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, make([]byte, size)); err != nil {
			return err
		}
		return c.Close()
	}))
	must(t, <-served)
	eventually(t, "the last acknowledgement", func() bool {
		r, err := seen.Seen()
		must(t, err)
		fins := 0
		for _, p := range r.Packets {
			if p.Header.Segment.Flags.Has(tcp.FIN) {
				fins++
			}
		}
		return fins >= 2 && r.Packets[len(r.Packets)-1].Header.Segment.Flags == tcp.ACK
	})
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// news returns the segments that say something new: no bare acknowledgements,
// which come when the kernel likes, and no retransmissions, which a busy
// machine provokes.
func news(r Result) (list []Packet) {
	next := map[tcp.FourTuple]tcp.Seq{}
	for _, p := range r.Packets {
		s := p.Header.Segment
		end := s.Seq.Add(uint32(p.Header.DataLen) + s.Len())
		if old, ok := next[p.Header.Tuple]; ok && !end.After(old) {
			continue
		}
		next[p.Header.Tuple] = end
		if end != s.Seq {
			list = append(list, p)
		}
	}
	return list
}

// told is what must be seen of a small echo connection.
func told(r Result) (list []string) {
	for _, p := range news(r) {
		s := p.Header.Segment
		list = append(list, fmt.Sprintf("%d %s %d", p.Header.Tuple.Dst.Port()%1000, s.Flags, p.Header.DataLen))
	}
	for i, s := range list { // the client's port is any
		if !strings.HasPrefix(s, "7 ") {
			_, rest, _ := strings.Cut(s, " ")
			list[i] = "client " + rest
		}
	}
	return list
}

func TestKernelEverySegmentIsCapturedOnce(t *testing.T) {
	t.Parallel()
	want := []string{
		"7 SYN 0", "client SYN+ACK 0", "7 PSH+ACK 100", "client PSH+ACK 100", "7 FIN+ACK 0", "client FIN+ACK 0",
	}
	for address, where := range map[string]string{"10.1.0.2": "eth0", "fd01::2": "eth0", "127.0.0.1": "lo", "::1": "lo"} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t)
			if where == "lo" {
				b = a
			}
			c := start(t, a, Options{})
			elsewhere := start(t, a, Options{Interfaces: []string{map[string]string{"lo": "eth0", "eth0": "lo"}[where]}})
			here := start(t, a, Options{Interfaces: []string{where}})
			echo(t, a, b, address, 100, c)
			r, err := c.Stop()
			must(t, err)
			if diff := cmp.Diff(want, told(r)); diff != "" {
				t.Error(diff)
			}
			check(t, r, where)
			if r, err := elsewhere.Stop(); err != nil || len(r.Packets) > 0 {
				t.Errorf("on the other interface: %v, %v", r, err)
			}
			if other, err := here.Stop(); err != nil || len(other.Packets) != len(r.Packets) {
				t.Errorf("on the interface alone: %d packets of %d, %v", len(other.Packets), len(r.Packets), err)
			}
		})
	}
}

func check(t *testing.T, r Result, where string) {
	t.Helper()
	if r.More != 0 || r.Missed != 0 || r.Broken != 0 {
		t.Errorf("missing: %+v", r)
	}
	seen := map[identity]bool{}
	for i, p := range r.Packets {
		if seen[p.identity()] {
			t.Errorf("packet %d was captured before: %+v", i, p)
		}
		seen[p.identity()] = true
		if p.Interface != where || p.Host != "a" {
			t.Errorf("packet %d on %s of %s", i, p.Interface, p.Host)
		}
		toServer := p.Header.Tuple.Dst.Port() == 7
		if p.Outgoing != (toServer || where == "lo") {
			t.Errorf("packet %d: outgoing %v", i, p.Outgoing)
		}
		if len(p.Raw) > SnapLen || p.Length < len(p.Raw) || p.Length >= SnapLen && len(p.Raw) != SnapLen {
			t.Errorf("packet %d: %d bytes kept of %d", i, len(p.Raw), p.Length)
		}
		if p.Header.Segment.Flags.Has(tcp.SYN) && (p.Header.Segment.Options.MSS == 0 || !p.Header.Segment.Options.HasScale) {
			t.Errorf("packet %d: options %+v", i, p.Header.Segment.Options)
		}
	}
}

func TestKernelPacketsBeyondTheBoundAreCounted(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	all := start(t, a, Options{})
	few := start(t, a, Options{Most: 3})
	echo(t, a, b, "10.1.0.2", 100_000, all)
	whole, err := all.Stop()
	must(t, err)
	r, err := few.Stop()
	must(t, err)
	if len(r.Packets) != 3 || r.More+3 != len(whole.Packets) || r.More < 5 {
		t.Errorf("kept %d and counted %d of %d", len(r.Packets), r.More, len(whole.Packets))
	}
	again, err := few.Stop()
	if err != nil || again.More != r.More || len(again.Packets) != 3 {
		t.Errorf("second Stop: %+v, %v", again, err)
	}
}

func TestKernelALongSegmentKeepsItsTrueLength(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	c := start(t, a, Options{})
	const size = 100_000
	echo(t, a, b, "fd01::2", size, c)
	r, err := c.Stop()
	must(t, err)
	sent := map[bool]int{}
	for _, p := range news(r) {
		sent[p.Outgoing] += p.Header.DataLen
	}
	if sent[true] != size || sent[false] != size {
		t.Errorf("bytes out %d, in %d, want %d", sent[true], sent[false], size)
	}
}
