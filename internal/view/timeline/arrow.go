package timeline

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// arrow is a segment with its place.
type arrow struct {
	evidence.Passage
	start, end float64
	number     int
}

// steep is the fall from which an arrow is bent: straight, it would cross the
// labels of others.
const steep = 40

// longLabel is how many letters fit into half of the way. A longer label needs
// room also on the other side, where those of the other host begin.
const longLabel = 34

// touch returns the lane in which an arrow between two hosts touches the
// first.
func (p *plan) touch(host, other int) lane {
	if other < host || other == host && host > 0 && host == len(p.hosts)-1 {
		return lane{'w', host - 1, 1}
	}
	return lane{'w', host, 0}
}

func (p *plan) segmentEvents(s evidence.Passage, a *arrow) []event {
	from, to := p.host(s.From), p.host(s.To)
	a.Passage = s
	out := event{at: s.At, shown: true, y: &a.start, needs: []need{{lane: p.touch(from, to), above: labelRoom}}}
	if utf8.RuneCountInString(p.says(*a)) > longLabel {
		opposite := p.touch(from, to)
		opposite.j = 1 - opposite.j
		out.needs = append(out.needs, need{lane: opposite, above: labelRoom, below: 8})
	}
	if s.Fate == evidence.Lost {
		a.end = math.NaN()
		out.needs[0].below = 4
		return []event{out}
	}
	in := event{
		at: s.Arrival(), y: &a.end, after: &a.start, by: arrowFall,
		needs: []need{{lane: p.touch(to, from), above: 12}},
	}
	return []event{out, in}
}

// styles returns the class of an arrow's line and of its head.
func (a *arrow) styles() (line, tip string) {
	switch reset := a.Flags.Has(tcp.RST); {
	case reset && a.ByHand:
		return "resethand", "resettip"
	case reset:
		return "reset", "resettip"
	case a.ByHand:
		return "hand", "tip"
	case a.Fate == evidence.Duplicated:
		return "again", "tip"
	}
	return "arrow", "tip"
}

// says is the arrow's label.
func (p *plan) says(a arrow) string {
	text := label(a.Passage)
	if len(p.connections) > 1 {
		text = fmt.Sprintf("#%d %s", p.connection(a.Tuple)+1, text)
	}
	if a.From == a.To {
		text = fmt.Sprintf(":%d → :%d  %s", a.Tuple.Src.Port(), a.Tuple.Dst.Port(), text)
	}
	switch {
	case a.ByHand:
		text += " · by hand"
	case a.Fate == evidence.Duplicated:
		text += " · duplicate"
	}
	switch {
	case a.Fate == evidence.Lost:
		text += " · lost"
	case a.Missing():
		text += " · held back"
	case a.Fate == evidence.Delayed:
		text += " · " + span(a.Arrival()-a.At) + " late"
	}
	return text
}

func (p *plan) drawArrow(c *canvas, a arrow) {
	from, to := p.host(a.From), p.host(a.To)
	if from == to {
		p.drawLoop(c, a)
		return
	}
	x1, x2, side := p.columns[from].right, p.columns[to].left, 1.0
	if to < from {
		x1, x2, side = p.columns[from].left, p.columns[to].right, -1
	}
	line, tip := a.styles()
	middle := (x1+x2)/2 + float64(a.number%7-3)*9 // so that those that bend side by side can be told apart
	start, end := point{x1, a.start}, point{x2, a.end}
	slope := (a.end - a.start) / math.Abs(x2-x1)
	switch {
	case a.Missing():
		slope = arrowFall / math.Abs(x2-x1)
		end = point{(x1+x2)/2 - side*40, a.start + arrowFall/2}
		c.path(line, start, end)
		if a.Fate == evidence.Lost {
			c.cross(end)
		}
	case a.end-a.start > steep:
		const leg = 10
		slope = leg / math.Abs(middle-x1)
		turn := point{middle, a.end - leg}
		c.path(line, start, point{middle, a.start + leg}, turn, end)
		c.head(tip, turn, end)
	default:
		c.path(line, start, point{x2 - side*6, a.end - slope*6})
		c.head(tip, start, end)
	}
	const inset = 13
	at := point{x1 + side*inset, a.start + slope*inset - 5}
	c.text(p.ink(a), anchor(side), at, side*math.Atan(slope)*180/math.Pi, p.says(a))
}

// ink is the class of an arrow's label.
func (p *plan) ink(a arrow) string {
	if a.Flags.Has(tcp.RST) {
		return "rst"
	}
	return "seg"
}

// anchor is that of a text which begins at a line on the left and runs to the
// right, or the reverse.
func anchor(side float64) string {
	if side < 0 {
		return "end"
	}
	return "start"
}

// drawLoop draws a segment of a host to itself, as on the loopback interface.
func (p *plan) drawLoop(c *canvas, a arrow) {
	const reach, round = 46, 5
	i := p.host(a.From)
	x, side := p.columns[i].right, 1.0
	if i > 0 && i == len(p.hosts)-1 {
		x, side = p.columns[i].left, -1
	}
	line, tip := a.styles()
	far := x + side*reach
	says := point{far + side*8, a.start + arrowFall/2 + 4}
	if a.Fate == evidence.Lost {
		c.path(line, point{x, a.start}, point{far - 6*side, a.start})
		c.cross(point{far - 6*side, a.start})
		c.text(p.ink(a), anchor(side), point{says.x, a.start + 4}, 0, p.says(a))
		return
	}
	c.path(line, point{x, a.start}, point{far - side*round, a.start}, point{far, a.start + round},
		point{far, a.end - round}, point{far - side*round, a.end}, point{x + side*6, a.end})
	c.head(tip, point{far, a.end}, point{x, a.end})
	c.text(p.ink(a), anchor(side), says, 0, p.says(a))
}
