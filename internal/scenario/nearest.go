package scenario

import (
	"fmt"
	"slices"
	"strings"
)

const (
	wordsMost   = 40 // that an error lists
	lettersMost = 64 // of words that are compared
	far         = 1000
)

// instead says which word was probably meant, or which there are.
func instead(wrong string, words []string) string {
	words = slices.Clone(words)
	slices.Sort(words)
	if near := nearest(wrong, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	switch {
	case len(words) == 0:
		return "there is none"
	case len(words) == 1:
		return fmt.Sprintf("there is only %q", words[0])
	case len(words) > wordsMost:
		return fmt.Sprintf("there are %s and %d more", strings.Join(words[:wordsMost], ", "), len(words)-wordsMost)
	}
	return "there are " + strings.Join(words, ", ")
}

// nearest returns the first word with the fewest mistakes between, if these
// are at most a third of its letters, or one; a word of one letter must be
// right but for its case.
func nearest(wrong string, words []string) string {
	best, fewest := "", far
	for _, w := range words {
		if d := distance(strings.ToLower(wrong), strings.ToLower(w)); d < fewest && d <= max(len(w)/3, min(1, len(w)-1)) {
			best, fewest = w, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, change or swap with their
// neighbour (Damerau and Levenshtein, optimal string alignment); words that
// are too long are far.
func distance(a, b string) int {
	if len(a) > lettersMost || len(b) > lettersMost {
		return far
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
