package timeline

import (
	"fmt"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// bar is a state with its place.
type bar struct {
	evidence.Stay
	start, end float64
	last       bool // after it, the socket is gone
}

func (p *plan) stayEvents(s evidence.Stay, b *bar) []event {
	b.Stay = s
	host := p.host(s.Host)
	in := lane{'s', host, slices.Index(p.columns[host].lanes, s.Tuple)}
	height := float64(lineHeight + 2)
	if s.State == tcp.TimeWait {
		height = 2*lineHeight + 4 // its length is written below its name
	}
	list := []event{{at: s.From, shown: true, y: &b.start, needs: []need{{lane: in, above: 1, below: height}}}}
	if !s.Open {
		out := event{at: max(s.From, s.Until), y: &b.end, after: &b.start, by: height}
		if b.last = p.isLast(s); b.last {
			out.shown = true
			out.needs = []need{{lane: in, below: lineHeight}}
		}
		list = append(list, out)
	}
	return list
}

func (p *plan) drawBar(c *canvas, b bar) {
	column := &p.columns[p.host(b.Host)]
	x := column.bar(slices.Index(column.lanes, b.Tuple))
	end := b.end
	if b.Open {
		end = p.bottom
	}
	class := "bar"
	switch b.State {
	case tcp.TimeWait:
		class = "wait"
	case tcp.Established:
		class = "live"
	}
	c.rect(class, x-barWidth/2, b.start, barWidth, max(2, end-b.start))
	at := point{x + column.side*(barWidth/2+5), b.start + 11}
	c.text("state", anchor(column.side), at, 0, b.State.String())
	if b.last {
		c.text("foot", anchor(column.side), point{at.x, b.end + 10}, 0, "gone")
	}
	if b.State != tcp.TimeWait {
		return
	}
	text := span(b.Length(p.end))
	if b.Open {
		text = "> " + text
	}
	c.text("long", anchor(column.side), point{at.x, at.y + lineHeight + 1}, 0, text)
}

// drawHosts draws the lines, and what stands above them.
func (p *plan) drawHosts(c *canvas) {
	for i, name := range p.hosts {
		column := &p.columns[i]
		c.path("line", point{column.left, p.top}, point{column.left, p.bottom})
		if column.right != column.left {
			c.path("line", point{column.right, p.top}, point{column.right, p.bottom})
		}
		c.text("host", "middle", point{(column.left + column.right) / 2, p.top - 8}, 0, visible(name, 30))
		for j, tuple := range column.lanes {
			text := fmt.Sprintf(":%d", tuple.Src.Port())
			if len(p.connections) > 1 && !listens(tuple) {
				text = fmt.Sprintf("#%d %s", p.connection(tuple)+1, text)
			}
			c.text("port", anchor(column.side), point{column.bar(j) + column.side*(barWidth/2+5), p.top + 6}, 0, text)
		}
	}
}
