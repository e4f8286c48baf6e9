package timeline

import (
	"fmt"
	"math"
	"strings"
)

// canvas collects the elements of a picture. Texts are drawn over all lines,
// each with a white halo, so that a line that passes never hides one. All text
// is made harmless here, so no caller can forget it.
type canvas struct {
	lines, texts strings.Builder
}

type point struct{ x, y float64 }

func (p point) String() string { return fmt.Sprintf("%.1f,%.1f", p.x, p.y) }

// path draws a line through points; class names its style.
func (c *canvas) path(class string, points ...point) {
	c.lines.WriteString(`<polyline class="` + class + `" points="`)
	for i, p := range points {
		if i > 0 {
			c.lines.WriteByte(' ')
		}
		c.lines.WriteString(p.String())
	}
	c.lines.WriteString("\"/>\n")
}

// head draws the head of an arrow that comes from one point to another.
func (c *canvas) head(class string, from, to point) {
	const length, half = 9, 3.6
	d := math.Hypot(to.x-from.x, to.y-from.y)
	if d == 0 {
		return
	}
	ux, uy := (to.x-from.x)/d, (to.y-from.y)/d
	back := point{to.x - ux*length, to.y - uy*length}
	fmt.Fprintf(&c.lines, `<polygon class="%s" points="%v %v %v"/>`+"\n", class, to,
		point{back.x - uy*half, back.y + ux*half}, point{back.x + uy*half, back.y - ux*half})
}

func (c *canvas) rect(class string, x, y, width, height float64) {
	fmt.Fprintf(&c.lines, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`+"\n", class, x, y, width, height)
}

func (c *canvas) dot(p point) {
	fmt.Fprintf(&c.lines, `<circle class="dot" cx="%.1f" cy="%.1f" r="2.6"/>`+"\n", p.x, p.y)
}

// cross marks where a segment is lost.
func (c *canvas) cross(p point) {
	const arm = 5
	c.path("cross", point{p.x - arm, p.y - arm}, point{p.x + arm, p.y + arm})
	c.path("cross", point{p.x - arm, p.y + arm}, point{p.x + arm, p.y - arm})
}

// text writes at p, turned by degrees; anchor is start, middle or end.
func (c *canvas) text(class, anchor string, p point, degrees float64, text string) {
	fmt.Fprintf(&c.texts, `<text class="%s" text-anchor="%s" x="%.1f" y="%.1f"`, class, anchor, p.x, p.y)
	if math.Abs(degrees) > 0.05 {
		fmt.Fprintf(&c.texts, ` transform="rotate(%.2f %.1f %.1f)"`, degrees, p.x, p.y)
	}
	c.texts.WriteString(">" + markup(text, 200) + "</text>\n")
}

// markup is visible text as XML has it.
func markup(text string, most int) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(visible(text, most))
}

// style is for all pictures. Blue and vermilion can be told apart by everyone;
// in grey, dashes, hatching and words say the same.
const style = `
text{font-family:system-ui,"Segoe UI","Helvetica Neue","DejaVu Sans",Arial,sans-serif;font-size:11px;fill:#1a1a1a;` +
	`paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.title{font-size:18px;font-weight:600}
.sub{font-size:12px;fill:#444}
.host{font-size:14px;font-weight:600}
.port,.time,.foot{font-size:10px;fill:#555}
.seg{fill:#0b3d66}
.rst{fill:#a33000;font-weight:600}
.state{font-weight:600;font-size:10.5px}
.long{font-size:10.5px;fill:#8a3b00;font-weight:600}
.note{font-style:italic;fill:#333}
.across{font-style:italic;fill:#333;stroke-width:7px}
.cut{fill:#444;stroke:#f3f3f0;stroke-width:6px}
polyline{fill:none;stroke-linejoin:round}
.line{stroke:#1a1a1a;stroke-width:2}
.arrow,.again,.hand{stroke:#0b5c94;stroke-width:1.5}
.again{stroke-dasharray:1.5 3}
.hand{stroke-dasharray:7 4}
.reset{stroke:#b8400a;stroke-width:2}
.resethand{stroke:#b8400a;stroke-width:2;stroke-dasharray:7 4}
polygon.tip{fill:#0b5c94}
polygon.resettip{fill:#b8400a}
.cross{stroke:#b8400a;stroke-width:2.4}
.lead{stroke:#888;stroke-width:.8;stroke-dasharray:1 3}
.rule{stroke:#555;stroke-width:1;stroke-dasharray:10 4 2 4}
.gap{stroke:#f3f3f0;stroke-width:6}
.zig{stroke:#555;stroke-width:1}
.dot{fill:#1a1a1a}
.band{fill:#f3f3f0}
.inside{fill:#fafaf8}
.bar{fill:#dfe9f1;stroke:#54748c;stroke-width:.8}
.live{fill:#a9c7dd;stroke:#54748c;stroke-width:.8}
.wait{fill:url(#hatch);stroke:#8a3b00;stroke-width:1}
`
