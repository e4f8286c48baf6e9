package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// column is what is known of one kernel.
type column struct {
	name   string            // such as "6.1.192"
	series []int             // for the order
	claims map[string]claim  // by name
	facts  map[string]string // by "kind name"; "yes" where there is no value
	loses  map[string]string // by the name of a fact: what nobody learns without it
}

// claim is a verdict, as linger prints it in JSON.
type claim struct {
	Name, Verdict, Why, Hint, Note string
}

// table writes a page that compares the kernels whose results lie in a folder,
// also of earlier runs.
func table(file, folder string) error {
	dirs, err := filepath.Glob(filepath.Join(folder, "*", "version"))
	if err != nil {
		return fmt.Errorf("look for results: %w", err)
	}
	var columns []column
	for _, d := range dirs {
		c, err := readColumn(filepath.Dir(d))
		if err != nil {
			return err
		}
		columns = append(columns, c)
	}
	slices.SortFunc(columns, func(a, b column) int { return slices.Compare(a.series, b.series) })
	var page bytes.Buffer
	page.WriteString(head)
	writeClaims(&page, columns)
	if err := writeNotes(&page, columns); err != nil {
		return err
	}
	writeHooks(&page, columns)
	writeFacts(&page, columns)
	if err := writeMissing(&page, filepath.Join(folder, lacking)); err != nil {
		return err
	}
	if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

const head = `# Kernels

Made by internal/vmtest/run (-out, -table) from what Debian's cloud kernels did
in QEMU; do not edit. ` + "`make test-kernels`" + ` runs the same.
`

// readColumn reads what one guest left.
func readColumn(dir string) (c column, err error) {
	version, err := os.ReadFile(filepath.Join(dir, "version"))
	if err != nil {
		return c, fmt.Errorf("read results: %w", err)
	}
	c.name = packageVersion(string(version))
	for part := range strings.SplitSeq(c.name, ".") {
		n := 0
		_, _ = fmt.Sscan(part, &n) // 0 sorts first, which is good enough
		c.series = append(c.series, n)
	}
	if text, err := os.ReadFile(filepath.Join(dir, catalogue+".out")); err == nil {
		all, err := readClaims(text)
		if err != nil {
			return c, fmt.Errorf("read claims of %s: %w", c.name, err)
		}
		c.claims = map[string]claim{}
		for _, one := range all {
			c.claims[one.Name] = one
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, prober+".out")); err == nil {
		if err = c.readFacts(text); err != nil {
			return c, fmt.Errorf("read facts of %s: %w", c.name, err)
		}
	}
	return c, nil
}

// packageVersion finds "6.1.192" in "6.1.0-56-cloud-amd64 #1 SMP Debian
// 6.1.192-2 (2026-11-16)": the release of old kernels does not tell.
func packageVersion(version string) string {
	words := strings.Fields(version)
	for i, w := range words {
		if w == "Debian" && i+1 < len(words) {
			number, _, _ := strings.Cut(words[i+1], "-")
			number, _, _ = strings.Cut(number, "~")
			return number
		}
	}
	return strings.Join(words[:min(1, len(words))], "")
}

func readClaims(text []byte) ([]claim, error) {
	var answer struct{ Results []claim }
	err := json.Unmarshal(text, &answer)
	return answer.Results, err
}

func (c *column) readFacts(text []byte) error {
	c.facts, c.loses = map[string]string{}, map[string]string{}
	for lines := json.NewDecoder(bytes.NewReader(text)); ; {
		var f struct{ Kind, Name, Value, Loses string }
		switch err := lines.Decode(&f); err {
		case nil:
			name := f.Kind + " " + f.Name
			c.facts[name] = cmp.Or(f.Value, "yes")
			if f.Loses != "" {
				c.loses[name] = f.Loses
			}
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// writeClaims shows the claims that do not hold everywhere, and counts the rest.
func writeClaims(w io.Writer, columns []column) {
	played := slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return len(c.claims) == 0 })
	names := map[string]bool{}
	for _, c := range played {
		for name := range c.claims {
			names[name] = true
		}
	}
	var rows [][]string
	var reasons []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row, same := []string{"`" + name + "`"}, true
		for _, c := range played {
			one := c.claims[name]
			row = append(row, strings.ToLower(cmp.Or(one.Verdict, "not played")))
			if one.Verdict == "PROVED" {
				continue
			}
			same = false
			reason := fmt.Sprintf("- `%s`: %s", name, cmp.Or(one.Note, one.Why))
			if !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
		}
		if !same {
			rows = append(rows, row)
		}
	}
	fmt.Fprintf(w, "\n## Claims\n\n`linger lab run --all` on each: %d claims are proved on all these kernels, these are not:\n", len(names)-len(rows))
	writeRows(w, "claim", played, rows)
	if len(reasons) > 0 {
		fmt.Fprintf(w, "\n%s\n", strings.Join(reasons, "\n"))
	}
}

func writeRows(w io.Writer, first string, columns []column, rows [][]string) {
	header, rule := []string{first}, []string{"---"}
	for _, c := range columns {
		header, rule = append(header, c.name), append(rule, "---")
	}
	fmt.Fprintln(w)
	for _, row := range append([][]string{header, rule}, rows...) {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
}
