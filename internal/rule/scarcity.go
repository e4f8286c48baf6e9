package rule

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/say"
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
func (s *Scarcity) Facts() []say.Text {
	b := &s.Budget
	facts := []say.Text{say.F("The range %s has %s: %s reserved, %s bound explicitly, %s in TIME_WAIT (%s of them reusable now), %s live, %s free.",
		"端口范围 %s 共 %s：保留 %s 个，显式绑定 %s 个，TIME_WAIT %s 个（其中现在可复用 %s 个），存活 %s 个，空闲 %s 个。",
		b.Range, Ports(b.Size), N(b.Reserved), N(b.Bound), N(b.TimeWait), N(b.Reusable), N(b.Live), N(b.Free))}
	if r := s.Projection.Rate; r.PerSecond > 0 {
		facts = append(facts, say.F("Connections close at %s (last %d s, %s); at that rate %s would be held in the long run.",
			"连接关闭速率 %s（最近 %d 秒，%s）；按此速率，长期将占用 %s。",
			PerSecond(r.PerSecond), r.Window, trend(r.Trend()), Ports(s.Projection.Steady)))
	}
	if n := s.failed(); n > 0 {
		facts = append(facts, say.F("linger saw connect() fail there %s.", "linger 看到去往那里的 connect() 失败了 %s。", Times(n)))
	}
	if b.TimeWait > 0 {
		facts = append(facts, s.takingOver())
	}
	if used, of := b.Used(); 2*used > of && !b.Out() {
		facts = append(facts, say.F("More than half is taken: connect() first walks every port of one parity, about 0.35 µs for each one refused (measured on Linux 6.18), so it is slow before it fails.",
			"已占用超过一半：connect() 先遍历同一奇偶性的所有端口，每个被拒端口约 0.35 µs（在 Linux 6.18 上测得），所以在失败之前会先变慢。"))
	}
	who := s.Who()
	if who.Basis == evidence.Unknown {
		facts = append(facts, say.F("TIME_WAIT sockets carry no process, and none that could be seen had a connection there while linger looked; `linger check --watch 1s` goes on looking and names the first that has.",
			"TIME_WAIT 套接字不带进程信息，linger 查看时也没有看到哪个进程与那里有连接；`linger check --watch 1s` 会继续观察，并说出第一个建立连接的进程。"))
	}
	return append(facts, AboutMaker(s.Snapshot, who)...)
}

// Ports is Count of ports.
func Ports[T int | int64 | uint64](n T) say.Text { return Count(n, "port", "个端口") }

// Times is Count of occasions.
func Times(n uint64) say.Text { return Count(n, "time", "次") }

func trend(direction int) say.Text {
	switch {
	case direction < 0:
		return say.F("falling", "下降")
	case direction > 0:
		return say.F("rising", "上升")
	}
	return say.F("steady", "平稳")
}

