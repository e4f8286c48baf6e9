package rule_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

// says is a rule that always finds the given things.
func says(code rule.Code, silences []rule.Code, findings ...rule.Finding) rule.Rule {
	return rule.Rule{
		Code: code, Why: say.Same("because"), Helps: []rule.Advice{{Do: say.Same("that")}}, NotHelp: []rule.Advice{{Do: say.Same("this")}}, Silences: silences,
		Check: func(rule.Case) []rule.Finding { return append([]rule.Finding(nil), findings...) },
	}
}

func host() *evidence.Snapshot {
	return ruletest.Snapshot(func(*evidence.Snapshot, *evidence.Namespace) {})
}

func codes(findings []rule.Finding) (out []rule.Code) {
	for _, f := range findings {
		out = append(out, f.Code)
	}
	return out
}

func TestFindingsAreCompletedFromTheirRule(t *testing.T) {
	got := rule.Judge([]rule.Rule{says("a", nil, rule.Finding{}, rule.Finding{Why: say.Same("own")})}, host())
	if len(got) != 2 || got[0].Namespace != "host" || got[0].Code != "a" || got[0].Why.EN != "because" || got[1].Why.EN != "own" ||
		len(got[0].Helps) != 1 || len(got[0].NotHelp) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestTheWorstAndLargestComesFirst(t *testing.T) {
	got := rule.Judge([]rule.Rule{
		says("b", nil, rule.Finding{Severity: rule.Warning, Count: 2}, rule.Finding{Severity: rule.Critical}),
		says("a", nil, rule.Finding{Severity: rule.Warning, Count: 2}, rule.Finding{Severity: rule.Warning, Count: 3}),
		says("c", nil, rule.Finding{Severity: rule.Info, Count: 9}),
	}, host())
	if diff := cmp.Diff([]rule.Code{"b", "a", "a", "b", "c"}, codes(got)); diff != "" {
		t.Error(diff)
	}
	if rule.Worst(got) != rule.Critical || rule.Worst(nil) != rule.Info {
		t.Error("Worst is wrong")
	}
}

func TestACauseSilencesItsSymptomsOnTheSameSubjectOnly(t *testing.T) {
	one := ruletest.Outbound("10.0.0.1", "10.0.0.2:80").Key
	same, other := one, ruletest.Outbound("10.0.0.1", "10.0.0.3:80").Key
	on := func(k *evidence.Key, s rule.Severity) rule.Finding {
		return rule.Finding{Severity: s, Subject: rule.Subject{Key: k}}
	}
	got := rule.Judge([]rule.Rule{
		says("cause", []rule.Code{"symptom"}, on(&one, rule.Warning)),
		says("symptom", nil, on(&same, rule.Warning), on(&other, rule.Warning), rule.Finding{Severity: rule.Warning}),
	}, host())
	if diff := cmp.Diff([]rule.Code{"cause", "symptom", "symptom"}, codes(got)); diff != "" {
		t.Error(diff)
	}
	got = rule.Judge([]rule.Rule{
		says("cause", []rule.Code{"symptom"}, on(&one, rule.Info)),
		says("symptom", nil, on(&same, rule.Warning)),
	}, host())
	if len(got) != 2 {
		t.Errorf("a footnote silenced a warning: %v", codes(got))
	}
}

func TestOwnersAreWantedOnceForEachGroupOrPort(t *testing.T) {
	a, b := ruletest.Outbound("10.0.0.1", "10.0.0.2:80").Key, ruletest.Inbound("10.0.0.1:22", "10.0.0.3").Key
	again := a
	got := rule.Wanted([]rule.Finding{
		{Namespace: "host", WantsOwner: true, Subject: rule.Subject{Key: &a}},
		{Namespace: "host", WantsOwner: true, Groups: []evidence.Key{again, b}},
		{Namespace: "blue", WantsOwner: true, Subject: rule.Subject{Port: 80}},
		{Namespace: "host", Subject: rule.Subject{Port: 81}},
		{Namespace: "host", WantsOwner: true},
	})
	want := []rule.Want{{Namespace: "host", Key: &a}, {Namespace: "host", Key: &b}, {Namespace: "blue", Port: 80}}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		sameKey := got[i].Key == nil && want[i].Key == nil || got[i].Key != nil && want[i].Key != nil && *got[i].Key == *want[i].Key
		if got[i].Namespace != want[i].Namespace || got[i].Port != want[i].Port || !sameKey {
			t.Errorf("want %d: %+v", i, got[i])
		}
	}
}

