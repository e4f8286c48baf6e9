package chance_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/twin/chance"
)

func TestTheNumbersOfASeedNeverChange(t *testing.T) {
	s := chance.New(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} { // the published ones of SplitMix64
		if got := s.Next(); got != want {
			t.Errorf("number %d is %d, must be %d", i, got, want)
		}
	}
}

func TestACopyGoesOnAlike(t *testing.T) {
	a := chance.New(5)
	a.Below8()
	b := a
	for range 100 {
		if a.Below8() != b.Below8() || a.Exponential(1000) != b.Exponential(1000) {
			t.Fatal("a copy gives other numbers")
		}
	}
}

func TestBelowIsEven(t *testing.T) {
	s := chance.New(9)
	var few, many [8]int
	for range 80_000 {
		few[s.Below8()]++
		many[s.Below(8)]++
	}
	for i := range 8 {
		if few[i] < 9_600 || few[i] > 10_400 || many[i] < 9_600 || many[i] > 10_400 {
			t.Errorf("%d came %d and %d times in 80,000", i, few[i], many[i])
		}
	}
}

func TestExponentialHasItsMeanAndItsTail(t *testing.T) {
	s := chance.New(3)
	const n, mean = 200_000, 1_000_000
	var sum int64
	var beyond [4]int
	for range n {
		v := s.Exponential(mean)
		sum += v
		for i := range beyond {
			if v > int64(i)*mean {
				beyond[i]++
			}
		}
	}
	if got := sum / n; got < mean*99/100 || got > mean*101/100 {
		t.Errorf("a mean of %d", got)
	}
	for i, want := range []int{n, 73576, 27067, 9957} { // n e^-i
		if got := beyond[i]; got < want-want/30-50 || got > want+want/30 {
			t.Errorf("%d values beyond %d means, must be about %d", got, i, want)
		}
	}
}
