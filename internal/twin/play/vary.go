package play

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

// Bounds of a sweep.
const (
	axesMost   = 4
	stepsMost  = 100
	cellsMost  = 400
	stepsUsual = 8
)

// ParseVary reads what is varied: "rate=100..2000/8", "tcp_tw_reuse=0,1". A range
// a..b has 8 values, or n with /n; they are equal factors apart if b is at least 4a
// and a is positive, or with /nlog; else equal steps, or with /nlin.
func ParseVary(texts []string) ([]outcome.Axis, error) {
	var all []outcome.Axis
	cells := 1
	for _, text := range texts {
		name, list, ok := strings.Cut(text, "=")
		if !ok || name == "" || list == "" {
			return nil, fmt.Errorf("%q is no --vary: write NAME=VALUE,VALUE or NAME=LOW..HIGH, such as rate=100..2000 or tcp_tw_reuse=0,1", text)
		}
		if slices.ContainsFunc(all, func(a outcome.Axis) bool { return a.Name == name }) {
			return nil, fmt.Errorf("%s is varied twice", name)
		}
		a := outcome.Axis{Name: name}
		for value := range strings.SplitSeq(list, ",") {
			values, err := spread(strings.TrimSpace(value))
			if err != nil {
				return nil, fmt.Errorf("--vary %s: %w", name, err)
			}
			for _, v := range values {
				if !slices.Contains(a.Values, v) {
					a.Values = append(a.Values, v)
				}
			}
		}
		a.Numbers = numbers(a.Values)
		if cells *= len(a.Values); cells > cellsMost {
			return nil, fmt.Errorf("this sweep has more than %d runs: give ranges fewer steps, such as rate=100..2000/5", cellsMost)
		}
		all = append(all, a)
	}
	if len(all) > axesMost {
		return nil, fmt.Errorf("at most %d things are varied at once", axesMost)
	}
	return all, nil
}

func numbers(values []string) (all []float64) {
	for _, v := range values {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return nil
		}
		all = append(all, n)
	}
	return all
}

// spread returns the values of a range, or the one value.
func spread(text string) ([]string, error) {
	low, rest, isRange := strings.Cut(text, "..")
	if !isRange {
		if text == "" {
			return nil, fmt.Errorf("a value is missing")
		}
		return []string{text}, nil
	}
	high, steps, given := strings.Cut(rest, "/")
	a, err1 := strconv.ParseInt(low, 10, 32)
	b, err2 := strconv.ParseInt(high, 10, 32)
	if err1 != nil || err2 != nil || a >= b {
		return nil, fmt.Errorf("%q is no range of whole numbers, such as 100..2000 or 100..2000/5", text)
	}
	log := a > 0 && b >= 4*a
	switch {
	case strings.HasSuffix(steps, "log"):
		steps, log = strings.TrimSuffix(steps, "log"), true
	case strings.HasSuffix(steps, "lin"):
		steps, log = strings.TrimSuffix(steps, "lin"), false
	}
	n := stepsUsual
	if given && steps != "" {
		v, err := strconv.Atoi(steps)
		if err != nil || v < 2 || v > stepsMost {
			return nil, fmt.Errorf("%q: a range has 2 to %d steps, such as 100..2000/5", text, stepsMost)
		}
		n = v
	}
	if log && a <= 0 {
		return nil, fmt.Errorf("%q: steps of equal factors need a range above 0", text)
	}
	return between(a, b, n, log), nil
}

// between returns n values from a to b, rounded to whole numbers; equal ones once.
func between(a, b int64, n int, log bool) (all []string) {
	for i := range n {
		part := float64(i) / float64(n-1)
		v := float64(a) + part*float64(b-a)
		if log {
			v = float64(a) * math.Pow(float64(b)/float64(a), part)
		}
		if text := strconv.FormatInt(int64(math.Round(v)), 10); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// settingOf returns a setting by its full name or by its last part.
func settingOf(name, value string) scenario.Setting {
	s := scenario.Setting{Key: name, Value: value}
	switch {
	case strings.HasPrefix(name, "net."):
	case name == "somaxconn":
		s.Key = "net.core." + name
	default:
		s.Key = "net.ipv4." + name
	}
	if low, high, ok := strings.Cut(value, "-"); ok && strings.HasSuffix(s.Key, "ip_local_port_range") {
		s.Value = low + " " + high
	}
	return s
}

// isSetting reports whether a name is taken for one of a setting.
func isSetting(name string) bool {
	return strings.HasPrefix(name, "net.") || strings.HasPrefix(name, "tcp_") || strings.HasPrefix(name, "ip_") || name == "somaxconn"
}

// vary changes one value of a run. Errors say which values there are.
func vary(name, value string, t *Traffic, o *Options) error {
	switch {
	case name == "kernel":
		o.Kernel = evidence.Kernel(value)
		_, err := twin.KernelOf(o.Kernel)
		return err
	case isSetting(name):
		o.Settings = append(slices.Clone(o.Settings), settingOf(name, value))
		return nil
	case t == nil && name == "rate":
		v, err := parseRate(value)
		o.Rate = perSecond(v)
		return err
	case t == nil:
		return fmt.Errorf("there is no %q to vary in a scenario: there are kernel, rate, and settings such as tcp_tw_reuse", name)
	}
	stream, key, ok := strings.Cut(name, ".")
	if !ok {
		stream, key = "", name
	}
	found := false
	for i := range t.Streams {
		s := &t.Streams[i]
		if stream != "" && s.Name != stream || stream == "" && key == "destinations" && !s.Outbound {
			continue
		}
		found = true
		if err := varyStream(key, value, s); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("there is no stream for %q to vary", name)
	}
	if key == "rate" { // what the file changes later would undo it
		t.Changes = slices.DeleteFunc(t.Changes, func(c Change) bool { return c.Stream != "" && (stream == "" || c.Stream == stream) })
	}
	return nil
}

func varyStream(key, value string, s *Stream) (err error) {
	switch key {
	case "rate":
		s.Rate, err = parseRate(value)
	case "hold":
		s.Hold, err = parseDuration(value, 0)
	case "destinations":
		s.Destinations, err = strconv.Atoi(value)
		if err != nil || s.Destinations < 1 || s.Destinations > destinationsMost || !s.Outbound {
			err = fmt.Errorf("%q is no number of destinations from 1 to %d of a stream that goes out", value, destinationsMost)
		}
	case "closes":
		for _, c := range closings() {
			if c.word == value && (s.Outbound || c.how != twin.Abandoned) {
				s.Closes = c.how
				return nil
			}
		}
		err = fmt.Errorf("%q is no way to close here", value)
	default:
		err = fmt.Errorf("there is no %q to vary: there are rate, hold, destinations, closes, also as STREAM.rate, kernel, and settings such as tcp_tw_reuse", key)
	}
	return err
}
