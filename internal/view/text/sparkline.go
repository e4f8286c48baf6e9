package text

import "strings"

// Sparkline draws counts by age, newest first, as width characters, oldest
// left, scaled to the largest. Neighbours are summed where there are more
// values than characters; more characters than values are not drawn. Nothing
// and a little look different: only a zero has the lowest mark.
func Sparkline(newestFirst []uint32, width int, allowUnicode bool) string {
	marks := []rune("_.:-=+*#")
	if allowUnicode {
		marks = []rune("▁▂▃▄▅▆▇█")
	}
	n := len(newestFirst)
	width = min(width, n)
	if width <= 0 {
		return ""
	}
	sums := make([]uint64, width)
	var most uint64
	for i := range sums {
		for j := i * n / width; j < (i+1)*n/width; j++ {
			sums[i] += uint64(newestFirst[n-1-j])
		}
		most = max(most, sums[i])
	}
	var b strings.Builder
	for _, v := range sums {
		level := 0
		if v > 0 {
			level = 1 + int((v-1)*uint64(len(marks)-1)/most)
		}
		b.WriteRune(marks[level])
	}
	return b.String()
}
