package json

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

// The schemas of `linger trace`: a line of the one or the other kind, and the
// last line.
const (
	ClosedSchema = "linger.closed/1"
	FailedSchema = "linger.failed-call/1"
	TraceSchema  = "linger.trace/1"
)

type closed struct {
	Schema string `json:"schema"`
	evidence.Closed
}

type failedCall struct {
	Schema string `json:"schema"`
	evidence.FailedCall
}

// traceEnd is the last object of `linger trace`.
type traceEnd struct {
	Schema   string                `json:"schema"`
	Took     int64                 `json:"took_ns"`
	Filtered bool                  `json:"filtered,omitempty"`
	Enough   bool                  `json:"enough,omitempty"`
	Total    view.TraceRow         `json:"total"`
	Rows     []view.TraceRow       `json:"makers"`
	Calls    []evidence.FailedCall `json:"failed_calls"`
	Traced   evidence.Traced       `json:"traced"`
}

// Closed writes the object of a connection that closed.
func (r *Reporter) Closed(c *evidence.Closed) error {
	out := closed{ClosedSchema, *c}
	out.At = out.At.UTC()
	return r.write(out)
}

// Failed writes the object of a failed call.
func (r *Reporter) Failed(f *evidence.FailedCall) error {
	out := failedCall{FailedSchema, *f}
	out.At = out.At.UTC()
	return r.write(out)
}

// TraceEnd writes the last object of `linger trace`.
func (r *Reporter) TraceEnd(s *view.TraceSum) error {
	out := traceEnd{
		Schema: TraceSchema, Took: int64(s.Took), Filtered: s.Filtered, Enough: s.Enough,
		Total: s.Total(), Rows: orEmpty(s.Rows()), Calls: orEmpty(s.Calls()), Traced: s.Traced,
	}
	out.Traced.Since = out.Traced.Since.UTC()
	for i := range out.Calls {
		out.Calls[i].At = out.Calls[i].At.UTC()
	}
	return r.write(out)
}
