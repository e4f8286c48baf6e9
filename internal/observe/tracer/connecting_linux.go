package tracer

import (
	"fmt"
	"net/netip"
	"time"
)

// Connecting returns how long connect() took so far, for each destination, in
// no order. It needs the timer hook (Linux 5.12; see Coverage), and is empty
// without it. Of destinations beyond Options.Destinations those with few
// connections are put together, by and by, into one that is marked Other.
func (t *Tracer) Connecting() ([]Connecting, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	elsewhere, err := t.table("elsewhere")
	if err != nil {
		return nil, fmt.Errorf("read searches: %w", err)
	}
	rows, err := t.searches.all()
	if err != nil {
		return nil, err
	}
	all := make([]Connecting, 0, len(rows)+1)
	for key, row := range rows {
		all = append(all, connectingOf(&key, &row))
	}
	var rest bpfSearch
	if err := elsewhere.Lookup(uint32(0), &rest); err != nil {
		return nil, fmt.Errorf("read other searches: %w", err)
	}
	rest.merge(&t.searches.kept.rest)
	if rest.size() > 0 {
		c := connectingOf(nil, &rest)
		all = append(all, c)
	}
	return all, nil
}

// connectingOf makes an Other without a key.
func connectingOf(k *bpfSearchKey, v *bpfSearch) Connecting {
	c := Connecting{
		Other:   k == nil,
		Latency: Latency{Buckets: v.Buckets, Count: v.Count, Sum: time.Duration(v.Time)},
		Failed:  v.Failed, FailedTime: time.Duration(v.FailedTime), Last: time.Duration(v.Last),
	}
	if k != nil {
		c.Namespace, c.Inode = k.Netns, v.Inode
		c.Addr = netip.AddrPortFrom(addrOf(k.Addr), hostOrder(k.Port))
	}
	return c
}
