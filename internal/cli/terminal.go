package cli

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/text"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// textOptions says how to print on standard output.
func (p *program) textOptions() text.Options {
	o := text.Options{Width: 80, Unicode: unicodeLocale()}
	if !p.outTTY {
		return o
	}
	o.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(int(p.out.(*os.File).Fd())); err == nil && width > 0 {
		o.Width = width
	}
	return o
}

// errWidth is the width of standard error, if it is a terminal.
func (p *program) errWidth() int {
	f, ok := p.err.(*os.File)
	if !ok {
		return 80
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// unicodeLocale reports whether the locale says UTF-8, in the order in which
// the C library asks.
func unicodeLocale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// language is what --lang says, or else the locale.
func language(flag string) say.Lang {
	if l, ok := say.Parse(flag); ok {
		return l
	}
	return say.Of(os.Getenv)
}
