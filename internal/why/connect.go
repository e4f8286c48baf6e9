package why

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
)

// ConnectCase is all that an answer about connect() rests on.
type ConnectCase struct {
	Snapshot  *evidence.Snapshot
	Namespace *evidence.Namespace
	Src       netip.Addr // from where; the zero Addr if that is not known
	Dst       netip.AddrPort
	Use       *evidence.PortUse
	Spenders  []Spender
	Tried     *Tried // nil: no real connect was asked for
}

// Spender is a process, or several that share sockets, and how many ports it
// holds.
type Spender struct {
	Who   evidence.Maker `json:"who"`
	Bound int            `json:"bound"` // for every destination
	Live  int            `json:"live"`  // toward this one
}

// Tried is the answer to one real connect().
type Tried struct {
	Errno string        `json:"errno"` // empty if it succeeded; ETIMEDOUT also if linger gave up
	Took  time.Duration `json:"took_ns"`
}

// Connect is the answer about connect().
type Connect struct {
	Namespace  string               `json:"namespace"`
	Src        netip.Addr           `json:"src,omitzero"`
	Dst        netip.AddrPort       `json:"dst"`
	Certainty  Certainty            `json:"answer"`
	Errno      portspace.Errno      `json:"errno,omitempty"` // of connect() when no port is left
	Account    portspace.Account    `json:"account"`
	Range      string               `json:"range"`
	Projection portspace.Projection `json:"projection"`
	Spenders   []Spender            `json:"spenders"`
	Lingerer   evidence.Maker       `json:"time_wait_by"`  // who made the TIME_WAITs
	Waiting    uint64               `json:"syn_sent"`      // connects that wait for an answer now
	Failing    int64                `json:"attempt_fails"` // Tcp AttemptFails during Over: handshakes that failed, refused ones and time-outs, of all destinations
	Over       time.Duration        `json:"over_ns,omitempty"`
	Tried      *Tried               `json:"tried,omitempty"`
	Cures      []ConnectCure        `json:"cures"`
	Owners     []evidence.Owner     `json:"owners"`
	Gaps       []evidence.Gap       `json:"gaps"`
}

// ConnectCure names a cure for ever.
type ConnectCure string

// The cures, in the order in which they are told.
const (
	ConnectReuse    ConnectCure = "keep connections open"
	ConnectTWReuse  ConnectCure = "tcp_tw_reuse"
	ConnectRange    ConnectCure = "wider range"
	ConnectReserved ConnectCure = "fewer reserved ports"
	ConnectNoPort   ConnectCure = "IP_BIND_ADDRESS_NO_PORT"
	ConnectSource   ConnectCure = "another source address"
	ConnectListener ConnectCure = "listeners out of the range"
)

// ConnectOf answers.
func ConnectOf(c ConnectCase) *Connect {
	settings := &c.Namespace.Settings
	a := &Connect{
		Namespace: c.Namespace.Name, Src: c.Src, Dst: c.Dst, Spenders: c.Spenders, Tried: c.Tried,
		Account: portspace.AccountOf(settings, c.Use, c.Src, c.Dst.Addr()), Range: c.Use.Range.String(),
		Owners: c.Snapshot.Owners, Gaps: slices.Concat(c.Snapshot.Gaps, c.Use.Gaps), Over: c.Namespace.Counters.Over,
		Failing: c.Namespace.Counters.Growth["AttemptFails"],
	}
	group := Group(c.Namespace, c.Src, c.Dst)
	if group == nil {
		group = &evidence.Tally{Key: evidence.Key{Direction: evidence.Outbound, Src: c.Src, Dst: c.Dst.Addr(), Port: c.Dst.Port()}}
	}
	a.Waiting, a.Lingerer = group.States[tcp.SynSent], c.Namespace.MakerOf(group)
	budget := a.Account.Budget(group.Key)
	a.Projection = portspace.Runout(&budget, group)
	a.judge()
	a.Cures = a.cures(settings)
	return a
}

