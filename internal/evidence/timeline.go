package evidence

import (
	"cmp"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// The most that the Add methods of a Timeline keep. A laboratory that floods
// a link must not take all memory; the beginning tells the story.
const (
	MaxPassages = 20_000
	MaxStays    = 20_000
	MaxRemarks  = 2_000
)

// Timeline is what happened between hosts: the segments on the wire, the
// states at their ends and what was done by hand. The laboratory on the real
// kernel and simulators make the same. All times are since the same start,
// which is no moment of a clock.
//
// Names and texts come from strangers; who shows them must escape them. It is
// not safe for concurrent use.
type Timeline struct {
	Hosts    []string      `json:"hosts"` // in the order to be drawn
	Segments []Passage     `json:"segments,omitempty"`
	States   []Stay        `json:"states,omitempty"`
	Notes    []Remark      `json:"notes,omitempty"`
	Dropped  Dropped       `json:"dropped"`
	End      time.Duration `json:"end_ns"` // when looking ended, not before the last event
}

// Dropped counts what happened but was left out to bound memory.
type Dropped struct {
	Segments int `json:"segments,omitempty"`
	States   int `json:"states,omitempty"`
	Notes    int `json:"notes,omitempty"`
}

// Fate is what became of a segment on its way.
type Fate string

// The fates. FateUnseen means that only the sender's end was looked at.
const (
	FateUnseen Fate = ""
	Arrived    Fate = "arrived"
	Lost       Fate = "lost"
	Delayed    Fate = "delayed"   // held back by the link, and arrived at Passage.Until
	Duplicated Fate = "duplicate" // a copy that the link made; the original is a Passage of its own
)

// Passage is a segment on its way from one host to another, or to itself.
type Passage struct {
	At    time.Duration `json:"at_ns"` // when it was sent
	Until time.Duration `json:"until_ns,omitempty"`
	From  string        `json:"from"`
	To    string        `json:"to"`
	Tuple tcp.FourTuple `json:"tuple"` // as its sender sees it
	Flags tcp.Flags     `json:"flags"` // as on the wire: FIN is 1, CWR 128
	Seq   int64         `json:"seq"`   // relative, see Relative; before the SYN it is negative
	Ack   int64         `json:"ack"`   // relative; meaningful only with the flag ACK
	Len   int           `json:"len"`   // bytes of data
	Fate  Fate          `json:"fate,omitempty"`
	// ByHand means that no TCP sent it: it was made to see what the other end
	// does. It has a fate like any other.
	ByHand bool `json:"by_hand,omitempty"`
}

// Missing reports whether the segment had not arrived when looking ended.
func (p Passage) Missing() bool {
	held := p.Fate == Delayed || p.Fate == Duplicated
	return p.Fate == Lost || held && p.Until == 0
}

// Arrival returns when the segment reached its host; for a lost one, or if
// nobody looked, when it was sent.
func (p Passage) Arrival() time.Duration { return max(p.At, p.Until) }

// Stay is the time that one end of a connection stays in a state.
type Stay struct {
	Host  string        `json:"host"`
	Tuple tcp.FourTuple `json:"tuple"` // as Host sees it
	State tcp.State     `json:"state"`
	From  time.Duration `json:"from_ns"`
	Until time.Duration `json:"until_ns,omitempty"` // meaningless if Open
	Open  bool          `json:"open,omitempty"`     // it had not ended when looking ended
}

// Length returns how long the state was seen to last; of an open one, until
// the end of looking.
func (s Stay) Length(end time.Duration) time.Duration {
	if s.Open {
		return max(0, end-s.From)
	}
	return s.Until - s.From
}

// Remark is what was done or said on a host and is no segment: "close()",
// "SIGKILL", "EADDRNOTAVAIL".
type Remark struct {
	At   time.Duration `json:"at_ns"`
	Host string        `json:"host"` // empty: of the whole network
	Text string        `json:"text"`
}

// AddSegment adds p, or counts it as dropped beyond MaxPassages.
func (t *Timeline) AddSegment(p Passage) {
	if len(t.Segments) >= MaxPassages {
		t.Dropped.Segments++
		return
	}
	t.Segments = append(t.Segments, p)
	t.End = max(t.End, p.Arrival())
}

// AddState adds s, or counts it as dropped beyond MaxStays.
func (t *Timeline) AddState(s Stay) {
	if len(t.States) >= MaxStays {
		t.Dropped.States++
		return
	}
	t.States = append(t.States, s)
	t.End = max(t.End, s.From)
	if !s.Open {
		t.End = max(t.End, s.Until)
	}
}

// AddNote adds r, or counts it as dropped beyond MaxRemarks.
func (t *Timeline) AddNote(r Remark) {
	if len(t.Notes) >= MaxRemarks {
		t.Dropped.Notes++
		return
	}
	t.Notes = append(t.Notes, r)
	t.End = max(t.End, r.At)
}

// Sort puts everything in the order of time. Events of the same instant keep
// the order in which they were added.
func (t *Timeline) Sort() {
	slices.SortStableFunc(t.Segments, func(a, b Passage) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(t.States, func(a, b Stay) int { return cmp.Compare(a.From, b.From) })
	slices.SortStableFunc(t.Notes, func(a, b Remark) int { return cmp.Compare(a.At, b.At) })
}
