package diagram

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/escape"
)

const (
	margin     = 40
	lineHeight = 15
	paragraph  = 150 // letters across the picture
)

// canvas collects the elements of a picture. All text is made harmless here,
// so no caller can forget it.
type canvas struct {
	b strings.Builder
	y int // where the next thing below goes
}

// picture draws everything from top to bottom, and then the document's head,
// which must know the height.
func picture(f figure, o Options) string {
	c := &canvas{y: margin}
	if o.Title != "" {
		c.paragraph("title", o.Title, 80, 26)
	}
	for _, text := range o.Intro {
		c.paragraph("intro", text, paragraph, lineHeight+2)
		c.y += 5
	}
	if f.states == 0 {
		c.paragraph("note", nothingWords, paragraph, margin)
	} else {
		fmt.Fprintf(&c.b, `<g transform="translate(0 %d)">`+"\n", c.y)
		c.figure(f)
		c.key(f)
		c.b.WriteString("</g>\n")
		c.y += figureHeight + margin
		c.legend(f)
	}
	title := o.Title
	if title == "" {
		title = "The states of a TCP connection"
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+
		"\n<title>%s</title>\n<style>%s</style>\n"+
		`<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`+
		`<rect width="7" height="7" fill="#fff"/><rect width="1.6" height="7" fill="#9dbdd6"/></pattern></defs>`+"\n"+
		`<rect width="100%%" height="100%%" fill="#fff"/>`+"\n%s</svg>\n",
		pictureWidth, c.y, pictureWidth, c.y, markup(title), style, c.b.String())
}

func (c *canvas) figure(f figure) {
	ways := pictureWays()
	for _, e := range f.edges {
		class := f.role.of(e.pair).String()
		c.b.WriteString("<g><title>" + markup(e.says()) + "</title>\n")
		c.way(class, ways[e.pair].points)
		c.labels(ways[e.pair].spot, e.labels())
		c.b.WriteString("</g>\n")
	}
	for _, b := range f.shown(pictureBoxes(), ways) {
		c.box(b, f.role.in(b.state))
	}
}

// says describes an arrow to those who point at it, and to screen readers.
func (e edge) says() string {
	var rules []string
	for _, t := range e.rows {
		rules = append(rules, fmt.Sprintf("%s (%s)", label{t.Event, sends(t, ", ")}, t.Section))
	}
	return fmt.Sprintf("%s to %s: %s", e.from, e.to, strings.Join(rules, "; "))
}

// box draws a state with the kernel's name of it, and with the RFC's where
// that is another word.
func (c *canvas) box(b box, r role) {
	class := r.String()
	if b.state == tcp.TimeWait {
		class += " hatched"
	}
	fmt.Fprintf(&c.b, `<rect class="box %s" x="%d" y="%d" width="%d" height="%d" rx="7"/>`+"\n", class, b.at.x, b.at.y, b.size.x, b.size.y)
	at := point{b.at.x + b.size.x/2, b.at.y + b.size.y/2 + 5}
	rfc := rfcName(b.state)
	if rfc != "" {
		at.y -= 6
		c.text("rfc", 0, point{at.x, at.y + 15}, rfc)
	}
	c.text("state", 0, at, b.state.String())
}

// rfcName is what RFC 9293 calls a state, if the kernel has another name.
func rfcName(s tcp.State) string {
	switch s {
	case tcp.Close:
		return "CLOSED"
	case tcp.SynRecv:
		return "SYN-RECEIVED"
	case tcp.FinWait1:
		return "FIN-WAIT-1"
	case tcp.FinWait2:
		return "FIN-WAIT-2"
	}
	if dashed := strings.ReplaceAll(s.String(), "_", "-"); dashed != s.String() {
		return dashed
	}
	return ""
}

