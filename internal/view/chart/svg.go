package chart

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// The measures of a picture, in its own units.
const (
	pictureWidth = 860
	left, right  = 84, 24
	panelHeight  = 130
	panelGap     = 46
	headHeight   = 76
	footHeight   = 46
	markLine     = 17
	neverLine    = 9 // between the lines of values that are none
)

// SVG writes a figure as a picture of its own: no script, no font, nothing from
// elsewhere.
func SVG(w io.Writer, f Figure) error {
	d := &drawing{f: &f}
	for i := range f.Panels {
		if p := &f.Panels[i]; p.never() {
			d.rows = max(d.rows, len(p.Lines))
		}
	}
	height := headHeight + d.rows*neverLine + len(f.Panels)*(panelHeight+panelGap) + footHeight + markLine*len(f.Marks)
	d.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`, pictureWidth, height, pictureWidth, height)
	d.add("<title>%s</title>", html.EscapeString(f.Title))
	d.add("<style>%s</style>", style)
	d.add(`<rect width="%d" height="%d" fill="#fff"/>`, pictureWidth, height)
	d.text("title", left, 30, "start", f.Title)
	y := headHeight + d.rows*neverLine
	for i := range f.Panels {
		d.panel(&f.Panels[i], y)
		y += panelHeight + panelGap
	}
	y -= panelGap
	d.axis(y)
	for i, m := range f.Marks {
		d.text("", left, y+footHeight+markLine*i, "start", fmt.Sprintf("%d  %s  %s", i+1, f.X.format(m.At), m.Text))
	}
	d.b.WriteString("</svg>\n")
	if _, err := io.WriteString(w, d.b.String()); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}

const style = `text{font-family:system-ui,"Segoe UI","Helvetica Neue","DejaVu Sans",Arial,sans-serif;font-size:12px;fill:#1a1a1a}` +
	`.title{font-size:16px;font-weight:600}.name{font-weight:600}.small{fill:#444;font-size:11px}` +
	`.grid{stroke:#dcdcd6;stroke-width:1}.frame{stroke:#1a1a1a;stroke-width:1;fill:none}` +
	`.fill{fill:#a9c7dd;stroke:#0b5c94;stroke-width:1.4}.limit{stroke:#b8400a;stroke-width:1.4;stroke-dasharray:7 4}` +
	`.mark{stroke:#8a3b00;stroke-width:1;stroke-dasharray:2 3}`

// inks tell lines apart, beside the shapes of their points.
func inks() []string {
	return []string{"#0b5c94", "#b8400a", "#3f7d20", "#6a3d9a", "#8a6d00", "#1a1a1a"}
}

type drawing struct {
	f    *Figure
	rows int // lines that have values which are none
	b    strings.Builder
}

func (d *drawing) add(format string, args ...any) { fmt.Fprintf(&d.b, format+"\n", args...) }

func (d *drawing) text(class string, x, y int, anchor, text string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	d.add(`<text%s x="%d" y="%d" text-anchor="%s">%s</text>`, class, x, y, anchor, html.EscapeString(text))
}

func (d *drawing) x(v float64) float64 {
	return left + d.f.X.at(v)*(pictureWidth-left-right)
}

// panel draws one panel whose upper edge is at y.
func (d *drawing) panel(p *Panel, y int) {
	top := p.top()
	name := p.Name
	if p.Limit > 0 && p.LimitName != "" {
		name += " (" + p.LimitName + " " + p.Y.format(p.Limit) + ")"
	}
	d.text("name", left, y-10-d.rows*neverLine, "start", name)
	at := func(v float64) float64 { return float64(y) + panelHeight*(1-v/top) }
	for i := range 3 {
		v := top * float64(i) / 2
		d.add(`<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, pictureWidth-right, at(v), at(v))
		d.text("small", left-8, int(at(v))+4, "end", p.Y.format(v))
	}
	if p.never() {
		d.text("small", left-8, y-9, "end", p.Never)
	}
	for i := range p.Lines {
		if p.Points {
			d.points(p, i, func(v float64) float64 {
				if math.IsInf(v, 1) {
					return float64(y) - 7 - float64(i)*neverLine
				}
				return at(v)
			})
		} else {
			d.area(&p.Lines[i], at)
		}
	}
	if p.Limit > 0 {
		d.add(`<line class="limit" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, pictureWidth-right, at(p.Limit), at(p.Limit))
	}
	for i, m := range d.f.Marks {
		d.add(`<line class="mark" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, d.x(m.At), d.x(m.At), y, y+panelHeight)
		d.text("small", int(d.x(m.At))+3, y+10, "start", fmt.Sprint(i+1))
	}
	d.add(`<rect class="frame" x="%d" y="%d" width="%d" height="%d"/>`, left, y, pictureWidth-left-right, panelHeight)
	d.legend(p, y)
}

// area draws a filled line of steps: a value lasts until the next.
func (d *drawing) area(l *Line, at func(float64) float64) {
	if len(l.X) == 0 {
		return
	}
	var path strings.Builder
	fmt.Fprintf(&path, "M%.1f %.1f", d.x(l.X[0]), at(0))
	for i, x := range l.X {
		fmt.Fprintf(&path, "L%.1f %.1f", d.x(x), at(l.Y[i]))
	}
	fmt.Fprintf(&path, "L%.1f %.1fZ", d.x(l.X[len(l.X)-1]), at(0))
	d.add(`<path class="fill" d="%s"/>`, path.String())
}

// points draws the values of a line, joined where both are numbers.
func (d *drawing) points(p *Panel, i int, at func(float64) float64) {
	l := &p.Lines[i]
	ink := inks()[i%len(inks())]
	for j, x := range l.X {
		if j > 0 && !math.IsInf(l.Y[j], 1) && !math.IsInf(l.Y[j-1], 1) {
			d.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="1.4"/>`, d.x(l.X[j-1]), at(l.Y[j-1]), d.x(x), at(l.Y[j]), ink)
		}
		d.point(i, d.x(x), at(l.Y[j]), ink)
	}
}

// point is a circle, a square, or a triangle.
func (d *drawing) point(i int, x, y float64, ink string) {
	switch i % 3 {
	case 0:
		d.add(`<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>`, x, y, ink)
	case 1:
		d.add(`<rect x="%.1f" y="%.1f" width="7" height="7" fill="%s"/>`, x-3.5, y-3.5, ink)
	default:
		d.add(`<path d="M%.1f %.1fl5 8h-10z" fill="%s"/>`, x, y-5, ink)
	}
}

func (d *drawing) legend(p *Panel, y int) {
	if !p.Points || len(p.Lines) < 2 {
		return
	}
	x := left
	for i, l := range p.Lines {
		d.point(i, float64(x+5), float64(y+panelHeight+34), inks()[i%len(inks())])
		d.text("small", x+14, y+panelHeight+38, "start", l.Name)
		x += 24 + 7*len([]rune(l.Name))
	}
}

// axis draws the numbers of the horizontal axis below y.
func (d *drawing) axis(y int) {
	x := &d.f.X
	for _, v := range []float64{x.Low, x.middle(), x.High} {
		anchor := "middle"
		d.text("small", int(d.x(v)), y+16, anchor, x.format(v))
	}
	d.text("small", pictureWidth-right, y+32, "end", x.Name)
}
