package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// UnknownError is a word that no topic, and nothing that has a topic, is
// called by.
type UnknownError struct {
	Word string   // as it was given
	Near []string // names of the topics that were perhaps meant, the nearest first; may be empty
}

// Error returns one sentence.
func (e *UnknownError) Error() string { return fmt.Sprintf("no topic %q", e.Word) }

// Find returns the topic of a word: its name or another word for it, in any
// case, with blanks or underscores for hyphens, such as TIME_WAIT,
// EADDRNOTAVAIL or net.ipv4.tcp_tw_reuse; or the first topic of a rule or a
// claim. An UnknownError is all that a reader can cause.
func Find(word string) (Topic, error) {
	wanted := plain(word)
	if slices.Contains(names(), wanted) {
		return read(wanted)
	}
	if names := For(wanted); len(names) > 0 {
		return read(names[0])
	}
	var all []Topic
	for _, name := range names() {
		t, err := head(name)
		if err != nil {
			return Topic{}, err
		}
		if slices.Contains(t.Also, wanted) {
			return read(name)
		}
		all = append(all, t)
	}
	return Topic{}, &UnknownError{Word: word, Near: nearest(wanted, all)}
}

// plain is the form in which words are compared.
func plain(word string) string {
	word = strings.ToLower(strings.TrimSpace(word))
	for _, prefix := range []string{"net.ipv4.", "net.core.", "net.netfilter."} {
		word = strings.TrimPrefix(word, prefix)
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' {
			return '-'
		}
		return r
	}, word)
}

const (
	nearMost    = 3  // topics that are proposed
	lettersMost = 40 // of a word that is compared; the tables grow with its square
)

// nearest returns the topics with a word that holds the wanted one, or has few
// mistakes between: a third of its letters, at least one.
func nearest(wanted string, all []Topic) []string {
	if wanted == "" || len(wanted) > lettersMost {
		return nil
	}
	type near struct {
		name     string
		mistakes int
	}
	var found []near
	for _, t := range all {
		fewest := lettersMost
		for _, word := range append([]string{t.Name}, t.Also...) {
			d := distance(wanted, word)
			if len(wanted) > 2 && strings.Contains(word, wanted) {
				d = 1
			}
			if d <= max(1, len(word)/3) {
				fewest = min(fewest, d)
			}
		}
		if fewest < lettersMost {
			found = append(found, near{t.Name, fewest})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.mistakes, b.mistakes) })
	var names []string
	for _, n := range found[:min(nearMost, len(found))] {
		names = append(names, n.name)
	}
	return names
}

// distance counts the letters to insert, remove or change between two words
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row[len(b)]
}
