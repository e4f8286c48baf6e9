package remedy

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"unicode"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/rules"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestTheOrderOfFindingsDoesNotMatter(t *testing.T) {
	for name, s := range cases() {
		found := rule.Judge(rules.All(), s)
		want := indent(t, Of(s, found, say.English))
		for range 10 {
			rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
			if got := indent(t, Of(s, found, say.English)); !bytes.Equal(got, want) {
				t.Fatalf("%s: another order gave another plan:\n%s\nbefore:\n%s", name, got, want)
			}
		}
	}
}

func TestPlanningChangesNoEvidence(t *testing.T) {
	for name, s := range cases() {
		before := indent(t, s)
		plan(s, say.English)
		if !bytes.Equal(before, indent(t, s)) {
			t.Errorf("%s was changed", name)
		}
	}
}

func TestWhatProvesARemedyIsAClaim(t *testing.T) {
	known := claims.Names()
	check := func(where string, names []string) {
		for _, n := range names {
			if !slices.Contains(known, n) {
				t.Errorf("%s: there is no claim %q", where, n)
			}
		}
	}
	for name, s := range cases() {
		for _, r := range plan(s, say.English).Remedies {
			check(name+"/"+string(r.Code), r.ProvedBy)
		}
	}
	for _, tale := range tales() {
		check(tale.advice.EN, tale.provedBy)
	}
}

