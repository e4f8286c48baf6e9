package timeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// remark is a note with its place.
type remark struct {
	evidence.Remark
	lines []string
	y     float64
}

func (p *plan) noteEvent(n evidence.Remark, r *remark) event {
	e := event{at: n.At, shown: true, y: &r.y}
	r.Remark = n
	if n.Host == "" {
		r.lines = fold(n.Text, 60, 1)
		for i := range p.wires {
			for side := range 2 {
				e.needs = append(e.needs, need{lane: lane{'w', i, side}, above: labelRoom, below: 4})
			}
		}
		return e
	}
	r.lines = fold(n.Text, 24, 3)
	height := float64(len(r.lines)-1) * lineHeight
	e.needs = []need{{lane: lane{'n', p.host(n.Host), 0}, above: lineHeight + 2, below: max(0, height)}}
	return e
}

func (p *plan) drawNote(c *canvas, r remark) {
	if r.Host == "" {
		for _, w := range p.wires {
			c.path("rule", point{w.x, r.y}, point{w.y, r.y})
			c.text("across", "middle", point{(w.x + w.y) / 2, r.y + 4}, 0, strings.Join(r.lines, " "))
		}
		return
	}
	column := &p.columns[p.host(r.Host)]
	x := column.note()
	c.path("lead", point{column.left, r.y}, point{x, r.y})
	c.dot(point{column.left, r.y})
	for i, line := range r.lines {
		at := point{x + column.side*4, r.y + 4 + float64(i)*lineHeight}
		c.text("note", anchor(column.side), at, 0, line)
	}
}

// drawBands draws what lies behind everything: hosts in the middle, and the
// stripes of cut time.
func (p *plan) drawBands(c *canvas) {
	for _, column := range p.columns {
		c.rect("inside", column.left, p.top, column.right-column.left, p.bottom-p.top)
	}
	for _, b := range p.scale.bands {
		c.rect("band", margin/2, b.y, p.width-margin, bandHeight)
		if len(p.wires) == 0 {
			c.text("cut", "middle", point{p.width / 2, b.y + bandHeight/2 + 4}, 0, b.text)
		}
		for _, w := range p.wires {
			c.text("cut", "middle", point{(w.x + w.y) / 2, b.y + bandHeight/2 + 4}, 0, b.text)
		}
	}
}

// drawCuts breaks every line that goes through a cut.
func (p *plan) drawCuts(c *canvas) {
	for _, b := range p.scale.bands {
		y := b.y + bandHeight/2
		for i := range p.columns {
			column := &p.columns[i]
			cut(c, column.left, y)
			if column.right != column.left {
				cut(c, column.right, y)
			}
		}
		for _, s := range p.bars {
			if s.start < b.y && (s.Open || s.end > b.y) {
				column := &p.columns[p.host(s.Host)]
				for j, tuple := range column.lanes {
					if tuple == s.Tuple {
						cut(c, column.bar(j), y)
					}
				}
			}
		}
	}
}

func cut(c *canvas, x, y float64) {
	const reach, rise, gap = 9, 3, 3
	c.path("gap", point{x - reach, y + rise}, point{x + reach, y - rise})
	c.path("zig", point{x - reach, y + rise - gap}, point{x + reach, y - rise - gap})
	c.path("zig", point{x - reach, y + rise + gap}, point{x + reach, y - rise + gap})
}

func (p *plan) drawTimes(c *canvas) {
	for _, m := range p.scale.marks {
		c.text("time", "end", point{margin + timeWidth - 14, m.y + 3.5}, 0, m.text)
	}
}

// drawFoot says what the drawing means and what it lacks.
func (p *plan) drawFoot(c *canvas) {
	y := p.bottom + 24
	for _, line := range p.foot() {
		c.text("foot", "start", point{margin, y}, 0, line)
		y += lineHeight + 1
	}
}

// foot explains only what the picture has.
func (p *plan) foot() []string {
	var legend []string
	has := func(is func(arrow) bool) bool { return slices.ContainsFunc(p.arrows, is) }
	if has(func(a arrow) bool { return a.ByHand }) {
		legend = append(legend, "dashed: made by hand")
	}
	if has(func(a arrow) bool { return a.Fate == evidence.Duplicated }) {
		legend = append(legend, "dotted: a copy made by the network")
	}
	if has(func(a arrow) bool { return a.Fate == evidence.Lost }) {
		legend = append(legend, "cross: lost")
	}
	if slices.ContainsFunc(p.bars, func(b bar) bool { return b.State == tcp.TimeWait }) {
		legend = append(legend, "hatched: TIME_WAIT and how long it lasted")
	}
	legend = append(legend, "sequence numbers count from the SYN", "time is not to scale")
	lines := []string{strings.Join(legend, " · ")}
	if says := p.omitted.says(); says != "" {
		lines = append(lines, says)
	}
	if len(p.segments)+len(p.stays)+len(p.notes) == 0 {
		lines = append(lines, "nothing was seen")
	}
	return lines
}

// title returns the lines of the title, as wide as the picture is anyway.
func (p *plan) title() []string {
	return fold(p.options.Title, int((p.width-2*margin)/titleLetter), 4)
}

// headHeight is where the hosts' lines begin.
func (p *plan) headHeight() float64 {
	y := float64(margin + 22)
	y += 22 * float64(len(p.title()))
	if p.options.Subtitle != "" {
		y += 18
	}
	return y + float64(len(p.connections))*lineHeight + 14
}

// head begins the document: size, style, title, and which connections there
// are.
func (p *plan) head() string {
	var c canvas
	y := float64(margin)
	for _, line := range p.title() {
		y += 14
		c.text("title", "start", point{margin, y}, 0, line)
		y += 8
	}
	if p.options.Subtitle != "" {
		y += 12
		c.text("sub", "start", point{margin, y}, 0, visible(p.options.Subtitle, 160))
		y += 6
	}
	for i, tuple := range p.connections {
		y += lineHeight
		text := fmt.Sprintf("%s ↔ %s", tuple.Src, tuple.Dst)
		if len(p.connections) > 1 {
			text = fmt.Sprintf("#%d  %s", i+1, text)
		}
		c.text("foot", "start", point{margin, y}, 0, text)
	}
	height := p.bottom + 24 + float64(len(p.foot()))*(lineHeight+1)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img">`+
		"\n<title>%s</title>\n<style>%s</style>\n"+
		`<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`+
		`<rect width="6" height="6" fill="#fff"/><rect width="2.6" height="6" fill="#d9772b"/></pattern></defs>`+"\n"+
		`<rect width="100%%" height="100%%" fill="#fff"/>`+"\n%s",
		p.width, height, p.width, height, markup(p.options.Title, 400), style, c.texts.String())
}
