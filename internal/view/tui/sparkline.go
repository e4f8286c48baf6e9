package tui

import "strings"

// sparkline draws values that are given newest first, oldest left, scaled to
// the largest; a neighbourhood of values shares a character by its largest.
// Only a zero has the lowest mark. Views are peers, so this is not the one of
// the text view, which sums neighbours: a sum of counts would be no count.
func (c charset) sparkline(newestFirst []uint32, width int) string {
	marks := []rune(c.pick("▁▂▃▄▅▆▇█", "_.:-=+*#"))
	n := len(newestFirst)
	width = min(width, n)
	if width <= 0 {
		return ""
	}
	var most uint64
	for _, v := range newestFirst {
		most = max(most, uint64(v))
	}
	var b strings.Builder
	for i := range width {
		var v uint64
		for j := i * n / width; j < (i+1)*n/width; j++ {
			v = max(v, uint64(newestFirst[n-1-j]))
		}
		level := uint64(0)
		if v > 0 {
			level = (v*uint64(len(marks)-1) + most - 1) / most
		}
		b.WriteRune(marks[level])
	}
	return b.String()
}

// sparkWidth returns the widest readable sparkline that fits, or 0.
func sparkWidth(room int) int {
	for _, w := range []int{60, 30, 20, 15, 10} {
		if w <= room {
			return w
		}
	}
	return 0
}
