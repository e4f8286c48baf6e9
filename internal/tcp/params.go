package tcp

import "time"

// Params are what an implementation chooses for all its connections. The zero
// value of a field is its default, except where zero is a choice of its own.
type Params struct {
	// TimeWait is how long TIME-WAIT lasts: RFC 9293 says 2 MSL, 4 minutes;
	// Linux 60 s (TCP_TIMEWAIT_LEN). Zero means no TIME-WAIT at all, for showing
	// what happens without it.
	TimeWait time.Duration
	// Timestamps offers and accepts the timestamps of RFC 7323.
	Timestamps bool
	// TSOffset is added to the timestamp clock, which counts milliseconds.
	TSOffset uint32
	// RFC1337 ignores resets in TIME-WAIT (RFC 1337 fix F1, Linux's tcp_rfc1337).
	RFC1337 bool
	// Linux follows Linux where it departs from the RFCs.
	Linux bool
	// FinTimeout ends an orphan in FIN-WAIT-2 (Linux's tcp_fin_timeout; no
	// such timer in the RFC). Zero: never.
	FinTimeout time.Duration
	// MSS is the largest segment that may be received, without headers; 0: 1460.
	// No larger one is sent either, since both ways are likely to have the same MTU.
	MSS uint16
	// Window is the size of the receive buffer in bytes; 0: 65535. Above
	// 65535 the window is scaled (RFC 7323 section 2). The limit is 1 GiB.
	Window uint32
	// MinRTO and MaxRTO bound the retransmission time-out, InitialRTO is its
	// value before a measurement (RFC 6298); 0: 200 ms, 120 s, 1 s, as Linux.
	MinRTO, MaxRTO, InitialRTO time.Duration
	// Retries is how often a segment is retransmitted before the connection is
	// given up; 0: 15 for data (tcp_retries2), 6 for SYN (tcp_syn_retries).
	Retries, SynRetries int
	// UserTimeout gives the connection up when nothing was acknowledged for so
	// long though something was sent (RFC 9293 section 3.8.3, Linux's
	// TCP_USER_TIMEOUT). Zero: only Retries count.
	UserTimeout time.Duration
	// DelayedAck is how long an ACK may wait; 0: 40 ms (TCP_DELACK_MIN).
	DelayedAck time.Duration
	// NoDelay switches the Nagle algorithm off (RFC 9293 section 3.7.4, TCP_NODELAY).
	NoDelay bool
	// ChallengeInterval is the least time between two answers to segments that
	// are out of place and carry nothing (RFC 5961 section 7, Linux's
	// tcp_invalid_ratelimit); 0: 500 ms.
	ChallengeInterval time.Duration
}

// maxWindow is what a window can be scaled to: RFC 7323 section 2.3 allows a
// shift of 14 at most.
const maxWindow = 65535 << 14

func (p Params) withDefaults() Params {
	or(&p.MSS, 1460)
	or(&p.Window, 65535)
	p.Window = min(p.Window, maxWindow)
	or(&p.MinRTO, 200*time.Millisecond)
	or(&p.MaxRTO, 120*time.Second)
	or(&p.InitialRTO, time.Second)
	or(&p.Retries, 15)
	or(&p.SynRetries, 6)
	or(&p.DelayedAck, 40*time.Millisecond)
	or(&p.ChallengeInterval, 500*time.Millisecond)
	return p
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// shift is the window scale that the receive buffer needs, RFC 7323 section 2.3.
func (p Params) shift() uint8 {
	var shift uint8
	for p.Window>>shift > 65535 {
		shift++
	}
	return shift
}

// Timestamp returns the timestamp clock at now: what a segment sent then
// carries as TSVal (RFC 7323 section 5.4; Linux's clock also ticks once a
// millisecond).
func (p Params) Timestamp(now time.Duration) uint32 {
	return uint32(now.Milliseconds()) + p.TSOffset
}
