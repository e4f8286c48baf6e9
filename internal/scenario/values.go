package scenario

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// dayLong bounds durations: no scenario lasts longer.
const dayLong = 24 * time.Hour

func (d *decoder) bool(n *node) bool {
	switch text := d.text(n); text {
	case "yes", "on", "true":
		return true
	case "no", "off", "false":
	default:
		if n.kind == scalar {
			d.wrong(n, "%q is neither yes nor no", text)
		}
	}
	return false
}

// parseInteger reads a whole number in plain digits. Other ways to write
// numbers, which YAML has many of, are refused, as readers take 010 for eight
// or for ten.
func parseInteger(text string) (v int64, ok bool) {
	plain := strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")
	if plain == "" || strings.Trim(plain, "0123456789") != "" || len(plain) > 1 && plain[0] == '0' {
		return 0, false
	}
	v, _ = strconv.ParseInt(text, 10, 64) // else the nearest that there is
	return v, true
}

// integer reads a whole number within bounds.
func (d *decoder) integer(n *node, low, high int64) int64 {
	text := d.text(n)
	v, ok := parseInteger(text)
	switch {
	case n.kind != scalar:
		return low
	case !ok:
		d.wrong(n, "%q is no whole number in plain digits, such as 1000", text)
		return low
	case v < low || v > high:
		d.wrong(n, "%s is not between %d and %d", text, low, high)
		return low
	}
	return v
}

func (d *decoder) duration(n *node) time.Duration {
	text := d.text(n)
	v, problem := parseDuration(text)
	if n.kind == scalar && problem != "" {
		d.wrong(n, "%q %s", text, problem)
	}
	return v
}

// positive reads a duration for which zero makes no sense.
func (d *decoder) positive(n *node) time.Duration {
	text := d.text(n)
	v, problem := parseDuration(text)
	switch {
	case n.kind != scalar:
	case problem != "":
		d.wrong(n, "%q %s", text, problem)
	case v == 0:
		d.wrong(n, "%q is no time at all: it must be more than 0s", text)
	}
	return v
}

// parseDuration returns what is wrong with a duration in words that follow
// its text.
func parseDuration(text string) (v time.Duration, problem string) {
	v, err := time.ParseDuration(text)
	_, unitless := parseInteger(text)
	switch {
	case err != nil && unitless:
		return 0, fmt.Sprintf("has no unit: is it %q, or %q?", text+"s", text+"ms")
	case err != nil:
		return 0, `is no duration, such as "2s", "500ms" or "1m30s"`
	case v < 0:
		return 0, "is negative"
	case v > dayLong:
		return 0, "is longer than a day"
	}
	return v, ""
}

// bounds splits "3..7", "5", ">= 3" and "<= 3"; an open end is empty. It
// returns false for a range that is open at both ends.
func bounds(text string) (low, high string, ok bool) {
	if l, h, found := strings.Cut(text, ".."); found {
		l, h = strings.TrimSpace(l), strings.TrimSpace(h)
		return l, h, l != "" || h != ""
	}
	if rest, found := strings.CutPrefix(text, ">="); found {
		rest = strings.TrimSpace(rest)
		return rest, "", rest != ""
	}
	if rest, found := strings.CutPrefix(text, "<="); found {
		rest = strings.TrimSpace(rest)
		return "", rest, rest != ""
	}
	return text, text, text != ""
}

// interval reads a range of any kind of value.
func interval[T int64 | float64 | time.Duration](d *decoder, n *node, what string, lowest, highest T, parse func(string) (T, bool)) (low, high T) {
	text := d.text(n)
	l, h, ok := bounds(text)
	low, high = lowest, highest
	okLow, okHigh := l == "", h == ""
	if l != "" {
		low, okLow = parse(l)
	}
	if h != "" {
		high, okHigh = parse(h)
	}
	switch {
	case n.kind != scalar:
	case !ok || !okLow || !okHigh:
		d.wrong(n, "%q is no %s", text, what)
	case low > high:
		d.wrong(n, "%q ends before it begins", text)
	}
	return low, high
}

func (d *decoder) numbers(n *node) Range {
	low, high := interval(d, n, `number, nor a range such as "3..7" or ">= 3"`, 0, math.MaxInt64, func(s string) (int64, bool) {
		v, ok := parseInteger(s)
		return v, ok && v >= 0
	})
	return Range{low, high}
}

func (d *decoder) floats(n *node) *FloatRange {
	low, high := interval(d, n, `number, nor a range such as "1.5..3" or ">= 3"`, 0, math.MaxFloat64, parseFloat)
	return &FloatRange{low, high}
}

// parseFloat reads a number that is not negative, in plain digits.
func parseFloat(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && strings.Trim(s, "0123456789.") == ""
}

func (d *decoder) durations(n *node) *DurationRange {
	low, high := interval(d, n, `duration, nor a range such as "60s..65s"`, 0, dayLong, func(s string) (time.Duration, bool) {
		v, problem := parseDuration(s)
		return v, problem == ""
	})
	if n.kind == scalar && low == high && low > 0 {
		d.wrong(n, `%q is an instant, which nothing hits: a range is needed, such as "60s..65s"`, n.text)
	}
	return &DurationRange{low, high}
}

// rate reads "100/s" or a number.
func (d *decoder) rate(n *node) float64 {
	text := d.text(n)
	v, ok := parseFloat(strings.TrimSuffix(text, "/s"))
	if n.kind == scalar && (!ok || v == 0 || v > 1e6) {
		d.wrong(n, `%q is no rate above 0 and up to a million, such as "100/s"`, text)
	}
	return v
}

// size reads a number of bytes, such as "10MB", up to a bound.
func (d *decoder) size(n *node, most int64) int64 {
	text := d.text(n)
	factor := int64(1)
	for _, unit := range []struct {
		suffix string
		factor int64
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(text, unit.suffix); ok {
			text, factor = strings.TrimSpace(rest), unit.factor
			break
		}
	}
	v, ok := parseInteger(text)
	switch {
	case n.kind != scalar:
	case !ok || v < 0:
		d.wrong(n, `%q is no number of bytes, such as "1000" or "10MB"`, n.text)
	case v > most/factor:
		d.wrong(n, "%q is more than %d bytes", n.text, most)
	default:
		return v * factor
	}
	return 0
}
