package lint

import "strconv"

// answer judges a setting: whether the kernel has it, takes the value, whether
// it comes to be where it is written, and then what it is worth.
func (c *question) answer() opinion {
	if o, missing := c.missing(); missing {
		return o
	}
	if o, no := c.refusal(); no {
		return o
	}
	if o, lost := c.ineffective(); lost {
		return o
	}
	o := c.entry.judge(c)
	if o.verdict == Harmless && expects(c.Comment) && !c.acts() {
		o.verdict = Useless
		o.notes = append(o.notes, o.reason)
		o.reason = sayf("the comment expects something of it for TIME_WAIT, and it has no influence on that", "注释期望它对 TIME_WAIT 起作用，但它没有影响")
	}
	return o
}

// acts reports whether the key has an influence on TIME_WAIT or its ports at
// some value, so that a comment that says so is right.
func (c *question) acts() bool {
	switch c.Key {
	case keyReuse, keyDelay, keyTimestamps, keyRange, keyReserved, keyQuota, conntrackDir + "time_wait", "net.ipv4.tcp_rfc1337":
		return true
	}
	return false
}

// missing judges a key that the kernel does not have.
func (c *question) missing() (opinion, bool) {
	remove := sayf("remove the line", "删除该行")
	switch e := c.entry; {
	case c.seen():
		return opinion{}, false
	case e.removed != release{} && e.removed.in(c.kernel):
		return is(Gone, sayf("Linux %s removed it: setting it fails", "Linux %s 已将其移除：设置会失败", e.removed)).do(remove), true
	case !e.since.in(c.kernel):
		return is(NoSuchKey, sayf("it came with Linux %s: setting it fails here", "它从 Linux %s 开始才有：在此设置会失败", e.since)).do(remove), true
	case c.live != nil && c.live.First && c.live.Absent[c.Key] && e.netns.in(c.kernel) && c.loaded():
		return is(NoSuchKey, sayf("the running kernel has no such key, although its release should", "正在运行的内核没有这个键，尽管该版本本应有")).do(remove), true
	}
	return opinion{}, false
}

// seen reports whether the running kernel itself shows the key: releases with
// what was carried back to them have some before their time.
func (c *question) seen() bool {
	if c.live == nil {
		return false
	}
	_, ok := c.live.Values[c.Key]
	return ok || c.live.Has != nil && c.live.Has(c.Key)
}

// loaded is false for keys that come with a module, which need not be loaded.
func (c *question) loaded() bool {
	return len(c.Key) < len(conntrackDir) || c.Key[:len(conntrackDir)] != conntrackDir
}

// String returns "6.14".
func (r release) String() string { return strconv.Itoa(r.major) + "." + strconv.Itoa(r.minor) }

// refusal judges a value that the kernel answers with EINVAL.
func (c *question) refusal() (opinion, bool) {
	if c.Open || c.entry.kind == portList || c.entry.kind == readOnly {
		return opinion{}, false
	}
	takes := sayf("an integer", "一个整数")
	switch c.entry.kind {
	case ports:
		takes = sayf("two ports with a blank between them", "以空格分隔的两个端口号")
	case triple:
		takes = sayf("three integers", "三个整数")
	}
	if c.numbers == nil {
		return refused(takes), true
	}
	if c.entry.kind != number {
		return opinion{}, false
	}
	l := anyInt()
	if c.entry.limit != nil {
		l = c.entry.limit(c.kernel)
	}
	if !l.has(c.numbers[0]) {
		return refused(sayf("%d to %d", " %d 到 %d", l.low, l.high)), true
	}
	return opinion{}, false
}
