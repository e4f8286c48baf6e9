// Package bindfailing finds bind() and listen() calls that a tracer saw
// failing because the port is in use.
package bindfailing

import (
	"fmt"

	"github.com/linger-dev/linger/internal/rule"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code:  "bind-failing",
		Title: "bind() or listen() was seen failing because the port is in use",
		Why: "bind() fails with EADDRINUSE while another socket on the port conflicts with it: a listener, a live connection, or a TIME_WAIT. " +
			"SO_REUSEADDR helps only if both sockets have it and the other one does not listen; a client whose automatic port is just this one never has it.",
		References: []string{
			"net/ipv4/inet_connection_sock.c, inet_csk_get_port, inet_bind_conflict",
			"bind(2), EADDRINUSE",
		},
		Helps: []rule.Advice{{
			Do:      "ask `linger why` about the port",
			Because: "it names every socket that is in the way, for how long, and what would let bind() succeed",
		}},
		NotHelp: []rule.Advice{rule.NotFinTimeout(), rule.NotFewerBuckets()},
		Check:   check,
	}
}

func check(c rule.Case) []rule.Finding {
	var found []rule.Finding
	for _, f := range rule.Failings(c.Namespace) {
		if f.Call != "connect" {
			found = append(found, finding(c, &f))
		}
	}
	return found
}

func finding(c rule.Case, f *rule.Failing) rule.Finding {
	what := rule.Endpoint(f.Addr)
	help := rule.Advice{
		Do:      "ask `linger why` about the port",
		Because: "it names every socket that is in the way, for how long, and what would let bind() succeed",
		Command: rule.In(c.Namespace, fmt.Sprintf("linger why %d", f.Addr.Port())),
	}
	if f.Addr.Port() == 0 {
		what = "an automatic port of " + f.Addr.Addr().String()
		help = rule.Advice{
			Do:      "in clients that bind their source address, set IP_BIND_ADDRESS_NO_PORT before bind(address, 0)",
			Because: "the port is then chosen at connect() and shared among destinations; bind() alone needs one that nobody uses toward anyone",
		}
	}
	return rule.Finding{
		Severity: rule.Warning, Subject: rule.Subject{Port: f.Addr.Port()}, Who: f.Who, Count: f.Count,
		Title: fmt.Sprintf("%s() of %s fails with EADDRINUSE: %s while linger watched, called %s",
			f.Call, what, rule.Count(f.Count, "time"), rule.By(c.Snapshot, f.Who)),
		Helps: []rule.Advice{help},
	}
}
