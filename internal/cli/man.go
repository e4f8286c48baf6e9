package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/linger-dev/linger/internal/explain"
)

type manCmd struct {
	Page string `arg:"" optional:"" enum:"linger,explain" default:"linger" help:"linger (its commands) or explain (all topics)."`
}

// Run prints a manual page, made from the command line's own model or from the
// topics.
func (c *manCmd) Run(p *program) error {
	topics, err := explain.Topics()
	if err != nil {
		return err
	}
	if c.Page == "explain" {
		_, err = io.WriteString(p.out, manualExplain(topics))
		return err
	}
	parser, err := newParser(p, func(int) {})
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.out, manual(parser.Model)+manualTopics(topics)+manualEnd)
	return err
}

const manualEnd = `.SH EXIT STATUS
.TP
.B 0
healthy
.TP
.B 1
a warning
.TP
.B 2
something critical
.TP
.B 3
linger could not look, or was called wrongly
.SH ENVIRONMENT
.TP
.B NO_COLOR
if set and not empty, no colour is used
.SH SEE ALSO
.BR linger\-explain (7),
.BR ss (8),
.BR tcp (7),
.BR ip-netns (8),
.BR network_namespaces (7)
`

func manual(app *kong.Application) string {
	var b strings.Builder
	b.WriteString(".TH LINGER 8\n.SH NAME\nlinger \\- explain lingering TCP sockets\n.SH SYNOPSIS\n.B linger\n[command] [options]\n.SH DESCRIPTION\n")
	b.WriteString(strings.ReplaceAll(roff(app.Help), "\n\n", "\n.PP\n"))
	b.WriteString("\n.SH OPTIONS\n")
	manualFlags(&b, app.Flags)
	b.WriteString(".SH COMMANDS\n")
	for _, n := range visible(app) {
		fmt.Fprintf(&b, ".SS linger %s", roff(n.Name))
		for _, arg := range n.Positional {
			fmt.Fprintf(&b, " <%s>", roff(arg.Name))
		}
		fmt.Fprintf(&b, "\n%s\n", roff(n.Help))
		manualFlags(&b, n.Flags)
	}
	return b.String()
}

func manualFlags(b *strings.Builder, flags []*kong.Flag) {
	for _, f := range flags {
		value := ""
		if !f.IsBool() {
			value = " \\fI" + roff(f.FormatPlaceHolder()) + "\\fR"
		}
		fmt.Fprintf(b, ".TP\n\\fB\\-\\-%s\\fR%s\n%s\n", roff(f.Name), value, roff(f.Help))
	}
}

// roff escapes what the formatter would take for its own.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
