// Package portslow finds destinations toward which local ports are about to
// run out.
package portslow

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
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
		Code:  "ports-low",
		Title: "local ports toward a destination are running out",
		Why: "Each connection that this side closes first keeps its local port toward that destination for 60 s of TIME_WAIT, so a rate of closes holds about 61 times as many ports. " +
			"One look at the sockets holds the rate of the last minute, which tells when the range is used up; connect() then fails with EADDRNOTAVAIL. " +
			"It gets slow before that: past half of the range the kernel walks all ports of one parity before it tries the other.",
		References: []string{
			"net/ipv4/inet_hashtables.c, __inet_hash_connect",
			"include/net/tcp.h, TCP_TIMEWAIT_LEN",
			"RFC 6056 section 3.3.4",
			"ip-sysctl: ip_local_port_range, tcp_tw_reuse",
		},
		Helps: []rule.Advice{rule.KeepAlive(0), {
			Do:      "set tcp_tw_reuse to 1 on the connecting side, widen ip_local_port_range, or use more destination ports or source addresses",
			Because: "each gives more connections per minute",
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
	title := fmt.Sprintf("%d%% of the local ports toward %s are taken (%s of %s), opened %s",
		used*100/of, to, rule.N(used), rule.N(of), rule.By(s.Snapshot, who))
	facts := s.Facts()
	if runsOut {
		title = fmt.Sprintf("Local ports toward %s run out in %s: %s of %s are taken, opened %s",
			to, rule.About(s.Projection.In), rule.N(used), rule.N(of), rule.By(s.Snapshot, who))
		facts = append([]string{margin(s)}, facts...)
	}
	return rule.Finding{
		Severity: rule.Warning, Subject: rule.Subject{Key: &s.Group.Key},
		Title: title, Who: who, Count: uint64(used), Facts: facts,
		Helps: s.Helps(), NotHelp: s.NotHelp(), WantsOwner: true,
	}
}

// margin says how sure the time is.
func margin(s *rule.Scarcity) string {
	p := &s.Projection
	if p.Late == 0 {
		return fmt.Sprintf("By the scatter of the rate, it may be as soon as %s, or never.", rule.About(p.Early))
	}
	return fmt.Sprintf("By the scatter of the rate, between %s and %s.", rule.About(p.Early), rule.About(p.Late))
}
