// Package chart draws numbers over time, or over another number: in a terminal,
// with blocks or in plain ASCII, and as SVG. A figure is panels one above the
// other that share their horizontal axis.
package chart

import (
	"math"
	"strconv"
)

// Figure is what is drawn. Its texts are printed as they are: whoever makes it
// escapes what comes from outside.
type Figure struct {
	Title  string
	X      Axis
	Panels []Panel
	Marks  []Mark // in the order of At, such as events
}

// Axis is a horizontal or vertical axis.
type Axis struct {
	Name      string
	Low, High float64
	Log       bool
	Format    func(float64) string // nil: with as few digits as will do
}

// Panel is one drawing. It is filled below its one line, or has a point for each
// value if Points.
type Panel struct {
	Name   string
	Y      Axis
	Lines  []Line
	Points bool
	// Limit is a horizontal line that the values may reach; 0: none.
	Limit     float64
	LimitName string
	// Never says what a value of +Inf is: it is drawn above all others.
	Never string
}

// Line is a row of values.
type Line struct {
	Name string
	X, Y []float64 // equally many; X grows
}

// Mark is an instant that is marked by its number, from 1.
type Mark struct {
	At   float64
	Text string
}

// format writes a value of the axis.
func (a *Axis) format(v float64) string {
	if a.Format != nil {
		return a.Format(v)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// at returns where a value lies, from 0 to 1.
func (a *Axis) at(v float64) float64 {
	low, high := a.Low, a.High
	if a.Log && low > 0 {
		low, high, v = math.Log(low), math.Log(high), math.Log(v)
	}
	if high <= low {
		return 0
	}
	return min(1, max(0, (v-low)/(high-low)))
}

// top is the upper end of a panel: a round number that nothing exceeds.
func (p *Panel) top() float64 {
	most := p.Limit
	for _, l := range p.Lines {
		for _, y := range l.Y {
			if !math.IsInf(y, 1) {
				most = max(most, y)
			}
		}
	}
	return round(max(most, p.Y.High))
}

// round returns the next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten.
func round(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range [...]float64{1, 1.5, 2, 3, 4, 5, 6, 8} {
		if r := step * power; v <= r*(1+1e-9) {
			return r
		}
	}
	return 10 * power
}

// never reports whether a value of the panel is none.
func (p *Panel) never() bool {
	for _, l := range p.Lines {
		for _, y := range l.Y {
			if math.IsInf(y, 1) {
				return true
			}
		}
	}
	return false
}