func TestMakersAreNamedWithHowSureItIs(t *testing.T) {
	s := host()
	s.Owners = []evidence.Owner{ruletest.Process(1, "nginx", "S"), ruletest.Process(2, "nginx", "S"), ruletest.Process(3, "sh", "S")}
	for _, c := range []struct {
		maker   evidence.Maker
		who, by string
	}{
		{evidence.Maker{}, "an unknown process", "by an unknown process"},
		{evidence.Maker{PIDs: []int{1}, Basis: evidence.Held}, "nginx (1)", "by nginx (1)"},
		{evidence.Maker{PIDs: []int{1, 2}, Basis: evidence.FromListener}, "probably nginx (1, 2)", "probably by nginx (1, 2)"},
		{evidence.Maker{PIDs: []int{1, 3, 9, 4}, Basis: evidence.Held}, "nginx (1), sh (3), process (9) and 1 more", "by nginx (1), sh (3), process (9) and 1 more"},
	} {
		if got := rule.Who(s, c.maker).EN; got != c.who {
			t.Errorf("Who = %q, want %q", got, c.who)
		}
		if got := rule.By(s, c.maker).EN; got != c.by {
			t.Errorf("By = %q, want %q", got, c.by)
		}
	}
}

func TestCommandsActInTheirNamespace(t *testing.T) {
	for name, want := range map[string]string{
		"host":    "sysctl -w net.ipv4.tcp_tw_reuse=1",
		"blue":    "ip netns exec blue sysctl -w net.ipv4.tcp_tw_reuse=1",
		"pid:812": "nsenter -t 812 -n sysctl -w net.ipv4.tcp_tw_reuse=1",
		"a; b'c":  `ip netns exec 'a; b'\''c' sysctl -w net.ipv4.tcp_tw_reuse=1`,
	} {
		if got := rule.Sysctl(&evidence.Namespace{Name: name}, "tcp_tw_reuse", 1); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := rule.Sysctl(&evidence.Namespace{}, "ip_local_port_range", "1 2"); got != `sysctl -w net.ipv4.ip_local_port_range="1 2"` {
		t.Error(got)
	}
}

func TestNumbersReadWell(t *testing.T) {
	list := rule.And([]say.Text{say.Same("a"), say.Same("b"), say.Same("c")})
	for want, got := range map[string]string{
		"999": rule.N(999), "28,232": rule.N(28232), "-1,000,000": rule.N(-1000000), "-100": rule.N(-100),
		"1 port": rule.Ports(1).EN, "0 ports": rule.Ports(0).EN, "12 个端口": rule.Ports(12).ZH,
		"0.4/s": rule.PerSecond(0.4), "463/s": rule.PerSecond(462.6),
		"700 ms": rule.About(700 * time.Millisecond), "42 s": rule.About(42 * time.Second),
		"5 min 10 s": rule.About(310 * time.Second), "3 h": rule.About(3 * time.Hour), "2 d": rule.About(50 * time.Hour),
		"640 B": rule.Bytes(640), "25 KiB": rule.Bytes(25 << 10), "1.2 MiB": rule.Bytes(5000 * 256), "48 MiB": rule.Bytes(48 << 20),
		"a, b and c": list.EN, "a、b 和 c": list.ZH, "": rule.And(nil).EN,
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPilesAddUpGroupsThatAreSmallByThemselves(t *testing.T) {
	ns := &host().Namespaces[0]
	for _, dst := range []string{"10.0.1.1", "10.0.1.2", "10.0.1.3"} {
		big, small := ruletest.Inbound("10.0.0.1:80", dst), ruletest.Outbound("10.0.0.1", dst+":443")
		ruletest.Live(&big, tcp.LastAck, 4, 0)
		ruletest.Live(&small, tcp.LastAck, 2, 40000)
		ns.Tallies = append(ns.Tallies, big, small)
	}
	piles := rule.Piles(ns, 6, func(t *evidence.Tally) uint64 { return t.States[tcp.LastAck] })
	var got []string
	for _, p := range piles {
		got = append(got, rule.Count(p.N, "socket", "个套接字").EN+" "+p.Where().EN)
	}
	want := []string{"12 sockets accepted at 10.0.0.1:80", "6 sockets to several destinations"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if k := piles[0].Subject().Key; k == nil || k.Dst.IsValid() || k.Port != 80 || len(piles[0].Keys()) != 3 {
		t.Errorf("subject %v", k)
	}
}

func TestSeveritiesReadBackFromTheirWords(t *testing.T) {
	for _, s := range []rule.Severity{rule.Info, rule.Warning, rule.Critical} {
		text, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back rule.Severity
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s read back as %s, %v", s, back, err)
		}
	}
	var s rule.Severity
	if err := s.UnmarshalText([]byte("dire")); err == nil {
		t.Error("an unknown severity was accepted")
	}
}
