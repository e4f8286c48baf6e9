package forecast

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// Options bound and direct a forecast. The zero value is good.
type Options struct {
	Horizon time.Duration // how far to look; 0: an hour
	Groups  int           // how many groups at most, the most endangered ones; 0: 8
	// Work bounds the connections that the twin makes for all of it, and what it
	// loads in their stead; 0: what a slow core does within 200 ms.
	Work int
	// Earlier is a look at the same host some seconds before, if there is one: how
	// the live connections grew since then is part of the forecast.
	Earlier *evidence.Snapshot
}

const (
	defaultHorizon = time.Hour
	defaultGroups  = 8
	defaultWork    = 400_000
)

func (o Options) completed() Options {
	if o.Horizon <= 0 {
		o.Horizon = defaultHorizon
	}
	if o.Groups <= 0 {
		o.Groups = defaultGroups
	}
	if o.Work <= 0 {
		o.Work = defaultWork
	}
	return o
}

// Forecast is what becomes of a host if its traffic goes on.
type Forecast struct {
	Taken   time.Time     `json:"taken"`      // when the evidence was
	Horizon time.Duration `json:"horizon_ns"` // how far it looks from there
	Groups  []Group       `json:"groups"`     // outbound groups that do not bear ten times their traffic, the most endangered first
	Quotas  []Quota       `json:"quotas"`     // namespaces whose tcp_max_tw_buckets does not bear it
	Safe    int           `json:"safe"`       // outbound groups that do
	Beyond  int           `json:"beyond"`     // groups that may not, but were left out to bound the time
	Failed  []Failure     `json:"failed"`     // groups that could not be simulated
	Work    int           `json:"work"`       // connections that the twin made, or loaded three sockets in the stead of each
}

// Tells reports whether there is anything to tell: all is safe otherwise.
func (f *Forecast) Tells() bool { return len(f.Groups)+len(f.Quotas)+len(f.Failed)+f.Beyond > 0 }

// Group returns the future of one group; nil if it was not looked at, because it
// is safe or was left out.
func (f *Forecast) Group(namespace string, k evidence.Key) *Group {
	for i := range f.Groups {
		if g := &f.Groups[i]; g.Namespace == namespace && g.Key == k {
			return g
		}
	}
	return nil
}

// Failure is a group, or a namespace, that could not be simulated, and why.
type Failure struct {
	Namespace string `json:"namespace"`
	Group     string `json:"group,omitempty"`
	Because   string `json:"because"`
}

// Group is the future of one outbound group.
type Group struct {
	Namespace string       `json:"namespace"`
	Key       evidence.Key `json:"group"`
	Traffic   Traffic      `json:"traffic"`
	// AsIs, Twice and Ten are the future at the traffic of now, and at so many
	// times of it. One that was not simulated for want of time is nil.
	AsIs  *Outlook `json:"as_is"`
	Twice *Outlook `json:"twice"`
	Ten   *Outlook `json:"ten"`
}

// Outlook is one future of a group.
type Outlook struct {
	// Never: no connect() fails for want of a port within the horizon.
	Never bool `json:"never"`
	// In is when the first one does, from the snapshot on; 0 with Never false: now.
	In time.Duration `json:"in_ns"`
	// Ranged: Early and Late were looked for. They are In at the ends of what the traffic may be by its noise: two
	// standard errors of the rate, and other seconds of the minute that was seen in
	// another order. Early is 0 if none of these runs out (or it is out now), Late
	// if one never does.
	Ranged bool          `json:"ranged"`
	Early  time.Duration `json:"early_ns"`
	Late   time.Duration `json:"late_ns"`
	// Until is when connect() finds ports again and goes on to, if what fails is
	// only on account of what was before; else 0.
	Until time.Duration `json:"until_ns,omitempty"`
	Of    int           `json:"of"`   // ports that the group could use
	Held  int           `json:"held"` // the most that it held at once, those that may be taken over included
	// TakesOver: connect() may take over ports in TIME_WAIT, so that Held may be all
	// of them and nothing fails.
	TakesOver bool `json:"takes_over,omitempty"`
	Work      Work `json:"work"`
	// Runs is how many runs of the twin this rests on; 0: arithmetic was enough.
	Runs int `json:"runs"`
	// Extended: the twin ran until only a steady growth was left, and arithmetic
	// extended that.
	Extended bool `json:"extended,omitempty"`
	maybe    bool // some run never ran out
}

// Work is how many ports one connect() looks at.
type Work struct {
	Now  float64 `json:"now"`  // in the first second, on average
	Then float64 `json:"then"` // in the last one: when the ports run out, or in the long run
	// Slow: the ports of the first parity are used up, so that connect() walks all
	// of them before it comes to the others; from SlowIn on.
	Slow   bool          `json:"slow"`
	SlowIn time.Duration `json:"slow_in_ns"`
}

// Of returns the forecast for the evidence.
func Of(snap *evidence.Snapshot, o Options) Forecast { return New(snap, o).Forecast() }
