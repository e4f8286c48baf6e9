package remedy

import (
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// Plan is what to do about the findings of one snapshot. All its sentences are
// in the language Lang.
type Plan struct {
	Host     evidence.Host `json:"host"`
	Made     time.Time     `json:"made"` // when the evidence was taken
	Lang     say.Lang      `json:"-"`
	Answer   string        `json:"answer"`   // the plan in one line
	Findings int           `json:"findings"` // warnings and worse that the plan is about
	Remedies []Remedy      `json:"remedies"` // in the order in which to try them; those nobody needs come last
	Refusals []Refusal     `json:"refusals"`
}

// Kind says whose hands a remedy needs.
type Kind string

// The kinds. Only those of the kernel can be applied by linger.
const (
	Application Kind = "application" // a program or its configuration changes
	Topology    Kind = "topology"    // more addresses or ports
	Kernel      Kind = "kernel"      // sysctl settings of a namespace
)

// Code names a kind of remedy for ever; texts may change, codes do not.
type Code string

// Remedy is one change that would help.
type Remedy struct {
	Code      Code          `json:"code"`
	Kind      Kind          `json:"kind"`
	Namespace string        `json:"namespace"`
	For       []rule.Code   `json:"for"`      // the rules whose findings it is for
	Severity  rule.Severity `json:"severity"` // of the gravest of these findings; Info: nobody needs the change
	Safety    int           `json:"safety"`   // 1 to 4, see the constants of this package; lower is safer
	Title     string        `json:"title"`
	What      string        `json:"what"`
	Effects   []Effect      `json:"effects"` // one for each group of connections, gravest finding first; none if it cannot be put in numbers
	Ends      bool          `json:"ends"`    // by itself it ends all findings that it is for, also at twice the present rate
	Risk      string        `json:"risk"`
	Undo      string        `json:"undo"`
	ProvedBy  []string      `json:"proved_by"` // names of claims, to be played with `linger lab run`
	Settings  []Setting     `json:"settings"`  // in the order in which they must be written; only for Kernel
	Snippets  []Snippet     `json:"snippets"`

	then Change // how the traffic would change, for a Forecaster
}

// Needed reports whether a finding of more than Info asks for the remedy.
func (r *Remedy) Needed() bool { return r.Severity > rule.Info }

// How safe a remedy is. Nothing that linger proposes can be worse than 4.
const (
	Harmless   = 1 // nothing that works now can break by it
	Careful    = 2 // it changes where connections come from or who closes them
	Timestamps = 3 // it relies on TCP timestamps at both ends
	Shortens   = 4 // it shortens a time that protects connections
)

// Snippet is text that can be pasted into a program or its configuration.
type Snippet struct {
	Client   Client `json:"client"`
	Language string `json:"language"` // as in a fenced code block: "go", "nginx", "ini"
	File     string `json:"file"`     // where it goes
	Text     string `json:"text"`
	Note     string `json:"note"` // what the text does not say: defaults, versions
}

// Refusal is popular advice that the plan does not follow.
type Refusal struct {
	Advice   string      `json:"advice"`
	Because  string      `json:"because"`
	ProvedBy []string    `json:"proved_by"`
	For      []rule.Code `json:"for"` // the rules to whose findings it is commonly given
}

// Kernel returns the remedies that linger would apply by itself: for each rule
// and namespace the safest one of the kernel's that ends its findings, or, if
// none does, all that help. What nobody needs is not among them.
func (p *Plan) Kernel() []Remedy {
	var out []Remedy
	for i := range p.Remedies {
		r := &p.Remedies[i]
		if r.Kind == Kernel && r.Needed() && slices.ContainsFunc(r.For, func(c rule.Code) bool { return p.wanted(i, c) }) {
			out = append(out, *r)
		}
	}
	return out
}

// wanted reports whether the i-th remedy is the one to apply for findings of
// rule c.
func (p *Plan) wanted(i int, c rule.Code) bool {
	first := slices.IndexFunc(p.Remedies, func(r Remedy) bool {
		return r.Kind == Kernel && r.Ends && r.Namespace == p.Remedies[i].Namespace && slices.Contains(r.For, c)
	})
	return first < 0 || first == i
}
