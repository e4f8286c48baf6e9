package tracer

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Failures returns the calls that failed for want of a port, in no order. To
// ask again is cheap as long as none has failed since.
func (t *Tracer) Failures() ([]Failure, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.counts()
	if err != nil {
		return nil, fmt.Errorf("read failures: %w", err)
	}
	if n.Failures != t.failed {
		if t.failures, err = t.readFailures(); err != nil {
			return nil, fmt.Errorf("read failures: %w", err)
		}
		t.failed = n.Failures
	}
	return slices.Clone(t.failures), nil
}

func (t *Tracer) readFailures() (failures []Failure, err error) {
	table, err := t.table("failures")
	if err != nil {
		return nil, err
	}
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
	return failures, rows.Err()
}
