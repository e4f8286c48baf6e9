package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// errorsMost is how many errors of one file are reported.
const errorsMost = 20

// Error is one thing that is wrong in a scenario file.
type Error struct {
	File         string
	Line, Column int // counted from 1
	Text         string
}

// Error returns "file:line:column: text".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text) }

// problems collects what is wrong; each thing is told once.
type problems struct {
	file string
	list []*Error
}

func (p *problems) add(line, column int, format string, args ...any) {
	e := &Error{p.file, line, column, fmt.Sprintf(format, args...)}
	if !slices.ContainsFunc(p.list, func(known *Error) bool { return *known == *e }) {
		p.list = append(p.list, e)
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
			all = append(all, fmt.Errorf("and %d more", len(p.list)-i))
			break
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}
