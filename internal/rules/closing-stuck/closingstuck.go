// Package closingstuck finds connections whose last FIN is not acknowledged.
package closingstuck

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
)

// enough is more than the connections of a busy host that wait one round trip
// for the acknowledgement of their FIN.
const enough = 100

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code:  "closing-stuck",
		Title: "peers do not acknowledge the last FIN: sockets pile up in LAST_ACK or CLOSING",
		Why: "In LAST_ACK and CLOSING both sides have sent a FIN and this side's is not acknowledged yet, which takes one round trip. " +
			"Many of them mean that the answers are lost: the peer is gone, or a firewall has forgotten the connection. " +
			"The kernel repeats the FIN until tcp_orphan_retries (0 means 8) is reached. They are full sockets, bounded by tcp_max_orphans on the whole host.",
		References: []string{
			"RFC 9293 section 3.6",
			"net/ipv4/tcp_timer.c, tcp_write_timeout and tcp_orphan_retries",
			"ip-sysctl: tcp_orphan_retries, tcp_max_orphans",
		},
		Helps: []rule.Advice{
			{Do: "look where the acknowledgements are lost: connection tracking, a load balancer that drops idle connections, a peer that went away", Because: "the FIN is repeated because no answer comes"},
			{Do: "lower tcp_orphan_retries", Because: "each repetition waits twice as long as the one before; fewer end them sooner"},
		},
		NotHelp: []rule.Advice{
			rule.NotFinTimeout(),
			{Do: "set tcp_tw_reuse or tcp_tw_recycle", Because: "they concern TIME_WAIT; a passive close never enters it"},
		},
		Check: check,
	}
}

func unacknowledged(t *evidence.Tally) uint64 {
	return t.States[tcp.LastAck] + t.States[tcp.Closing]
}

func check(c rule.Case) []rule.Finding {
	ns := c.Namespace
	var found []rule.Finding
	for _, p := range rule.Piles(ns, enough, unacknowledged) {
		var last, closing, finWait1 uint64
		for _, t := range p.Groups {
			last += t.States[tcp.LastAck]
			closing += t.States[tcp.Closing]
			finWait1 += t.Orphans[tcp.FinWait1]
		}
		who := p.Maker(ns)
		found = append(found, rule.Finding{
			Severity: rule.Warning, Subject: p.Subject(), Who: who, Count: p.N, Groups: p.Keys(), WantsOwner: true,
			Title: fmt.Sprintf("%s %s, closed %s, get no answer to the last FIN: %s in LAST_ACK, %s in CLOSING",
				rule.Count(p.N, "connection"), p.Where(), rule.By(c.Snapshot, who), rule.N(last), rule.N(closing)),
			Facts: facts(c, &p, who, finWait1),
			Helps: helps(ns),
		})
	}
	return found
}

func facts(c rule.Case, p *rule.Pile, who evidence.Maker, finWait1 uint64) []string {
	ns := c.Namespace
	out := []string{fmt.Sprintf("tcp_orphan_retries is %s (0 means 8).", ns.Settings.OrphanRetries)}
	if finWait1 > 0 {
		out = append(out, fmt.Sprintf("%s more toward the same peers are orphans in FIN_WAIT1: their first FIN is not acknowledged either.", rule.N(finWait1)))
	}
	if n, ok := ns.Counters.Sockstat["TCP.orphan"]; ok {
		out = append(out, fmt.Sprintf("The whole host has %s; tcp_max_orphans is %s.", rule.Count(n, "orphan"), ns.Settings.MaxOrphans))
	}
	if len(p.Groups) > 1 {
		out = append(out, fmt.Sprintf("They are spread over %d pairs of addresses; most: %s, %s.", len(p.Groups), p.Groups[0].Key, rule.N(unacknowledged(p.Groups[0]))))
	}
	return append(out, rule.AboutMaker(c.Snapshot, who)...)
}

func helps(ns *evidence.Namespace) []rule.Advice {
	const fewer = 3 // about 3 s at the least retransmission timeout of 200 ms
	advice := Rule().Helps[:1:1]
	n, ok := ns.Settings.OrphanRetries.Get()
	if !ok || n != 0 && n <= fewer {
		return advice
	}
	return append(advice, rule.Advice{
		Do:      fmt.Sprintf("lower tcp_orphan_retries to %d", fewer),
		Because: "each repetition waits twice as long as the one before: 3 take about 3 s at the shortest timeout of 200 ms, 8 take about 100 s",
		Command: rule.Sysctl(ns, "tcp_orphan_retries", fewer),
	})
}
