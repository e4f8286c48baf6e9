// Package serviceportinrange finds services that listen on a port which
// connect() may choose for an outgoing connection.
package serviceportinrange

import (
	"fmt"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code:  "service-port-in-range",
		Title: "a service listens on a port that outgoing connections may take",
		Why: "connect() chooses local ports from ip_local_port_range. While the service runs its port is skipped, but when it is stopped an outgoing connection may take the port, and then the service cannot start: bind() fails with EADDRINUSE. " +
			"SO_REUSEADDR does not help, because an ordinary client's socket lacks it, also in the 60 s of TIME_WAIT after that connection.",
		References: []string{
			"net/ipv4/inet_connection_sock.c, inet_bind_conflict",
			"ip-sysctl: ip_local_reserved_ports",
		},
		Helps: []rule.Advice{{
			Do:      "add the port to ip_local_reserved_ports",
			Because: "connect() then never chooses it; an explicit bind() still may",
		}, {
			Do:      "or move the service out of ip_local_port_range",
			Because: "only ports of the range are chosen automatically",
		}},
		NotHelp: []rule.Advice{
			{Do: "set SO_REUSEADDR on the service", Because: "both sockets would need it, and an ordinary client's does not have it"},
			{Do: "set tcp_tw_reuse", Because: "it acts in connect(), never in bind() or listen()"},
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
			Do:      "reserve the port",
			Because: "connect() then never chooses it; the command keeps what is reserved already and adds every service in the range",
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
		Title: fmt.Sprintf("Port %d, served %s, lies in the automatic range %s and is not reserved: an outgoing connection can take it while the service is down",
			port, rule.By(c.Snapshot, who), span),
		Facts: rule.AboutMaker(c.Snapshot, who),
		Helps: []rule.Advice{reserve(port), {
			Do:      "or move the service out of " + span.String(),
			Because: "only ports of the range are chosen automatically",
		}},
	}
	if loopbackOnly(at) {
		f.Severity = rule.Info
		f.Facts = append(f.Facts, "It listens on loopback only: just a connection from the same loopback address can take the port.")
	}
	return f
}

// loopbackOnly reports whether nothing but connections within the host could
// clash: a bind conflict needs the same address or a wildcard.
func loopbackOnly(at []evidence.Listener) bool {
	return !slices.ContainsFunc(at, func(l evidence.Listener) bool { return !l.Addr.IsLoopback() })
}
