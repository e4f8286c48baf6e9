package lint

import (
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
)

// Input is what is judged. Texts and System exclude each other.
type Input struct {
	Kernel evidence.Kernel // the release to judge for
	Texts  []Text          // files, in the order in which they are applied
	System *System         // all files of a system
	Live   *Live           // what the running kernel says; nil: not asked
}

// judging is one run of Judge.
type judging struct {
	*table
	in     Input
	report Report
	now    map[string]winner // what the running kernel has
}

// Judge judges what files and the running kernel set. The same input gives the
// same report.
func Judge(in Input) Report {
	j := judging{table: newTable(), in: in, report: Report{Kernel: in.Kernel, Running: in.Live != nil}}
	j.now = make(map[string]winner)
	if in.Live != nil {
		for key, value := range in.Live.Values {
			j.now[key] = winner{Assignment: Assignment{Key: key, Value: value, By: ByKernel}}
		}
	}
	var atBoot map[string]winner
	if in.System != nil {
		atBoot = j.system(in.System)
	}
	for _, t := range in.Texts {
		j.report.Files = append(j.report.Files, t.File)
		j.report.Problems = append(j.report.Problems, t.Problems...)
	}
	for _, g := range groups(linesOf(in.Texts)) {
		j.judgeAll(decide(g.lines, Systemd, j.keys), nil)
	}
	if in.Live != nil && (in.System != nil || len(in.Texts) == 0) {
		j.running(atBoot)
	}
	j.report.sort()
	return j.report
}

func linesOf(texts []Text) (lines []Assignment) {
	for _, t := range texts {
		lines = append(lines, t.Assignments...)
	}
	return lines
}

// system judges the files of a system, and returns what they set at boot.
func (j *judging) system(s *System) map[string]winner {
	j.report.Boot, j.report.Masked, j.report.Problems = s.Boot, s.Masked, s.Problems
	j.report.Files = s.Order[s.Boot]
	won := make(map[Program]map[string]winner)
	for _, p := range Programs() {
		var lines []Assignment
		for _, file := range s.Order[p] {
			lines = append(lines, s.Texts[file].Assignments...)
			if !slices.Contains(j.report.Files, file) {
				j.report.Files = append(j.report.Files, file)
			}
		}
		won[p] = decide(lines, p, j.keys)
	}
	for _, file := range j.report.Files {
		j.report.Problems = append(j.report.Problems, s.Texts[file].Problems...)
	}
	boot, other := s.Boot, Procps
	if boot == Procps {
		other = Systemd
	}
	j.judgeAll(won[boot], func(f *Finding) {
		w, ok := won[other][f.Key]
		switch {
		case !ok:
			f.Disagree = &Disagreement{Program: other}
		case !j.same(f.Key, w.Value, f.Value):
			f.Disagree = &Disagreement{Program: other, Set: &Setting{w.Place, w.Value}}
		}
	})
	rest := make(map[string]winner)
	for key, w := range won[other] {
		if _, ok := won[boot][key]; !ok {
			rest[key] = w
		}
	}
	j.judgeAll(rest, func(f *Finding) { f.Disagree = &Disagreement{Program: boot} })
	return won[boot]
}

// judgeAll judges the winners of one scope; and completes each finding by more.
func (j *judging) judgeAll(won map[string]winner, more func(*Finding)) {
	for _, w := range won {
		f, ok := j.judge(w, won)
		if !ok {
			j.report.Others++
			continue
		}
		if more != nil {
			more(&f)
		}
		j.report.Findings = append(j.report.Findings, f)
	}
}

// judge judges one setting beside the others of its scope; false if it has
// nothing to do with the subject.
func (j *judging) judge(w winner, beside map[string]winner) (Finding, bool) {
	f := Finding{Key: w.Key, Value: w.Value, By: w.By, Place: w.Place, Scope: w.Scope}
	for _, a := range w.lost {
		if a.Place != w.Place {
			f.Overridden = append(f.Overridden, Setting{a.Place, a.Value})
		}
	}
	e := j.find(w.Key)
	if e == nil {
		g, ok := j.haunting(w.Key)
		if !ok || j.in.Live != nil && j.in.Live.Has != nil && j.in.Live.Has(w.Key) {
			return Finding{}, false
		}
		f.Verdict, f.Reason, f.Instead = NoSuchKey, g.why, g.do
		return f, true
	}
	c := j.question(w.Assignment, e, beside)
	o := c.answer()
	f.Verdict, f.Reason, f.Notes, f.Instead = o.verdict, o.reason, append(o.notes, c.place()...), o.instead
	f.Believed, f.Does, f.References, f.Claims = e.believed, e.does(j.in.Kernel), e.refs, e.claims
	return f, true
}

// question puts together what the judgement of a setting may look at. A
// container's namespace is new, so what is not set there is the kernel's
// default.
func (j *judging) question(a Assignment, e *entry, beside map[string]winner) *question {
	c := &question{Assignment: a, kernel: j.in.Kernel, entry: e, live: j.in.Live}
	if a.By.contained() {
		c.live = nil
	}
	c.text = func(key string) string {
		if w, ok := beside[key]; ok && !w.Open {
			return w.Value
		}
		if w, ok := j.now[key]; ok && c.live != nil {
			return w.Value
		}
		if other := j.find(key); other != nil && other.fresh != nil && other.exists(j.in.Kernel) {
			return other.fresh(j.in.Kernel)
		}
		return ""
	}
	c.with = func(key string) []int64 {
		numbers, _ := ints(c.text(key), 2)
		return numbers
	}
	c.numbers, _ = ints(a.Value, e.most())
	if a.Open {
		c.numbers = nil
	}
	return c
}

// most is how many numbers the kernel takes.
func (e *entry) most() int {
	switch e.kind {
	case ports:
		return 2
	case triple:
		return 3
	}
	return 1
}
