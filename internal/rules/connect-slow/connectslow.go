// Package connectslow finds destinations toward which connect() has become slow
// because more than half of the local ports are taken: it fails next.
package connectslow

import (
	"fmt"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

const (
	// enough calls make a median that chance does not move.
	enough = 20
	// slow is twenty times what a search takes that finds a port at once
	// (about 30 µs with the SYN's way over loopback, measured on Linux 6.18).
	slow = time.Millisecond
	// times slower than toward other destinations, or the host is slow.
	times = 4
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "connect-slow",
		Title: say.F("connect() has become slow because more than half of the local ports are taken",
			"本地端口占用过半，connect() 变慢"),
		Why: say.F("connect() first tries all ports of one parity, and the other only then. Toward a destination with more than half of the range taken, each call walks thousands of taken ports before it finds one, with the processor busy all the time. "+
			"When the other half is taken too, connect() fails with EADDRNOTAVAIL.",
			"connect() 先试同一奇偶性的所有端口，然后才试另一半。去往端口占用过半的目的地时，每次调用都要走过数千个被占用的端口才能找到一个，期间一直占用处理器。另一半也占满后，connect() 以 EADDRNOTAVAIL 失败。"),
		References: []string{
			"net/ipv4/inet_hashtables.c, __inet_hash_connect",
			"linger lab run half-range-slowdown",
		},
		Helps: []rule.Advice{rule.KeepAlive(0), {
			Do: say.F("widen ip_local_port_range, or use more destination ports or source addresses",
				"扩大 ip_local_port_range，或使用更多的目的端口或源地址"),
			Because: say.F("the search is quick again while less than half is taken",
				"占用不到一半时，搜索又会很快"),
		}},
		NotHelp: rule.PortFolklore(&evidence.Settings{}),
		Check:   check,
	}
}

func check(c rule.Case) []rule.Finding {
	var found []rule.Finding
	for _, s := range rule.Scarcities(c) {
		used, of := s.Budget.Used()
		here := connects(c.Namespace, &s)
		if here == nil || 2*used <= of || here.Count() < enough {
			continue
		}
		typical, usual := here.Quantile(0.5), elsewhere(c.Namespace, here)
		if typical >= slow && typical >= times*usual {
			found = append(found, finding(&s, here, typical, usual))
		}
	}
	return found
}

func connects(ns *evidence.Namespace, s *rule.Scarcity) *evidence.Connects {
	i := slices.IndexFunc(ns.Connects, func(c evidence.Connects) bool { return c.Addr == s.Budget.Key.Service() })
	if i < 0 {
		return nil
	}
	return &ns.Connects[i]
}

// elsewhere is the median over all other destinations; 0 if there are too few calls.
func elsewhere(ns *evidence.Namespace, here *evidence.Connects) time.Duration {
	var all evidence.Connects
	for i := range ns.Connects {
		if c := &ns.Connects[i]; c.Addr != here.Addr {
			all.Micros = append(all.Micros, make([]uint64, max(0, len(c.Micros)-len(all.Micros)))...)
			for j, n := range c.Micros {
				all.Micros[j] += n
			}
		}
	}
	if all.Count() < enough {
		return 0
	}
	return all.Quantile(0.5)
}

func finding(s *rule.Scarcity, here *evidence.Connects, typical, usual time.Duration) rule.Finding {
	used, of := s.Budget.Used()
	who := s.Who()
	compared := say.F("no other destination had calls enough to compare with",
		"没有其他目的地有足够的调用可供比较")
	if usual > 0 {
		compared = say.F("up to %s toward others",
			"去往其他目的地不超过 %s", short(usual))
	}
	facts := []say.Text{say.F("Of %s that linger saw, half took up to %s, and a tenth %s or more, before the SYN was sent; %s.",
		"linger 看到的 %s中，发出 SYN 之前，一半用时不超过 %s，十分之一达到或超过 %s；%s。",
		rule.Count(here.Count(), "call", "次调用"), short(typical), short(here.Quantile(0.9)/2), compared)}
	return rule.Finding{
		Severity: rule.Warning, Subject: rule.Subject{Key: &s.Group.Key}, Who: who, Count: here.Count(),
		Title: say.F("connect() to %s is slow: up to %s to find a port, for %s of %s are taken; it fails when all are",
			"去往 %s 的 connect() 很慢：找到端口最多要 %s，因为已占用 %s / %s；全部占用后便会失败",
			rule.Endpoint(here.Addr), short(typical), rule.N(used), rule.N(of)),
		Facts: append(facts, s.Facts()...), Helps: s.Helps(), NotHelp: s.NotHelp(), WantsOwner: true,
	}
}

func short(d time.Duration) string {
	if d < time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return rule.About(d)
}
