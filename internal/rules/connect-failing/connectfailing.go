// Package connectfailing finds connect() calls that a tracer saw failing for
// want of a local port.
package connectfailing

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "connect-failing",
		Title: say.F("connect() was seen failing for want of a local port",
			"看到 connect() 因没有本地端口而失败"),
		Why: say.F("connect() without a bound port fails with EADDRNOTAVAIL when every port of ip_local_port_range is taken toward the destination, or skipped: "+
			"the kernel skips each port that anyone bound explicitly, whatever the addresses. From a port that the program bound itself, it fails if exactly this connection exists already.",
			"未绑定端口的 connect() 在去往目的地的 ip_local_port_range 端口全部被占用或被跳过时，以 EADDRNOTAVAIL 失败：只要有人显式绑定了某端口，无论地址为何，内核都会跳过。若程序自己绑定了端口，则在完全相同的连接已存在时失败。"),
		References: []string{
			"net/ipv4/inet_hashtables.c, __inet_hash_connect",
			"connect(2), EADDRNOTAVAIL",
		},
		Helps: []rule.Advice{{
			Do: say.F("ask `linger why` about the destination",
				"用 `linger why` 查询该目的地"),
			Because: say.F("it accounts for every port of the range: who holds it, and why connect() may not take it",
				"它逐个说明范围内的端口：谁占着，connect() 为何不能用"),
		}},
		NotHelp: rule.PortFolklore(&evidence.Settings{}),
		Check:   check,
	}
}

func check(c rule.Case) []rule.Finding {
	var found []rule.Finding
	for _, f := range rule.Failings(c.Namespace) {
		if f.Call == "connect" {
			found = append(found, finding(c, &f))
		}
	}
	return found
}

func finding(c rule.Case, f *rule.Failing) rule.Finding {
	out := rule.Finding{
		Severity: rule.Critical, Subject: subject(c.Namespace, f.Addr), Who: f.Who, Count: f.Count,
		Title: say.F("connect() to %s fails with EADDRNOTAVAIL: %s while linger watched, called %s",
			"去往 %s 的 connect() 以 EADDRNOTAVAIL 失败：linger 观察期间 %s，调用者：%s",
			rule.Endpoint(f.Addr), rule.Times(f.Count), rule.By(c.Snapshot, f.Who)),
		Helps: []rule.Advice{{
			Do: say.F("ask `linger why` about the destination",
				"用 `linger why` 查询该目的地"),
			Because: say.F("it accounts for every port: who holds it, and why connect() may not take it",
				"它逐个说明端口：谁占着，connect() 为何不能用"),
			Command: rule.In(c.Namespace, "linger why "+f.Addr.String()),
		}},
	}
	if f.Bound {
		out.Facts = append(out.Facts, say.F("The program had bound its source port, and from that port a connection to this destination exists already, or lingers without timestamps.",
			"程序绑定了源端口，而从该端口到此目的地的连接已经存在，或仍在 TIME_WAIT 且没有时间戳。"))
	}
	return out
}

// subject is the group toward the destination, if there is only one.
func subject(ns *evidence.Namespace, to netip.AddrPort) rule.Subject {
	key := evidence.Key{Direction: evidence.Outbound, Dst: to.Addr(), Port: to.Port()}
	groups := 0
	for i := range ns.Tallies {
		if t := &ns.Tallies[i]; t.Direction == evidence.Outbound && t.Service() == to {
			groups++
			key.Src = t.Src
		}
	}
	if groups != 1 {
		key.Src = netip.Addr{}
	}
	return rule.Subject{Key: &key}
}