// takingOver says whether connect() may take over the group's TIME_WAIT ports.
func (s *Scarcity) takingOver() say.Text {
	reuse, set := &s.Budget.Reuse, &s.Namespace.Settings
	mode, known := set.TWReuse.Get()
	if reuse.Allowed {
		return say.F("connect() taking over TIME_WAIT ports: allowed, tcp_tw_reuse is %d: after %v in TIME_WAIT.",
			"connect() 接管 TIME_WAIT 端口：允许，tcp_tw_reuse 为 %d：进入 TIME_WAIT %v 之后。", mode, reuse.Delay)
	}
	because := say.F("tcp_tw_reuse is %d", "tcp_tw_reuse 为 %d", mode)
	switch {
	case !known:
		because = say.F("tcp_tw_reuse could not be read", "无法读取 tcp_tw_reuse")
	case set.Timestamps.Is(0):
		because = say.F("tcp_timestamps is off", "tcp_timestamps 已关闭")
	case mode == 2:
		because = say.F("tcp_tw_reuse is 2: loopback only", "tcp_tw_reuse 为 2：仅限回环")
	}
	return say.F("connect() taking over TIME_WAIT ports: not allowed, %s.", "connect() 接管 TIME_WAIT 端口：不允许，%s。", because)
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

// Helps lists what gives this group more ports, best first, with numbers.
func (s *Scarcity) Helps() []Advice {
	helps := []Advice{s.fewer()}
	if s.Budget.TimeWait > 0 {
		helps = append(helps, Advice{
			Do: say.F("let the server close first", "让服务器先关闭"),
			Because: say.F("TIME_WAIT then stays at the server, where it costs memory but no port",
				"TIME_WAIT 就留在服务器上，在那里只占内存，不占端口"),
		})
	}
	for _, more := range []func() (Advice, bool){s.wider, s.reuse, s.unbind} {
		if a, ok := more(); ok {
			helps = append(helps, a)
		}
	}
	_, of := s.Budget.Used()
	return append(helps, Advice{
		Do: say.F("use more server addresses or ports, or more source addresses (bind with IP_BIND_ADDRESS_NO_PORT)",
			"使用更多的服务器地址或端口，或更多的源地址（绑定时设置 IP_BIND_ADDRESS_NO_PORT）"),
		Because: say.F("each pair of source and destination has its own %s", "每一对源和目的各有自己的 %s", Ports(of)),
	})
}

// fewer is the first advice: pooling, or, where live connections are what
// takes the ports, closing them or bounding them.
func (s *Scarcity) fewer() Advice {
	if n := s.Group.States[tcp.CloseWait]; n > uint64(s.Budget.Size/2) {
		return Advice{
			Do:      say.F("make the program close connections that its peers have closed", "让程序关闭对端已经关闭的连接"),
			Because: say.F("%s in CLOSE_WAIT take most of the ports", "%s处于 CLOSE_WAIT，占去了大部分端口", Count(n, "connection", "个连接")),
		}
	}
	if s.Budget.Live > s.Budget.TimeWait {
		return Advice{
			Do: say.F("bound the connections that are open at once, or send several requests over each (a pool, HTTP/2)",
				"限制同时打开的连接数，或让每个连接承载多个请求（连接池、HTTP/2）"),
			Because: say.F("%s take the ports, TIME_WAIT takes only %s", "占用端口的是 %s，TIME_WAIT 只占 %s 个",
				Count(s.Budget.Live, "live connection", "个存活连接"), N(s.Budget.TimeWait)),
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
			Do: say.F("turn tcp_timestamps on, which tcp_tw_reuse needs", "打开 tcp_timestamps，tcp_tw_reuse 需要它"),
			Because: say.F("connections opened from then on can be taken over by connect(); those in TIME_WAIT now cannot",
				"此后打开的连接可以被 connect() 接管；现在处于 TIME_WAIT 的不行"),
			Command: strings.Join(commands, " && "),
		}, true
	}
	return Advice{
		Do: say.F("set tcp_tw_reuse to %d, on this (the connecting) side", "在本端（发起连接的一端）把 tcp_tw_reuse 设为 %d", value),
		Because: say.F("connect() may then take over TIME_WAIT ports after %s: %s at once, if their connections had timestamps",
			"connect() 便可在 %s 之后接管 TIME_WAIT 端口：若这些连接带有时间戳，立即可用 %s 个", About(b.Reuse.Delay), N(s.oldEnough())),
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
		Do: say.F("shorten tcp_tw_reuse_delay to %d ms", "把 tcp_tw_reuse_delay 缩短到 %d ms", shorter),
		Because: say.F("a port can be taken over after %d ms instead of %d: %d times the connections per second; keep it above the longest round trip",
			"端口在 %d ms 而不是 %d ms 之后即可接管：每秒连接数为原来的 %d 倍；应保持大于最长的往返时间", shorter, ms, ms/shorter),
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
		Do: say.F("widen ip_local_port_range to %s, with service ports reserved", "把 ip_local_port_range 扩大到 %s，并保留服务端口", wide),
		Because: say.F("%s instead of %s: without reuse, room for %s instead of %s", "%s而不是 %s 个：不复用时可容纳 %s 而不是 %s",
			Ports(usable), N(of), PerSecond(float64(usable)/meanLife), PerSecond(float64(of)/meanLife)),
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
		Do: say.F("give up explicit bind() to ports of the range; bind(address, 0) with IP_BIND_ADDRESS_NO_PORT",
			"不要显式 bind() 范围内的端口；改用带 IP_BIND_ADDRESS_NO_PORT 的 bind(地址, 0)"),
		Because: say.F("%s are skipped for every destination because someone bound them", "%s因有人绑定，对每个目的地都会被跳过", Ports(s.Budget.Bound)),
	}, true
}

// NotHelp lists the folklore about running out of ports.
func (s *Scarcity) NotHelp() []Advice { return PortFolklore(&s.Namespace.Settings) }

// PortFolklore is what is advised to those who run out of ports, in vain.
func PortFolklore(set *evidence.Settings) []Advice {
	return []Advice{NotFinTimeout(), NotRecycle(set), NotFewerBuckets(), NotLinger(), NotReuseAddr()}
}
