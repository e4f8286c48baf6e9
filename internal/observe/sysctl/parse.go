package sysctl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parseSection reads one section of the format of /proc/net/snmp and netstat:
// a line of names and a line of values, both beginning with the section's
// name and a colon. A section that is missing, torn or does not match its
// names is an error, and nothing of it is returned.
func parseSection(text, section string) (map[string]int64, error) {
	var rows [][]string
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, section+":"); ok {
			rows = append(rows, strings.Fields(rest))
		}
	}
	switch {
	case len(rows) == 0:
		return nil, fmt.Errorf("no section %s", section)
	case len(rows) != 2:
		return nil, fmt.Errorf("section %s has %d lines, not 2", section, len(rows))
	case len(rows[0]) != len(rows[1]):
		return nil, fmt.Errorf("section %s has %d names but %d values", section, len(rows[0]), len(rows[1]))
	case !strings.HasSuffix(text, "\n"):
		// The last number could have been cut in the middle.
		return nil, fmt.Errorf("section %s may be cut: no newline at the end", section)
	}
	values := make(map[string]int64, len(rows[0]))
	for i, name := range rows[0] {
		v, err := parseCount(rows[1][i])
		if err != nil {
			return nil, fmt.Errorf("section %s: %s: %w", section, excerpt(name), err)
		}
		if _, twice := values[name]; twice {
			return nil, fmt.Errorf("section %s has %s twice", section, excerpt(name))
		}
		values[name] = v
	}
	return values, nil
}

// parseSockstat reads the format of /proc/net/sockstat: lines of a protocol
// and a colon, then pairs of a name and a number. Keys are "PROTOCOL.name".
// At the first line that does not fit it stops and returns what it has.
func parseSockstat(text string) (map[string]int64, error) {
	values := make(map[string]int64)
	if !strings.HasSuffix(text, "\n") {
		return nil, errors.New("empty or cut: no newline at the end")
	}
	for line := range strings.Lines(text) {
		protocol, rest, ok := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if !ok || len(fields)%2 != 0 {
			return values, fmt.Errorf("%s is not a protocol and its pairs", excerpt(line))
		}
		for i := 0; i < len(fields); i += 2 {
			v, err := parseCount(fields[i+1])
			if err != nil {
				return values, fmt.Errorf("%s: %w", excerpt(line), err)
			}
			values[protocol+"."+fields[i]] = v
		}
	}
	return values, nil
}

// parseCount reads a count. The kernel prints an unsigned long: one beyond the
// signed range wraps, so that differences stay right.
func parseCount(s string) (int64, error) {
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		return v, nil
	}
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is not a number", excerpt(s))
	}
	return int64(v), nil
}
