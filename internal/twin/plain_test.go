package twin_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
	"github.com/linger-dev/linger/internal/twin/plain"
)

// pair is a twin and its plain sister, which must do the same.
type pair struct {
	*rapid.T
	fast  *twin.Host
	slow  *plain.Host
	ids   []twin.GroupID
	live  []twin.Conn
	minis []twin.Conn // that were made; some are gone
	held  map[twin.SocketID]uint16
	now   time.Duration
}

func newPair(t *rapid.T) *pair {
	release := rapid.SampledFrom(twin.Generations()).Draw(t, "kernel")
	hz := rapid.SampledFrom([]int{100, 250, 300, 1000}).Draw(t, "hz")
	seed := rapid.Uint64().Draw(t, "seed")
	fast, err := twin.New(twin.Options{Kernel: release, HZ: hz, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{T: t, fast: fast, slow: plain.New(release, hz, seed), held: map[twin.SocketID]uint16{}}
	p.slow.Reuse = fast.Settings().TWReuse.Value
	for i, dst := range []string{"10.0.0.2:80", "10.0.0.2:81", "127.0.0.1:80"} {
		to := netip.MustParseAddrPort(dst)
		src := netip.MustParseAddr("10.0.0.1")
		if to.Addr().IsLoopback() {
			src = to.Addr()
		}
		p.ids = append(p.ids, fast.Outbound(src, to))
		if got := p.slow.Group(to.Addr().IsLoopback()); got != i {
			t.Fatal("groups are numbered differently")
		}
	}
	p.span(t)
	return p
}

func (p *pair) span(t *rapid.T) {
	low := rapid.Uint16Range(1024, 1500).Draw(t, "low")
	size := rapid.SampledFrom([]uint16{1, 2, 3, 4, 5, 7, 10, 21, 64, 129, 300}).Draw(t, "size")
	p.set("net.ipv4.ip_local_port_range", fmt.Sprintf("%d %d", low, low+size-1))
	p.slow.Low, p.slow.High = low, low+size-1
}

func (p *pair) set(name, value string) {
	if err := p.fast.Set(name, value); err != nil {
		p.Fatal(err)
	}
}

func (p *pair) Advance(t *rapid.T) {
	d := rapid.OneOf(
		rapid.Int64Range(0, 2e6), rapid.Int64Range(0, 2e9), rapid.Int64Range(0, 70e9), rapid.Int64Range(0, 1000e9),
	).Draw(t, "by")
	p.now += time.Duration(d)
	p.fast.Advance(p.now)
	p.slow.Advance(p.now)
}

func (p *pair) Connect(t *rapid.T) {
	n := rapid.IntRange(1, 40).Draw(t, "times")
	group := rapid.IntRange(0, 2).Draw(t, "group")
	var own evidence.PortRange
	if rapid.IntRange(0, 5).Draw(t, "own") == 0 {
		own = evidence.PortRange{Low: rapid.Uint16Range(1000, 1600).Draw(t, "own low"), High: rapid.Uint16Range(1000, 1600).Draw(t, "own high")}
		if own.Low > own.High {
			own.Low = 0
		}
	}
	for range n {
		a, err := p.fast.Connect(p.ids[group], twin.Dial{Range: own})
		port, visited, second := p.slow.Connect(group, own)
		if a.Port != port || a.Visited != visited || a.Second != second || (err != nil) != (port == 0) {
			t.Fatalf("the twin takes port %d (%d visited, second %v), must take %d (%d, %v)", a.Port, a.Visited, a.Second, port, visited, second)
		}
		if err == nil {
			p.live = append(p.live, a.Conn)
		}
	}
}

func (p *pair) Close(t *rapid.T) {
	for range rapid.IntRange(1, 40).Draw(t, "times") {
		if len(p.live) == 0 {
			return
		}
		i := rapid.IntRange(0, len(p.live)-1).Draw(t, "which")
		c := p.live[i]
		p.live = slices.Delete(p.live, i, i+1)
		how := rapid.SampledFrom([]twin.Closing{twin.ByUs, twin.ByUs, twin.ByUs, twin.ByThem, twin.Abandoned}).Draw(t, "how")
		linger2 := 0
		if how == twin.Abandoned {
			linger2 = rapid.SampledFrom([]int{0, 0, -1, 1, 3, 20, 61, 90, 200}).Draw(t, "linger2")
		}
		if err := p.fast.CloseLinger2(c, how, linger2); err != nil {
			t.Fatal(err)
		}
		p.slow.Close(int(c.Group), c.Port, how, int64(linger2))
		p.minis = append(p.minis, c)
	}
}

func (p *pair) Disturb(t *rapid.T) {
	for range rapid.IntRange(1, 20).Draw(t, "times") {
		if len(p.minis) == 0 {
			return
		}
		c := rapid.SampledFrom(p.minis).Draw(t, "which")
		if rapid.Bool().Draw(t, "kill") {
			if err := p.fast.Kill(c); (err == nil) != p.slow.Kill(int(c.Group), c.Port) {
				t.Fatalf("kill %v: %v", c, err)
			}
		} else if p.slow.FromPeer(int(c.Group), c.Port) {
			if err := p.fast.FromPeer(c); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (p *pair) Bind(t *rapid.T) {
	port := p.slow.Low + rapid.Uint16Range(0, min(40, p.slow.High-p.slow.Low)).Draw(t, "port")
	id, _, err := p.fast.Bind(netip.IPv4Unspecified(), port, twin.SocketOptions{})
	if (err == nil) != p.slow.Bind(port) {
		t.Fatalf("bind to %d: %v", port, err)
	}
	if err == nil {
		p.held[id] = port
	}
}

func (p *pair) Leave(t *rapid.T) {
	if len(p.held) == 0 {
		return
	}
	id := slices.Min(slices.Collect(maps.Keys(p.held)))
	port := p.held[id]
	delete(p.held, id)
	if rapid.Bool().Draw(t, "connect") {
		group := rapid.IntRange(0, 2).Draw(t, "group")
		a, err := p.fast.ConnectFrom(id, p.ids[group])
		if (err == nil) != p.slow.ConnectFrom(group, port) {
			t.Fatalf("connect from %d: %v", port, err)
		}
		if err == nil {
			p.live = append(p.live, a.Conn)
			return
		}
	}
	p.fast.Unbind(id)
	p.slow.Unbind(port)
}

func (p *pair) Set(t *rapid.T) {
	s := p.fast.Settings()
	number := func(values ...int64) (string, int64) {
		n := rapid.SampledFrom(values).Draw(t, "value")
		return fmt.Sprint(n), n
	}
	var text string
	switch rapid.IntRange(0, 6).Draw(t, "setting") {
	case 0:
		p.span(t)
	case 1:
		text, p.slow.Reuse = number(0, 1, 2)
		p.set("net.ipv4.tcp_tw_reuse", text)
	case 2:
		if s.TWReuseDelay.State == evidence.Present {
			text, p.slow.Delay = number(1, 50, 1000, 60000)
			p.set("net.ipv4.tcp_tw_reuse_delay", text)
		}
	case 3:
		text, n := number(0, 1, 2)
		p.set("net.ipv4.tcp_timestamps", text)
		p.slow.Stamps = n != 0
	case 4:
		text, p.slow.Limit = number(-1, 0, 1, 20, 300)
		p.set("net.ipv4.tcp_max_tw_buckets", text)
	case 5:
		text, p.slow.FinTimeout = number(-1, 0, 2, 5, 60, 61, 90, 150)
		p.set("net.ipv4.tcp_fin_timeout", text)
	case 6:
		p.slow.Reserved = evidence.PortSetOf(rapid.SliceOfN(rapid.Uint16Range(1020, 1700), 0, 30).Draw(t, "reserved")...)
		p.set("net.ipv4.ip_local_reserved_ports", p.slow.Reserved.String())
	}
}

func (p *pair) check(t *rapid.T) {
	if p.fast.Counters() != p.slow.Counters {
		t.Fatalf("counters are %+v, must be %+v", p.fast.Counters(), p.slow.Counters)
	}
	for i, id := range p.ids {
		for port := uint16(1020); port < 1810; port++ {
			if fast, slow := p.fast.StateOf(twin.Conn{Group: id, Port: port}), p.slow.State(i, port); fast != slow {
				t.Fatalf("port %d of group %d is in state %d, must be %d", port, i, fast, slow)
			}
		}
	}
	if p.fast.Minis() != p.slow.Minis {
		t.Fatalf("%d mini-sockets, must be %d", p.fast.Minis(), p.slow.Minis)
	}
}

func TestTwinDoesWhatThePlainTwinDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPair(t)
		t.Repeat(map[string]func(*rapid.T){
			"advance": p.Advance, "connect": p.Connect, "close": p.Close, "disturb": p.Disturb,
			"bind": p.Bind, "leave": p.Leave, "set": p.Set, "": p.check,
		})
	})
}
