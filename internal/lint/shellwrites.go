package lint

import (
	"strconv"
	"strings"
)

// printed is what echo or printf prints, as far as the words tell.
func printed(args []word) word {
	var out word
	var parts []string
	for i, a := range args {
		if i == 0 && len(args) > 1 && strings.HasPrefix(a.text, "-") && strings.Trim(a.text, "-neE") == "" {
			continue
		}
		if strings.Contains(a.text, "%s") && len(args) > 1 { // the format of printf
			continue
		}
		if len(parts) == 0 {
			out.no = a.no
		}
		parts = append(parts, a.text)
		out.open = out.open || a.open
	}
	out.text = strings.Join(parts, " ")
	return out
}

// written is text that goes to a file: a value below /proc/sys, or lines for a
// file of sysctl.
func (s *script) written(what, to word, comment string) {
	if key, ok := strings.CutPrefix(to.text, "/proc/sys/"); ok {
		s.add(Assignment{
			Place: Place{Line: to.no}, Key: swap(key), Value: strings.TrimSpace(strings.TrimSuffix(what.text, `\n`)),
			By: ByProc, Open: what.open || to.open, Comment: comment,
		})
		return
	}
	if !isSysctlFile(to.text) {
		return
	}
	no := what.no
	for text := range strings.Lines(what.text) {
		for part := range strings.SplitSeq(text, `\n`) { // echo -e and printf make lines of it
			part = strings.TrimSpace(part)
			if strings.HasPrefix(part, "#") {
				comment = strings.TrimSpace(strings.TrimLeft(part, "#"))
			}
			s.appended(no, part, what.open, comment)
		}
		no++
	}
}

// appended is one line that a script writes into a file of sysctl.
func (s *script) appended(no int, text string, open bool, comment string) {
	if text == "" || text[0] == '#' || text[0] == ';' {
		return
	}
	if a, ok := confLine(text); ok {
		a.Line, a.By, a.Open, a.Comment = no, ByAppend, open && strings.ContainsAny(a.Value, "$`"), comment
		s.add(a)
	}
}

// isSysctlFile reports whether a file is one that sysctl reads, by its name.
func isSysctlFile(name string) bool {
	return strings.HasSuffix(name, "sysctl.conf") || strings.Contains(name, "sysctl.d/")
}

// pipe is "echo 1 | tee /proc/sys/…".
func (s *script) pipe(from, to *command, comment string) {
	source, sink := unwrapped(from.words), unwrapped(to.words)
	if len(source) == 0 || len(sink) == 0 || sink[0].text != "tee" || source[0].text != "echo" && source[0].text != "printf" {
		return
	}
	for _, w := range sink[1:] {
		s.written(printed(source[1:]), w, comment)
	}
}

// document reads the here document of the first of commands, whose lines begin
// at i, and returns the index after it. It counts if a command of the pipe
// writes to a file of sysctl.
func (s *script) document(commands []command, lines []line, i int) int {
	wanted := false
	for k := range commands {
		for _, w := range append(commands[k].to, commands[k].words...) {
			wanted = wanted || isSysctlFile(w.text)
		}
		if !commands[k].piped {
			break
		}
	}
	comment := ""
	for end := commands[0].here; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i].text)
		if text == end {
			return i + 1
		}
		if !wanted {
			continue
		}
		if strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") {
			comment = strings.TrimSpace(strings.TrimLeft(text, "#;"))
			continue
		}
		s.appended(lines[i].no, text, true, comment)
		comment = ""
	}
	return i
}

// run reads --sysctl and --network of docker run.
func (s *script) run(no int, args []word, comment string) {
	host := false
	var found []Assignment
	for i := 0; i < len(args); i++ {
		option, value, joined := strings.Cut(args[i].text, "=")
		open := args[i].open
		if !joined && i+1 < len(args) {
			value, open = args[i+1].text, args[i+1].open
		}
		switch option {
		case "--net", "--network":
			host = host || value == "host"
		case "--sysctl":
			if a, ok := confLine(value); ok && !a.Exclude {
				a.Line, a.By, a.Open, a.Comment = args[i].no, ByRun, open, comment
				a.Scope = "container in line " + strconv.Itoa(no)
				found = append(found, a)
			}
		default:
			continue
		}
		if !joined {
			i++
		}
	}
	for _, a := range found {
		a.HostNetwork = host
		s.add(a)
	}
}
