package text

import (
	"fmt"
	"strconv"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// count writes n with a comma between thousands.
func count[T int | uint64](n T) string {
	digits := strconv.FormatUint(uint64(max(n, 0)), 10)
	var out []byte
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, digits[i])
	}
	return string(out)
}

// rate writes closes per second with the direction of the trend.
func rate(r evidence.Rate, allowUnicode bool) string {
	var text string
	switch {
	case r.PerSecond == 0:
		text = "0"
	case r.PerSecond < 10:
		text = fmt.Sprintf("%.1f", r.PerSecond)
	default:
		text = count(uint64(r.PerSecond + 0.5))
	}
	arrows := [3]string{"falling", "", "rising"}
	if allowUnicode {
		arrows = [3]string{"↓", "", "↑"}
	}
	if arrow := arrows[r.Trend()+1]; arrow != "" {
		text += " " + arrow
	}
	return text
}

// span writes a duration in its largest unit that leaves two digits: "45 s",
// "12 min", "3 h", "4 days".
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int64(d.Seconds()+0.5))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int64(d.Minutes()+0.5))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int64(d.Hours()+0.5))
	}
	return fmt.Sprintf("%d days", int64(d.Hours()/24+0.5))
}

// lifetime writes how long a connection lived, with two digits at least where
// it was short; "-" if that is not known.
func lifetime(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < time.Millisecond:
		return fmt.Sprintf("%d us", max(d.Microseconds(), 1))
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds()/100)/10)
	case d >= time.Second && d < 10*time.Second:
		return fmt.Sprintf("%.1f s", float64(d.Milliseconds()/100)/10)
	}
	return span(d)
}

// size writes a number of bytes in at most six characters: "999 B", "1.2 kB",
// "12 MB", in units of a thousand.
func size(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value := float64(n)
	for _, unit := range "kMGTPE" {
		value /= 1000
		switch {
		case value < 9.95:
			return fmt.Sprintf("%.1f %cB", value, unit)
		case value < 999.5:
			return fmt.Sprintf("%.0f %cB", value, unit)
		}
	}
	return strconv.FormatUint(n, 10)
}
