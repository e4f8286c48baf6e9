package lint

import (
	"path"
	"slices"
	"strings"
)

// ParseShell reads a shell script: sysctl -w, writes below /proc/sys, lines
// that it writes into files of sysctl, and docker run --sysctl. What a script
// computes is not known: its value is Open.
func ParseShell(file string, data []byte) Text { return parseScript(file, data, false) }

// ParseDockerfile reads a Dockerfile, whose RUN instructions are shell scripts
// that run while the image is built.
func ParseDockerfile(file string, data []byte) Text { return parseScript(file, data, true) }

func parseScript(file string, data []byte, docker bool) Text {
	lines, problems := split(file, data)
	s := script{text: Text{File: file, Problems: problems}, docker: docker}
	for i := 0; i < len(lines); {
		i = s.logical(lines, i)
	}
	return s.text
}

// script collects what a script sets.
type script struct {
	text   Text
	docker bool
	build  bool   // in a RUN instruction
	above  string // the comment before the line
}

// logical reads one line with its continuations and here documents, and
// returns the index of the next.
func (s *script) logical(lines []line, i int) int {
	no := lines[i].no
	text, i := s.gather(lines, i)
	if s.docker {
		text = s.instruction(text)
	}
	commands, comment := lex(no, text)
	if len(commands) == 0 {
		s.above = comment
		return i
	}
	if comment == "" {
		comment = s.above
	}
	s.above = ""
	for k := range commands {
		c := &commands[k]
		s.read(c, comment, 0)
		if c.here != "" {
			i = s.document(commands[k:], lines, i)
		}
		if k > 0 && commands[k-1].piped {
			s.pipe(&commands[k-1], c, comment)
		}
	}
	return i
}

// gatherMost bounds how many lines a quoted text may span; beyond, a quote was
// no quote, and the line stands alone.
const gatherMost = 500

// gather joins a line with those that it goes on in: after a backslash at its
// end, or because a quote is still open.
func (s *script) gather(lines []line, i int) (text string, next int) {
	var b strings.Builder
	var q quotes
	for k := i; k < len(lines) && k < i+gatherMost; k++ {
		part := lines[k].text
		if s.docker && k > i && strings.HasPrefix(strings.TrimSpace(part), "#") {
			part = `\` // Docker drops comments inside an instruction
		}
		if k > i {
			b.WriteByte('\n')
		}
		b.WriteString(part)
		if goesOn := q.after(part); !goesOn {
			return b.String(), k + 1
		}
	}
	return lines[i].text, i + 1
}

// quotes follows quotes from line to line.
type quotes struct{ in byte }

// after takes a line and reports whether the command goes on in the next one.
func (q *quotes) after(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && q.in != '\'':
			if i == len(text)-1 {
				return true
			}
			i++
		case q.in != 0:
			if c == q.in {
				q.in = 0
			}
		case c == '\'' || c == '"':
			q.in = c
		case c == '#' && (i == 0 || blank(rune(text[i-1]))):
			return false
		}
	}
	return q.in != 0
}

// instruction takes the instruction off a line of a Dockerfile. Only RUN runs
// while the image is built; a line in the form of a JSON list becomes words.
func (s *script) instruction(text string) string {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	switch strings.ToUpper(name) {
	case "RUN":
		s.build = true
	case "CMD", "ENTRYPOINT":
		s.build = false
	default:
		return ""
	}
	rest = strings.TrimSpace(rest)
	for strings.HasPrefix(rest, "--") { // RUN --mount=…
		_, rest, _ = strings.Cut(rest, " ")
		rest = strings.TrimSpace(rest)
	}
	if list, ok := strings.CutPrefix(rest, "["); ok {
		return strings.ReplaceAll(strings.TrimSuffix(list, "]"), `",`, `" `)
	}
	return rest
}

// nestMost bounds how deep scripts in scripts are followed: sudo sh -c "…".
const nestMost = 3

// read finds the settings that a command makes by itself.
func (s *script) read(c *command, comment string, depth int) {
	words := unwrapped(c.words)
	if len(words) == 0 {
		return
	}
	name, args := path.Base(words[0].text), words[1:]
	switch name {
	case "sysctl":
		s.sysctl(args, comment)
	case "echo", "printf":
		for _, to := range c.to {
			s.written(printed(args), to, comment)
		}
	case "docker", "podman", "nerdctl":
		s.run(c.no, args, comment)
	case "sh", "bash", "dash", "ash":
		for i, a := range args {
			if strings.HasPrefix(a.text, "-") && strings.HasSuffix(a.text, "c") && i+1 < len(args) && depth < nestMost {
				inner, _ := lex(args[i+1].no, args[i+1].text)
				for k := range inner {
					s.read(&inner[k], comment, depth+1)
					if k > 0 && inner[k-1].piped {
						s.pipe(&inner[k-1], &inner[k], comment)
					}
				}
			}
		}
	}
}

// unwrapped takes off what stands before the command proper.
func unwrapped(words []word) []word {
	for len(words) > 0 {
		w := words[0].text
		switch {
		case slices.Contains([]string{"sudo", "exec", "command", "then", "do", "else", "!", "{", "if", "nohup", "doas"}, w):
		case strings.HasPrefix(w, "ExecStart") || strings.HasPrefix(w, "ExecStop"): // of a systemd unit
			if _, first, ok := strings.Cut(w, "="); ok && first != "" {
				words[0].text = strings.TrimLeft(first, "-@+!:")
				return words
			}
		case len(words) > 1 && strings.HasPrefix(w, "-"): // an option of sudo
		case strings.Contains(w, "=") && !strings.ContainsAny(w[:strings.Index(w, "=")], "./"): // LC_ALL=C sysctl
		default:
			return words
		}
		words = words[1:]
	}
	return words
}

func (s *script) add(a Assignment) {
	a.File, a.Build = s.text.File, s.docker && s.build
	s.text.Assignments = append(s.text.Assignments, a)
}

// sysctl reads the arguments of sysctl(8).
func (s *script) sysctl(args []word, comment string) {
	for _, w := range args {
		if strings.HasPrefix(w.text, "-") && !strings.Contains(w.text, "=") || strings.HasPrefix(w.text, "--") {
			continue
		}
		a, ok := confLine(w.text)
		if !ok || a.Exclude {
			continue
		}
		a.Line, a.By, a.Open, a.Comment = w.no, ByCommand, w.open, comment
		s.add(a)
	}
}
