package tracer

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/cilium/ebpf"
)

func (t *Tracer) table(name string) (*ebpf.Map, error) {
	if len(t.parts) == 0 {
		return nil, os.ErrClosed
	}
	return t.parts[0].Maps[name], nil
}

// Aggregate returns all connections that ended so far, grouped, in no order,
// and how far that can be trusted. Two calls may run while connections end:
// the counts only grow.
func (t *Tracer) Aggregate() ([]Group, Coverage, error) {
	table, err := t.table("groups")
	if err != nil {
		return nil, Coverage{}, fmt.Errorf("read groups: %w", err)
	}
	var groups []Group
	var key bpfGroupKey
	var value bpfGroup
	rows := table.Iterate()
	for rows.Next(&key, &value) {
		groups = append(groups, groupOf(&key, &value))
	}
	if err := rows.Err(); err != nil {
		return nil, Coverage{}, fmt.Errorf("read groups: %w", err)
	}
	if err := t.parts[0].Maps["other"].Lookup(uint32(0), &value); err != nil {
		return nil, Coverage{}, fmt.Errorf("read other groups: %w", err)
	}
	if value.Closed > 0 {
		g := groupOf(&bpfGroupKey{}, &value)
		g.Other = true
		groups = append(groups, g)
	}
	coverage, err := t.Coverage()
	return groups, coverage, err
}

func groupOf(k *bpfGroupKey, v *bpfGroup) Group {
	return Group{
		Owner: processOf(bpfProcess(v.Owner)), Basis: Basis(k.Basis),
		Namespace: k.Netns, Inode: v.Inode,
		Origin: Origin(k.Origin), First: First(k.First), How: How(k.How),
		Closed: v.Closed, TimeWait: v.TimeWait, FinWait2: v.FinWait2,
		Sent: v.Sent, Received: v.Received,
		Life: time.Duration(v.Life), Born: v.Born, Last: time.Duration(v.Last),
	}
}

// Find returns what is known of a connection whose end was not told of, by its
// socket's cookie: mostly because it is still open. Rarely the kernel does not
// tell (see on_destroy in trace.c), and then a dump shows a TIME_WAIT that
// only this knows. Born is 0 for sockets older than the tracer, Closer is
// nobody as long as this end is open. It may be asked at any time.
func (t *Tracer) Find(cookie uint64) (Life, bool, error) {
	table, err := t.table("conns")
	if err != nil {
		return Life{}, false, fmt.Errorf("find connection: %w", err)
	}
	var c bpfConn
	if err := table.Lookup(cookie, &c); errors.Is(err, ebpf.ErrKeyNotExist) {
		return Life{}, false, nil
	} else if err != nil {
		return Life{}, false, fmt.Errorf("find connection: %w", err)
	}
	return Life{
		Opener: processOf(bpfProcess(c.Opener)), Closer: processOf(bpfProcess(c.Closer)),
		Course: Course{
			Origin: Origin(c.Origin), First: First(c.First), How: How(c.How), Signal: int(c.Signal),
			Born: time.Duration(c.Born), Shut: time.Duration(c.Shut),
		},
	}, true, nil
}

func processOf(p bpfProcess) Process {
	return Process{
		PID: int(p.Tgid), Start: time.Duration(p.Start), Name: nameOf(p.Name[:]),
		Parent: int(p.Parent), UID: p.Uid, Cgroup: p.Cgroup,
	}
}

// Failures returns the calls that failed for want of a port, in no order.
func (t *Tracer) Failures() ([]Failure, error) {
	table, err := t.table("failures")
	if err != nil {
		return nil, fmt.Errorf("read failures: %w", err)
	}
	var failures []Failure
	var key bpfFailureKey
	var value bpfFailure
	rows := table.Iterate()
	for rows.Next(&key, &value) {
		failures = append(failures, Failure{
			Owner: processOf(bpfProcess(value.Owner)), Namespace: key.Netns,
			Call: Call(key.Failure), Bound: key.Bound != 0,
			Addr:  netip.AddrPortFrom(addrOf(key.Addr), hostOrder(key.Port)),
			Count: value.Count, Last: time.Duration(value.Last),
		})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read failures: %w", err)
	}
	return failures, nil
}

// Coverage returns how much was seen so far, without the groups.
func (t *Tracer) Coverage() (Coverage, error) {
	table, err := t.table("cpus")
	if err != nil {
		return Coverage{}, fmt.Errorf("read counts: %w", err)
	}
	stats, err := t.state.Stats()
	if err != nil {
		return Coverage{}, fmt.Errorf("read counts: %w", err)
	}
	var cpus []bpfCpu
	if err := table.Lookup(uint32(0), &cpus); err != nil {
		return Coverage{}, fmt.Errorf("read counts: %w", err)
	}
	joined := t.early
	c := Coverage{Since: t.since, Hooks: append([]Hook(nil), t.hooks...), Exact: t.exact, Missed: stats.RecursionMisses}
	for i := range cpus {
		n := &cpus[i].Counts
		c.Closed += n.Closed
		c.NoOwner += n.NoOwner
		c.NoCloser += n.NoCloser
		c.Evicted += n.Evicted
		c.Other += n.Other
		c.Lost += n.Lost
		c.Minis += n.Minis
		joined += n.Joined
		c.UnknownListeners += n.ListenersFull
		c.SharedListeners += n.Shared
		c.Failures += n.Failures
		c.LostFailures += n.FailuresFull
	}
	// Between the two readings of one that is just being made, fewer may be
	// made than joined.
	c.Unmatched = c.Minis - min(joined, c.Minis)
	return c, nil
}
