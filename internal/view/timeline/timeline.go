// Package timeline draws an evidence.Timeline as the pictures of RFC 9293 do:
// hosts side by side, time running down, segments as arrows from one to the
// other, states beside the hosts. SVG is for documents and browsers, Text for
// terminals.
//
// Time is not to scale. It is stretched where labels need room, so that none
// hides another, and where nothing happens for half a second it is cut, with a
// mark that says for how long. Only the order of events is always true.
package timeline

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// What is drawn at most. A picture with more is no picture; what is left out
// is said in it.
const (
	maxHosts       = 6
	maxConnections = 6
	firstSegments  = 90 // from the beginning,
	lastSegments   = 50 // and from the end
	maxStays       = 120
	maxNotes       = 80
)

// pause is the time without events that is cut out.
const pause = 500 * time.Millisecond

// Options are what a picture says of itself.
type Options struct {
	Title    string
	Subtitle string
}

// SVG writes t as a picture that needs nothing else: no fonts, no scripts, no
// style sheets. It can be read without colours. Names, notes and titles may
// come from strangers. The same timeline gives the same bytes. An error is one
// of writing.
func SVG(w io.Writer, t evidence.Timeline, o Options) error {
	d := choose(t)
	p := newPlan(d, o)
	c := &canvas{}
	p.draw(c)
	var page strings.Builder
	page.WriteString(p.head())
	page.WriteString(c.lines.String())
	page.WriteString(c.texts.String())
	page.WriteString("</svg>\n")
	if _, err := io.WriteString(w, page.String()); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}
