package remedy

import (
	"cmp"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// Of returns the plan for findings, which must be of snap. It is pure, and the
// order of findings does not matter. A finding whose namespace or group is not
// in snap is passed over.
func Of(snap *evidence.Snapshot, findings []rule.Finding, lang say.Lang) Plan {
	return Foretold(snap, findings, lang, nil)
}

// Foretold is Of with a forecaster of snap: effects say what it says, and remedies
// that are equally safe come in the order of what becomes of their groups.
func Foretold(snap *evidence.Snapshot, findings []rule.Finding, lang say.Lang, ask Forecaster) Plan {
	all := slices.Clone(findings)
	slices.SortStableFunc(all, compareFindings)
	plan := Plan{Host: snap.Host, Made: snap.Taken, Lang: lang, Remedies: []Remedy{}, Refusals: []Refusal{}}
	var drafts []draft
	for i := range snap.Namespaces {
		p := &planner{snap: snap, ns: &snap.Namespaces[i], lang: lang, all: all, ask: ask}
		drafts = append(drafts, p.plan()...)
		plan.Refusals = append(plan.Refusals, p.refused...)
	}
	slices.SortStableFunc(drafts, compareDrafts)
	for _, d := range drafts {
		plan.Remedies = append(plan.Remedies, d.Remedy)
	}
	plan.Refusals = append(plan.Refusals, folklore(snap, all, lang)...)
	for i := range all {
		if all[i].Severity > rule.Info {
			plan.Findings++
		}
	}
	plan.Answer = answer(drafts, all, lang)
	return plan
}

// draft is a remedy and the findings that it ends, as indices of planner.all.
type draft struct {
	Remedy
	settles []int
	rank    int           // see Remedy.standing
	in      time.Duration // see Remedy.standing
}

// planner makes the remedies for one namespace.
type planner struct {
	snap    *evidence.Snapshot
	ns      *evidence.Namespace
	lang    say.Lang
	all     []rule.Finding            // of all namespaces, gravest first
	refused []Refusal                 // what would be proposed, were it not unsafe here
	ask     Forecaster                // nil: arithmetic
	futures map[evidence.Key]foretold // of the groups as they are
}

// plan returns the drafts for the namespace, in any order.
func (p *planner) plan() []draft {
	var out []draft
	for _, make := range []func() []draft{p.leaks, p.ports, p.services, p.quota, p.orphans, p.stuck, p.servers, p.oddSettings} {
		for _, d := range make() {
			at := slices.IndexFunc(out, func(o draft) bool {
				return o.Code == d.Code && len(d.Settings) > 0 && slices.Equal(o.Settings, d.Settings)
			})
			if at < 0 {
				out = append(out, d)
				continue
			}
			out[at].join(d)
		}
	}
	return out
}

// join takes in the findings that another draft of the same change is for.
func (d *draft) join(o draft) {
	d.Severity = max(d.Severity, o.Severity)
	d.settles = append(d.settles, o.settles...)
	for _, c := range o.For {
		if !slices.Contains(d.For, c) {
			d.For = append(d.For, c)
		}
	}
}

// of returns the indices of this namespace's findings by these rules.
func (p *planner) of(codes ...rule.Code) []int {
	var at []int
	for i := range p.all {
		if f := &p.all[i]; f.Namespace == p.ns.Name && slices.Contains(codes, f.Code) {
			at = append(at, i)
		}
	}
	return at
}

// refuse records advice that is not followed for the groups, and why.
func (p *planner) refuse(advice, because string, groups []group, provedBy ...string) {
	r := Refusal{Advice: advice, Because: because, ProvedBy: orEmpty(provedBy), For: []rule.Code{}}
	for _, i := range findings(groups) {
		if c := p.all[i].Code; !slices.Contains(r.For, c) {
			r.For = append(r.For, c)
		}
	}
	p.refused = append(p.refused, r)
}

// draft completes a remedy for the findings at, which must be sorted. One that
// has effects ends those findings if each of them has room enough.
func (p *planner) draft(at []int, r Remedy) draft {
	r.Namespace = p.ns.Name
	for _, i := range at {
		f := &p.all[i]
		r.Severity = max(r.Severity, f.Severity)
		if !slices.Contains(r.For, f.Code) {
			r.For = append(r.For, f.Code)
		}
	}
	p.foretell(&r)
	for i := range r.Effects {
		if e := &r.Effects[i]; e.Rate > 0 {
			e.Room = e.After.Limit / e.Rate
		}
	}
	if len(r.Effects) > 0 {
		r.Ends = !slices.ContainsFunc(r.Effects, func(e Effect) bool { return !e.Ends })
	}
	r.Effects, r.ProvedBy = orEmpty(r.Effects), orEmpty(r.ProvedBy)
	r.Settings, r.Snippets = orEmpty(r.Settings), orEmpty(r.Snippets)
	d := draft{Remedy: r}
	d.rank, d.in = r.standing()
	if r.Ends {
		d.settles = slices.Clone(at)
	}
	return d
}

// orEmpty makes a list that is empty [] in JSON, not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func compareFindings(a, b rule.Finding) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Namespace, b.Namespace), compareSubjects(a.Subject, b.Subject), cmp.Compare(a.Title.EN, b.Title.EN),
	)
}

func compareSubjects(a, b rule.Subject) int {
	var keyA, keyB evidence.Key
	if a.Key != nil {
		keyA = *a.Key
	}
	if b.Key != nil {
		keyB = *b.Key
	}
	return cmp.Or(keyA.Compare(keyB), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Setting, b.Setting))
}

// compareDrafts puts what is needed before what is not, then goes by safety, then
// by what becomes of the groups, and else by the order of codes.
func compareDrafts(a, b draft) int {
	needless := func(d draft) int {
		if d.Needed() {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(needless(a), needless(b)),
		cmp.Compare(tier(a.Code), tier(b.Code)),
		cmp.Compare(a.rank, b.rank), cmp.Compare(b.in, a.in),
		cmp.Compare(place(a.Code), place(b.Code)),
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Title, b.Title),
	)
}
