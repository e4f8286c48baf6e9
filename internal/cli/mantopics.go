package cli

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/say"
)

// manualTopics is the section of linger(8) that lists what linger-explain(7)
// tells.
func manualTopics(topics []explain.Topic) string {
	var b strings.Builder
	b.WriteString(".SH TOPICS\nWhat\n.B linger explain\ntells of; all of it is in\n.BR linger\\-explain (7).\n")
	for _, t := range topics {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(t.Name), roff(t.Title.In(say.English)))
	}
	return b.String()
}

// manualExplain is the page linger-explain(7): all topics, in English.
func manualExplain(topics []explain.Topic) string {
	var b strings.Builder
	b.WriteString(".TH LINGER\\-EXPLAIN 7\n.ad l\n.nh\n.SH NAME\nlinger\\-explain \\- TIME_WAIT and its kin, explained\n.SH DESCRIPTION\n" +
		"Each statement has its reference, and where there is one, the claim that proves it on your kernel: play it with\n" +
		".BR \"linger lab run\" .\nOne topic is shown by\n.B linger explain TOPIC\n.RB ( \\-\\-lang \" zh: in Chinese).\"\n")
	for _, t := range topics {
		manualTopic(&b, &t)
	}
	b.WriteString(".SH SEE ALSO\n.BR linger (8),\n.BR tcp (7),\n.BR ip (7),\n.BR socket (7)\n")
	return b.String()
}

func manualTopic(b *strings.Builder, t *explain.Topic) {
	fmt.Fprintf(b, ".SH %s\n.I %s\n.PP\n%s\n", quoted(strings.ToUpper(t.Name)), quoted(t.Title.In(say.English)), roff(t.Answer.In(say.English)))
	for _, section := range t.Sections {
		fmt.Fprintf(b, ".SS %s\n", quoted(section.Heading.In(say.English)))
		for _, s := range section.Statements {
			fmt.Fprintf(b, ".IP \\(bu 2\n%s\n", roff(s.Text.In(say.English)))
			if len(s.Refs) > 0 {
				fmt.Fprintf(b, ".br\nReference: %s\n", roff(s.References(say.English)))
			}
			if len(s.ProvedBy) > 0 {
				fmt.Fprintf(b, ".br\nProved by: %s\n", roff("linger lab run "+strings.Join(s.ProvedBy, " ")))
			}
		}
	}
	fmt.Fprintf(b, ".PP\nSee also: %s\n", roff(strings.Join(t.See, ", ")))
}

// quoted makes one argument of a request out of a text.
func quoted(s string) string { return `"` + strings.ReplaceAll(roff(s), `"`, `\(dq`) + `"` }
