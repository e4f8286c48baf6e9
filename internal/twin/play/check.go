package play

import (
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// check returns why a play cannot be one on the twin, as far as that can be told
// from the file; nil if nothing is known.
func check(p *scenario.Play) *Untestable {
	for i := range p.Hosts {
		if h := &p.Hosts[i]; h.Raw != nil && !plainRaw(h.Raw) {
			return at(h.Line, untestable("raw peer: the twin has none that behaves in another way than Linux",
				"原始对端：孪生内核没有行为不同于 Linux 的对端"))
		}
	}
	for _, s := range p.Steps {
		if why := checkStep(s.Action); why != nil {
			return at(s.Line, why)
		}
	}
	return nil
}

// at adds the line that a reason is on; 0 is none.
func at(line int, u *Untestable) *Untestable {
	if line == 0 {
		return u
	}
	return &Untestable{say.F("line %d: %s", "第 %d 行：%s", line, u.Why)}
}

// plainRaw reports whether a raw host does nothing that a kernel would not do.
func plainRaw(r *scenario.Raw) bool {
	usual := scenario.Raw{TimeWait: r.TimeWait, Timestamps: r.Timestamps, Linux: true, MSS: r.MSS, Window: r.Window, FinTimeout: r.FinTimeout, ISS: r.ISS}
	return *r == usual && r.TimeWait == timeWaitLength && r.FinTimeout == timeWaitLength
}

func checkStep(a scenario.Action) *Untestable {
	switch a := a.(type) {
	case scenario.Cut, scenario.Disturb:
		return untestable("packets: the twin has none that could be lost, delayed or doubled", "数据包：孪生内核没有可以丢失、延迟或复制的数据包")
	case scenario.Inject:
		if !known(a) {
			return untestable("packets: of those made by hand the twin knows only a FIN that comes again, and an exact reset",
				"数据包：手工构造的报文中，孪生内核只认识重发的 FIN 和序列号精确的 RST")
		}
	case scenario.Fork:
		return processes()
	case scenario.Control:
		if a.Do == scenario.Stop || a.Do == scenario.Continue {
			return processes()
		}
	case scenario.Expect:
		return checkExpect(&a)
	}
	return nil
}

func processes() *Untestable {
	return untestable("process states: the twin has programs, but no processes that could be forked, stopped or zombies",
		"进程状态：孪生内核有程序，但没有可以 fork、停止或变成僵尸的进程")
}

func checkExpect(e *scenario.Expect) *Untestable {
	switch {
	case e.Segment != nil:
		return untestable("packets: the twin sends none that could be seen", "数据包：孪生内核不发送可供观察的数据包")
	case e.Process != "":
		return processes()
	case e.Slowdown != nil:
		return untestable("time of connect(): the twin counts the ports that a search looks at, but has no processor that takes time for it",
			"connect() 的耗时：孪生内核统计一次搜索查看的端口数，但没有为此花费时间的处理器")
	case e.Bytes != nil:
		return untestable("memory: the twin does not hold sockets as a kernel does", "内存：孪生内核保存套接字的方式与真实内核不同")
	case e.Ended != "":
		return untestable("raw peer: the twin does not know how a raw peer's connection ended", "原始对端：孪生内核不知道原始对端的连接是怎样结束的")
	}
	for _, c := range e.Counters {
		if !counted(c.Name) {
			return untestable("counters: the twin does not count %s", "计数器：孪生内核不统计 %s", c.Name)
		}
	}
	return nil
}

// counted reports whether a counter of the kernel is kept here.
func counted(name string) bool {
	switch name {
	case "TW", "TWKilled", "TWRecycled", "TCPTimeWaitOverflow", "ActiveOpens", "PassiveOpens", "ListenOverflows", "ListenDrops":
		return true
	}
	return false
}

// known reports whether the twin knows what a segment made by hand does.
func known(i scenario.Inject) bool {
	switch i.Flags {
	case tcp.FIN | tcp.ACK:
		return i.Seq == -1 && i.Ack == 0 && i.Data == "" && i.Timestamp == nil && !i.NoStamp && i.Times == 1
	case tcp.RST:
		return i.Seq == 0 && i.Data == "" && i.Timestamp == nil && !i.NoStamp && i.Times == 1
	}
	return false
}
