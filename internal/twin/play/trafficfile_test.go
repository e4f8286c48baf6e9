package play_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/twin/play"
)

func TestMistakesInTrafficFilesAreToldWithTheirPlace(t *testing.T) {
	const begin = "traffic: t\nduration: 1m\n"
	const stream = "streams:\n  - {to: 10.1.0.1:443, rate: 1/s, closes: first}\n"
	for name, test := range map[string]struct{ text, want string }{
		"no YAML":              {"traffic: [", "t.yaml:1:10: this is no YAML"},
		"not a mapping":        {"- traffic", "t.yaml:1:1: traffic is a mapping"},
		"empty":                {"", "t.yaml:1:1: a file holds one document"},
		"two documents":        {begin + stream + "---\na: 1\n", "one document"},
		"unknown key":          {begin + stream + "speeed: 1\n", `t.yaml:5:1: a traffic file has no key "speeed"`},
		"key twice":            {begin + "duration: 2m\n" + stream, `t.yaml:3:1: the key "duration" stands here twice`},
		"no duration":          {"traffic: t\n" + stream, `needs "duration"`},
		"no streams":           {begin, `needs "streams"`},
		"anchors":              {begin + stream + "about: &a x\n", "no use for YAML's Anchor"},
		"an old kernel":        {begin + stream + "kernel: \"2.4\"\n", "t.yaml:5:9: kernel \"2.4\""},
		"a wrong rate":         {begin + "streams:\n  - {to: 10.1.0.1:443, rate: fast, closes: first}\n", `t.yaml:4:30: "fast" is no rate`},
		"no direction":         {begin + "streams:\n  - {rate: 1/s, closes: first}\n", `goes "to" a service`},
		"both directions":      {begin + "streams:\n  - {to: 10.1.0.1:1, at: 10.1.0.1:1, rate: 1/s, closes: first}\n", `goes "to" a service`},
		"inbound with from":    {begin + "streams:\n  - {at: 10.1.0.1:1, from: 10.0.0.1, rate: 1/s, closes: first}\n", `has no "from"`},
		"inbound and alone":    {begin + "streams:\n  - {at: 10.1.0.1:1, rate: 1/s, closes: alone}\n", `"alone" is for streams that go`},
		"who closes":           {begin + "streams:\n  - {to: 10.1.0.1:1, rate: 1/s, closes: nobody}\n", `"nobody" is not possible here: there are first, last, reset, alone`},
		"stop before start":    {begin + "streams:\n  - {to: 10.1.0.1:1, rate: 1/s, closes: last, start: 5s, stop: 2s}\n", "stops before it starts"},
		"two of a name":        {begin + stream + "  - {name: stream1, to: 10.1.0.1:1, rate: 1/s, closes: last}\n", `two streams are called "stream1"`},
		"a wrong option":       {begin + "streams:\n  - {to: 10.1.0.1:1, rate: 1/s, closes: last, options: [fast]}\n", `"fast" is no option`},
		"a wrong port range":   {begin + "streams:\n  - {to: 10.1.0.1:1, rate: 1/s, closes: last, options: [port_range 9-3]}\n", "is no range of ports"},
		"no setting":           {begin + stream + "settings: {kernel.pid_max: 5}\n", `t.yaml:5:12: "kernel.pid_max" is no setting`},
		"a refused value":      {begin + stream + "settings: {net.ipv4.tcp_tw_reuse: 9}\n", `does not take "9"`},
		"an unknown setting":   {begin + stream + "kernel: \"6.1\"\nsettings: {net.ipv4.tcp_tw_reuse_delay: 9}\n", "Linux 6.1 has no setting"},
		"a change too late":    {begin + stream + "changes: [{at: 2m, settings: {net.ipv4.tcp_tw_reuse: 1}}]\n", "t.yaml:5:16: the change comes when all is over"},
		"an empty change":      {begin + stream + "changes: [{at: 2s}]\n", `one of "settings", or of the "rate"`},
		"a rate of nothing":    {begin + stream + "changes: [{at: 2s, rate: 5/s}]\n", `"stream" and "rate" go together`},
		"a change of no one":   {begin + stream + "changes: [{at: 2s, stream: x, rate: 5/s}]\n", `there is no stream "x"`},
		"a fleet of one":       {begin + stream + "fleet: {hosts: 1}\n", "between 2 and 1000000"},
		"a load of two kinds":  {begin + stream + "fleet: {hosts: 5, load: {even: 1, uniform: 1..2}}\n", "a load is one of"},
		"a load of nothing":    {begin + stream + "fleet: {hosts: 5, load: {lognormal: {median: 1}}}\n", `needs "spread"`},
		"a spread below one":   {begin + stream + "fleet: {hosts: 5, load: {lognormal: {median: 1, spread: 0.5}}}\n", "from 1 to 10"},
		"a uniform load":       {begin + stream + "fleet: {hosts: 5, load: {uniform: 3}}\n", "is no range"},
		"a list for a value":   {"traffic: [t]\nduration: 1m\n" + stream, "a value is needed here"},
		"nested too deep":      {"traffic: " + strings.Repeat("[", 50) + strings.Repeat("]", 50), "nested more than 8 deep"},
		"much too long":        {"# " + strings.Repeat("x", 40000), "longer than 32 KiB"},
		"a name with a slash":  {"traffic: a/b\nduration: 1m\n" + stream, `"a/b" is no name`},
		"a duration of nought": {"traffic: t\nduration: 0s\n" + stream, "is no duration from 1s to a day"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := play.ParseTraffic("t.yaml", []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q", err, test.want)
			}
			var at *play.Error
			if !errors.As(err, &at) || at.Line < 1 || at.Column < 1 || !strings.HasPrefix(err.Error(), "t.yaml:") {
				t.Errorf("%v has no place", err)
			}
		})
	}
}

// Every example of the reference must be a file that can be played.
func TestExamplesOfTheReferenceCanBePlayed(t *testing.T) {
	text, err := os.ReadFile("../../../docs/sim.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, part := range strings.Split(string(text), "```yaml\n")[1:] {
		body, _, _ := strings.Cut(part, "```")
		if !play.IsTraffic([]byte(body)) {
			continue
		}
		found++
		if _, err := play.ParseTraffic("docs/sim.md", []byte(body)); err != nil {
			t.Errorf("example %d: %v", i+1, err)
		}
	}
	if found < 3 {
		t.Errorf("%d examples of traffic", found)
	}
}

func FuzzParseTraffic(f *testing.F) {
	f.Add(wall)
	f.Add(small)
	f.Add("traffic: x\nchanges: [{at: 1s, stream: a, rate: 1}]\nstreams: [{to: \"[::1]:1\", rate: 0.001/s, closes: alone, options: [port_range 1-2]}]\nduration: 1h\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := play.ParseTraffic("f.yaml", []byte(text))
		if (got == nil) == (err == nil) {
			t.Errorf("%v, %v", got, err)
		}
		if err == nil && !play.IsTraffic([]byte(text)) {
			t.Error("a traffic file that is none")
		}
	})
}
