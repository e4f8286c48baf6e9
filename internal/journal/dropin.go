package journal

import (
	"fmt"
	"strings"
)

// mark begins the comment above the lines of one entry.
const mark = "# linger fix, change "

// compose returns the drop-in with the changes of entry id: the lines that
// were there, but for those that set the same keys, and the new ones.
func compose(before []byte, id int, changes []Change, made string) []byte {
	ours := make(map[string]bool)
	for _, c := range changes {
		rel, _ := pathOf(c.Key)
		ours[rel] = true
	}
	var kept []string
	for line := range strings.Lines(string(before)) {
		if rel, ok := keyOf(line); ok && ours[rel] {
			continue
		}
		kept = append(kept, strings.TrimSuffix(line, "\n"))
	}
	var b strings.Builder
	if len(before) == 0 {
		b.WriteString("# Made by linger: settings that are read at every boot, see sysctl.d(5).\n" +
			"# Other lines that you add here are left as they are.\n")
	}
	for i, line := range kept {
		// A mark with nothing below it any more says nothing.
		if strings.HasPrefix(line, mark) && (i+1 == len(kept) || kept[i+1] == "" || strings.HasPrefix(kept[i+1], mark)) {
			continue
		}
		b.WriteString(line + "\n")
	}
	fmt.Fprintf(&b, "%s%d of %s; take it back: linger fix --undo %d\n", mark, id, made, id)
	for _, c := range changes {
		fmt.Fprintf(&b, "%s = %s\n", c.Key, strings.Join(strings.Fields(c.To), " "))
	}
	return []byte(b.String())
}

// keyOf returns the path of the key that a line of sysctl.d(5) sets. A leading
// "-" means that errors do not matter.
func keyOf(line string) (string, bool) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' || line[0] == ';' {
		return "", false
	}
	key, _, _ := strings.Cut(strings.TrimPrefix(line, "-"), "=")
	return pathOf(strings.TrimSpace(key))
}
