package rule

import (
	"cmp"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
)

// Judge runs every rule over every namespace of s and returns what they
// found: worst first, then by count, code, namespace and subject, so that the
// same evidence always gives the same list. What a finding leaves empty of
// Why, Helps and NotHelp is taken from its rule. Findings that another one
// silences are left out. It is pure; s and rules are only read, so calls may
// run concurrently.
func Judge(rules []Rule, s *evidence.Snapshot) []Finding {
	var all []Finding
	for i := range s.Namespaces {
		ns := &s.Namespaces[i]
		var found []Finding
		for j := range rules {
			found = append(found, run(&rules[j], Case{Snapshot: s, Namespace: ns})...)
		}
		all = append(all, audible(rules, found)...)
	}
	slices.SortStableFunc(all, compare)
	return all
}

// run applies one rule to one namespace and completes its findings.
func run(r *Rule, c Case) []Finding {
	found := r.Check(c)
	for i := range found {
		f := &found[i]
		f.Code, f.Namespace = r.Code, c.Namespace.Name
		if f.Why.Empty() {
			f.Why = r.Why
		}
		if f.Helps == nil {
			f.Helps = r.Helps
		}
		if f.NotHelp == nil {
			f.NotHelp = r.NotHelp
		}
	}
	return found
}

// audible drops the findings that another one explains. A finding is never
// silenced by a milder one: a footnote must not hide an alarm. Silenced
// findings still silence others, so that the order of rules does not matter.
func audible(rules []Rule, found []Finding) []Finding {
	silences := make(map[Code][]Code, len(rules))
	for _, r := range rules {
		silences[r.Code] = r.Silences
	}
	explained := func(f Finding) bool {
		return slices.ContainsFunc(found, func(cause Finding) bool {
			return cause.Code != f.Code && cause.Severity >= f.Severity &&
				slices.Contains(silences[cause.Code], f.Code) && cause.Subject.compare(f.Subject) == 0
		})
	}
	var heard []Finding
	for _, f := range found {
		if !explained(f) {
			heard = append(heard, f)
		}
	}
	return heard
}

// compare orders findings as Judge returns them.
func compare(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(b.Count, a.Count),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Namespace, b.Namespace),
		a.Subject.compare(b.Subject),
		cmp.Compare(a.Title.EN, b.Title.EN),
	)
}

// compare orders subjects; the namespace itself comes first.
func (s Subject) compare(o Subject) int {
	var byKey int
	switch {
	case s.Key == nil && o.Key == nil:
	case s.Key == nil:
		byKey = -1
	case o.Key == nil:
		byKey = 1
	default:
		byKey = s.Key.Compare(*o.Key)
	}
	return cmp.Or(byKey, cmp.Compare(s.Port, o.Port), cmp.Compare(s.Setting, o.Setting))
}

// Worst returns the highest severity among findings: Info if there is none.
func Worst(findings []Finding) Severity {
	worst := Info
	for _, f := range findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Want asks for the processes that hold sockets: those of the tally Key, or,
// if Key is nil, those that listen on Port.
type Want struct {
	Namespace string
	Key       *evidence.Key
	Port      uint16
}

// Wanted lists, without repetition, the sockets whose owners the findings
// want to name. A source looks them up and the evidence is judged again.
func Wanted(findings []Finding) []Want {
	type id struct {
		namespace string
		key       evidence.Key
		port      uint16
	}
	var wants []Want
	seen := make(map[id]bool)
	add := func(w Want) {
		i := id{namespace: w.Namespace, port: w.Port}
		if w.Key != nil {
			i.key = *w.Key
		}
		if !seen[i] {
			seen[i] = true
			wants = append(wants, w)
		}
	}
	for _, f := range findings {
		switch {
		case !f.WantsOwner:
		case f.Groups != nil:
			for i := range f.Groups {
				add(Want{Namespace: f.Namespace, Key: &f.Groups[i]})
			}
		case f.Subject.Key != nil:
			add(Want{Namespace: f.Namespace, Key: f.Subject.Key})
		case f.Subject.Port != 0:
			add(Want{Namespace: f.Namespace, Port: f.Subject.Port})
		}
	}
	return wants
}
