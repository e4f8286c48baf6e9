package cli

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/remedy"
)

// foretell lets a plan ask the twin about a snapshot.
func foretell(snap *evidence.Snapshot) remedy.Forecaster {
	book := forecast.New(snap, forecast.Options{})
	return func(c remedy.Change) (remedy.Future, bool) {
		if c.Group == nil {
			q, ok := book.IfQuota(c.Namespace, c.Settings, c.Times)
			return remedy.Future{Never: q.Never, In: q.In, Early: q.Early, Late: q.Late}, ok
		}
		o, ok := book.If(forecast.Change{
			Namespace: c.Namespace, Group: *c.Group, Settings: c.Settings, Times: c.Times,
			Longer: c.Longer, Passive: c.Passive, Unbound: c.Unbound, Noise: c.Noise,
		})
		return remedy.Future{Never: o.Never, In: o.In, Early: o.Early, Late: o.Late, Until: o.Until}, ok
	}
}

// future returns what comes after a look, given the one before it or nil.
func future(snap, before *evidence.Snapshot) *forecast.Forecast {
	f := forecast.Of(snap, forecast.Options{Earlier: before})
	return &f
}
