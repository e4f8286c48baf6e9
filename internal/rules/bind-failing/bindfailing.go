// Package bindfailing finds bind() and listen() calls that a tracer saw
// failing because the port is in use.
package bindfailing

import (
	"fmt"

	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "bind-failing",
		Title: say.F("bind() or listen() was seen failing because the port is in use",
			"看到 bind() 或 listen() 因端口被占用而失败"),
		Why: say.F("bind() fails with EADDRINUSE while another socket on the port conflicts with it: a listener, a live connection, or a TIME_WAIT. "+
			"SO_REUSEADDR helps only if both sockets have it and the other one does not listen; a client whose automatic port is just this one never has it.",
			"当端口上有另一个套接字与之冲突时，bind() 以 EADDRINUSE 失败：监听、存活的连接或 TIME_WAIT。SO_REUSEADDR 只有在双方都设置且对方不在监听时才有用；自动端口恰好是它的客户端从不设置。"),
		References: []string{
			"net/ipv4/inet_connection_sock.c, inet_csk_get_port, inet_bind_conflict",
			"bind(2), EADDRINUSE",
		},
		Helps: []rule.Advice{{
			Do: say.F("ask `linger why` about the port",
				"用 `linger why` 查询该端口"),
			Because: say.F("it names every socket that is in the way, for how long, and what would let bind() succeed",
				"它列出每个挡路的套接字、还要多久，以及怎样能让 bind() 成功"),
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
	what := say.Same(rule.Endpoint(f.Addr))
	help := rule.Advice{
		Do: say.F("ask `linger why` about the port",
			"用 `linger why` 查询该端口"),
		Because: say.F("it names every socket that is in the way, for how long, and what would let bind() succeed",
			"它列出每个挡路的套接字、还要多久，以及怎样能让 bind() 成功"),
		Command: rule.In(c.Namespace, fmt.Sprintf("linger why %d", f.Addr.Port())),
	}
	if f.Addr.Port() == 0 {
		what = say.F("an automatic port of %s",
			"%s 的自动端口", f.Addr.Addr())
		help = rule.Advice{
			Do: say.F("in clients that bind their source address, set IP_BIND_ADDRESS_NO_PORT before bind(address, 0)",
				"在绑定源地址的客户端，bind(地址, 0) 之前设置 IP_BIND_ADDRESS_NO_PORT"),
			Because: say.F("the port is then chosen at connect() and shared among destinations; bind() alone needs one that nobody uses toward anyone",
				"端口便在 connect() 时选择，并可在不同目的地之间共用；单独的 bind() 需要一个无人使用的端口"),
		}
	}
	return rule.Finding{
		Severity: rule.Warning, Subject: rule.Subject{Port: f.Addr.Port()}, Who: f.Who, Count: f.Count,
		Title: say.F("%s() of %s fails with EADDRINUSE: %s while linger watched, called %s",
			"%s() %s 以 EADDRINUSE 失败：linger 观察期间 %s，调用者：%s",
			f.Call, what, rule.Times(f.Count), rule.By(c.Snapshot, f.Who)),
		Helps: []rule.Advice{help},
	}
}
