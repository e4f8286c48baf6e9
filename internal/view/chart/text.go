package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/view/escape"
)

// Options say what a terminal can show.
type Options struct {
	Width   int  // columns; 0 is 80
	Rows    int  // of each panel; 0 is 6
	Unicode bool // blocks and lines, not ASCII
	Color   bool // never alone: letters tell lines apart
}

const (
	color = "\x1b[36m"
	plain = "\x1b[0m"
	// labels is how many columns the numbers beside a panel take.
	labels = 9
)

// Text draws a figure for a terminal. Each line ends in a newline; it is empty if
// there is nothing to draw.
func Text(f Figure, o Options) string {
	if o.Width <= 0 {
		o.Width = 80
	}
	if o.Rows <= 0 {
		o.Rows = 6
	}
	t := &texter{f: &f, o: o, width: max(20, min(o.Width, 160)-labels-2)}
	for i := range f.Panels {
		p := &f.Panels[i]
		t.head(p)
		if p.Points {
			t.points(p)
		} else {
			t.area(p)
		}
	}
	if len(f.Panels) > 0 {
		t.axis()
	}
	return t.b.String()
}

type texter struct {
	f     *Figure
	o     Options
	width int // columns of the drawing
	b     strings.Builder
}

func (t *texter) line(label, body string) {
	side := "|"
	if t.o.Unicode {
		side = "│"
	}
	if t.o.Color && strings.Trim(body, " ") != "" {
		body = color + body + plain
	} else {
		body = strings.TrimRight(body, " ")
	}
	t.b.WriteString(strings.Repeat(" ", max(0, labels-escape.Cells(label))) + label + " " + side + body + "\n")
}

func (t *texter) head(p *Panel) {
	name := p.Name
	if p.Limit > 0 && p.LimitName != "" {
		name += " (" + p.LimitName + " " + p.Y.format(p.Limit) + ")"
	}
	t.b.WriteString(strings.Repeat(" ", labels+2) + name + "\n")
	if !p.Points {
		return
	}
	if len(p.Lines) > 1 {
		var names []string
		for i, l := range p.Lines {
			names = append(names, symbol(i)+" "+l.Name)
		}
		t.b.WriteString(strings.Repeat(" ", labels+2) + strings.Join(names, "   ") + "\n")
	}
}

// symbol is what stands for a line.
func symbol(i int) string { return string("ox+*#%@=&$"[i%10]) }

// column is where a value of the horizontal axis lies.
func (t *texter) column(x float64) int {
	return min(t.width-1, int(t.f.X.at(x)*float64(t.width)))
}

// area draws a filled line: each column as high as its highest value.
func (t *texter) area(p *Panel) {
	top := p.top()
	high := make([]float64, t.width)
	for i := range high {
		high[i] = -1
	}
	for _, l := range p.Lines {
		for i, x := range l.X {
			c := t.column(x)
			high[c] = max(high[c], l.Y[i])
		}
	}
	last := 0
	for _, l := range p.Lines {
		if n := len(l.X); n > 0 {
			last = max(last, t.column(l.X[n-1]))
		}
	}
	for i := 1; i <= last; i++ { // a value lasts until the next
		if high[i] < 0 {
			high[i] = high[i-1]
		}
	}
	marks := []rune(" .:#")
	if t.o.Unicode {
		marks = []rune(" ▁▂▃▄▅▆▇█")
	}
	steps := len(marks) - 1
	for row := t.o.Rows - 1; row >= 0; row-- {
		body := make([]rune, t.width)
		for c, v := range high {
			level := int(math.Ceil(v / top * float64(t.o.Rows*steps)))
			body[c] = marks[min(steps, max(0, level-row*steps))]
		}
		t.line(t.label(p, row, top), string(body))
	}
}

// label is the number beside a row: the upper end, the middle, and zero.
func (t *texter) label(p *Panel, row int, top float64) string {
	switch row {
	case t.o.Rows - 1:
		return p.Y.format(top)
	case 0:
		return p.Y.format(0)
	case t.o.Rows/2 - 1:
		if t.o.Rows > 4 {
			return p.Y.format(top * float64(row+1) / float64(t.o.Rows))
		}
	}
	return ""
}

// points draws a symbol for each value.
func (t *texter) points(p *Panel) {
	top := p.top()
	rows := make([][]byte, t.o.Rows+1) // the last one: never
	for i := range rows {
		rows[i] = []byte(strings.Repeat(" ", t.width))
	}
	for i, l := range p.Lines {
		for j, x := range l.X {
			row := t.o.Rows
			if !math.IsInf(l.Y[j], 1) {
				row = min(t.o.Rows-1, int(l.Y[j]/top*float64(t.o.Rows)))
			}
			at := t.column(x)
			for at < t.width-1 && rows[row][at] != ' ' && rows[row][at] != symbol(i)[0] {
				at++ // beside one that is there
			}
			rows[row][at] = symbol(i)[0]
		}
	}
	if p.never() {
		t.line(p.Never, string(rows[t.o.Rows]))
	}
	for row := t.o.Rows - 1; row >= 0; row-- {
		t.line(t.label(p, row, top), string(rows[row]))
	}
}

// axis draws the horizontal axis with the marks on it.
func (t *texter) axis() {
	corner, dash := "+", "-"
	if t.o.Unicode {
		corner, dash = "└", "─"
	}
	body := []rune(strings.Repeat(dash, t.width))
	for i, m := range t.f.Marks {
		t.mark(body, t.column(m.At), []rune(strconv.Itoa(i+1)), []rune(dash)[0])
	}
	fmt.Fprintf(&t.b, "%*s %s%s\n", labels, "", corner, string(body))
	x := &t.f.X
	low, high := x.format(x.Low), x.format(x.High)
	if x.Name != "" {
		high = x.Name + "  " + high
	}
	middle := x.format(x.middle())
	line := strings.Repeat(" ", labels+2) + low
	line = pad(line, labels+2+t.width/2-escape.Cells(middle)/2) + middle
	t.b.WriteString(pad(line, labels+2+t.width-escape.Cells(high)) + high + "\n")
}

// mark writes the number of a mark where it belongs, or at the next place that is
// free: to the right, else to the left. Without any it is left out.
func (t *texter) mark(body []rune, at int, no []rune, dash rune) {
	free := func(at int) bool {
		return at >= 0 && at+len(no) <= len(body) && !slices.ContainsFunc(body[at:at+len(no)], func(c rune) bool { return c != dash })
	}
	for d := range len(body) {
		for _, at := range [2]int{at + d, at - d} {
			if free(at) {
				copy(body[at:], no)
				return
			}
		}
	}
}

func (a *Axis) middle() float64 {
	if a.Log && a.Low > 0 {
		return math.Sqrt(a.Low * a.High)
	}
	return (a.Low + a.High) / 2
}

// pad makes a line so long, and ends it with a blank in any case.
func pad(line string, columns int) string {
	return line + strings.Repeat(" ", max(1, columns-escape.Cells(line)))
}
