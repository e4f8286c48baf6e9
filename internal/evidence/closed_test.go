package evidence

import "testing"

func TestTheMakerOfALingeringSocketIsItsCloserIfThatIsKnown(t *testing.T) {
	opener, closer := &Owner{PID: 1, Start: 5}, &Owner{PID: 2, Start: 6}
	for name, c := range map[string]struct {
		closed Closed
		maker  *Owner
		shared bool
	}{
		"both":    {Closed{Opener: opener, Closer: closer}, closer, true},
		"one":     {Closed{Opener: opener, Closer: &Owner{PID: 1, Start: 5, Name: "renamed"}}, nil, false},
		"opener":  {Closed{Opener: opener}, opener, false},
		"closer":  {Closed{Closer: closer}, closer, false},
		"reused":  {Closed{Opener: opener, Closer: &Owner{PID: 1, Start: 9}}, nil, true},
		"neither": {Closed{}, nil, false},
	} {
		maker := c.maker
		if maker == nil {
			maker = c.closed.Closer
		}
		if got := c.closed.Maker(); got != maker || c.closed.Shared() != c.shared {
			t.Errorf("%s: made by %v, shared %v", name, got, c.closed.Shared())
		}
	}
}

func TestOnlyMiniSocketsLinger(t *testing.T) {
	for end, want := range map[End]bool{LeftTimeWait: true, LeftFinWait2: true, "LAST_ACK": false, "reset sent": false, "": false} {
		if got := (&Closed{End: end}).Lingers(); got != want {
			t.Errorf("%q lingers: %v", end, got)
		}
	}
}
