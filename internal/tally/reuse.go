package tally

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// reuse decides which TIME_WAIT sockets an automatic connect() may take over
// now: tcp_twsk_unique (net/ipv4/tcp_ipv4.c). It needs to know the device
// that a socket is bound to, so it must be asked per socket.
type reuse struct {
	mode  int64
	limit uint32 // a socket with less than this left, in ms, is old enough
}

func newReuse(settings *evidence.Settings) reuse {
	if settings == nil || settings.Timestamps.Is(0) {
		return reuse{}
	}
	mode, _ := settings.TWReuse.Get()
	left := evidence.TimeWaitLen - settings.ReuseDelay()
	return reuse{mode: mode, limit: uint32(max(0, left/time.Millisecond))}
}

// loopbackIfindex is the kernel's LOOPBACK_IFINDEX.
const loopbackIfindex = 1

func (r reuse) may(s *evidence.Socket) bool {
	switch {
	case r.mode == 0 || s.Expires >= r.limit:
		return false
	case r.mode == 1:
		return true
	}
	return s.Ifindex == loopbackIfindex || s.Src.Loopback() || s.Dst.Loopback()
}
