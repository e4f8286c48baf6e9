package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// judgeRange judges ip_local_port_range. What is refused was measured on
// Linux 6.18.
func judgeRange(c *question) opinion {
	if c.numbers == nil {
		return unknown()
	}
	low, high, o := c.numbers[0], int64(defaultHigh), []Message(nil)
	if len(c.numbers) > 1 {
		high = c.numbers[1]
	} else {
		o = append(o, sayf("one number sets only the lower end; the upper end stays as it is", "只写一个数只会设置下限；上限保持不变"))
	}
	if m, wrong := c.rangeRefused(low, high); wrong {
		return is(Useless, m)
	}
	return c.rangeSize(low, high).note(o...).note(c.rangeNotes(low, high)...)
}

// rangeRefused says why the kernel answers EINVAL.
func (c *question) rangeRefused(low, high int64) (Message, bool) {
	switch first := c.with(keyUnprivileged); {
	case low < 1 || high > 65535:
		return sayf("the kernel refuses it (EINVAL): ports are 1 to 65535", "内核拒绝（EINVAL）：端口号为 1 到 65535"), true
	case low > high:
		return sayf("the kernel refuses it (EINVAL): the lower end is above the upper end", "内核拒绝（EINVAL）：下限大于上限"), true
	case (release{4, 11}).in(c.kernel) && len(first) > 0 && low < first[0]:
		return sayf("the kernel refuses it (EINVAL): it cannot begin below ip_unprivileged_port_start, which is %d", "内核拒绝（EINVAL）：下限不能低于 ip_unprivileged_port_start（%d）", first[0]), true
	}
	return Message{}, false
}

// rangeSize judges by the number of ports.
func (c *question) rangeSize(low, high int64) opinion {
	size := high - low + 1
	per := sayf("%s ports toward each destination (the default has %s): without reuse, about %s closes a second in the long run",
		"每个目的地 %s 个端口（默认为 %s 个）：不复用时，长期每秒约可关闭 %s 个连接", n(size), n(defaultPorts), n(max(1, size/61)))
	if taken := c.endangered(low, high); len(taken) > 0 {
		return is(Harmful, sayf("programs listen on %s, inside the range but not reserved: an outgoing connection can take such a port while they restart, and bind() then fails with EADDRINUSE",
			"有程序监听 %s，位于该范围内却未保留：它们重启期间，外出连接可能占用该端口，随后 bind() 以 EADDRINUSE 失败", list(taken))).
			note(per).do(sayf("reserve them: net.ipv4.ip_local_reserved_ports = %[1]s", "保留它们：net.ipv4.ip_local_reserved_ports = %[1]s", c.reservedWith(taken)))
	}
	switch {
	case low == defaultLow && high == defaultHigh:
		return isDefault()
	case size < defaultPorts/2:
		return is(Harmful, per).do(sayf("widen it, or leave the default 32768 60999", "扩大范围，或保留默认值 32768 60999"))
	case size <= defaultPorts+1: // "32768 61000" is an older default
		return is(Harmless, per)
	}
	return is(Helps, per)
}

// rangeNotes says what bites besides.
func (c *question) rangeNotes(low, high int64) (notes []Message) {
	if size := high - low + 1; size%2 == 1 && size > 1 {
		notes = append(notes, sayf("the number of ports is odd, and both ends have the same parity: Linux rounds it down when it looks for a port, so one can stay unused; make one end even and the other odd",
			"端口数为奇数，两端奇偶相同：Linux 查找端口时会向下取偶，因而可能有一个端口用不上；应使两端一奇一偶"))
	}
	if c.live != nil && len(c.live.Listening) > 0 {
		return notes
	}
	if c.live != nil && c.live.Unlisted {
		notes = append(notes, sayf("the kernel could not list sockets (no tcp_diag module), so ports of the range on which programs listen are not told",
			"内核无法列出套接字（没有 tcp_diag 模块），因此不能指出范围内哪些端口正被监听"))
	}
	set, _ := reserved(c.text(keyReserved))
	var known []uint16
	for _, p := range []uint16{3306, 5432, 6379, 8080, 9090, 9200, 11211, 27017} {
		if low <= int64(p) && int64(p) <= high && !set.Has(p) {
			known = append(known, p)
		}
	}
	if len(known) > 0 {
		notes = append(notes, sayf("it holds ports where services often listen (%s): reserve those that are used here in ip_local_reserved_ports",
			"范围内含有服务常用的监听端口（%s）：请把此处用到的端口写进 ip_local_reserved_ports", list(known)))
	}
	return notes
}

// endangered returns the ports that programs listen on in what the range has
// beyond the kernel's default: a port inside the default was most likely chosen
// automatically.
func (c *question) endangered(low, high int64) (ports []uint16) {
	if c.live == nil {
		return nil
	}
	set, _ := reserved(c.text(keyReserved))
	for _, p := range c.live.Listening {
		in, usual := low <= int64(p) && int64(p) <= high, defaultLow <= p && p <= defaultHigh
		if in && !usual && !set.Has(p) {
			ports = append(ports, p)
		}
	}
	return slices.Compact(ports)
}

// reservedWith is the value that reserves these ports beside those that are.
func (c *question) reservedWith(ports []uint16) string {
	all := evidence.PortSetOf(ports...)
	if set, ok := reserved(c.text(keyReserved)); ok {
		all.Union(set)
	}
	return all.String()
}

// listMost is how many ports are named.
const listMost = 12

func list(ports []uint16) string {
	words := make([]string, 0, len(ports))
	for _, p := range ports[:min(len(ports), listMost)] {
		words = append(words, strconv.Itoa(int(p)))
	}
	if len(ports) > listMost {
		words = append(words, "...")
	}
	return strings.Join(words, ",")
}
