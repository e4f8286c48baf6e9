package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
)

// writeNotes puts what the claims say of some kernels beside what these kernels did.
func writeNotes(w io.Writer, columns []column) error {
	files, err := claims.All()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, f := range files {
		for _, n := range f.Notes {
			row := []string{fmt.Sprintf("`%s`, %s: %s", f.Name, span(n), n.Says)}
			for _, c := range columns {
				row = append(row, c.answer(f.Name, n))
			}
			rows = append(rows, row)
		}
	}
	fmt.Fprint(w, "\n## What is said of some kernels only\n\n",
		"Each note of a claim, and what the claim came to on the kernels of which the note speaks. Where one is proved there nevertheless,\n",
		"a later update of that kernel has the change too.\n")
	writeRows(w, "note", columns, rows)
	return nil
}

// span says for which kernels a note holds.
func span(n scenario.Note) string {
	words := []string{}
	if n.Since != "" {
		words = append(words, "from "+n.Since)
	}
	if n.Before != "" {
		words = append(words, "before "+n.Before)
	}
	return strings.Join(words, ", ")
}

// answer is what a kernel did with a claim, if the note speaks of it.
func (c *column) answer(claim string, n scenario.Note) string {
	if n.Since != "" && !c.atLeast(n.Since) || n.Before != "" && c.atLeast(n.Before) {
		return ""
	}
	return strings.ToLower(cmp.Or(c.claims[claim].Verdict, "not played"))
}

func (c *column) atLeast(release string) bool {
	major, minor := 0, 0
	_, _ = fmt.Sscanf(release, "%d.%d", &major, &minor) // the claims' tests see to it that it is one
	return evidence.Kernel(c.name).AtLeast(major, minor)
}
