package remedy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// wider is about ip_local_port_range.
func (p *planner) wider(now *world, groups []group) (draft, bool) {
	l, set := p.lang, &p.ns.Settings
	span, _ := set.PortRange()
	wide, changes, ok := p.choose(now, groups, span)
	if !ok {
		if set.Reserved == nil {
			p.refuse(l.F("widen ip_local_port_range", "扩大 ip_local_port_range"),
				l.F("ip_local_reserved_ports could not be read, so the service ports in the new part cannot be kept out of it", "无法读取 ip_local_reserved_ports，因此无法保留新增部分中的服务端口"),
				groups, "reserved-ports-are-skipped")
		}
		return draft{}, false
	}
	after, ok := worldOf(&p.snap.Host, p.ns, changes)
	if !ok {
		return draft{}, false
	}
	e := effects(now, &after, groups, same)
	if e[0].After.Of <= e[0].Before.Of {
		return draft{}, false
	}
	what := l.F("ip_local_port_range becomes %s instead of %s.", "ip_local_port_range 由 %[2]s 改为 %[1]s。", wide, span)
	if len(changes) > 1 {
		what += l.F(" ip_local_reserved_ports first keeps every port in it that has a listener, or had one in the last minute.",
			"先用 ip_local_reserved_ports 保留新范围内有监听者或最近一分钟有过监听者的端口。")
	}
	if p.kubernetes() {
		what += l.F(" Kubernetes' NodePorts 30000-32767 are reserved too.", "Kubernetes 的 NodePort 范围 30000-32767 也被保留。")
	}
	return p.draft(findings(groups), Remedy{
		Code: WiderRange, Kind: Kernel, Safety: Careful,
		Title: l.F("widen the range of local ports to %s", "把本地端口范围扩大到 %s", wide),
		What:  what, Effects: e, Settings: changes,
		Risk: l.F("a service that is not running now, and whose port lies in the new part, may find its port taken when it starts: reserve such ports too. Firewalls that know the old range must learn the new one",
			"当前没有运行、而端口落在新增部分的服务，启动时可能发现端口已被占用：这类端口也要保留。按旧范围配置的防火墙也要更新"),
		Undo:     p.undo(),
		ProvedBy: []string{"ports-run-out-exactly", "reserved-ports-are-skipped", "port-range-of-odd-size", "half-range-slowdown"},
	}), true
}

// choose returns the smallest widening that has room for all groups, or the
// largest there is, and the settings that make it.
func (p *planner) choose(now *world, groups []group, span evidence.PortRange) (evidence.PortRange, []Setting, bool) {
	need := 0.0
	for i := range groups {
		need = max(need, pressure(now, &groups[i]))
	}
	var wide evidence.PortRange
	var changes []Setting
	for _, low := range []uint16{16384, 10000, 1024} {
		one, ok := p.from(low, span)
		if !ok || wide == one {
			continue
		}
		settings, ok := p.widening(one, span)
		if !ok {
			return wide, changes, len(changes) > 0
		}
		wide, changes = one, settings
		after, ok := worldOf(&p.snap.Host, p.ns, changes)
		if !ok {
			continue
		}
		if b, ok := after.space.Budget(unused()); ok && float64(b.Free) >= need {
			break
		}
	}
	return wide, changes, len(changes) > 0
}

// from returns the range from low to the last port, or from where the kernel
// lets it begin. It holds the present one, and its ends are of different
// parity: of an odd size the kernel leaves a port out.
func (p *planner) from(low uint16, span evidence.PortRange) (evidence.PortRange, bool) {
	const last = 65535
	least := int64(1024)
	if start, ok := p.ns.Settings.UnprivilegedStart.Get(); ok {
		least = max(1, start)
	}
	at := max(int64(low), least)
	at = min(at, int64(span.Low))
	at -= at % 2
	if at < least { // the present range begins at an odd least
		at += 2
	}
	if at > last-1 {
		return evidence.PortRange{}, false
	}
	wide := evidence.PortRange{Low: uint16(at), High: last}
	return wide, wide.Len() > span.Len()
}

// widening returns the settings that make the range wide; false if ports
// would have to be reserved and what is reserved now is not known.
func (p *planner) widening(wide, span evidence.PortRange) ([]Setting, bool) {
	reserved := p.ns.Settings.Reserved
	add := new(evidence.PortSet)
	add.Union(reserved)
	add.Union(p.exposed())
	for port := range p.serving(wide).All() {
		if !span.Has(port) {
			add.Add(port)
		}
	}
	if p.kubernetes() {
		for port := nodePorts.Low; port <= nodePorts.High; port++ {
			if wide.Has(port) {
				add.Add(port)
			}
		}
	}
	var out []Setting
	if add.Len() > reserved.Len() {
		if reserved == nil {
			return nil, false
		}
		out = append(out, Setting{Namespace: p.ns.Name, Key: keyReserved, From: reserved.String(), To: add.String()})
	}
	ends := func(r evidence.PortRange) string { return fmt.Sprintf("%d %d", r.Low, r.High) }
	return append(out, Setting{Namespace: p.ns.Name, Key: keyRange, From: ends(span), To: ends(wide)}), true
}

// serving returns the ports of a range that have a listener, or had one a
// minute ago: connections that were accepted there are still seen.
func (p *planner) serving(r evidence.PortRange) *evidence.PortSet {
	set := new(evidence.PortSet)
	for _, l := range p.ns.Listeners {
		if r.Has(l.Port) {
			set.Add(l.Port)
		}
	}
	for i := range p.ns.Tallies {
		t := &p.ns.Tallies[i]
		if t.Direction == evidence.Inbound && t.Reason != evidence.ByLowerPort && r.Has(t.Port) {
			set.Add(t.Port)
		}
	}
	return set
}

// nodePorts is where kube-proxy serves NodePorts by default. Its rules take
// packets before any socket does, so a connection from such a port would lose
// its answers, and no listener shows that.
var nodePorts = evidence.PortRange{Low: 30000, High: 32767}

// nodeAgents are programs that only a Kubernetes node runs.
var nodeAgents = regexp.MustCompile(`^(kubelet|kubelite|kube-proxy|cilium-agent|k3s.*|k0s|rke2.*)$`)

// kubernetes reports whether NodePorts may be served in this namespace.
func (p *planner) kubernetes() bool {
	for _, l := range p.ns.Listeners {
		if nodePorts.Has(l.Port) {
			return true
		}
		for _, pid := range l.PIDs {
			if o := p.snap.Owner(pid); o != nil && nodeAgents.MatchString(o.Name) {
				return true
			}
		}
	}
	if p.ns.Name != "host" { // a pod has a namespace of its own
		return false
	}
	for i := range p.snap.Owners {
		if o := &p.snap.Owners[i]; o.Pod != "" || nodeAgents.MatchString(o.Name) || strings.HasPrefix(o.Unit, "kubelet") {
			return true
		}
	}
	return false
}
