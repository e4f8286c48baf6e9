package journal

import (
	"errors"
	"strings"

	"github.com/linger-dev/linger/internal/say"
)

// Problem is the kind of an Error, for callers that branch.
type Problem uint8

// The kinds of problems. Unless its comment says otherwise, nothing was changed.
const (
	Invalid    Problem = iota // the plan cannot be carried out anywhere
	NotHost                   // a file was asked for in a namespace that is not the host's
	Stale                     // a value is not what the plan was made on
	Overridden                // another file would win at boot
	BadFile                   // the drop-in cannot be replaced safely: a symbolic link, too long
	Open                      // another change is pending or unfinished
	Later                     // a later change is on top of this one
	Changed                   // somebody else changed a value or the file meanwhile
	Altered                   // the kernel kept another value than was written; it was put back
	Locked                    // another process holds the journal
	Unreadable                // an entry is damaged, not ours, or of a newer linger
	NoEntry                   // there is no such entry
	WrongState                // the entry is in a state in which this cannot be done
	Late                      // the deadline has passed
	NoGuard                   // no guard could be started, so nothing was
	Gone                      // the network namespace, or the boot that it belonged to, is over
)

// Error is a refusal, in both languages.
type Error struct {
	Problem Problem
	Text    say.Text // lower case in English, no full stop
	Hint    string   // a command that can be pasted, or ""
	Err     error    // the cause, already in Text; may be nil
}

// Error returns the English text.
func (e *Error) Error() string { return e.Text.EN }

// In returns the text in a language.
func (e *Error) In(l say.Lang) string { return e.Text.In(l) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an *Error of the same Problem without a text.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Text == say.Text{} && other.Problem == e.Problem
}

// Text returns what an error of this package says in a language. What comes
// from outside, such as the kernel's word for an errno, is English in both.
func Text(err error, l say.Lang) string {
	var several interface{ Unwrap() []error }
	if e, ok := err.(*Error); ok {
		return e.In(l)
	}
	if !errors.As(err, &several) {
		return err.Error()
	}
	var texts []string
	for _, e := range several.Unwrap() {
		texts = append(texts, Text(e, l))
	}
	return strings.Join(texts, l.F("; ", "；"))
}

// refuse makes an Error of a sentence in both languages. An error among args
// is its cause.
func refuse(p Problem, hint, en, zh string, args ...any) *Error {
	e := &Error{Problem: p, Hint: hint, Text: both(en, zh, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			e.Err = err
		}
	}
	return e
}

func both(en, zh string, args ...any) say.Text {
	return say.Text{EN: say.English.F(en, zh, args...), ZH: say.Chinese.F(en, zh, args...)}
}