// Group returns the outbound group toward a destination: that of src, or if
// that is the zero Addr the largest; nil if there is none.
func Group(ns *evidence.Namespace, src netip.Addr, dst netip.AddrPort) *evidence.Tally {
	for i := range ns.Tallies { // largest first
		t := &ns.Tallies[i]
		if t.Direction == evidence.Outbound && !t.Others() && t.Service() == dst && (!src.IsValid() || t.Src == src) {
			return t
		}
	}
	return nil
}

// soon is how far ahead running out is an answer to "why".
const soon = 10 * time.Minute

func (a *Connect) judge() {
	a.Certainty = Can
	switch {
	case a.Account.Left.Max == 0:
		a.Certainty, a.Errno = Cannot, portspace.EADDRNOTAVAIL
	case a.Tried != nil && a.Tried.Errno != "":
		a.Certainty = Cannot
	case a.Account.Left.Min == 0:
		a.Certainty, a.Errno = Unsure, portspace.EADDRNOTAVAIL
	case !a.Projection.Never && a.Projection.In <= soon:
		a.Certainty = Soon
	}
}

// cures lists what would bring ports back, by what holds them now.
func (a *Connect) cures(settings *evidence.Settings) []ConnectCure {
	cures := []ConnectCure{}
	if a.Errno == portspace.OK && a.Certainty != Soon {
		return cures
	}
	add := func(when bool, c ConnectCure) {
		if when {
			cures = append(cures, c)
		}
	}
	waits := a.Account.TimeWait()
	add(waits > 0, ConnectReuse)
	add(a.Account.Blocked > 0 && !settings.TWReuse.Is(1), ConnectTWReuse)
	add(a.Account.Size < 60000, ConnectRange)
	add(a.Account.Reserved > a.Account.Size/4, ConnectReserved)
	add(a.Account.Idle+a.Account.Chosen+a.Account.Lingering+a.Account.Accepted+a.Account.Remembered > 0, ConnectNoPort)
	add(a.Account.Listening > 0, ConnectListener)
	add(waits+a.Account.Live > 0, ConnectSource)
	return cures
}

// Spent sums up who holds ports, most first.
func Spent(u *evidence.PortUse, pids map[uint64][]int) []Spender {
	var all []Spender
	index := make(map[string]int)
	for port, inode := range u.Inodes {
		who := pids[inode]
		if len(who) == 0 {
			continue
		}
		key := portsKey(who)
		i, ok := index[key]
		if !ok {
			i = len(all)
			index[key] = i
			all = append(all, Spender{Who: evidence.Maker{PIDs: who, Basis: evidence.Held}})
		}
		if u.Bound.Has(port) {
			all[i].Bound++
		} else {
			all[i].Live++
		}
	}
	slices.SortFunc(all, func(a, b Spender) int {
		return cmp.Or(cmp.Compare(b.Bound+b.Live, a.Bound+a.Live), slices.Compare(a.Who.PIDs, b.Who.PIDs))
	})
	return all
}

func portsKey(pids []int) string {
	var key []byte
	for _, pid := range pids {
		key = append(key, byte(pid), byte(pid>>8), byte(pid>>16), byte(pid>>24))
	}
	return string(key)
}

// RecordedUse returns what a snapshot tells of the ports toward a destination.
func RecordedUse(ns *evidence.Namespace, group *evidence.Tally) *evidence.PortUse {
	span, _ := ns.Settings.PortRange()
	b := &ns.Bound
	u := &evidence.PortUse{
		Range: span, Bound: new(evidence.PortSet), Listening: b.Listening, Accepted: b.Accepted, Idle: b.Idle, Chosen: b.Connected,
		Live: new(evidence.PortSet),
	}
	for _, set := range []*evidence.PortSet{b.Listening, b.Accepted, b.Idle, b.Connected} {
		u.Bound.Union(set)
	}
	if group == nil {
		return u
	}
	age := time.Duration(0)
	for p := range group.Ports.All() {
		switch {
		case !group.TimeWaitPorts.Has(p):
			u.Live.Add(p)
		case group.ReusablePorts.Has(p):
			u.Waiting = append(u.Waiting, evidence.PortWait{Port: p, Age: evidence.TimeWaitLen})
		default:
			u.Waiting = append(u.Waiting, evidence.PortWait{Port: p, Age: age, Left: evidence.TimeWaitLen})
		}
	}
	return u
}
