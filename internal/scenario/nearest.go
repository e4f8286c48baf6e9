package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// instead says which word was probably meant, or which there are.
func instead(wrong string, words []string) string {
	if near := nearest(wrong, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	words = slices.Clone(words)
	slices.Sort(words)
	if len(words) == 0 {
		return "there is none"
	}
	return "there are " + strings.Join(words, ", ")
}

// nearest returns the word with the fewest mistakes between, if these are at
// most a third of its letters, or one.
func nearest(wrong string, words []string) string {
	best, fewest := "", 1000
	for _, w := range words {
		if d := distance(strings.ToLower(wrong), strings.ToLower(w)); d < fewest && d <= max(1, len(w)/3) {
			best, fewest = w, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, change or swap with their
// neighbour (Damerau and Levenshtein, optimal string alignment).
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 1000
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
