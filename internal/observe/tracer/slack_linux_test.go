package tracer

import "testing"

// decide settles what the driver cannot know: on a slow machine the server may
// be early, before the client's end is in FIN_WAIT2. Mostly it is not.
func decide(t *testing.T, s *seen, truths []truth) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	half, early := 0, 0
	for i := range truths {
		want := &truths[i]
		if !want.half || len(s.closed[want.cookie]) != 1 {
			continue
		}
		half++
		if end := s.closed[want.cookie][0].End; end == EndResetReceived || end == EndTimeWait {
			early++
			want.half, want.lingers = false, end == EndTimeWait
		}
	}
	if early > half/4 {
		t.Errorf("%d of %d FIN_WAIT2 mini-sockets were not told of as such", early, half)
	}
}

// withheld takes out the truths whose end was told by nobody, though the
// tracer knows all about them. A hardened kernel was seen to run no programs
// at all for a softirq that interrupts certain tasks of the system; ordinary
// ones have none of these. There must be hardly any.
func withheld(t *testing.T, tr *Tracer, s *seen, truths []truth) (told, untold []truth) {
	t.Helper()
	for _, want := range truths {
		life, found, err := tr.Find(want.cookie)
		if err != nil {
			t.Fatal(err)
		}
		if found && len(s.closed[want.cookie]) == 0 && life.Opener.PID == want.opener && life.Closer.PID == want.closer && life.First == want.first {
			untold = append(untold, want)
		} else {
			told = append(told, want)
		}
	}
	t.Logf("%d ends withheld by the kernel", len(untold))
	if len(untold) > len(truths)/1000 {
		t.Errorf("%d of %d ends were not told of", len(untold), len(truths))
	}
	return told, untold
}

// missed takes out the truths of which something is not known, on kernels that
// preempt tasks in tracepoints (see on_state_again). There may be at most as
// many as the kernel counts, and none elsewhere; what is known must be right.
func missed(t *testing.T, tr *Tracer, s *seen, truths []truth) (clear []truth, blurred int) {
	t.Helper()
	c, err := tr.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d state changes missed", c.Missed)
	if !running().AtLeast(6, 19) {
		return truths, 0
	}
	for _, want := range truths {
		records := s.closed[want.cookie]
		if len(records) == 1 {
			r := records[0]
			right := (r.Opener.PID == want.opener || !r.Opener.Known()) && (r.Closer.PID == want.closer || !r.Closer.Known())
			if !right || r.Opener.PID == want.opener && r.Closer.PID == want.closer {
				clear = append(clear, want)
				continue
			}
		}
		blurred++
	}
	t.Logf("%d ends blurred by that", blurred)
	if uint64(blurred) > c.Missed {
		t.Errorf("%d ends are not known in full, the kernel missed only %d state changes", blurred, c.Missed)
	}
	return clear, blurred
}
