package cli

import (
	"io"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
)

// tracePage is where a trace is written, line by line.
type tracePage interface {
	titles() error
	closed(*evidence.Closed) error
	failed(*evidence.FailedCall) error
	end(*view.TraceSum) error
}

func (c *traceCmd) page(p *program, out io.Writer) tracePage {
	if c.JSON {
		return jsonTrace{json.New(out)}
	}
	o := p.textOptions()
	const makers = 20
	o.Rows = makers
	r := text.New(out, o)
	return textTrace{r, r.Trace(c.Wide || !p.outTTY), c.Failures}
}

type textTrace struct {
	r        *text.Reporter
	t        *text.Trace
	failures bool
}

func (x textTrace) titles() error {
	if x.failures {
		return x.t.FailedTitles()
	}
	return x.t.ClosedTitles()
}

func (x textTrace) closed(c *evidence.Closed) error     { return x.t.Closed(c) }
func (x textTrace) failed(f *evidence.FailedCall) error { return x.t.Failed(f) }

func (x textTrace) end(s *view.TraceSum) error {
	if x.failures {
		return x.r.FailedEnd(s)
	}
	return x.r.ClosedEnd(s)
}

type jsonTrace struct{ r *json.Reporter }

func (x jsonTrace) titles() error                       { return nil }
func (x jsonTrace) closed(c *evidence.Closed) error     { return x.r.Closed(c) }
func (x jsonTrace) failed(f *evidence.FailedCall) error { return x.r.Failed(f) }
func (x jsonTrace) end(s *view.TraceSum) error          { return x.r.TraceEnd(s) }
