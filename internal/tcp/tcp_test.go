package tcp_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/tcp"
)

func TestStateNamesReadBackToTheSameState(t *testing.T) {
	for s := tcp.State(1); int(s) < tcp.NumStates; s++ {
		text, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back tcp.State
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s read back as %s, %v", s, back, err)
		}
	}
	var s tcp.State
	if err := s.UnmarshalText([]byte("TIMEWAIT")); err == nil {
		t.Error("an unknown state name was accepted")
	}
	if got := tcp.State(99).String(); got != "STATE_99" {
		t.Errorf("unknown state prints %q", got)
	}
}

func TestStateNumbersAreTheKernels(t *testing.T) {
	// include/net/tcp_states.h
	for s, want := range map[tcp.State]int{
		tcp.Established: 1, tcp.TimeWait: 6, tcp.CloseWait: 8, tcp.Listen: 10, tcp.Closing: 11, tcp.NewSynRecv: 12, tcp.BoundInactive: 13,
	} {
		if int(s) != want {
			t.Errorf("%s = %d, want %d", s, s, want)
		}
	}
	if tcp.AllStates != 0x1ffe {
		t.Errorf("AllStates = %#x", uint32(tcp.AllStates))
	}
}

func TestStateSetHoldsWhatItWasMadeOf(t *testing.T) {
	set := tcp.States(tcp.TimeWait, tcp.FinWait2)
	if !set.Has(tcp.TimeWait) || !set.Has(tcp.FinWait2) || set.Has(tcp.Listen) || set.Len() != 2 {
		t.Errorf("set is %s", set)
	}
	if got := set.String(); got != "FIN_WAIT2,TIME_WAIT" {
		t.Errorf("String() = %q", got)
	}
}

func TestSequenceComparisonWrapsAround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := tcp.Seq(rapid.Uint32().Draw(t, "start"))
		n := rapid.Uint32Range(1, 1<<31-1).Draw(t, "distance")
		later := start.Add(n)
		if !start.Before(later) || later.Before(start) || !later.After(start) {
			t.Fatalf("%d and %d later compare wrongly", start, n)
		}
		if later.Sub(start) != int32(n) {
			t.Fatalf("distance is %d, want %d", later.Sub(start), n)
		}
		if !start.InWindow(start, n) || later.InWindow(start, n) || !later.Add(^uint32(0)).InWindow(start, n) {
			t.Fatal("window edges are wrong")
		}
	})
}

func TestFlagsPrintInWireOrder(t *testing.T) {
	if got := (tcp.ACK | tcp.SYN).String(); got != "SYN+ACK" {
		t.Errorf("got %q", got)
	}
	if got := tcp.Flags(0).String(); got != "none" {
		t.Errorf("got %q", got)
	}
	if !(tcp.FIN | tcp.ACK).Has(tcp.FIN) || tcp.FIN.Has(tcp.FIN|tcp.ACK) {
		t.Error("Has is wrong")
	}
}
