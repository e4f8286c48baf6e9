package rule

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
)

// Scarcity is what the rules about local ports have in common: one outbound
// group, its budget and where it is heading.
type Scarcity struct {
	Case
	Group      *evidence.Tally
	Budget     portspace.Budget
	Projection portspace.Projection
}

// Scarcities returns the outbound groups of a namespace with their budgets;
// none if the port range is not known.
func Scarcities(c Case) []Scarcity {
	space, ok := portspace.SpaceOf(c.Namespace)
	if !ok {
		return nil
	}
	var all []Scarcity
	for i := range c.Namespace.Tallies {
		t := &c.Namespace.Tallies[i]
		if b, ok := space.Budget(t); ok {
			all = append(all, Scarcity{Case: c, Group: t, Budget: b, Projection: portspace.Runout(&b, t)})
		}
	}
	return all
}

// Who names the opener. Live connections are held, so their process is not a
// guess unless TIME_WAIT is part of the question.
func (s *Scarcity) Who() evidence.Maker {
	m := s.Namespace.MakerOf(s.Group)
	if m.Basis == evidence.FromLive && s.Budget.TimeWait == 0 {
		m.Basis = evidence.Held
	}
	return m
}

// Facts says how the ports are spent, at what rate, and what that does.
func (s *Scarcity) Facts() []string {
	b := &s.Budget
	facts := []string{fmt.Sprintf("The range %s has %s: %s reserved, %s bound explicitly, %s in TIME_WAIT (%s of them reusable now), %s live, %s free.",
		b.Range, Count(b.Size, "port"), N(b.Reserved), N(b.Bound), N(b.TimeWait), N(b.Reusable), N(b.Live), N(b.Free))}
	if r := s.Projection.Rate; r.PerSecond > 0 {
		trend := map[int]string{-1: "falling", 0: "steady", 1: "rising"}[r.Trend()]
		facts = append(facts, fmt.Sprintf("Connections close at %s (last %d s, %s); at that rate %s would be held in the long run.",
			PerSecond(r.PerSecond), r.Window, trend, Count(s.Projection.Steady, "port")))
	}
	if n := s.failed(); n > 0 {
		facts = append(facts, fmt.Sprintf("linger saw connect() fail there %s.", Count(n, "time")))
	}
	if b.TimeWait > 0 {
		facts = append(facts, "connect() taking over TIME_WAIT ports: "+yes(b.Reuse.Allowed)+b.Reuse.Because+".")
	}
	if used, of := b.Used(); 2*used > of && !b.Out() {
		facts = append(facts, "More than half is taken: connect() first walks every port of one parity, about 0.35 µs for each one refused (measured on Linux 6.18), so it is slow before it fails.")
	}
	who := s.Who()
	if who.Basis == evidence.Unknown {
		facts = append(facts, "TIME_WAIT sockets carry no process, and none that could be seen had a connection there while linger looked; `linger check --watch 1s` goes on looking and names the first that has.")
	}
	return append(facts, AboutMaker(s.Snapshot, who)...)
}

// failed counts the calls that a tracer saw failing toward this destination.
func (s *Scarcity) failed() (n uint64) {
	for i := range s.Namespace.Failed {
		if f := &s.Namespace.Failed[i]; f.Call == "connect" && f.Addr == s.Budget.Key.Service() {
			n += f.Count
		}
	}
	return n
}

func yes(allowed bool) string {
	if allowed {
		return "allowed, "
	}
	return "not allowed, "
}

// Helps lists what gives this group more ports, best first, with numbers.
func (s *Scarcity) Helps() []Advice {
	helps := []Advice{s.fewer()}
	if s.Budget.TimeWait > 0 {
		helps = append(helps, Advice{
			Do:      "let the server close first",
			Because: "TIME_WAIT then stays at the server, where it costs memory but no port",
		})
	}
	for _, more := range []func() (Advice, bool){s.wider, s.reuse, s.unbind} {
		if a, ok := more(); ok {
			helps = append(helps, a)
		}
	}
	_, of := s.Budget.Used()
	return append(helps, Advice{
		Do:      "use more server addresses or ports, or more source addresses (bind with IP_BIND_ADDRESS_NO_PORT)",
		Because: fmt.Sprintf("each pair of source and destination has its own %s", Count(of, "port")),
	})
}

// fewer is the first advice: pooling, or, where live connections are what
// takes the ports, closing them or bounding them.
func (s *Scarcity) fewer() Advice {
	if n := s.Group.States[tcp.CloseWait]; n > uint64(s.Budget.Size/2) {
		return Advice{
			Do:      "make the program close connections that its peers have closed",
			Because: fmt.Sprintf("%s in CLOSE_WAIT take most of the ports", Count(n, "connection")),
		}
	}
	if s.Budget.Live > s.Budget.TimeWait {
		return Advice{
			Do:      "bound the connections that are open at once, or send several requests over each (a pool, HTTP/2)",
			Because: fmt.Sprintf("%s take the ports, TIME_WAIT takes only %s", Count(s.Budget.Live, "live connection"), N(s.Budget.TimeWait)),
		}
	}
	return KeepAlive(s.Projection.Rate.PerSecond)
}

