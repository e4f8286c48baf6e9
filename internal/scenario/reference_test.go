package scenario

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reference returns the page that describes the format.
func reference(t *testing.T) string {
	t.Helper()
	return string(readFile(t, "../../docs/scenarios.md"))
}

// examples returns what stands between "```yaml" and "```".
func examples(t *testing.T) (out []string) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(reference(t), -1) {
		out = append(out, m[1])
	}
	if len(out) < 5 {
		t.Fatalf("only %d examples", len(out))
	}
	return out
}

// scene is where the steps of the page's examples are played.
const scene = `claim: It is so.
hosts: {client: {}, server: {}, peer: raw}
links:
  - {client: 10.0.0.1/24, server: 10.0.0.2/24}
  - {client: 10.0.1.1/24, peer: 10.0.1.2/24}
programs:
  app: {on: client, run: calls}
  web: {on: server, run: calls}
  far: {on: peer, run: calls}
  echo: {on: server, run: echo-server, listen: 10.0.0.2:90}
  load: {on: client, run: short-client, to: 10.0.0.2:90, rate: 10/s}
steps:
  - {listen: web.before, at: 10.0.0.2:79}
  - {connect: app.c, to: 10.0.0.2:79}
  - {listen: app.far, at: 10.0.1.1:79}
  - {connect: far.c, to: 10.0.1.1:79, from: 10.0.1.2:4000}
`

func TestEveryExampleOfThePageIsAScenario(t *testing.T) {
	for _, text := range examples(t) {
		name := "part"
		if m := regexp.MustCompile(`^name: (\S+)\n`).FindStringSubmatch(text); m != nil {
			name = m[1]
		} else {
			text = "name: part\n" + scene + regexp.MustCompile(`(?m)^-`).ReplaceAllString(text, "  -")
		}
		if _, err := Parse(name+".yaml", []byte(text)); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

func TestTheErrorOnThePageIsTheOneThatIsGiven(t *testing.T) {
	_, err := Parse("reset-ends-time-wait.yaml", []byte(strings.Replace(examples(t)[0], "listen", "lissten", 1)))
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	// That there is no socket to accept from is told, too.
	first, _, _ := strings.Cut(err.Error(), "\n")
	if !strings.Contains(reference(t), "\n    "+first+"\n") {
		t.Errorf("the page does not have %s", first)
	}
}

// TestEveryKeyIsOnThePage wants each key of the decoder in code, as `key` or
// as part of such code.
func TestEveryKeyIsOnThePage(t *testing.T) {
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(reference(t), "")
	var words []string
	for _, code := range regexp.MustCompile("`[^`\n]+`").FindAllString(prose, -1) {
		words = append(words, regexp.MustCompile(`[A-Za-z0-9_-]+`).FindAllString(code, -1)...)
	}
	for _, table := range tables() {
		for _, key := range table.keys {
			if !slices.Contains(words, key) {
				t.Errorf("%s: the page does not have %s", table.name, key)
			}
		}
	}
}
