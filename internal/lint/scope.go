package lint

import "slices"

// winner is the assignment of a key that counts, and those that it overrides.
type winner struct {
	Assignment
	lost []Assignment
}

// decide returns what a program sets, given its lines in the order in which it
// reads them. Keys are expected where a pattern may meet them: patterns are
// tried on those only, as they match what a kernel has.
//
// The rules, measured on systemd 252 and procps 4.0.2: the last line for a key
// wins; a key that any line names explicitly is not set by a pattern; nor is
// one that a line "-key" excludes. systemd-sysctl moreover lets such a line
// undo an assignment before it, which procps does not.
func decide(lines []Assignment, program Program, keys []string) map[string]winner {
	named := make(map[string]bool) // by any line, also one that excludes
	for _, a := range lines {
		if !isPattern(a.Key) {
			named[a.Key] = true
		}
	}
	won := make(map[string]winner)
	set := func(a Assignment) {
		w := winner{Assignment: a}
		if before, ok := won[a.Key]; ok {
			w.lost = append(slices.Clone(before.lost), before.Assignment)
		}
		won[a.Key] = w
	}
	for _, a := range lines {
		switch {
		case a.Exclude:
			if program == Systemd {
				delete(won, a.Key)
			}
		case isPattern(a.Key):
			for _, key := range keys {
				if !named[key] && matches(a.Key, key) {
					met := a
					met.Key = key
					set(met)
				}
			}
		default:
			set(a)
		}
	}
	return won
}

// group is assignments that act on one set of settings.
type group struct {
	name  string // of the scope; "" for the host
	lines []Assignment
}

// groups sorts assignments into groups, in the order in which they are met:
// lines of sysctl.conf files belong together, and else what one file says of
// one scope.
func groups(all []Assignment) []group {
	type id struct{ file, scope string }
	at := make(map[id]int)
	var list []group
	for _, a := range all {
		k := id{a.File, a.Scope}
		if a.By == ByConf && a.Scope == "" {
			k = id{}
		}
		i, ok := at[k]
		if !ok {
			i = len(list)
			at[k] = i
			list = append(list, group{name: a.Scope})
		}
		list[i].lines = append(list[i].lines, a)
	}
	return list
}
