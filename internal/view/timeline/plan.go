package timeline

import (
	"fmt"
	"slices"

	"github.com/linger-dev/linger/internal/tcp"
)

// Widths and heights, in the units of the picture: about pixels.
const (
	margin      = 16
	timeWidth   = 62
	wireWidth   = 470
	loopWidth   = 330 // right of a host that talks to itself
	stayWidth   = 104
	listenWide  = 62  // of a listener, which has one state
	nameWidth   = 115 // at least beside the first and the last host, for its name
	noteWidth   = 150
	barWidth    = 12
	barOffset   = 15 // from the host's line to the middle of the nearest bar
	lineHeight  = 13
	arrowFall   = 15 // how far an arrow slants at least
	titleLetter = 10 // about the width of a letter in the title
	labelRoom   = 18 // above the start of an arrow
)

// plan is a picture with a place for everything.
type plan struct {
	drawing
	options       Options
	columns       []column
	arrows        []arrow
	bars          []bar
	remarks       []remark
	scale         scale
	width, bottom float64
	top           float64 // of the hosts' lines
	wires         []point // the left and right edges of the spaces between hosts
}

// column is where a host is.
type column struct {
	left, right float64 // its line; two lines with its states between them for a host in the middle
	side        float64 // -1 if states stand to the left of the line, else +1
	lanes       []tcp.FourTuple
	noted       bool
}

func (c *column) depth() float64 {
	width := c.depthOf(len(c.lanes))
	if c.noted {
		width += noteWidth
	}
	return width
}

// depthOf returns the width of the first n lanes.
func (c *column) depthOf(n int) (width float64) {
	for _, tuple := range c.lanes[:n] {
		if listens(tuple) {
			width += listenWide
		} else {
			width += stayWidth
		}
	}
	return width
}

// bar returns the middle of the bars of a lane.
func (c *column) bar(lane int) float64 {
	return c.left + c.side*(barOffset+c.depthOf(lane))
}

// note returns where notes begin.
func (c *column) note() float64 {
	return c.left + c.side*(c.depthOf(len(c.lanes))+14)
}

func newPlan(d drawing, o Options) *plan {
	p := &plan{drawing: d, options: o}
	p.layColumns()
	p.top = p.headHeight()
	p.scale.used = map[lane]float64{}
	p.bottom = p.scale.place(p.events(), p.top+12, d.end)
	return p
}

// layColumns finds the lanes of each host and puts hosts side by side.
func (p *plan) layColumns() {
	p.columns = make([]column, len(p.hosts))
	for _, s := range p.stays {
		c := &p.columns[p.host(s.Host)]
		if !slices.Contains(c.lanes, s.Tuple) {
			c.lanes = append(c.lanes, s.Tuple)
		}
	}
	for _, n := range p.notes {
		if n.Host != "" {
			p.columns[p.host(n.Host)].noted = true
		}
	}
	x := float64(margin + timeWidth)
	for i := range p.columns {
		c := &p.columns[i]
		p.sortLanes(c)
		switch last := i == len(p.columns)-1; {
		case i == 0:
			x += max(c.depth(), nameWidth)
			c.side, c.left, c.right = -1, x, x
		case last:
			c.side, c.left, c.right = 1, x, x
			x += max(c.depth(), nameWidth)
		case c.depth() == 0:
			c.side, c.left, c.right = 1, x, x
		default:
			c.side, c.left, c.right = 1, x, x+c.depth()+barOffset
			x = c.right
		}
		switch {
		case i < len(p.columns)-1:
			p.wires = append(p.wires, point{c.right, c.right + wireWidth})
			x += wireWidth
		case i == 0:
			p.wires = append(p.wires, point{c.right, c.right + loopWidth})
			x += loopWidth
		}
	}
	p.width = max(x+margin, 480)
}

// sortLanes puts connections by their number, then listeners.
func (p *plan) sortLanes(c *column) {
	rank := func(t tcp.FourTuple) int {
		if listens(t) {
			return maxConnections
		}
		return p.connection(t)
	}
	slices.SortStableFunc(c.lanes, func(a, b tcp.FourTuple) int { return rank(a) - rank(b) })
}

// events returns everything that needs a place. At the same instant, what was
// done comes before the segments that it sends, and they before the states.
func (p *plan) events() []event {
	var list []event
	p.remarks = make([]remark, len(p.notes))
	for i, n := range p.notes {
		list = append(list, p.noteEvent(n, &p.remarks[i]))
	}
	p.arrows = make([]arrow, len(p.segments))
	for i, s := range p.segments {
		if p.skipped > 0 && i == p.skipAt {
			text := fmt.Sprintf("… %s not drawn …", count(p.skipped, "segment"))
			list = append(list, event{at: p.skipFrom, skip: p.skipEnd, band: text})
		}
		p.arrows[i].number = i
		list = append(list, p.segmentEvents(s, &p.arrows[i])...)
	}
	p.bars = make([]bar, len(p.stays))
	for i, s := range p.stays {
		list = append(list, p.stayEvents(s, &p.bars[i])...)
	}
	return list
}

// draw draws from the back to the front.
func (p *plan) draw(c *canvas) {
	p.drawBands(c)
	for _, r := range p.remarks {
		p.drawNote(c, r)
	}
	p.drawHosts(c)
	for _, b := range p.bars {
		p.drawBar(c, b)
	}
	for _, a := range p.arrows {
		p.drawArrow(c, a)
	}
	p.drawCuts(c)
	p.drawTimes(c)
	p.drawFoot(c)
}
