package remedy

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

// exposed returns the service ports that an outgoing connection may take, of
// those findings that are at least a warning. Listeners on loopback only are
// milder: mostly the kernel chose their port itself, and reserving it would
// help nobody.
func (p *planner) exposed() *evidence.PortSet {
	set := new(evidence.PortSet)
	for _, i := range p.exposures() {
		set.Add(p.all[i].Subject.Port)
	}
	return set
}

func (p *planner) exposures() []int {
	var at []int
	for _, i := range p.of("service-port-in-range") {
		if f := &p.all[i]; f.Severity > rule.Info && f.Subject.Port != 0 {
			at = append(at, i)
		}
	}
	return at
}

// services makes the remedy for services inside the automatic range: one for
// all of them.
func (p *planner) services() []draft {
	at, reserved := p.exposures(), p.ns.Settings.Reserved
	if len(at) == 0 || reserved == nil {
		return nil
	}
	set := p.exposed()
	ports := set.String()
	set.Union(reserved)
	changes := []Setting{{Namespace: p.ns.Name, Key: keyReserved, From: reserved.String(), To: set.String()}}
	now, ok1 := worldOf(&p.snap.Host, p.ns, nil)
	after, ok2 := worldOf(&p.snap.Host, p.ns, changes)
	if !ok1 || !ok2 {
		return nil
	}
	l := p.lang
	e := effects(&now, &after, []group{{}}, same)
	e[0].Ends = true
	return []draft{p.draft(at, Remedy{
		Code: ReservePorts, Kind: Kernel, Safety: Harmless,
		Title: l.F("reserve service ports of the range: %s", "保留范围内的服务端口：%s", ports),
		What: l.F("connect() and bind(0) then never choose these ports; the services bind them as before. Moving a service below the range does the same for good.",
			"connect() 和 bind(0) 此后不再选择这些端口；服务照常绑定。把服务移到该范围以下可以一劳永逸。"),
		Effects: e, Settings: changes,
		Risk:     l.F("none; an outgoing connection that already has the port keeps it until it ends", "无；已占用该端口的主动连接会保留它，直到连接结束"),
		Undo:     p.undo(),
		ProvedBy: []string{"reserved-ports-are-skipped", "bind-over-outbound-time-wait"},
	})}
}
