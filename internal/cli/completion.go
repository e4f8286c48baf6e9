package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a completion script made from the command line's own model, so
// that it cannot lag behind.
func (c *completionCmd) Run(p *program) error {
	parser, err := newParser(p, func(int) {})
	if err != nil {
		return err
	}
	switch c.Shell {
	case "fish":
		return fishCompletion(p.out, parser.Model)
	case "zsh":
		if _, err := fmt.Fprint(p.out, "#compdef linger\nautoload -U +X bashcompinit && bashcompinit\n"); err != nil {
			return err
		}
	}
	return bashCompletion(p.out, parser.Model)
}

// visible returns the subcommands that are shown to users.
func visible(app *kong.Application) []*kong.Node {
	var nodes []*kong.Node
	for _, n := range app.Children {
		if !n.Hidden {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// values returns the words a flag may take, if they are known.
func values(f *kong.Flag) []string {
	var words []string
	if f.Enum != "" {
		for w := range strings.SplitSeq(f.Enum, ",") {
			if w != "" {
				words = append(words, w)
			}
		}
	}
	return words
}

// flagNames returns the flags of a subcommand as they are typed.
func flagNames(n *kong.Node) []string {
	names := []string{"--help"}
	for _, f := range n.Flags {
		names = append(names, "--"+f.Name)
	}
	return names
}

func bashCompletion(w io.Writer, app *kong.Application) error {
	var b strings.Builder
	b.WriteString("_linger() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd=${COMP_WORDS[1]} choices\n")
	var names []string
	var cases, valued strings.Builder
	known := make(map[string]bool)
	for _, n := range visible(app) {
		names = append(names, n.Name)
		choices := flagNames(n)
		for _, f := range n.Flags {
			if known[f.Name] || f.IsBool() {
				continue
			}
			known[f.Name] = true
			action := fmt.Sprintf("COMPREPLY=($(compgen -W %q -- \"$cur\"))", strings.Join(values(f), " "))
			if f.PlaceHolder == "FILE" {
				action = "COMPREPLY=($(compgen -f -- \"$cur\"))"
			}
			fmt.Fprintf(&valued, "    --%s) %s; return ;;\n", f.Name, action)
		}
		for _, arg := range n.Positional {
			choices = append(choices, strings.Split(arg.Tag.Enum, ",")...)
		}
		fmt.Fprintf(&cases, "    %s) choices=%q ;;\n", n.Name, strings.Join(choices, " "))
	}
	fmt.Fprintf(&b, "  case $prev in\n%s  esac\n", valued.String())
	fmt.Fprintf(&b, "  case $cmd in\n%s    *) choices=%q ;;\n  esac\n", cases.String(), strings.Join(slices.Concat(names, flagNames(app.DefaultCmd)), " "))
	b.WriteString("  [ \"$COMP_CWORD\" = 1 ] && [[ $cur != -* ]] && choices=\"" + strings.Join(names, " ") + "\"\n")
	b.WriteString("  COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\"))\n}\ncomplete -F _linger linger\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func fishCompletion(w io.Writer, app *kong.Application) error {
	var b strings.Builder
	b.WriteString("complete -c linger -f\n")
	fishFlags(&b, "__fish_use_subcommand", app.DefaultCmd)
	for _, n := range visible(app) {
		fmt.Fprintf(&b, "complete -c linger -n __fish_use_subcommand -a %s -d %s\n", n.Name, fishQuote(n.Help))
		fishFlags(&b, "__fish_seen_subcommand_from "+n.Name, n)
		for _, arg := range n.Positional {
			fmt.Fprintf(&b, "complete -c linger -n '__fish_seen_subcommand_from %s' -a %s\n", n.Name, fishQuote(strings.ReplaceAll(arg.Tag.Enum, ",", " ")))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fishFlags offers the flags of a subcommand where a condition holds.
func fishFlags(b *strings.Builder, condition string, n *kong.Node) {
	for _, f := range n.Flags {
		fmt.Fprintf(b, "complete -c linger -n %s -l %s -d %s", fishQuote(condition), f.Name, fishQuote(f.Help))
		switch {
		case f.PlaceHolder == "FILE":
			b.WriteString(" -r -F")
		case !f.IsBool():
			fmt.Fprintf(b, " -x -a %s", fishQuote(strings.Join(values(f), " ")))
		}
		b.WriteByte('\n')
	}
}

func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
