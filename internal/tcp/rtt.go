package tcp

import "time"

// roundTrip is the retransmission time-out of RFC 6298 and what it is computed
// from.
type roundTrip struct {
	smoothed, variation time.Duration
	rto                 time.Duration
	backoff             uint8 // doublings since the last measurement
	timing              bool  // the segment at seq was sent at, and not again
	seq                 Seq
	at                  time.Duration
}

// time starts a measurement unless one is under way.
func (r *roundTrip) time(seq Seq, now time.Duration) {
	if !r.timing {
		r.timing, r.seq, r.at = true, seq, now
	}
}

// measure is RFC 6298 section 2, with the millisecond of the timestamp clock as
// its granularity. Only a measurement ends the back-off: Karn's algorithm,
// section 3.
func (r *roundTrip) measure(sample time.Duration, p Params) {
	sample = max(sample, time.Millisecond)
	if r.smoothed == 0 {
		r.smoothed, r.variation = sample, sample/2
	} else {
		r.variation += (max(r.smoothed-sample, sample-r.smoothed) - r.variation) / 4
		r.smoothed += (sample - r.smoothed) / 8
	}
	r.rto = min(max(r.smoothed+max(time.Millisecond, 4*r.variation), p.MinRTO), p.MaxRTO)
	r.backoff = 0
}

// fallbackRTO follows a SYN that was lost, if nothing could be measured: RFC 6298
// section 5.7 (TCP_TIMEOUT_FALLBACK).
const fallbackRTO = 3 * time.Second

// timeout is the present time-out: doubled for each retransmission, RFC 6298
// section 5.5.
func (r *roundTrip) timeout(p Params) time.Duration { return doubled(r.rto, int(r.backoff), p.MaxRTO) }

func doubled(d time.Duration, times int, limit time.Duration) time.Duration {
	for ; times > 0 && d < limit; times-- {
		d *= 2
	}
	return min(d, limit)
}

// measureAck takes a measurement from a segment that acknowledges something new.
// A timestamp tells which transmission is acknowledged (RFC 7323 section 4);
// without, only segments that were sent once count.
func (s *step) measureAck(seg Segment) {
	r := &s.c.rtt
	timed := r.timing && seg.Ack.After(r.seq)
	if timed {
		r.timing = false
	}
	if s.c.timestamps && seg.Options.HasTimestamps && seg.Options.TSEcr != 0 {
		if ms := int32(s.p.Timestamp(s.now) - seg.Options.TSEcr); ms >= 0 {
			r.measure(time.Duration(ms)*time.Millisecond, s.p)
		}
		return
	}
	if timed {
		r.measure(s.now-r.at, s.p)
	}
}
