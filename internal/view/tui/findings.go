package tui

import (
	"fmt"

	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/view"
)

// findingsPane lists what is wrong, worst first.
func findingsPane(set charset) list {
	return list{
		name: "FINDINGS", set: set, sort: -1, nothing: "nothing wrong with lingering sockets",
		columns: []column{
			{title: "2 FINDINGS", least: 10, desc: true},
			{title: "sockets", right: true, least: 7, desc: true, leave: 1},
			{title: "what", least: 4, fixed: true, flex: true},
		},
		build: findingRows,
	}
}

func findingRows(f *frame) []row {
	var rows []row
	for i := range f.report.Findings {
		find := &f.report.Findings[i]
		rows = append(rows, row{id: findingID(find), cells: []cell{
			{text: severity(find.Severity), by: float64(find.Severity), tone: toneOf(find.Severity)},
			{text: rule.N(find.Count), by: float64(find.Count)},
			{text: find.Title.EN + inNamespace(f, find.Namespace)},
		}})
	}
	return rows
}

// severity is the word of a finding; a footnote is not an "OK".
func severity(s rule.Severity) string {
	if s == rule.Info {
		return "INFO"
	}
	return view.Word(s)
}

// findingID stays the same while the numbers of a finding change.
func findingID(f *rule.Finding) string {
	id := fmt.Sprint(f.Code, " ", f.Namespace, " ", f.Subject.Port, " ", f.Subject.Setting)
	if f.Subject.Key != nil {
		id += " " + f.Subject.Key.String()
	}
	return id
}

// finding returns a finding of the frame.
func (f *frame) finding(id string) *rule.Finding {
	for i := range f.report.Findings {
		if find := &f.report.Findings[i]; findingID(find) == id {
			return find
		}
	}
	return nil
}

// verdict is the first line: the answer, as `linger check` gives it.
func verdict(r *view.Report) (word string, t tone, rest string) {
	worst := r.Worst()
	if worst == nil || worst.Severity == rule.Info {
		return view.Word(rule.Info), good, ": nothing wrong with lingering sockets on " + r.Snapshot.Host.Name
	}
	return view.Word(worst.Severity), toneOf(worst.Severity), ": " + worst.Title.EN
}
