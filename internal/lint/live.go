package lint

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// LiveOf returns what a look at a network namespace tells. Keys that evidence
// does not hold are missing: a caller that can read them adds them.
func LiveOf(ns *evidence.Namespace) *Live {
	l := &Live{Values: make(map[string]string), Absent: make(map[string]bool), TimeWait: -1}
	l.First = ns.Settings.MaxOrphans.State == evidence.Present // host-wide, so not seen elsewhere
	if tw, ok := ns.Counters.Sockstat["TCP.tw"]; ok {
		l.TimeWait = tw
	}
	for i := range ns.Listeners {
		l.Listening = append(l.Listening, ns.Listeners[i].Port)
	}
	slices.Sort(l.Listening)
	l.Listening = slices.Compact(l.Listening)
	l.settings(&ns.Settings)
	return l
}

// settings takes over evidence.Settings, whose keys in JSON are the last names
// of the keys here.
func (l *Live) settings(s *evidence.Settings) {
	var held map[string]any
	data, err := json.Marshal(s)
	if err != nil || json.Unmarshal(data, &held) != nil {
		return // a struct of numbers and texts cannot fail
	}
	for _, key := range Keys() {
		switch v := held[leaf(key)].(type) {
		case float64:
			l.Values[key] = strconv.FormatInt(int64(v), 10)
		case string:
			switch {
			case key == keyReserved:
				l.Values[key] = v
			case v == evidence.Absent.String():
				l.Absent[key] = true
			}
		}
	}
	if r, ok := s.PortRange(); ok {
		l.Values[keyRange] = strings.ReplaceAll(r.String(), "-", " ")
	}
}
