package lint

import "github.com/linger-dev/linger/internal/evidence"

const (
	keyRange        = "net.ipv4.ip_local_port_range"
	keyReserved     = "net.ipv4.ip_local_reserved_ports"
	keyUnprivileged = "net.ipv4.ip_unprivileged_port_start"
)

// The kernel's default range.
const (
	defaultLow, defaultHigh = 32768, 60999
	defaultPorts            = defaultHigh - defaultLow + 1
)

// portEntries are the keys that decide which local ports there are.
func portEntries() []entry {
	return []entry{
		{
			key: keyRange, kind: ports, fresh: fixed("32768 60999"),
			believed: Message{
				EN: "a server can have 65,535 connections at most, and a wider range lifts that",
				ZH: "一台服务器最多只能有 65535 个连接，扩大范围可以突破这个上限",
			},
			does: always(Message{
				EN: "the local ports for connect(), bind() to port 0 and listen() without bind(): so many connections at once, with those in TIME_WAIT, from one source address to one destination address and port; a server's accepted connections share its listening port",
				ZH: "connect()、bind(端口 0) 以及未 bind() 的 listen() 可用的本地端口：即一个源地址到一个目的地址和端口能同时存在的连接数（含 TIME_WAIT）；服务端接受的连接共用其监听端口，与此无关",
			}),
			judge:  judgeRange,
			refs:   []string{"net/ipv4/inet_hashtables.c, __inet_hash_connect", "ip-sysctl: ip_local_port_range"},
			claims: []string{"ports-run-out-exactly", "port-range-of-odd-size", "half-range-slowdown", "bind-over-outbound-time-wait"},
		},
		{
			key: keyReserved, since: release{2, 6}, netns: release{3, 16}, kind: portList, fresh: fixed(""),
			believed: Message{EN: "the ports cannot be used any more", ZH: "这些端口从此不能再用"},
			does: always(Message{
				EN: "ports that are never chosen automatically; a program can still bind() one of them",
				ZH: "永不被自动选中的端口；程序仍可显式 bind() 它们",
			}),
			judge:  judgeReserved,
			refs:   []string{"ip-sysctl: ip_local_reserved_ports"},
			claims: []string{"reserved-ports-are-skipped"},
		},
		{
			key: keyUnprivileged, since: release{4, 11}, netns: release{4, 11}, limit: within(release{}, limit{0, 65535}), fresh: fixed("1024"),
			believed: Message{EN: "it frees low ports", ZH: "能释放低端口"},
			does: always(Message{
				EN: "the first port that a program may bind() without CAP_NET_BIND_SERVICE; ip_local_port_range cannot begin below it",
				ZH: "无需 CAP_NET_BIND_SERVICE 即可 bind() 的第一个端口；ip_local_port_range 的下限不能低于它",
			}),
			judge: judgeUnprivileged,
			refs:  []string{"ip-sysctl: ip_unprivileged_port_start", "Linux commit 4548b683b781"},
		},
		{
			key: "net.ipv4.ip_autobind_reuse", since: release{5, 7}, netns: release{5, 7}, limit: within(release{}, limit{0, 1}), fresh: fixed("0"),
			believed: Message{EN: "it lets ports in TIME_WAIT be used again", ZH: "能让处于 TIME_WAIT 的端口被重新使用"},
			does: always(Message{
				EN: "lets bind() to port 0 with SO_REUSEADDR share a port with other such sockets when none is free; nothing for connect() without bind()",
				ZH: "当没有空闲端口时，允许带 SO_REUSEADDR 的 bind(端口 0) 与其他同类套接字共享端口；对未 bind() 的 connect() 没有作用",
			}),
			judge:  judgeAutobind,
			refs:   []string{"ip-sysctl: ip_autobind_reuse", "Linux commit 4b01a9674231"},
			claims: []string{"bind-address-no-port"},
		},
	}
}

func judgeUnprivileged(c *question) opinion {
	if c.numbers == nil {
		return unknown()
	}
	low := c.with(keyRange)
	if v := c.numbers[0]; len(low) > 0 && v > low[0] {
		return is(Useless, sayf("the kernel refuses it (EINVAL): ip_local_port_range begins at %d, below it", "内核拒绝（EINVAL）：ip_local_port_range 从 %d 开始，低于该值", low[0]))
	} else if v == 1024 {
		return isDefault()
	}
	return is(Harmless, sayf("it has nothing to do with TIME_WAIT", "与 TIME_WAIT 无关"))
}

func judgeAutobind(c *question) opinion {
	switch {
	case c.numbers == nil:
		return unknown()
	case c.numbers[0] == 0:
		return isDefault()
	}
	return is(Harmful, sayf("two sockets can get the same address and port, and the second connect() to the same destination then fails; the kernel's documentation leaves it to experts",
		"两个套接字可能得到相同的地址和端口，随后连向同一目的地的第二个 connect() 会失败；内核文档说明它只应由专家启用")).
		do(sayf("set IP_BIND_ADDRESS_NO_PORT on sockets that bind an address before connect()", "对 connect() 之前绑定地址的套接字设置 IP_BIND_ADDRESS_NO_PORT"))
}

func judgeReserved(c *question) opinion {
	if c.Open {
		return unknown()
	}
	set, ok := reserved(c.Value)
	if !ok {
		return refused(sayf("a list such as 8080,9000-9010 without blanks and without a comment behind it", "形如 8080,9000-9010 的列表，不能有空格，后面也不能有注释"))
	}
	r := c.with(keyRange)
	if set.Len() == 0 || len(r) < 2 {
		return is(Harmless, sayf("nothing is reserved that could be told here", "此处看不出保留了什么"))
	}
	inside := int64(0)
	for p := range set.All() {
		if r[0] <= int64(p) && int64(p) <= r[1] {
			inside++
		}
	}
	left := r[1] - r[0] + 1 - inside
	switch {
	case inside == 0:
		return is(Useless, sayf("none of these ports lies in ip_local_port_range (%d-%d), so none would ever be chosen", "这些端口都不在 ip_local_port_range（%d-%d）内，本来就不会被选中", r[0], r[1]))
	case left <= 0:
		return is(Harmful, sayf("it reserves the whole of ip_local_port_range (%d-%d): connect() finds no port", "它保留了整个 ip_local_port_range（%d-%d）：connect() 将无端口可用", r[0], r[1]))
	case left < r[1]-r[0]+1-left: // more than half is gone
		return is(Harmful, sayf("it leaves %s of %s ports for connect()", "只给 connect() 留下 %s 个端口（共 %s 个）", n(left), n(r[1]-r[0]+1)))
	}
	return is(Helps, sayf("%s of these ports lie in ip_local_port_range: no outgoing connection can take them from a service", "其中 %s 个端口位于 ip_local_port_range 内：外出连接不会再占用服务的端口", n(inside)))
}

// reserved reads a list of ports as the kernel does: a comma at the end is
// nothing, any blank is an error.
func reserved(value string) (*evidence.PortSet, bool) {
	for _, r := range value {
		if blank(r) {
			return nil, false
		}
	}
	list := value
	if len(list) > 1 && list[len(list)-1] == ',' {
		list = list[:len(list)-1]
	}
	set, err := evidence.ParsePorts(list)
	return set, err == nil
}

// refused is the opinion on a value that the kernel answers with EINVAL.
func refused(takes Message) opinion {
	return is(Useless, sayf("the kernel refuses it (EINVAL), so nothing changes: it takes %s", "内核拒绝（EINVAL），因此什么也不会改变：它接受%s", takes))
}
