package portspace

import "github.com/linger-dev/linger/internal/evidence"

// Marks reports whether a bind() that succeeds, and is closed at once, would
// change what others may do with the port afterwards: where others hold it the
// bucket stays, and with it what the socket wrote there. A later socket with
// SO_REUSEPORT of the same user can then pass without a look at the holders;
// and before Linux 6.18 automatic connect() passes over the port.
func Marks(r Rules, req Request, held *evidence.PortHolders) bool {
	if len(held.Holders) == 0 && len(held.Buckets) == 0 {
		return false
	}
	if req.ReusePort {
		b := newBinding(r, &req, held)
		return b.bucket == nil || !b.matches()
	}
	return !r.Forgives && Shareable(held) != evidence.No
}
