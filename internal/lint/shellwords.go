package lint

import "strings"

// command is a simple command of a shell script: its words without quotes,
// and where its output goes.
type command struct {
	no    int // line of its first word
	words []word
	to    []word // targets of > and >>
	here  string // the delimiter of a here document, if it has one
	piped bool   // its output goes to the next command
}

// word is a word of a command.
type word struct {
	no   int // line where it begins
	text string
	open bool // holds an expansion that only the shell can make
}

// scanner cuts shell text into commands. It knows quotes, comments, separators
// and redirections, which is enough to find settings; everything else
// (functions, loops, substitutions) is words to it.
type scanner struct {
	commands []command
	now      command
	no       int // the line
	word     strings.Builder
	inWord   bool
	began    int // line where the word begins
	open     bool
	into     *[]word // where the next word goes after a redirection
	comment  string  // the last comment seen on the line
}

// lex cuts one logical line, which begins at line no, into commands.
func lex(no int, text string) (commands []command, comment string) {
	l := &scanner{no: no}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			i = l.single(text, i+1)
		case c == '"':
			i = l.double(text, i+1)
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] == '\n' { // the command goes on
				l.no++
				continue
			}
			l.add(text[i])
		case c == '#' && !l.inWord:
			l.comment = strings.TrimSpace(text[i+1:])
			i = len(text)
		case c == '\n':
			l.endCommand(false)
			l.no++
		case c == '$' || c == '`':
			l.open = true
			l.add(c)
		case blank(rune(c)):
			l.endWord()
		case strings.IndexByte(";|&()<>", c) >= 0:
			i = l.operator(text, i)
		default:
			l.add(c)
		}
	}
	l.endCommand(false)
	return l.commands, l.comment
}

func (l *scanner) add(c byte) {
	l.begin()
	l.word.WriteByte(c)
	if c == '\n' {
		l.no++
	}
}

func (l *scanner) begin() {
	if !l.inWord {
		l.inWord, l.began = true, l.no
	}
}

// single takes a '…' part and returns the index of its end.
func (l *scanner) single(text string, i int) int {
	l.begin()
	for ; i < len(text) && text[i] != '\''; i++ {
		l.add(text[i])
	}
	return i
}

// double takes a "…" part, in which \ protects and $ expands.
func (l *scanner) double(text string, i int) int {
	l.begin()
	for ; i < len(text) && text[i] != '"'; i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && strings.IndexByte("\"\\$`", text[i+1]) >= 0:
			i++
			l.add(text[i])
		case c == '$' || c == '`':
			l.open = true
			l.add(c)
		default:
			l.add(c)
		}
	}
	return i
}

// operator takes an operator and returns the index of its last byte.
func (l *scanner) operator(text string, i int) int {
	next := byte(0)
	if i+1 < len(text) {
		next = text[i+1]
	}
	switch c := text[i]; c {
	case '>':
		// A number right before > names a descriptor: "2>". It is no word.
		if w := l.word.String(); l.inWord && strings.Trim(w, "0123456789") == "" {
			l.word.Reset()
			l.inWord = false
		}
		l.endWord()
		l.into = &l.now.to
		if next == '>' || next == '|' || next == '&' {
			return i + 1
		}
	case '<':
		l.endWord()
		if next == '<' {
			return l.hereDocument(text, i+2)
		}
		l.into = new([]word) // input matters to nobody
	case '|':
		l.endCommand(next != '|')
		if next == '|' || next == '&' {
			return i + 1
		}
	default:
		l.endCommand(false)
		if next == c {
			return i + 1
		}
	}
	return i
}

// hereDocument reads the delimiter after <<.
func (l *scanner) hereDocument(text string, i int) int {
	if i < len(text) && text[i] == '<' { // <<< is one word of input
		l.into = new([]word)
		return i
	}
	rest := strings.TrimLeft(strings.TrimPrefix(text[i:], "-"), " \t")
	end := strings.IndexAny(rest, " \t;|&<>)")
	if end < 0 {
		end = len(rest)
	}
	l.now.here = strings.Trim(rest[:end], `'"\`)
	return len(text) - len(rest) + end - 1
}

func (l *scanner) endWord() {
	if !l.inWord {
		return
	}
	into := &l.now.words
	if l.into != nil {
		into = l.into
	}
	if l.now.no == 0 {
		l.now.no = l.began
	}
	*into = append(*into, word{l.began, l.word.String(), l.open})
	l.word.Reset()
	l.inWord, l.open, l.into = false, false, nil
}

func (l *scanner) endCommand(piped bool) {
	l.endWord()
	if len(l.now.words) > 0 || len(l.now.to) > 0 || l.now.here != "" {
		l.now.piped = piped
		l.now.no = max(l.now.no, 1)
		l.commands = append(l.commands, l.now)
	}
	l.now = command{}
	l.into = nil
}
