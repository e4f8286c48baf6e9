// Package json shows answers as JSON for programs: one object on one line for
// each answer. docs/json.md describes every field and what may change.
package json

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view"
)

// The schemas name what an object is; the number grows when a field changes
// its meaning, its type, or goes away.
const (
	CheckSchema  = "linger.check/1"
	StatesSchema = "linger.states/1"
)

// Reporter writes answers to a writer, each in one call.
type Reporter struct {
	w    io.Writer
	lang say.Lang
}

// New returns a view.Reporter that writes to w.
func New(w io.Writer) *Reporter { return &Reporter{w: w} }

// In returns a reporter that says the sentences of findings in a language; all
// else is the same in every language.
func (r *Reporter) In(l say.Lang) *Reporter { return &Reporter{r.w, l} }

// check is the object of `linger check`.
type check struct {
	Schema   string             `json:"schema"`
	Verdict  string             `json:"verdict"`
	Exit     int                `json:"exit"`
	Findings []finding          `json:"findings"`
	Groups   []group            `json:"budgets"`
	Forecast *forecast.Forecast `json:"forecast,omitempty"`
	Snapshot *evidence.Snapshot `json:"snapshot"`
}

// finding shows the severity as a word, and texts in one language; what is
// embedded is hidden by them.
type finding struct {
	Severity string   `json:"severity"`
	Title    string   `json:"title"`
	Facts    []string `json:"facts,omitempty"`
	Why      string   `json:"why"`
	Helps    []advice `json:"helps,omitempty"`
	NotHelp  []advice `json:"not_help,omitempty"`
	rule.Finding
	Processes string `json:"processes"`
}

type advice struct {
	Do      string `json:"do"`
	Because string `json:"because"`
	Command string `json:"command,omitempty"`
}

// finding says a finding in the reader's language.
func (r *Reporter) finding(s *evidence.Snapshot, f *rule.Finding) finding {
	out := finding{
		Severity: severity(f.Severity), Title: f.Title.In(r.lang), Why: f.Why.In(r.lang),
		Helps: r.advice(f.Helps), NotHelp: r.advice(f.NotHelp),
		Finding: *f, Processes: view.Names(s, f.Who.PIDs),
	}
	for _, fact := range f.Facts {
		out.Facts = append(out.Facts, fact.In(r.lang))
	}
	return out
}

func (r *Reporter) advice(list []rule.Advice) (out []advice) {
	for _, a := range list {
		out = append(out, advice{a.Do.In(r.lang), a.Because.In(r.lang), a.Command})
	}
	return out
}

// group adds to a budget what becomes of it.
type group struct {
	Namespace string `json:"namespace"`
	portspace.Budget
	Range      string     `json:"range"`
	Used       int        `json:"used"`
	Of         int        `json:"of"`
	Projection projection `json:"projection"`
}

// projection adds whether the ports are out already, which 0 ns would hide.
type projection struct {
	Out bool `json:"out"`
	portspace.Projection
}

// states is the object of `linger states`.
type states struct {
	Schema string           `json:"schema"`
	By     string           `json:"by"`
	Host   evidence.Host    `json:"host"`
	Taken  string           `json:"taken"`
	Rows   []view.StateRow  `json:"rows"`
	Owners []evidence.Owner `json:"owners"`
	Gaps   []evidence.Gap   `json:"gaps"`
}

// Check writes the object of `linger check`.
func (r *Reporter) Check(rep view.Report) error {
	out := check{
		Schema: CheckSchema, Verdict: "ok", Snapshot: rep.Snapshot, Forecast: rep.Forecast,
		Findings: make([]finding, 0, len(rep.Findings)), Groups: make([]group, 0, len(rep.Groups)),
	}
	if worst := rep.Worst(); worst != nil {
		out.Verdict, out.Exit = strings.ToLower(view.Word(worst.Severity)), int(worst.Severity)
	}
	for _, f := range rep.Findings {
		out.Findings = append(out.Findings, r.finding(rep.Snapshot, &f))
	}
	for i := range rep.Groups {
		g := &rep.Groups[i]
		used, of := g.Budget.Used()
		out.Groups = append(out.Groups, group{
			Namespace: g.Namespace, Budget: g.Budget, Range: g.Budget.Range.String(), Used: used, Of: of,
			Projection: projection{Out: g.Budget.Out(), Projection: g.Projection},
		})
	}
	return r.write(out)
}

// severity is the word of a finding; a finding that is not wrong is "info".
func severity(s rule.Severity) string {
	if s == rule.Info {
		return "info"
	}
	return strings.ToLower(view.Word(s))
}

// States writes the object of `linger states`.
func (r *Reporter) States(st view.States) error {
	s := st.Snapshot
	return r.write(states{
		Schema: StatesSchema, By: st.By, Host: s.Host, Taken: s.Taken.UTC().Format("2006-01-02T15:04:05.000Z"),
		Rows: orEmpty(st.Rows), Owners: orEmpty(s.Owners), Gaps: orEmpty(s.Gaps),
	})
}

// orEmpty makes a list that is empty [], not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// write ends the object with a line break and hands it over whole. Invalid
// UTF-8 becomes U+FFFD, and <, > and & are escaped, so that the object can
// stand in a web page.
func (r *Reporter) write(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if _, err := r.w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
