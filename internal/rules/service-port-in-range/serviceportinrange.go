// Package serviceportinrange finds services that listen on a port which
// connect() may choose for an outgoing connection.
package serviceportinrange

import (
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "service-port-in-range",
		Title: say.F("a service listens on a port that outgoing connections may take",
			"服务监听的端口可能被外出连接占用"),
		Why: say.F("connect() chooses local ports from ip_local_port_range. While the service runs its port is skipped, but when it is stopped an outgoing connection may take the port, and then the service cannot start: bind() fails with EADDRINUSE. "+
			"SO_REUSEADDR does not help, because an ordinary client's socket lacks it, also in the 60 s of TIME_WAIT after that connection.",
			"connect() 从 ip_local_port_range 中选择本地端口。服务运行时其端口会被跳过；服务停止后，外出连接可能占用该端口，服务便无法启动：bind() 以 EADDRINUSE 失败。SO_REUSEADDR 帮不上忙，因为普通客户端的套接字没有它，该连接之后 60 s 的 TIME_WAIT 里也一样。"),
		References: []string{
			"net/ipv4/inet_connection_sock.c, inet_bind_conflict",
			"ip-sysctl: ip_local_reserved_ports",
		},
		Helps: []rule.Advice{{
			Do: say.F("add the port to ip_local_reserved_ports",
				"把该端口加入 ip_local_reserved_ports"),
			Because: say.F("connect() then never chooses it; an explicit bind() still may",
				"connect() 便不会选它；显式 bind() 仍可使用"),
		}, {
			Do: say.F("or move the service out of ip_local_port_range",
				"或把服务移出 ip_local_port_range"),
			Because: say.F("only ports of the range are chosen automatically",
				"只有范围内的端口会被自动选择"),
		}},
		NotHelp: []rule.Advice{
			{Do: say.F("set SO_REUSEADDR on the service",
				"在服务上设置 SO_REUSEADDR"), Because: say.F("both sockets would need it, and an ordinary client's does not have it",
				"双方套接字都需要它，而普通客户端没有")},
			{Do: say.F("set tcp_tw_reuse",
				"设置 tcp_tw_reuse"), Because: say.F("it acts in connect(), never in bind() or listen()",
				"它只作用于 connect()，从不作用于 bind() 或 listen()")},
			rule.NotFinTimeout(),
		},
		Check: check,
	}
}

func check(c rule.Case) []rule.Finding {
	ns := c.Namespace
	span, ok := ns.Settings.PortRange()
	if !ok || ns.Settings.Reserved == nil { // reserved ports that cannot be read may hold the service's
		return nil
	}
	exposed := make(map[uint16][]evidence.Listener)
	var ports []uint16
	for _, l := range ns.Listeners {
		if !span.Has(l.Port) || ns.Settings.Reserved.Has(l.Port) {
			continue
		}
		if exposed[l.Port] == nil {
			ports = append(ports, l.Port)
		}
		exposed[l.Port] = append(exposed[l.Port], l)
	}
	slices.Sort(ports)
	var found []rule.Finding
	for _, p := range ports {
		found = append(found, finding(c, p, exposed[p], reserve(ns, ports, exposed)))
	}
	return found
}

// reserve returns the advice that settles all ports of severity Warning at
// once, without losing what is reserved already.
func reserve(ns *evidence.Namespace, ports []uint16, exposed map[uint16][]evidence.Listener) func(uint16) rule.Advice {
	all := new(evidence.PortSet)
	all.Union(ns.Settings.Reserved)
	for _, p := range ports {
		if !loopbackOnly(exposed[p]) {
			all.Add(p)
		}
	}
	return func(p uint16) rule.Advice {
		set := new(evidence.PortSet)
		set.Union(all)
		set.Add(p)
		return rule.Advice{
			Do: say.F("reserve the port",
				"保留该端口"),
			Because: say.F("connect() then never chooses it; the command keeps what is reserved already and adds every service in the range",
				"connect() 便不会选它；该命令保留已有的设置，并加入范围内的每个服务"),
			Command: rule.Sysctl(ns, "ip_local_reserved_ports", set),
		}
	}
}

func finding(c rule.Case, port uint16, at []evidence.Listener, reserve func(uint16) rule.Advice) rule.Finding {
	var who evidence.Maker
	for _, l := range at {
		for _, pid := range l.PIDs {
			if !slices.Contains(who.PIDs, pid) {
				who = evidence.Maker{PIDs: append(who.PIDs, pid), Basis: evidence.Held}
			}
		}
	}
	span, _ := c.Namespace.Settings.PortRange()
	f := rule.Finding{
		Severity: rule.Warning, Subject: rule.Subject{Port: port}, Who: who, Count: 1, WantsOwner: true,
		Title: say.F("Port %d, served %s, lies in the automatic range %s and is not reserved: an outgoing connection can take it while the service is down",
			"端口 %d（服务者：%s）位于自动范围 %s 内且未保留：服务停止时，外出连接可能占用它",
			port, rule.By(c.Snapshot, who), span),
		Facts: rule.AboutMaker(c.Snapshot, who),
		Helps: []rule.Advice{reserve(port), {
			Do: say.F("or move the service out of %s",
				"或把服务移出 %s", span),
			Because: say.F("only ports of the range are chosen automatically",
				"只有范围内的端口会被自动选择"),
		}},
	}
	if loopbackOnly(at) {
		f.Severity = rule.Info
		f.Facts = append(f.Facts, say.F("It listens on loopback only: just a connection from the same loopback address can take the port.",
			"它只在回环上监听：只有来自同一回环地址的连接才会占用该端口。"))
	}
	return f
}

// loopbackOnly reports whether nothing but connections within the host could
// clash: a bind conflict needs the same address or a wildcard.
func loopbackOnly(at []evidence.Listener) bool {
	return !slices.ContainsFunc(at, func(l evidence.Listener) bool { return !l.Addr.IsLoopback() })
}