// way draws an arrow with round corners.
func (c *canvas) way(class string, points []point) {
	const radius, tip = 12, 8
	last := len(points) - 1
	var d strings.Builder
	fmt.Fprintf(&d, "M%d %d", points[0].x, points[0].y)
	for i := 1; i < last; i++ {
		in, out := toward(points[i], points[i-1], radius), toward(points[i], points[i+1], radius)
		fmt.Fprintf(&d, " L%d %d Q%d %d %d %d", in.x, in.y, points[i].x, points[i].y, out.x, out.y)
	}
	end := toward(points[last], points[last-1], tip)
	fmt.Fprintf(&d, " L%d %d", end.x, end.y)
	fmt.Fprintf(&c.b, `<path class="line %s" d="%s"/>`+"\n", class, d.String())
	c.head(class, points[last-1], points[last])
}

// toward is the point at a distance from one point in the direction of
// another; ways run along or down.
func toward(from, to point, distance int) point {
	return point{from.x + sign(to.x-from.x)*distance, from.y + sign(to.y-from.y)*distance}
}

func (c *canvas) head(class string, from, to point) {
	const length, half = 11, 5
	back, dx, dy := toward(to, from, length), sign(to.x-from.x), sign(to.y-from.y)
	fmt.Fprintf(&c.b, `<polygon class="tip %s" points="%d,%d %d,%d %d,%d"/>`+"\n", class, to.x, to.y,
		back.x-dy*half, back.y+dx*half, back.x+dy*half, back.y-dx*half)
}

func (c *canvas) labels(s spot, labels []label) {
	lines := block(labels, s, true)
	for i, line := range lines {
		c.text("label", s.align, point{s.at.x, s.first(len(lines), lineHeight) + i*lineHeight}, line)
	}
}

func (c *canvas) text(class string, align int, at point, text string) {
	anchor := [...]string{"end", "middle", "start"}[align+1]
	fmt.Fprintf(&c.b, `<text class="%s" text-anchor="%s" x="%d" y="%d">%s</text>`+"\n", class, anchor, at.x, at.y, markup(text))
}

// paragraph writes lines below what was written before.
func (c *canvas) paragraph(class, text string, width, height int) {
	for _, line := range escape.Fold(escape.Text(text, true), width) {
		c.text(class, 1, point{margin, c.y}, line)
		c.y += height
	}
}

// markup is visible text as XML has it.
func markup(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(escape.Text(text, true))
}

// String returns the name of a role as a class of the style.
func (r role) String() string { return [...]string{"opens", "active", "passive"}[r] }

// style is for all pictures. Blue and vermilion can be told apart by everyone;
// in grey, thickness, dashes, hatching and words say the same.
const style = `
text{font-family:system-ui,"Segoe UI","Helvetica Neue","DejaVu Sans",Arial,sans-serif;font-size:12px;fill:#1a1a1a}
.title{font-size:20px;font-weight:600}
.intro,.note{fill:#333}
.label{font-size:12px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.state{font-size:14px;font-weight:600;letter-spacing:.2px}
.rfc{font-size:10px;fill:#444}
.state,.rfc{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.line{fill:none}
.line.opens{stroke:#444;stroke-width:1.4}
.line.active{stroke:#0b5c94;stroke-width:2.8}
.line.passive{stroke:#b8400a;stroke-width:2;stroke-dasharray:7 4}
.tip.opens{fill:#444}
.tip.active{fill:#0b5c94}
.tip.passive{fill:#b8400a}
.box{fill:#fff}
.box.opens{stroke:#444;stroke-width:1.4}
.box.active{stroke:#0b5c94;stroke-width:2.8}
.box.passive{stroke:#b8400a;stroke-width:2;stroke-dasharray:7 4}
.box.hatched{fill:url(#hatch)}
.head{font-size:14px;font-weight:600}
.of{font-size:11px;font-weight:600}
.cell{font-size:11px}
.band{fill:#f4f4f1}
.rule{stroke:#999;stroke-width:1}
`
