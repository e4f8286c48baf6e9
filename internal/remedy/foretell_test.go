package remedy

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rules"
	"github.com/linger-dev/linger/internal/say"
)

// twin asks the twin, as the command line does.
func twin(s *evidence.Snapshot) Forecaster {
	book := forecast.New(s, forecast.Options{})
	return func(c Change) (Future, bool) {
		if c.Group == nil {
			q, ok := book.IfQuota(c.Namespace, c.Settings, c.Times)
			return Future{Never: q.Never, In: q.In, Early: q.Early, Late: q.Late}, ok
		}
		o, ok := book.If(forecast.Change{
			Namespace: c.Namespace, Group: *c.Group, Settings: c.Settings, Times: c.Times, Longer: c.Longer,
			Passive: c.Passive, Unbound: c.Unbound, Noise: c.Noise,
		})
		return Future{Never: o.Never, In: o.In, Early: o.Early, Late: o.Late, Until: o.Until}, ok
	}
}

func planned(s *evidence.Snapshot, ask Forecaster) Plan {
	return Foretold(s, rule.Judge(rules.All(), s), say.English, ask)
}

// effectOf returns the first effect of a remedy of the plan.
func effectOf(t *testing.T, p Plan, c Code) *Effect {
	t.Helper()
	r := find(p, c)
	if r == nil || len(r.Effects) == 0 {
		t.Fatalf("no effect of %s", c)
	}
	return &r.Effects[0]
}

func TestEffectsSayWhatTheTwinSays(t *testing.T) {
	p := planned(phpOut(), twin(phpOut()))
	e := effectOf(t, p, Reuse)
	if !e.Before.Twin || e.Before.Never || e.Before.In != 0 {
		t.Errorf("before, no port is left: %+v", e.Before)
	}
	if !e.After.Twin || !e.After.Never || e.After.Until != 0 || e.AtTwice == nil || !e.AtTwice.Never || !e.Ends {
		t.Errorf("after, ports are taken over at once: %+v", e)
	}
	e = effectOf(t, p, KeepAlive)
	if !e.After.Never || e.After.Until <= 0 || e.After.Until > 5*time.Second || !e.Ends {
		t.Errorf("a tenth of the traffic has room once the first ports come back: %+v", e)
	}
	p = planned(nginxLow(), twin(nginxLow()))
	e = effectOf(t, p, OtherSideFirst)
	if b := e.Before; b.Never || b.Early <= 0 || b.Early >= b.In || b.Late <= b.In || !e.After.Never {
		t.Errorf("the ports run out in %v (%v to %v), and then never: %+v", b.In, b.Early, b.Late, e.After)
	}
	p = planned(serverSideOnly(), twin(serverSideOnly()))
	if e = effectOf(t, p, MoreBuckets); e.Before.Never || e.Before.In > 2*time.Second || !e.After.Never || !e.After.Twin {
		t.Errorf("the quota: %+v", e)
	}
}

// TestTimestampsAreLeftToArithmetic: a twin cannot tell which TIME_WAIT has none.
func TestTimestampsAreLeftToArithmetic(t *testing.T) {
	if e := effectOf(t, planned(oldKernel(), twin(oldKernel())), TimestampsOn); e.After.Twin || e.AtTwice != nil {
		t.Errorf("%+v", e)
	}
}

func TestAForecasterThatKnowsNothingChangesNothing(t *testing.T) {
	silent := func(Change) (Future, bool) { return Future{}, false }
	for name, s := range cases() {
		with, without := indent(t, planned(s, silent)), indent(t, plan(s, say.English))
		if !bytes.Equal(with, without) {
			t.Errorf("%s: %s", name, cmp.Diff(string(without), string(with)))
		}
	}
}

func TestEquallySafeRemediesComeByWhatIsForetold(t *testing.T) {
	gone := func(c Change) (Future, bool) { // a wider range runs out, more addresses at twice the rate
		wider := c.Settings.PortHigh.Value == 65535
		return Future{Never: !wider && c.Times < 1, In: time.Minute}, true
	}
	order := func(p Plan) (out []Code) {
		for _, r := range p.Remedies {
			if r.Code == WiderRange || r.Code == MoreAddresses {
				out = append(out, r.Code)
			}
		}
		return out
	}
	if got := order(plan(phpOut(), say.English)); !slices.Equal(got, []Code{WiderRange, MoreAddresses}) {
		t.Errorf("without a forecast: %v", got)
	}
	p := planned(phpOut(), gone)
	if got := order(p); !slices.Equal(got, []Code{MoreAddresses, WiderRange}) {
		t.Errorf("with it: %v", got)
	}
	if e := effectOf(t, p, Reuse); e.Ends {
		t.Errorf("what runs out at twice the rate is not enough: %+v", e)
	}
	for i := 1; i < len(p.Remedies); i++ {
		if tier(p.Remedies[i-1].Code) > tier(p.Remedies[i].Code) {
			t.Errorf("%s is less safe than %s and comes before it", p.Remedies[i-1].Code, p.Remedies[i].Code)
		}
	}
}

func TestTheSameGroupIsAskedAboutOnceAsItIs(t *testing.T) {
	asked := map[string]int{}
	planned(nginxLow(), func(c Change) (Future, bool) {
		if c.Settings == nil || c.Times == 0 {
			t.Fatalf("%+v", c)
		}
		if c.Group != nil && c.Times == 1 && !c.Passive && c.Settings.TWReuse.Is(2) && c.Settings.PortHigh.Is(60999) {
			asked[c.Group.String()]++
		}
		return Future{Never: true}, true
	})
	for group, n := range asked {
		if n != 1 {
			t.Errorf("%s: asked %d times", group, n)
		}
	}
	if len(asked) == 0 {
		t.Error("nothing was asked")
	}
}
