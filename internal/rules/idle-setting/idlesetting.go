// Package idlesetting finds settings that do nothing on this kernel, or harm.
package idlesetting

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

// meanLife is the mean seconds in TIME_WAIT: 60, and half of what the timer
// wheel rounds up (2 s at HZ=250).
const meanLife = 61

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code:  "idle-setting",
		Title: "a setting does nothing here, or harms",
		Why: "Much advice about TIME_WAIT is older than the kernels it is given for. " +
			"A setting that does nothing hides that the problem is still there; one that harms breaks connections that nobody links to it.",
		References: []string{
			"ip-sysctl: tcp_tw_reuse, tcp_max_tw_buckets, tcp_fin_timeout",
			"Linux commit 4396e46187ca (tcp_tw_recycle removed in 4.12)",
			"net/ipv4/tcp_ipv4.c, tcp_twsk_unique",
			"net/ipv4/tcp_timer.c, tcp_keepalive_timer",
		},
		Helps: []rule.Advice{{
			Do:      "set it back to the kernel's default",
			Because: "the defaults are right for all but a few hosts",
		}},
		NotHelp: []rule.Advice{rule.NotFinTimeout(), rule.NotFewerBuckets()},
		Check:   check,
	}
}

func check(c rule.Case) []rule.Finding {
	var found []rule.Finding
	for _, look := range []func(*evidence.Namespace) (rule.Finding, bool){recycle, reuseWithoutTimestamps, lowQuota, oddFinTimeout} {
		if f, ok := look(c.Namespace); ok {
			found = append(found, f)
		}
	}
	return found
}

func recycle(ns *evidence.Namespace) (rule.Finding, bool) {
	v, ok := ns.Settings.TWRecycle.Get()
	if !ok || v == 0 {
		return rule.Finding{}, false
	}
	return rule.Finding{
		Severity: rule.Warning,
		Subject:  rule.Subject{Setting: "tcp_tw_recycle"},
		Title:    "tcp_tw_recycle is on: connections from clients behind NAT are dropped at random",
		Facts: []string{
			"It remembers the last timestamp of each peer address and drops a SYN with an older one; clients that share an address have unrelated clocks.",
			"Linux 4.12 removed it.",
		},
		Helps: []rule.Advice{{
			Do:      "turn it off",
			Because: "the dropped SYNs come through again at once",
			Command: rule.Sysctl(ns, "tcp_tw_recycle", 0),
		}},
	}, true
}

func reuseWithoutTimestamps(ns *evidence.Namespace) (rule.Finding, bool) {
	mode, ok := ns.Settings.TWReuse.Get()
	if !ok || mode == 0 || !ns.Settings.Timestamps.Is(0) {
		return rule.Finding{}, false
	}
	f := rule.Finding{
		Severity: rule.Info, // 2 is the default since Linux 4.19: nobody relies on it
		Subject:  rule.Subject{Setting: "tcp_tw_reuse"},
		Title:    fmt.Sprintf("tcp_tw_reuse is %d but does nothing: tcp_timestamps is off", mode),
		Facts: []string{
			"connect() takes over a TIME_WAIT port only if the old connection had timestamps.",
		},
		Helps: []rule.Advice{{
			Do:      "turn tcp_timestamps on",
			Because: "connections opened from then on can be taken over; those in TIME_WAIT now cannot",
			Command: rule.Sysctl(ns, "tcp_timestamps", 1),
		}},
	}
	if mode == 1 {
		f.Severity = rule.Warning // somebody set it, and expects ports of it
	}
	return f, true
}

func lowQuota(ns *evidence.Namespace) (rule.Finding, bool) {
	limit, ok := ns.Settings.MaxTWBuckets.Get()
	if !ok || limit < 0 { // negative is no limit
		return rule.Finding{}, false
	}
	var minute evidence.Minute
	for i := range ns.Tallies {
		minute.Add(&ns.Tallies[i].Minute)
	}
	rate := minute.Rate().PerSecond
	need := int64(rate*meanLife + 0.5)
	if limit == 0 {
		need = max(need, 1) // nothing enters TIME_WAIT, so no rate can be seen
	}
	if need <= limit {
		return rule.Finding{}, false
	}
	to := int64(4096)
	for to < 2*need {
		to *= 2
	}
	f := rule.Finding{
		Severity: rule.Warning,
		Subject:  rule.Subject{Setting: "tcp_max_tw_buckets"},
		Count:    uint64(need),
		Title: fmt.Sprintf("tcp_max_tw_buckets is %s, but the present %s closes need %s: connections will skip TIME_WAIT",
			rule.N(limit), rule.PerSecond(rate), rule.N(need)),
		Facts: []string{"ip-sysctl: this limit exists only to prevent simple DoS attacks, it must not be lowered."},
		Helps: []rule.Advice{{
			Do:      "raise tcp_max_tw_buckets to " + rule.N(to),
			Because: fmt.Sprintf("twice the need; each socket costs 256 to 512 bytes, %s at most", rule.Bytes(uint64(to)*512)),
			Command: rule.Sysctl(ns, "tcp_max_tw_buckets", to),
		}},
	}
	if limit == 0 {
		f.Title = "tcp_max_tw_buckets is 0: no connection enters TIME_WAIT, and old segments may hit new connections"
	}
	return f, true
}

// oddFinTimeout knows a quirk of values above 60: an orphan then spends
// F - 60 s as a full socket and F - 60 s as a mini-socket, 2 (F - 60) in all
// (__tcp_close and tcp_keepalive_timer; measured on Linux 6.18). Only from 90
// on is that at least the default's 60 s.
func oddFinTimeout(ns *evidence.Namespace) (rule.Finding, bool) {
	const first, last, length = 61, 89, 60
	v, ok := ns.Settings.FinTimeout.Get()
	if !ok || v < first || v > last {
		return rule.Finding{}, false
	}
	return rule.Finding{
		Severity: rule.Warning,
		Subject:  rule.Subject{Setting: "tcp_fin_timeout"},
		Title:    fmt.Sprintf("tcp_fin_timeout is %d, which shortens FIN_WAIT2 to about %d s", v, 2*(v-length)),
		Facts: []string{
			fmt.Sprintf("Above 60 an orphan spends %d s as a full socket and %d s as a mini-socket: less than the default's 60 s for every value from 61 to 89.", v-length, v-length),
			"It has no effect on TIME_WAIT.",
		},
		Helps: []rule.Advice{{
			Do:      "set it to 60, the default",
			Because: "orphans then wait 60 s for their peer's FIN",
			Command: rule.Sysctl(ns, "tcp_fin_timeout", length),
		}},
	}, true
}
