package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// maxNamed bounds how many processes a sentence names: a server with many
// workers would drown the answer.
const maxNamed = 3

// Who names a maker in the middle of a sentence: "nginx (812)", "probably
// nginx (812)" where it is inferred, or "an unknown process". Names are raw
// bytes of strangers; views escape them.
func Who(s *evidence.Snapshot, m evidence.Maker) string {
	switch {
	case len(m.PIDs) == 0:
		return "an unknown process"
	case m.Basis.Inferred():
		return "probably " + Names(s, m.PIDs)
	}
	return Names(s, m.PIDs)
}

// By is Who with "by" in its place: "by nginx (812)", "probably by nginx
// (812)", "by an unknown process".
func By(s *evidence.Snapshot, m evidence.Maker) string {
	if len(m.PIDs) > 0 && m.Basis.Inferred() {
		return "probably by " + Names(s, m.PIDs)
	}
	return "by " + Who(s, m)
}

// Names lists processes: "nginx (812)", and of several with one name
// "nginx (812, 813)". Beyond the first few it only counts.
func Names(s *evidence.Snapshot, pids []int) string {
	var order []string
	byName := make(map[string][]string)
	for _, pid := range pids[:min(len(pids), maxNamed)] {
		name := "process"
		if o := s.Owner(pid); o != nil && o.Name != "" {
			name = o.Name
		}
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
		byName[name] = append(byName[name], fmt.Sprint(pid))
	}
	var parts []string
	for _, name := range order {
		parts = append(parts, fmt.Sprintf("%s (%s)", name, strings.Join(byName[name], ", ")))
	}
	if more := len(pids) - maxNamed; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return And(parts)
}

// AboutMaker returns the sentences that a finding should add about its maker:
// where it runs, and how it is known if that is a conclusion.
func AboutMaker(s *evidence.Snapshot, m evidence.Maker) []string {
	var facts []string
	for _, pid := range m.PIDs[:min(len(m.PIDs), maxNamed)] {
		if o := s.Owner(pid); o != nil && home(o) != "" {
			facts = append(facts, fmt.Sprintf("%s runs in %s.", Names(s, []int{pid}), home(o)))
		}
	}
	switch m.Basis {
	case evidence.FromLedger:
		facts = append(facts, traced(m))
	case evidence.FromYounger:
		facts = append(facts, "The one named was seen closing the younger ones of them; these are older than linger's tracing.")
	case evidence.FromListener:
		facts = append(facts, "TIME_WAIT and other ownerless sockets carry no process; the one named owns the listener that accepted these.")
	case evidence.FromLive:
		facts = append(facts, "TIME_WAIT sockets carry no process; the one named has live connections to the same destination.")
	case evidence.FromEarlier:
		facts = append(facts, "TIME_WAIT sockets carry no process; the one named had connections to the same destination at an earlier look.")
	}
	return facts
}

// traced says how much of what a maker is named for was seen.
func traced(m evidence.Maker) string {
	if m.Covered >= m.Of {
		return fmt.Sprintf("linger saw who closed all %s of them.", N(m.Of))
	}
	return fmt.Sprintf("linger saw who closed %s of these %s; the others are older than its tracing, and may be other processes'.", N(m.Covered), N(m.Of))
}

// home says where a process runs, most telling first, or "".
func home(o *evidence.Owner) string {
	switch {
	case o.Pod != "":
		return "pod " + o.Pod
	case o.Container != "":
		return "container " + o.Container[:min(len(o.Container), 12)]
	case o.Unit != "":
		return o.Unit
	}
	return ""
}
