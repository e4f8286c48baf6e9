package kerneltest

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Summary is what a run says about all cases of a family, or about all.
type Summary struct {
	Family                      Family
	Cases, Operations           int
	Outcomes, Undecided         int
	Ports, Rows                 int
	Differences                 []string
	LeftError                   time.Duration
	Failures, Halves, Successes Score
	Timed                       int
	TimeError                   float64
	Minutes                     int
	MinuteError                 float64
	Looks, LookError            int
	Lateness                    []time.Duration
	Wrong                       []string
}

// Summarise adds the outcomes up, family by family; the last one is of all.
func (r *Result) Summarise() []Summary {
	by := map[Family]*Summary{}
	all := &Summary{Family: "all"}
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		s := by[o.Case.Family]
		if s == nil {
			s = &Summary{Family: o.Case.Family}
			by[o.Case.Family] = s
		}
		s.add(o)
		all.add(o)
	}
	var out []Summary
	for _, s := range by {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Summary) int { return cmp.Compare(a.Family, b.Family) })
	return append(out, *all)
}

func (s *Summary) add(o *Outcome) {
	v, p := &o.Verdict, &o.Prediction
	s.Cases++
	s.Operations += len(o.Case.Ops)
	s.Outcomes += v.Outcomes
	s.Undecided += v.Undecided
	s.Ports += v.Ports
	s.Rows += v.Rows
	s.LeftError = max(s.LeftError, v.LeftError)
	if v.Difference != "" {
		s.Differences = append(s.Differences, fmt.Sprintf("%v: %s", o.Case, v.Difference))
	}
	s.Failures.add(p.Failures)
	s.Halves.add(p.Halves)
	s.Successes.add(p.Successes)
	s.Timed += p.Timed
	s.TimeError = max(s.TimeError, p.TimeError)
	s.Minutes += p.Minutes
	s.MinuteError = max(s.MinuteError, p.MinuteError)
	s.Looks += p.Looks
	s.LookError = max(s.LookError, p.LookError)
	s.Lateness = append(s.Lateness, p.Lateness)
	for _, w := range p.Wrong {
		s.Wrong = append(s.Wrong, fmt.Sprintf("%v: %s", o.Case, w))
	}
}

// about says what a family does to ports.
func (f Family) about() string {
	return map[Family]string{
		Fill:    "connections are held until no port is left, are closed, and again; reserved and bound ports, several sources and destinations",
		Churn:   "connections open and close at a rate; tcp_tw_reuse 0, 1 and 2, delays of 50 ms to 2 s, settings that change on the way",
		Binders: "bind(), listen(), connect() and closes in any order, on 5 to 12 ports",
		Quota:   "more closes than tcp_max_tw_buckets lets linger",
		Halves:  "orphans in FIN_WAIT2, tcp_fin_timeout 0 to 63 s",
		Served:  "a listener inside the range, its connections, and what they leave behind",
		Chosen:  "bind() to port 0 until none is left",
		Cliff:   "1,600 to 3,600 ports, to past the half",
		Minute:  "at a rate for longer than TIME_WAIT lasts, tcp_tw_reuse 0",
		"all":   "",
	}[f]
}

// WriteReport writes the report in Markdown: docs/accuracy.md. command is what made
// it.
func (r *Result) WriteReport(w io.Writer, command string) error {
	var b strings.Builder
	all := r.Summarise()
	sum := all[len(all)-1]
	fmt.Fprintf(&b, head, command, len(r.Outcomes), version(r.Clock.Release), r.Clock.HZ, r.Took.Round(time.Second))
	b.WriteString("## One outcome after the other\n\n")
	b.WriteString(follows)
	b.WriteString("| family | what happens | cases | operations | outcomes compared | ports passed over | rows in lists | undecided | differences |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range all {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %d | %d |\n", s.Family, s.Family.about(), s.Cases, s.Operations, s.Outcomes, s.Ports, s.Rows, s.Undecided, len(s.Differences))
	}
	fmt.Fprintf(&b, "\nWhat a timer of TIME_WAIT has left differed by at most %v from the twin's; that includes how long the close and the listing took.\n", sum.LeftError)
	bullets(&b, "Differences", sum.Differences)
	b.WriteString("\n## Predictions\n\n")
	b.WriteString(predicts)
	b.WriteString("| family | number | exact | not decided by the plan, within | random, see below | wrong |\n|---|---|---|---|---|---|\n")
	for _, s := range all {
		for _, k := range []struct {
			what string
			*Score
		}{{"first failure", &s.Failures}, {"first port of the second parity", &s.Halves}, {"connections that succeed", &s.Successes}} {
			if k.Exact+k.Open+k.Random+k.Wrong > 0 {
				fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d |\n", s.Family, k.what, k.Exact, k.Open, k.Random, k.Wrong)
			}
		}
	}
	slices.Sort(sum.Lateness)
	fmt.Fprintf(&b, "\n%s", r.numbers(&sum))
	bullets(&b, "Wrong predictions", sum.Wrong)
	r.writeWork(&b)
	r.writeTests(&b)
	b.WriteString(tail)
	_, err := io.WriteString(w, b.String())
	return err
}

// version is the part of a release that is not a builder's.
func version(k evidence.Kernel) string {
	parts := strings.SplitN(string(k), ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

func (r *Result) numbers(s *Summary) string {
	return fmt.Sprintf("- Time of the first failure, where the number is exact and there is a rate: worst error %.2f %% of %d (allowed: %.0f %%).\n"+
		"- Mean number of mini-sockets over any minute: worst error %.2f %% of %d minutes (allowed: %.0f %%).\n"+
		"- Number of mini-sockets at one instant: worst error %d of %d looks.\n"+
		"- How late the machine was for an operation: median of the worst of each case %v, worst %v.\n",
		100*s.TimeError, s.Timed, 100*failureTime, 100*s.MinuteError, s.Minutes, 100*minuteShare, s.LookError, s.Looks,
		s.Lateness[len(s.Lateness)/2].Round(time.Millisecond), s.Lateness[len(s.Lateness)-1].Round(time.Millisecond))
}

func (r *Result) writeWork(b *strings.Builder) {
	b.WriteString("\n## The work of connect()\n\n" + works)
	b.WriteString("| ports | slow from connection, foretold | measured | connect() in the first quarter | past the half | for a port passed over | rank correlation | linear correlation |\n|---|---|---|---|---|---|---|---|\n")
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Case.Family == Cliff {
			s := &o.Slope
			fmt.Fprintf(b, "| %d | %d | %d | %v | %v | %v | %.2f | %.2f |\n", o.Case.Size(), s.Foretold, s.Measured, s.Before.Round(100*time.Nanosecond), s.Beyond.Round(100*time.Nanosecond), s.PerPort, s.Rank, s.Linear)
		}
	}
}

func (r *Result) writeTests(b *strings.Builder) {
	fmt.Fprintf(b, "\n## What is random\n\n"+randoms, significance, len(r.Tests))
	b.WriteString("| what | test | observations of the kernel | of twins | p | difference |\n|---|---|---|---|---|---|\n")
	for _, t := range r.Tests {
		found := "none found"
		if t.Found {
			found = "**found**"
		}
		fmt.Fprintf(b, "| %s | %s | %d | %d | %.3g | %s |\n", t.What, t.Name, t.Kernel, t.Twin, t.P, found)
	}
}

func bullets(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n\n", title)
	for _, l := range lines {
		fmt.Fprintf(b, "- %s\n", strings.ReplaceAll(l, "\n", "\n  "))
	}
}
