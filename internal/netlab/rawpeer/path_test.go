package rawpeer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// seen lists what data reached other by hand, and when if not at once.
func seen(other *Peer, began time.Time) string {
	packets, _ := other.Capture().Since(0)
	var out []string
	for _, p := range packets {
		if p.From != Kernel || len(p.Segment.Data) == 0 {
			continue
		}
		what := string(p.Segment.Data)
		if late := p.At.Sub(began); late > 0 {
			what += "@" + late.String()
		}
		out = append(out, what)
	}
	return strings.Join(out, " ")
}

// Five segments are sent by hand, "a" to "e". For the other peer, the first one
// is the kernel.
func TestRulesDoWhatTheySay(t *testing.T) {
	yes, no := true, false
	data := Match{Flags: tcp.ACK, Data: &yes}
	const s = time.Second
	for _, c := range []struct {
		rules []Rule
		want  string
	}{
		{nil, "a b c d e"},
		{[]Rule{{Do: Lose, Match: data}}, "b c d e"},
		{[]Rule{{Do: Lose, Match: data, Skip: 1, Times: 2}}, "a d e"},
		{[]Rule{{Do: Lose, Match: data, Times: -1}}, ""},
		{[]Rule{{Do: Lose, Match: Match{Any: true}, Skip: 2, Times: -1}}, "a b"},
		{[]Rule{{Do: Lose, Match: data, Skip: 4, Times: -1}, {Do: Lose, Match: data}}, "b c d"},
		{[]Rule{{Do: Lose, From: Raw, Match: data}}, "b c d e"},
		{[]Rule{{Do: Lose, From: Kernel, Match: data}}, "a b c d e"},
		{[]Rule{{Do: Lose, Match: Match{Flags: tcp.ACK, Data: &no}, Times: -1}}, "a b c d e"},
		{[]Rule{{Do: Lose, Match: Match{Flags: tcp.ACK | tcp.FIN}, Times: -1}}, "a b c d e"},
		{[]Rule{{Do: Lose, Match: Match{Flags: tcp.ACK | tcp.PSH}}}, "b c d e"},
		{[]Rule{{Do: Delay, Match: data, By: s}}, "b c d e a@1s"},
		{[]Rule{{Do: Delay, Match: data, By: s, Skip: 1, Times: 2}}, "a d e b@1s c@1s"},
		{[]Rule{{Do: Duplicate, Match: data}}, "a a b c d e"},
		{[]Rule{{Do: Duplicate, Match: data, By: s, Skip: 4}}, "a b c d e e@1s"},
		{[]Rule{{Do: Reorder, Match: data}}, "b a c d e"},
		{[]Rule{{Do: Reorder, Match: data, Times: 2}}, "c a b d e"},
		{[]Rule{{Do: Reorder, Match: data, Skip: 4}}, "a b c d"},
		{[]Rule{{Do: Reorder, Match: data, Skip: 4, By: s}}, "a b c d e@1s"},
		{[]Rule{{Do: Reorder, Match: data, By: s}}, "b a c d e"},
		{[]Rule{{Do: Lose, Match: data}, {Do: Reorder, Match: data}}, "c b d e"},
	} {
		inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
			sender, _ := joined(t, raw, other, 80)
			must(t, raw.Mute(true)) // what it answers would be a next segment
			began := time.Now()
			for _, r := range c.rules {
				_, err := raw.Disturb(r)
				must(t, err)
			}
			for _, what := range []string{"a", "b", "c", "d", "e"} {
				must(t, sender.Inject(Handmade{Flags: tcp.ACK, Data: []byte(what)}))
			}
			settle(2 * s)
			if got := seen(other, began); got != c.want {
				t.Errorf("%+v: got %q, want %q", c.rules, got, c.want)
			}
		})
	}
}

func TestARuleCanBeTakenBack(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		sender, _ := joined(t, raw, other, 80)
		began := time.Now()
		mend, err := raw.Disturb(Rule{Do: Lose, From: Raw, Match: Match{Any: true}, Times: -1})
		must(t, err)
		must(t, sender.Inject(Handmade{Flags: tcp.ACK, Data: []byte("a")}))
		mend()
		mend()
		must(t, sender.Inject(Handmade{Flags: tcp.ACK, Data: []byte("b")}))
		settle(time.Second)
		if got := seen(other, began); got != "b" {
			t.Errorf("got %q", got)
		}
	})
}

func TestChanceHitsTheSameSegmentsWithTheSameSeed(t *testing.T) {
	hits := func(seed uint64) string {
		var p path
		p.add(Rule{Do: Lose, Match: Match{Any: true}, Times: -1, Chance: 0.1, Seed: seed})
		var out []int
		for i := range 10_000 {
			if _, hit := p.disturb(Raw, tcp.ACK, 0); hit {
				out = append(out, i)
			}
		}
		if len(out) < 800 || len(out) > 1200 {
			t.Errorf("%d of 10,000 were hit at a chance of 0.1", len(out))
		}
		return fmt.Sprint(out)
	}
	first, again, other := hits(1), hits(1), hits(2)
	if first != again || first == other {
		t.Error("the seed does not decide")
	}
}

func TestTheCaptureTellsTheFateOfEverySegment(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		sender, _ := joined(t, raw, other, 80)
		began := time.Now()
		skip := raw.Capture().Len()
		for i, do := range []Disturbance{Lose, Delay, Duplicate, Reorder} {
			_, err := raw.Disturb(Rule{Do: do, From: Raw, Match: Match{Flags: tcp.URG}, By: time.Duration(i) * time.Minute})
			must(t, err)
			must(t, sender.Inject(Handmade{Flags: tcp.URG, Seq: int64(i)}))
		}
		settle(time.Hour)
		var got []string
		for _, p := range raw.Capture().Passages(began, "kernel", "raw")[skip:] {
			if p.Flags != tcp.URG {
				continue
			}
			if p.From != "raw" || p.To != "kernel" || !p.ByHand {
				t.Errorf("%+v", p)
			}
			got = append(got, fmt.Sprintf("%d %s %s", p.Seq, p.Fate, p.Until))
		}
		want := []string{
			"1 " + string(evidence.Lost) + " 0s", "2 " + string(evidence.Delayed) + " 1m0s",
			"3 " + string(evidence.Arrived) + " 0s", "3 " + string(evidence.Duplicated) + " 2m0s",
			"4 " + string(evidence.Delayed) + " 1m0s", // when the second one passed
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}