// reuse is about tcp_tw_reuse, where it is not already on.
func (s *Scarcity) reuse() (Advice, bool) {
	b, set := &s.Budget, &s.Namespace.Settings
	mode, known := set.TWReuse.Get()
	if !known || b.TimeWait == 0 {
		return Advice{}, false
	}
	if b.Reuse.Allowed {
		return s.sooner()
	}
	value := 1
	if s.loopback() && s.Snapshot.Host.Kernel.AtLeast(4, 19) {
		value = 2
	}
	if set.Timestamps.Is(0) {
		commands := []string{Sysctl(s.Namespace, "tcp_timestamps", 1)}
		if mode == 0 || mode == 2 && !s.loopback() {
			commands = append(commands, Sysctl(s.Namespace, "tcp_tw_reuse", value))
		}
		return Advice{
			Do:      "turn tcp_timestamps on, which tcp_tw_reuse needs",
			Because: "connections opened from then on can be taken over by connect(); those in TIME_WAIT now cannot",
			Command: strings.Join(commands, " && "),
		}, true
	}
	return Advice{
		Do: fmt.Sprintf("set tcp_tw_reuse to %d, on this (the connecting) side", value),
		Because: fmt.Sprintf("connect() may then take over TIME_WAIT ports after %s: %s at once, if their connections had timestamps",
			About(b.Reuse.Delay), N(s.oldEnough())),
		Command: Sysctl(s.Namespace, "tcp_tw_reuse", value),
	}, true
}

// sooner is about tcp_tw_reuse_delay, the bound that is left once reuse is on.
func (s *Scarcity) sooner() (Advice, bool) {
	const shorter = 100 // ms; a few round trips, so that old segments are gone
	ms, ok := s.Namespace.Settings.TWReuseDelay.Get()
	if !ok || ms <= shorter {
		return Advice{}, false
	}
	return Advice{
		Do: fmt.Sprintf("shorten tcp_tw_reuse_delay to %d ms", shorter),
		Because: fmt.Sprintf("a port can be taken over after %d ms instead of %d: %d times the connections per second; keep it above the longest round trip",
			shorter, ms, ms/shorter),
		Command: Sysctl(s.Namespace, "tcp_tw_reuse_delay", shorter),
	}, true
}

func (s *Scarcity) loopback() bool { return s.Group.Src.IsLoopback() || s.Group.Dst.IsLoopback() }

// oldEnough counts the TIME_WAIT ports that tcp_tw_reuse would free at once.
// The group may have sockets outside the range, so it cannot be more than the
// budget's.
func (s *Scarcity) oldEnough() int {
	from := int((s.Budget.Reuse.Delay + 999_999_999) / 1_000_000_000)
	n := int(s.Group.Minute.Tail)
	for i, v := range s.Group.Minute.Age {
		if i >= from {
			n += int(v)
		}
	}
	return min(n, s.Budget.TimeWait)
}

// wider is about ip_local_port_range.
func (s *Scarcity) wider() (Advice, bool) {
	wide := evidence.PortRange{Low: 1024, High: 65535}
	if start, ok := s.Namespace.Settings.UnprivilegedStart.Get(); ok && start > 1024 {
		if start > 60000 {
			return Advice{}, false
		}
		wide.Low = uint16(start + start%2) // ends of different parity: an odd-sized range loses a port
	}
	listening := new(evidence.PortSet)
	for _, l := range s.Namespace.Listeners {
		if wide.Has(l.Port) {
			listening.Add(l.Port)
		}
	}
	reserved := new(evidence.PortSet)
	reserved.Union(s.Namespace.Settings.Reserved)
	reserved.Union(listening)
	usable := wide.Len()
	for p := range reserved.All() {
		if wide.Has(p) {
			usable--
		}
	}
	_, of := s.Budget.Used()
	if usable <= of {
		return Advice{}, false
	}
	command := Sysctl(s.Namespace, "ip_local_port_range", fmt.Sprintf("%d %d", wide.Low, wide.High))
	if listening.Len() > 0 && s.Namespace.Settings.Reserved != nil {
		command = Sysctl(s.Namespace, "ip_local_reserved_ports", reserved) + " && " + command
	}
	return Advice{
		Do: fmt.Sprintf("widen ip_local_port_range to %s, with service ports reserved", wide),
		Because: fmt.Sprintf("%s instead of %s: without reuse, room for %s instead of %s",
			Count(usable, "port"), N(of), PerSecond(float64(usable)/meanLife), PerSecond(float64(of)/meanLife)),
		Command: command,
	}, true
}

// unbind is about explicit binds, where they take a share that matters.
func (s *Scarcity) unbind() (Advice, bool) {
	const share = 20 // one port in so many
	if b := &s.Budget; b.Bound == 0 || b.Bound < (b.Size-b.Reserved)/share {
		return Advice{}, false
	}
	return Advice{
		Do:      "give up explicit bind() to ports of the range; bind(address, 0) with IP_BIND_ADDRESS_NO_PORT",
		Because: fmt.Sprintf("%s are skipped for every destination because someone bound them", Count(s.Budget.Bound, "port")),
	}, true
}

// NotHelp lists the folklore about running out of ports.
func (s *Scarcity) NotHelp() []Advice { return PortFolklore(&s.Namespace.Settings) }

// PortFolklore is what is advised to those who run out of ports, in vain.
func PortFolklore(set *evidence.Settings) []Advice {
	return []Advice{NotFinTimeout(), NotRecycle(set), NotFewerBuckets(), NotLinger(), NotReuseAddr()}
}
