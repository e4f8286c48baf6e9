package tracer

import (
	"fmt"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Coverage says how much was seen since the tracer was opened. The counts are
// exact, but not all of one instant.
type Coverage struct {
	Since time.Time `json:"since"`
	Hooks []Hook    `json:"hooks"`
	Exact bool      `json:"exact"` // TIME_WAIT is observed, not estimated

	Closed   uint64 `json:"closed"`    // connections that ended
	NoOwner  uint64 `json:"no_owner"`  // of Closed, those with neither closer nor opener
	NoCloser uint64 `json:"no_closer"` // of Closed, those that this end closed, nobody knows who
	Evicted  uint64 `json:"evicted"`   // of Closed, those whose closer had been forgotten (Options.Connections)
	Other    uint64 `json:"other"`     // of Closed, those without a group (Options.Groups)
	Missed   uint64 `json:"missed"`    // state changes that the kernel did not pass on; nearly all are made up for (see trace.c)
	Lost     uint64 `json:"lost"`      // records that had no room (Options.RingBytes)

	Minis     uint64 `json:"minis"`     // mini-sockets made; 0 unless Exact
	Unmatched uint64 `json:"unmatched"` // of Minis, those whose connection was not found

	UnknownListeners uint64 `json:"unknown_listeners"` // those beyond Options.Listeners
	SharedListeners  uint64 `json:"shared_listeners"`  // accepted connections whose opener is one of several (SO_REUSEPORT)
	Failures         uint64 `json:"failures"`          // failed calls
	LostFailures     uint64 `json:"lost_failures"`     // of Failures, those beyond Options.Failures
	Untimed          uint64 `json:"untimed,omitempty"` // connects that Connecting leaves out: too many others were just searching a port
}

// Gaps lists what was missed, each with what the reader loses.
func (c *Coverage) Gaps() []evidence.Gap {
	var gaps []evidence.Gap
	for _, h := range c.Hooks {
		alike := func(g evidence.Gap) bool { return g.Loses == h.Loses }
		if !h.Attached && !slices.ContainsFunc(gaps, alike) {
			gaps = append(gaps, evidence.Gap{What: fmt.Sprintf("%s could not be watched: %s", h.Name, h.Why), Loses: h.Loses, Hint: h.hint})
		}
	}
	for _, miss := range []struct {
		n           uint64
		what, loses string
	}{
		{c.NoOwner, "connections ended with an unknown owner, mostly older than the tracer", "they are counted to nobody"},
		{c.NoCloser, "connections were closed here by nobody knows whom", "they are counted to who opened them, if that is known"},
		{c.Evicted, "connections were forgotten before they ended", "their closer is not known"},
		{c.Other, "connections had no room as a group", "they are in every sum, but their processes are not told"},
		{c.Lost, "records were lost because nobody read them in time", "they are counted, but not listed"},
		{c.Unmatched, "mini-sockets were made by no connection that was seen", "their owner is not known"},
		{c.UnknownListeners, "listeners were more than can be remembered", "who opened what they accept is not known"},
		{c.SharedListeners, "connections came to an address on which several processes listen", "which of them accepted is told only by who closed"},
		{c.Untimed, "connects could not be timed beside too many others", "how long they searched a port is not known"},
		{c.LostFailures, "failed calls had no room in the list", "they are counted, but not listed"},
	} {
		if miss.n > 0 {
			gaps = append(gaps, evidence.Gap{What: fmt.Sprintf("%d %s", miss.n, miss.what), Loses: miss.loses})
		}
	}
	return gaps
}
