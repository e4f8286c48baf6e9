// Package rule says what a rule is and runs rules over evidence.
//
// A rule is a pure function from evidence to findings, with its documentation
// as data. Judging the same snapshot twice gives the same findings in the
// same order.
package rule

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// Severity orders findings. Its numbers are linger's exit codes.
type Severity uint8

// String returns "info", "warning" or "critical".
func (s Severity) String() string {
	switch s {
	case Critical:
		return "critical"
	case Warning:
		return "warning"
	}
	return "info"
}

// MarshalText returns the form of String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the form of String.
func (s *Severity) UnmarshalText(text []byte) error {
	for _, known := range []Severity{Info, Warning, Critical} {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q", text)
}

// The severities, in the convention of monitoring plug-ins.
const (
	Info     Severity = iota // worth knowing; nothing is wrong
	Warning                  // it will go wrong, or hurts a little now
	Critical                 // it is going wrong now
)

// Code names a rule for ever; texts may change, codes do not.
type Code string

// Rule is one thing that can be wrong with lingering sockets.
type Rule struct {
	Code  Code
	Title say.Text // what it finds, in a few words
	// Why is the explanation, in sentences; References are where it can be
	// looked up (RFC section, kernel function, manual).
	Why        say.Text
	References []string
	Helps      []Advice // what helps in general; a Finding may say it with numbers
	NotHelp    []Advice // what is widely advised, and why it does not help
	// Silences lists the codes of rules whose findings on the same subject
	// are only symptoms of a finding of this rule.
	Silences []Code
	// NoHelp says why Helps is empty; only one of the two may be.
	NoHelp say.Text
	// Check must be pure, must not panic on any evidence, and leaves Code and
	// Namespace of its findings to Judge.
	Check func(Case) []Finding
}

// Advice is one change and its reason.
type Advice struct {
	Do      say.Text `json:"do"`                // what to change; for NotHelp: what people advise
	Because say.Text `json:"because"`           // what it achieves, or why it achieves nothing
	Command string   `json:"command,omitempty"` // what can be pasted, if it is that simple
}

// Case is what a rule judges: one namespace of one snapshot.
type Case struct {
	Snapshot  *evidence.Snapshot
	Namespace *evidence.Namespace
}

// Subject is what a finding is about. Findings with the same Subject in the
// same namespace can silence one another. The zero Subject is the namespace
// itself. A Key whose Dst is the zero Addr stands for all inbound groups of
// that service.
type Subject struct {
	Key     *evidence.Key `json:"group,omitempty"`   // a tally
	Port    uint16        `json:"port,omitempty"`    // a listening port
	Setting string        `json:"setting,omitempty"` // a sysctl
}

// Finding is a rule's verdict with its evidence.
type Finding struct {
	Code      Code     `json:"code"` // set by Judge
	Severity  Severity `json:"severity"`
	Namespace string   `json:"namespace"` // set by Judge
	Subject   Subject  `json:"subject"`

	// Title is the answer in one sentence, with the numbers that matter and,
	// where known, the process ("nginx (812) ..."). Process names in it are
	// raw: views escape.
	Title say.Text       `json:"title"`
	Who   evidence.Maker `json:"who"`
	Count uint64         `json:"count"` // sockets or ports concerned
	Since Since          `json:"since"`
	Facts []say.Text     `json:"facts,omitempty"` // further sentences of evidence
	Why   say.Text       `json:"why"`
	Helps []Advice       `json:"helps,omitempty"`

	NotHelp []Advice `json:"not_help,omitempty"`
	// Groups are the tallies behind a finding about several, largest first;
	// nil if Subject.Key is the only one. Views ignore it.
	Groups []evidence.Key `json:"-"`
	// WantsOwner asks the source to look up who holds the live sockets of
	// Groups, else of Subject; views ignore it.
	WantsOwner bool `json:"-"`
}

// Since says for how long something has been so.
type Since struct {
	Known   bool          `json:"known"`
	For     time.Duration `json:"for_ns,omitempty"`
	AtLeast bool          `json:"at_least,omitempty"` // For is a lower bound: evidence reaches no further back
}
