// Package portslow finds destinations toward which local ports are about to
// run out.
package portslow

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

const (
	// soon is long enough for a human to act, and as far as a rate seen over
	// one minute may be extended.
	soon = 10 * time.Minute
	// nearlyFull is the share in percent at which a doubling burst no longer
	// fits, whatever the trend says.
	nearlyFull = 80
	// smallest keeps quiet about ranges so small that shares mean nothing.
	smallest = 4
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "ports-low",
		Title: say.F("local ports toward a destination are running out",
			"去往某目的地的本地端口即将耗尽"),
		Why: say.F("Each connection that this side closes first keeps its local port toward that destination for 60 s of TIME_WAIT, so a rate of closes holds about 61 times as many ports. "+
			"One look at the sockets holds the rate of the last minute, which tells when the range is used up; connect() then fails with EADDRNOTAVAIL. "+
			"It gets slow before that: past half of the range the kernel walks all ports of one parity before it tries the other.",
			"本端先关闭的每个连接，在 60 s 的 TIME_WAIT 期间占着去往该目的地的本地端口，因此一定的关闭速率会占用约 61 倍的端口。看一眼套接字就知道最近一分钟的速率，从而知道范围何时用尽；那时 connect() 以 EADDRNOTAVAIL 失败。在那之前它会先变慢：用过一半之后，内核先遍历同一奇偶性的所有端口，再试另一半。"),
		References: []string{
			"net/ipv4/inet_hashtables.c, __inet_hash_connect",
			"include/net/tcp.h, TCP_TIMEWAIT_LEN",
			"RFC 6056 section 3.3.4",
			"ip-sysctl: ip_local_port_range, tcp_tw_reuse",
		},
		Helps: []rule.Advice{rule.KeepAlive(0), {
			Do: say.F("set tcp_tw_reuse to 1 on the connecting side, widen ip_local_port_range, or use more destination ports or source addresses",
				"在发起连接的一端把 tcp_tw_reuse 设为 1，扩大 ip_local_port_range，或使用更多的目的端口或源地址"),
			Because: say.F("each gives more connections per minute",
				"每一项都能增加每分钟的连接数"),
		}},
		NotHelp: rule.PortFolklore(&evidence.Settings{}),
		Check:   check,
	}
}

func check(c rule.Case) []rule.Finding {
	var found []rule.Finding
	for _, s := range rule.Scarcities(c) {
		used, of := s.Budget.Used()
		if of < smallest {
			continue
		}
		runsOut := !s.Projection.Never && s.Projection.In <= soon
		if runsOut || used*100 > of*nearlyFull {
			found = append(found, low(&s, used, of, runsOut))
		}
	}
	return found
}

func low(s *rule.Scarcity, used, of int, runsOut bool) rule.Finding {
	who, to := s.Who(), rule.Endpoint(s.Budget.Key.Service())
	title := say.F("%d%% of the local ports toward %s are taken (%s of %s), opened %s",
		"去往 %[2]s 的本地端口已占用 %[1]d%%（%[3]s / %[4]s），打开者：%[5]s",
		used*100/of, to, rule.N(used), rule.N(of), rule.By(s.Snapshot, who))
	facts := s.Facts()
	if runsOut {
		title = say.F("Local ports toward %s run out in %s: %s of %s are taken, opened %s",
			"去往 %s 的本地端口将在 %s 后耗尽：已占用 %s / %s，打开者：%s",
			to, rule.About(s.Projection.In), rule.N(used), rule.N(of), rule.By(s.Snapshot, who))
		facts = append([]say.Text{margin(s)}, facts...)
	}
	return rule.Finding{
		Severity: rule.Warning, Subject: rule.Subject{Key: &s.Group.Key},
		Title: title, Who: who, Count: uint64(used), Facts: facts,
		Helps: s.Helps(), NotHelp: s.NotHelp(), WantsOwner: true,
	}
}

// margin says how sure the time is.
func margin(s *rule.Scarcity) say.Text {
	p := &s.Projection
	if p.Late == 0 {
		return say.F("By the scatter of the rate, it may be as soon as %s, or never.",
			"按速率的波动，可能最快 %s，也可能永不。", rule.About(p.Early))
	}
	return say.F("By the scatter of the rate, between %s and %s.",
		"按速率的波动，在 %s 到 %s 之间。", rule.About(p.Early), rule.About(p.Late))
}
