package diagram

import (
	"fmt"
	"slices"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/escape"
)

// key explains the kinds of lines that are there, in the corner that no way
// goes through.
func (c *canvas) key(f figure) {
	y := 22
	say := func(r role, text string) {
		if f.has(r) {
			fmt.Fprintf(&c.b, `<path class="line %s" d="M%d %d L%d %d"/>`+"\n", r, margin, y-4, margin+44, y-4)
			c.text("note", 1, point{margin + 56, y}, text)
			y += 21
		}
	}
	say(active, activeWords(f))
	say(passive, passiveWords)
	say(opens, "the opening, and opening again")
	for i, line := range escape.Fold(labelWords, 50) {
		c.text("note", 1, point{margin, y + i*lineHeight}, line)
	}
}

// The columns of the legend.
const (
	nextColumn  = margin + 108
	sendsColumn = nextColumn + 108
	eventColumn = sendsColumn + 130
	eventWidth  = 100 // letters
)

// group is a line of the legend: events with the same effect.
type group struct {
	to     tcp.State
	sends  string
	events []string
}

// legend lists by state what is not drawn.
func (c *canvas) legend(f figure) {
	if len(f.rest) == 0 {
		return
	}
	c.paragraph("head", "Not drawn", paragraph, 20)
	c.paragraph("note", f.omitted(), paragraph, lineHeight)
	c.y += 16
	for i, name := range []string{"in state", "goes to", "sends", "when"} {
		c.text("of", 1, point{[]int{margin, nextColumn, sendsColumn, eventColumn}[i], c.y}, name)
	}
	c.y += 6
	for i, s := range f.order() {
		c.legendOf(s, groups(f.rest, s), i%2 == 0)
	}
	c.y += margin / 2
}

// order is that of the states in what is not drawn.
func (f figure) order() (list []tcp.State) {
	for _, t := range f.rest {
		if !slices.Contains(list, t.From) {
			list = append(list, t.From)
		}
	}
	return list
}

// groups joins the transitions of a state, those that leave it first.
func groups(rest []tcp.Transition, s tcp.State) (list []group) {
	for _, t := range rest {
		if t.From != s {
			continue
		}
		g := group{to: t.To, sends: sends(t, ", ")}
		i := slices.IndexFunc(list, func(have group) bool { return have.to == g.to && have.sends == g.sends })
		if i < 0 {
			i = len(list)
			list = append(list, g)
		}
		if event := escape.Text(t.Event, true); !slices.Contains(list[i].events, event) {
			list[i].events = append(list[i].events, event)
		}
	}
	var order []tcp.State
	for _, g := range list {
		if g.to != s {
			order = append(order, g.to)
		}
	}
	order = append(order, s)
	slices.SortStableFunc(list, func(a, b group) int { return slices.Index(order, a.to) - slices.Index(order, b.to) })
	return list
}

func (c *canvas) legendOf(s tcp.State, list []group, band bool) {
	var folded [][]string
	height := 10
	for _, g := range list {
		lines := fill(g.events, " · ", eventWidth)
		folded = append(folded, lines)
		height += len(lines) * lineHeight
	}
	if band {
		fmt.Fprintf(&c.b, `<rect class="band" x="%d" y="%d" width="%d" height="%d"/>`+"\n", margin-10, c.y, pictureWidth-2*margin+20, height)
	}
	c.y += lineHeight + 2
	c.text("of", 1, point{margin, c.y}, s.String())
	for i, g := range list {
		next, sent := g.to.String(), g.sends
		if g.to == s {
			next = "stays"
		}
		if sent == "" {
			sent = "nothing"
		}
		c.text("cell", 1, point{nextColumn, c.y}, next)
		c.text("cell", 1, point{sendsColumn, c.y}, sent)
		for _, line := range folded[i] {
			c.text("cell", 1, point{eventColumn, c.y}, line)
			c.y += lineHeight
		}
	}
	c.y += 8 - lineHeight
}
