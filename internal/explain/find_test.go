package explain_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/rules"
)

func names(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, topic := range all(t) {
		names = append(names, topic.Name)
	}
	return names
}

func TestEveryClaimIsNamedByATopicAndEveryNamedClaimIsThere(t *testing.T) {
	named := map[string][]string{}
	for _, topic := range all(t) {
		for _, claim := range topic.Claims() {
			named[claim] = append(named[claim], topic.Name)
			if !slices.Contains(claims.Names(), claim) {
				t.Errorf("%s: there is no claim %q", topic.Name, claim)
			}
		}
	}
	for _, claim := range claims.Names() {
		if named[claim] == nil {
			t.Errorf("no topic tells of %s", claim)
		}
		index := explain.For(claim)
		if len(index) == 0 {
			t.Errorf("the index lacks the claim %s", claim)
		}
		for _, name := range index {
			if !slices.Contains(named[claim], name) {
				t.Errorf("the index sends readers of %s to %s, which does not name it", claim, name)
			}
		}
	}
}

func TestEveryRuleHasATopic(t *testing.T) {
	there := names(t)
	for _, rule := range rules.All() {
		index := explain.For(string(rule.Code))
		if len(index) == 0 {
			t.Errorf("the index lacks the rule %s", rule.Code)
		}
		for _, name := range index {
			if !slices.Contains(there, name) {
				t.Errorf("the index sends readers of %s to %s, which is not there", rule.Code, name)
			}
		}
	}
	if got := explain.For("nonsense"); got != nil {
		t.Errorf("nonsense has topics: %q", got)
	}
}

func TestSeeNamesOtherTopicsAndEveryTopicIsSeenFromAnother(t *testing.T) {
	there, seen := names(t), map[string]bool{}
	for _, topic := range all(t) {
		if len(topic.See) == 0 {
			t.Errorf("%s leads nowhere", topic.Name)
		}
		for _, other := range topic.See {
			seen[other] = true
			if other == topic.Name || !slices.Contains(there, other) {
				t.Errorf("%s: no other topic is %q", topic.Name, other)
			}
		}
	}
	for _, name := range there {
		if !seen[name] {
			t.Errorf("nobody is led to %s", name)
		}
	}
	inText := regexp.MustCompile(`\(topic ([a-z0-9-]+)\)`)
	for _, topic := range all(t) {
		for _, section := range topic.Sections {
			for _, s := range section.Statements {
				for _, m := range inText.FindAllStringSubmatch(s.Text.EN, -1) {
					if !slices.Contains(there, m[1]) {
						t.Errorf("%s: no topic %q", topic.Name, m[1])
					}
				}
			}
		}
	}
}

func TestEveryWordLeadsToOneTopic(t *testing.T) {
	word := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	taken := map[string]string{}
	for _, topic := range all(t) {
		for _, w := range append([]string{topic.Name}, topic.Also...) {
			if other := taken[w]; other != "" || !word.MatchString(w) {
				t.Errorf("%q of %s is no word, or is %s, too", w, topic.Name, other)
			}
			taken[w] = topic.Name
		}
	}
}

func TestAReaderFindsATopicByWhatIsOnTheScreen(t *testing.T) {
	for word, want := range map[string]string{
		"time-wait": "time-wait", "TIME_WAIT": "time-wait", "time wait": "time-wait", "TIMEWAIT": "time-wait",
		"EADDRNOTAVAIL": "eaddrnotavail", "Cannot assign requested address": "eaddrnotavail",
		"Address already in use": "eaddrinuse", "net.ipv4.tcp_tw_reuse": "reuse", "tcp_fin_timeout": "fin-wait2",
		"net.core.somaxconn": "syn", "SO_REUSEADDR": "bind", "TCPTimeWaitOverflow": "quota", "FIN-WAIT-2": "fin-wait2",
		"LAST_ACK": "last-ack", "close-wait-leak": "close-wait", "tw-reuse-needs-timestamps": "reuse",
	} {
		if got, err := explain.Find(word); err != nil || got.Name != want {
			t.Errorf("%q leads to %q (%v), want %s", word, got.Name, err, want)
		}
	}
}

func TestTheTopicsOfTheCatalogueAreTopicsHere(t *testing.T) {
	files, err := claims.All()
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, f := range files {
		for _, word := range f.Topics {
			if asked[word] {
				continue
			}
			asked[word] = true
			if _, err := explain.Find(word); err != nil {
				t.Errorf("the claim %s is said to belong to %q: %v", f.Name, word, err)
			}
		}
	}
}

func TestAWrongWordIsAnsweredByTheNearest(t *testing.T) {
	for word, want := range map[string]string{"time-wiat": "time-wait", "closewiat": "close-wait", "recycl": "reuse", "foklore": "folklore", "conntr": "nat"} {
		var unknown *explain.UnknownError
		if _, err := explain.Find(word); !errors.As(err, &unknown) || !slices.Contains(unknown.Near, want) {
			t.Errorf("%q: %v, want %s among %q", word, err, want, unknown.Near)
		}
	}
	for _, word := range []string{"", "xyzzyplugh", strings.Repeat("time-wait", 100_000), "\x1b[31m"} {
		var unknown *explain.UnknownError
		if _, err := explain.Find(word); !errors.As(err, &unknown) || len(unknown.Near) > 0 {
			t.Errorf("%.20q: %v, near %q", word, err, unknown.Near)
		}
	}
}

func TestTextsNameOnlyCommandsOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`linger ([a-z]+)( --[a-z]+)?`)
	for _, topic := range all(t) {
		for _, section := range topic.Sections {
			for _, s := range section.Statements {
				for _, m := range command.FindAllStringSubmatch(s.Text.EN, -1) {
					if !strings.Contains(string(readme), "linger "+m[1]) {
						t.Errorf("%s: the README knows no %q", topic.Name, m[0])
					}
				}
			}
		}
	}
}
