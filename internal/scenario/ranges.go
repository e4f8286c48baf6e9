package scenario

import (
	"fmt"
	"math"
	"time"
)

// Has reports whether v lies in the range.
func (r Range) Has(v int64) bool { return v >= r.Low && v <= r.High }

// String returns the range as scenarios write it.
func (r Range) String() string {
	switch {
	case r.Low == r.High:
		return fmt.Sprint(r.Low)
	case r.High == math.MaxInt64:
		return fmt.Sprintf(">= %d", r.Low)
	case r.Low == 0:
		return fmt.Sprintf("<= %d", r.High)
	}
	return fmt.Sprintf("%d..%d", r.Low, r.High)
}

// String returns the range as scenarios write it.
func (r FloatRange) String() string {
	switch {
	case r.High == math.MaxFloat64:
		return fmt.Sprintf(">= %g", r.Low)
	case r.Low == 0:
		return fmt.Sprintf("<= %g", r.High)
	}
	return fmt.Sprintf("%g..%g", r.Low, r.High)
}

// String returns the range as scenarios write it.
func (r DurationRange) String() string {
	switch {
	case r.High == dayLong:
		return ">= " + short(r.Low)
	case r.Low == 0:
		return "<= " + short(r.High)
	}
	return short(r.Low) + ".." + short(r.High)
}

// short writes up to two minutes in seconds.
func short(d time.Duration) string {
	if d > 2*time.Minute || d < time.Second {
		return d.String()
	}
	return fmt.Sprintf("%gs", d.Seconds())
}
