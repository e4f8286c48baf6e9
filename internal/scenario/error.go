package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

const (
	errorsMost = 20  // of one file that are reported
	errorsKept = 200 // the others are only counted
)

// Error is one thing that is wrong in a scenario file.
type Error struct {
	File         string
	Line, Column int    // counted from 1; columns are characters
	Text         string // printable
}

// Error returns "file:line:column: text".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text) }

// problems collects what is wrong; each thing is told once.
type problems struct {
	file   string
	prefix string // of every text
	list   []*Error
	known  map[Error]bool
	more   int // that were not kept
}

func (p *problems) add(line, column int, format string, args ...any) {
	e := Error{p.file, line, column, printable(p.prefix + fmt.Sprintf(format, args...))}
	switch {
	case p.known[e]:
	case len(p.list) == errorsKept:
		p.more++
	default:
		if p.known == nil {
			p.known = map[Error]bool{}
		}
		p.known[e] = true
		p.list = append(p.list, &e)
	}
}

// printable escapes what a terminal might obey: the text of a file is quoted
// in messages.
func printable(s string) string {
	var out strings.Builder
	for _, c := range s {
		if unicode.IsPrint(c) {
			out.WriteRune(c)
		} else {
			fmt.Fprintf(&out, "\\u%04x", c)
		}
	}
	return out.String()
}

// addCases adds the problems of each case. What is wrong in some cases only is
// told with the first of them.
func (p *problems) addCases(rows []*row, found []*problems) {
	times := map[Error]int{}
	for _, f := range found {
		for _, e := range f.list {
			times[*e]++
		}
	}
	for i, f := range found {
		p.more += f.more
		for _, e := range f.list {
			switch times[*e] {
			case 0: // told
			case len(rows):
				p.add(e.Line, e.Column, "%s", e.Text)
			default:
				p.add(e.Line, e.Column, "%s (in the case on line %d)", e.Text, rows[i].node.line)
			}
			times[*e] = 0
		}
	}
}

// err returns all problems in the order of the file, or nil.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var all []error
	for i, e := range p.list {
		if i == errorsMost {
			all = append(all, fmt.Errorf("and %d more", len(p.list)-i+p.more))
			break
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}
