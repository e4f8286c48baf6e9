package portspace

import "github.com/linger-dev/linger/internal/evidence"

// Shareable says whether an automatic connect() may choose a port that is
// held so, provided that its own four-tuple is free: __inet_hash_connect
// passes over a port that any program bound, whatever addresses are involved.
func Shareable(held *evidence.PortHolders) evidence.Tri {
	if held.Exact {
		for i := range held.Buckets {
			if b := &held.Buckets[i]; b.L3Master == 0 {
				return evidence.TriOf(b.Automatic())
			}
		}
		return evidence.Yes
	}
	answer := evidence.Yes
	for i := range held.Holders {
		switch held.Holders[i].Explicit {
		case evidence.Yes:
			return evidence.No
		case evidence.Unsure:
			answer = evidence.Unsure
		case evidence.No:
		}
	}
	return answer
}
