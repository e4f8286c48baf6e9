// Package explain is what linger knows of TIME_WAIT and its kin, told in
// topics: short statements, each with its reference or with the claim that
// proves it on the reader's kernel. The terminal, the manual page and the
// folder docs/explain show the same texts.
package explain

import (
	"bytes"
	"embed"
	"fmt"
	"path"

	"github.com/linger-dev/linger/internal/say"
)

//go:embed topics
var topics embed.FS

// Topic is one subject. Its texts are single paragraphs without line breaks.
type Topic struct {
	Name     string    `json:"name"`           // as it is typed: small letters, digits and hyphens
	Also     []string  `json:"also,omitempty"` // other words that a reader may look under
	Title    say.Text  `json:"title"`          // the subject in one line, without a full stop
	Answer   say.Text  `json:"answer"`         // what to know if one reads no further
	Sections []Section `json:"sections"`       // in the order to be read
	See      []string  `json:"see"`            // names of other topics
}

// Section is a part of a topic.
type Section struct {
	Heading    say.Text    `json:"heading"`
	Statements []Statement `json:"statements"`
}

// Statement is something that is so, and how one can know it: at least one
// reference or one claim.
type Statement struct {
	Text     say.Text `json:"text" yaml:",inline"`
	Refs     []string `json:"refs,omitempty"`                    // RFC sections, kernel functions and commits, manual pages, measurements
	ProvedBy []string `json:"proved_by,omitempty" yaml:"proved"` // names of claims, for linger lab run
}

// names is the order in which the topics are listed: the protocol, who has
// it and how to see it, ports, bind, the other states, costs and cures.
func names() []string {
	return []string{
		"states",
		"time-wait",
		"2msl",
		"timers-by-kernel",
		"who-closes-first",
		"owner",
		"counting",
		"counters",
		"tracing",
		"ports",
		"eaddrnotavail",
		"port-range",
		"reuse",
		"timestamps",
		"nat",
		"reopen",
		"bind",
		"eaddrinuse",
		"close-wait",
		"fin-wait2",
		"last-ack",
		"syn",
		"reset",
		"quota",
		"cost",
		"process-states",
		"pooling",
		"remedies",
		"sysctls",
		"folklore",
		"kernels",
	}
}

// Topics returns all topics in the order to be listed. An error is a fault in
// the texts that linger carries, which its tests rule out.
func Topics() ([]Topic, error) {
	all := make([]Topic, 0, len(names()))
	for _, name := range names() {
		t, err := read(name)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func read(name string) (Topic, error) { return readUpTo(name, "") }

// head reads a topic without its sections, which takes a tenth of the time.
func head(name string) (Topic, error) { return readUpTo(name, "\nsections:") }

// readUpTo reads the part of a topic's file before a text, or all of it.
func readUpTo(name, end string) (Topic, error) {
	text, err := topics.ReadFile(path.Join("topics", name+".yaml"))
	if err != nil {
		return Topic{}, fmt.Errorf("read topic: %w", err)
	}
	if end != "" {
		text, _, _ = bytes.Cut(text, []byte(end))
	}
	t, err := decode(text)
	if err != nil {
		return Topic{}, fmt.Errorf("read topic %s: %w", name, err)
	}
	return t, nil
}

// Claims returns the names of the claims that prove statements of the topic,
// each once, in the order of the statements.
func (t *Topic) Claims() []string {
	var claims []string
	seen := map[string]bool{}
	for _, section := range t.Sections {
		for _, s := range section.Statements {
			for _, name := range s.ProvedBy {
				if !seen[name] {
					seen[name] = true
					claims = append(claims, name)
				}
			}
		}
	}
	return claims
}
