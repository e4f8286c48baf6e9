package tcp

import "time"

// pawsIdle is how long TS.Recent stays valid without a segment: RFC 7323
// section 5.5.
const pawsIdle = 24 * 24 * time.Hour

// stamped adds the timestamps of RFC 7323 section 3.
func (s *step) stamped(o Options) Options {
	o.HasTimestamps = true
	o.TSVal = s.p.Timestamp(s.now)
	o.TSEcr = s.c.tsRecent
	return o
}

// old reports whether the segment's timestamp is older than the last: PAWS, RFC
// 7323 section 5.
func (s *step) old(seg Segment) bool {
	c := &s.c
	return c.timestamps && seg.Options.HasTimestamps &&
		int32(seg.Options.TSVal-c.tsRecent) < 0 && s.now-c.tsRecentAt < pawsIdle
}

// checkStamp is rule R1 of RFC 7323 section 5.3, which comes before the first
// check.
func (s *step) checkStamp(seg Segment) bool {
	c := &s.c
	rst := seg.Flags.Has(RST)
	switch {
	case !c.timestamps:
	case s.old(seg):
		// The RFC exempts resets. Linux ignores an old one too, while TS.Recent is
		// younger than 60 s (tcp_paws_reject); no sysctl.
		if rst && (!s.p.Linux || s.now-c.tsRecentAt >= linuxPawsMSL) {
			return true
		}
		if !rst {
			s.answer(seg, rulePAWS)
		}
		s.rule(rulePAWS)
		return false
	case !seg.Options.HasTimestamps && !rst && !s.p.Linux:
		// RFC 7323 section 3.2: SHOULD drop it in silence. Linux takes it
		// (tcp_validate_incoming looks only at timestamps that are there).
		s.rule(ruleNoStamp)
		return false
	}
	return true
}

// linuxPawsMSL is TCP_PAWS_MSL.
const linuxPawsMSL = time.Minute

// updateStamp is RFC 7323 section 4.3: the timestamp to echo is that of the
// segment which spans the last ACK.
func (s *step) updateStamp(seg Segment) {
	c := &s.c
	if c.timestamps && seg.Options.HasTimestamps &&
		int32(seg.Options.TSVal-c.tsRecent) >= 0 && !seg.Seq.After(c.ackSent) {
		c.tsRecent, c.tsRecentAt = seg.Options.TSVal, s.now
	}
}