func TestEveryTextIsInItsLanguage(t *testing.T) {
	han := func(s string) bool {
		return bytes.ContainsFunc([]byte(s), func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	for name, s := range cases() {
		for _, l := range say.Langs() {
			p := plan(s, l)
			sentences := []string{p.Answer}
			for _, r := range p.Remedies {
				sentences = append(sentences, r.Title, r.What, r.Risk)
				for _, e := range r.Effects {
					if e.Assuming != "" {
						sentences = append(sentences, e.Assuming)
					}
				}
				for _, snippet := range r.Snippets {
					sentences = append(sentences, snippet.Note)
				}
			}
			for _, r := range p.Refusals {
				sentences = append(sentences, r.Because)
			}
			for _, text := range sentences {
				if han(text) != (l == say.Chinese) {
					t.Errorf("%s in %v: %q", name, l, text)
				}
			}
		}
	}
}

func TestRemediesComeInTheOrderOfSafety(t *testing.T) {
	for name, s := range cases() {
		p := plan(s, say.English)
		for i := 1; i < len(p.Remedies); i++ {
			a, b := p.Remedies[i-1], p.Remedies[i]
			if a.Needed() == b.Needed() && place(a.Code) > place(b.Code) || !a.Needed() && b.Needed() {
				t.Errorf("%s: %s comes before %s", name, a.Code, b.Code)
			}
		}
		for _, r := range p.Remedies {
			if place(r.Code) < 0 || r.Safety < Harmless || r.Safety > Shortens || (r.Kind == Kernel) != (len(r.Settings) > 0) {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

func TestThePlanSaysWhichChangesAreEnough(t *testing.T) {
	for name, want := range map[string]string{
		"php-out":     "4 changes; the first alone ends it: keep connections open and use them again: php-fpm8.2 (812) to 10.0.0.2:3306",
		"nginx-low":   "6 changes; numbers 1 (keep-alive), 3 (reserve-ports) together end all that was found",
		"server-side": "1 change ends it: raise tcp_max_tw_buckets to 32,768",
		"healthy":     "Nothing to change.",
	} {
		if got := plan(cases()[name], say.English).Answer; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	harmless := serverSideOnly()
	harmless.Namespaces[0].Settings.MaxTWBuckets = evidence.IntOf(131072)
	harmless.Namespaces[0].Counters = evidence.Counters{}
	if got := plan(harmless, say.English); got.Answer != "Nothing needs a change; 1 could be made." || got.Findings != 0 {
		t.Errorf("%s", got.Answer)
	}
}

func TestReuseIsForTimeWaitBeyondLoopbackOnly(t *testing.T) {
	base := func(src, dst string, edit func(*evidence.Namespace, *evidence.Tally)) Plan {
		return plan(ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
			o := ruletest.Outbound(src, dst)
			ruletest.TimeWait(&o, 28232, 60, 32768)
			edit(ns, &o)
			ns.Tallies = []evidence.Tally{o}
		}), say.English)
	}
	keep := func(*evidence.Namespace, *evidence.Tally) {}
	if r := find(base("10.0.0.1", "10.0.0.2:80", keep), Reuse); r == nil || r.Settings[0].To != "1" || r.Settings[0].From != "2" {
		t.Errorf("beyond loopback: %+v", r)
	}
	off := func(ns *evidence.Namespace, _ *evidence.Tally) { ns.Settings.TWReuse = evidence.IntOf(0) }
	if r := find(base("127.0.0.1", "127.0.0.1:80", off), Reuse); r == nil || r.Settings[0].To != "2" {
		t.Errorf("on loopback the milder value is enough: %+v", r)
	}
	none := func(ns *evidence.Namespace, _ *evidence.Tally) { ns.Settings.Timestamps = evidence.IntOf(0) }
	p := base("10.0.0.1", "10.0.0.2:80", none)
	if find(p, Reuse) != nil {
		t.Error("without timestamps it does nothing")
	}
	on := find(p, TimestampsOn)
	if on == nil || len(on.Settings) != 2 || on.Settings[0].Key != keyTimestamps || on.Effects[0].After.Left != 0 || on.Effects[0].After.Limit < 20000 {
		t.Errorf("timestamps help only what comes: %+v", on)
	}
	unread := func(ns *evidence.Namespace, _ *evidence.Tally) {
		ns.Settings.TWReuse = evidence.Int{State: evidence.Unreadable}
	}
	if find(base("10.0.0.1", "10.0.0.2:80", unread), Reuse) != nil {
		t.Error("what is not known now cannot be put back, so it must not be changed")
	}
	live := func(_ *evidence.Namespace, o *evidence.Tally) {
		*o = ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
		ruletest.Live(o, tcp.Established, 28232, 32768, 7)
	}
	p = base("10.0.0.1", "10.0.0.2:80", live)
	if find(p, Reuse) != nil || !refuses(p, "tcp_tw_reuse=1") || find(p, FewerAtOnce) == nil {
		t.Errorf("TIME_WAIT takes none of these ports: %+v", p)
	}
}

func refuses(p Plan, advice string) bool {
	return slices.ContainsFunc(p.Refusals, func(r Refusal) bool { return r.Advice == advice })
}

func TestTheDelayIsShortenedOnlyAsFarAsItMust(t *testing.T) {
	at := func(perSecond int, delay evidence.Int) Plan {
		return plan(ruletest.Snapshot(func(_ *evidence.Snapshot, ns *evidence.Namespace) {
			ns.Settings.TWReuse, ns.Settings.TWReuseDelay = evidence.IntOf(1), delay
			ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40999)
			o := ruletest.Outbound("10.0.0.1", "10.0.0.2:80")
			ruletest.TimeWait(&o, 1000, 1, 40000)
			o.Minute.Age[0] = uint32(perSecond)
			ns.Tallies = []evidence.Tally{o}
		}), say.English)
	}
	for rate, want := range map[int]string{700: "500", 1500: "200", 9000: "100"} {
		p := at(rate, evidence.IntOf(1000))
		if r := find(p, ReuseSooner); r == nil || r.Settings[0].To != want {
			t.Errorf("%d closes per second: %+v", rate, r)
		}
		if find(p, Reuse) != nil || !refuses(p, "tcp_tw_reuse=1") {
			t.Error("it is on already")
		}
	}
	if r := find(at(700, evidence.Int{State: evidence.Absent}), ReuseSooner); r != nil {
		t.Errorf("kernels before 6.14 have no such setting: %+v", r)
	}
}

func TestReservedPortsOfAllRemediesAreWritten(t *testing.T) {
	p := plan(nginxLow(), say.English)
	got := Changes(p.Remedies)
	keys := make([]string, len(got))
	for i, s := range got {
		keys[i] = s.Key
	}
	if want := []string{keyReserved, keyRange, keyReuse}; !slices.Equal(keys, want) {
		t.Errorf("%v, want %v", keys, want)
	}
	if got[0].From != "" || got[0].To != "10250,30000-32767,50051" {
		t.Errorf("%+v", got[0])
	}
	alone := Changes(p.Kernel())
	if len(alone) != 2 || alone[0].To != "50051" || alone[1].Key != keyReuse {
		t.Errorf("what linger would apply: %+v", alone)
	}
	if got := (Setting{Namespace: "my ns", Key: keyRange, From: "1 2", To: "3 4"}).UndoCommand(); got != `ip netns exec 'my ns' sysctl -w net.ipv4.ip_local_port_range="1 2"` {
		t.Error(got)
	}
}

func TestSettingsThatNoRemedyWritesAreRefused(t *testing.T) {
	for _, s := range []Setting{{Key: "net.core.somaxconn", To: "1"}, {Key: keyReuse, To: "x"}, {Key: keyRange, To: "1"}, {Key: keyReserved, To: "9-1"}} {
		if _, err := Apply(ruletest.Defaults(), []Setting{s}); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}
