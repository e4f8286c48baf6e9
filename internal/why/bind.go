package why

import (
	"net/netip"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
)

// Certainty is how an answer ends.
type Certainty string

// The certainties.
const (
	Can    Certainty = "yes"
	Soon   Certainty = "soon" // it succeeds now, but not for long
	Unsure Certainty = "unsure"
	Cannot Certainty = "no"
)

// BindCase is all that an answer about bind() rests on.
type BindCase struct {
	Namespace *evidence.Namespace
	Host      evidence.Host
	Request   portspace.Request
	Held      *evidence.PortHolders
	Rehearsal Rehearsal
	Elsewhere []string // other namespaces where somebody listens at the port
}

// Rehearsal is what the kernel answered to a real bind().
type Rehearsal struct {
	Done   bool            `json:"done"`
	Errno  portspace.Errno `json:"errno,omitempty"` // of bind(); empty if it succeeded
	WhyNot Skip            `json:"why_not,omitempty"`
}

// Skip is why nothing was rehearsed.
type Skip string

// The reasons.
const (
	SkipRecording Skip = "recording"   // the kernel of a recording cannot be asked
	SkipAsked     Skip = "not wanted"  // --no-rehearsal
	SkipMark      Skip = "mark"        // a bind() that succeeds would leave a mark in the bind bucket
	SkipUser      Skip = "other user"  // no right to act as that user
	SkipFailed    Skip = "call failed" // the socket could not be made
)

// Bind is the answer about bind() and listen().
type Bind struct {
	Namespace string                `json:"namespace"`
	Request   portspace.Request     `json:"request"`
	Certainty Certainty             `json:"answer"`
	Verdict   portspace.Verdict     `json:"verdict"`
	Held      *evidence.PortHolders `json:"held"`
	Cures     []Cure                `json:"cures"`
	Rehearsal Rehearsal             `json:"rehearsal"`
	Disagree  bool                  `json:"disagree"` // rule and kernel do not say the same
	InRange   bool                  `json:"in_range"` // automatic connect() may choose the port, so that it can be lost at any time
	Reserved  bool                  `json:"reserved"` // it is in ip_local_reserved_ports
	Low       int                   `json:"first_unprivileged_port"`
	Elsewhere []string              `json:"elsewhere,omitempty"`
	Host      evidence.Host         `json:"host"`
	Gaps      []evidence.Gap        `json:"gaps"`
	span      evidence.PortRange    // for its words
	reserved  *evidence.PortSet     // all of them, for the command that adds one
	tail      time.Duration         // by how much the timer wheel lengthens
	rules     portspace.Rules
}

// BindOf answers.
func BindOf(c BindCase) *Bind {
	settings := &c.Namespace.Settings
	rules := portspace.RulesOf(c.Host.Kernel, settings)
	span, known := settings.PortRange()
	a := &Bind{
		Namespace: c.Namespace.Name, Request: c.Request, Held: c.Held, Rehearsal: c.Rehearsal, Elsewhere: c.Elsewhere, Host: c.Host,
		Verdict: portspace.Bind(rules, c.Request, c.Held), Low: rules.Unprivileged, Gaps: c.Held.Gaps,
		InRange: known && span.Has(c.Request.Port) && !settings.Reserved.Has(c.Request.Port), Reserved: settings.Reserved.Has(c.Request.Port),
		span: span, reserved: settings.Reserved, tail: c.Host.Tail, rules: rules,
	}
	a.Certainty = Unsure
	switch {
	case a.Verdict.Succeeds():
		a.Certainty = Can
	case a.Verdict.Fails():
		a.Certainty = Cannot
	}
	a.believe()
	a.Cures = a.cures()
	return a
}

// believe takes the kernel's own answer over the rule's where the rule is
// unsure, and marks where they differ.
func (a *Bind) believe() {
	r, said := a.Rehearsal, a.Verdict.Bind
	if !r.Done {
		return
	}
	a.Disagree = said.Sure && said.Errno != r.Errno
	switch {
	case r.Errno != portspace.OK:
		a.Certainty = Cannot
	case a.Disagree:
		a.Certainty = Can
	case a.Certainty == Unsure && a.Verdict.Listen == said:
		// listen() asks the same of the holders as bind() did.
		a.Certainty = Can
	}
}

// Errno is what the program gets: the kernel's word if it was asked.
func (a *Bind) Errno() portspace.Errno {
	if a.Rehearsal.Done && a.Rehearsal.Errno != portspace.OK {
		return a.Rehearsal.Errno
	}
	return a.Verdict.Errno()
}

// Blocker returns the holder to name first, nil if none is in the way: of
// those that surely are the first in the order of PortHolders.
func (a *Bind) Blocker() *evidence.Holder {
	var first *evidence.Holder
	for _, b := range a.Verdict.Blocks {
		h := &a.Held.Holders[b.Holder]
		if b.Sure {
			return h
		}
		if first == nil {
			first = h
		}
	}
	return first
}

// Blocks says whether a holder is in the way.
func (a *Bind) Blocks(i int) (blocks, sure bool) {
	for _, b := range a.Verdict.Blocks {
		if b.Holder == i {
			return true, b.Sure
		}
	}
	return false, false
}

// Directions tells of each holder that has a connection which end opened it,
// where the kernel did not: who shares his port with a listener was accepted;
// a port in the automatic range that nobody listens at was dialled from.
func Directions(held *evidence.PortHolders, settings *evidence.Settings) {
	listens := func(addr netip.Addr) bool {
		for _, l := range held.Holders {
			if l.State == tcp.Listen && (l.Addr == addr || l.Addr.IsUnspecified()) {
				return true
			}
		}
		return false
	}
	span, known := settings.PortRange()
	for i := range held.Holders {
		h := &held.Holders[i]
		switch {
		case h.Direction != 0, h.State == tcp.Listen, h.State == tcp.BoundInactive:
		case h.State == tcp.SynSent:
			h.Direction = evidence.Outbound
		case h.Explicit == evidence.No:
			h.Direction = evidence.Outbound
		case listens(h.Addr):
			h.Direction = evidence.Inbound
		case known && !span.Has(held.Port):
			h.Direction = evidence.Inbound
		case known && span.Has(held.Port) && h.Explicit == evidence.Unsure:
			h.Direction = evidence.Outbound
		}
	}
}

// Span is ip_local_port_range, empty if it is not known.
func (a *Bind) Span() evidence.PortRange { return a.span }
