// Package diagram draws the states of a TCP and the moves between them, in the
// manner of RFC 9293 figure 5. SVG is for documents and browsers, Text for
// terminals.
//
// Only the places of the states and the ways of the arrows are fixed. Which
// states and arrows there are, what they are labelled with and which of them
// are drawn at all, comes from the transitions: a move that the machine does
// not make is not in the picture.
package diagram

import (
	"fmt"
	"io"

	"github.com/linger-dev/linger/internal/tcp"
)

// Options are what a picture says of itself, and for Text how it may be
// printed.
type Options struct {
	Title   string
	Intro   []string // paragraphs before the drawing
	Width   int      // of Text, in columns; 0 means 80, and below 80 there is only the table
	Unicode bool     // Text may use more than ASCII
}

// SVG writes a picture that needs nothing else: no fonts, no scripts, no style
// sheets. It can be read without colours. Below the figure is a list of the
// transitions that are no arrows in it. Titles and events may come from
// strangers. The same transitions give the same bytes. An error is one of
// writing.
func SVG(w io.Writer, transitions []tcp.Transition, o Options) error {
	if _, err := io.WriteString(w, picture(newFigure(transitions), o)); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}

// Text writes the figure and a table of all transitions for terminals. Titles
// and events may come from strangers. An error is one of writing.
func Text(w io.Writer, transitions []tcp.Transition, o Options) error {
	if o.Width <= 0 {
		o.Width = gridWidth
	}
	p := page{Options: o}
	p.intro()
	p.figure(newFigure(transitions))
	p.table(transitions)
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("write diagram: %w", err)
	}
	return nil
}
