package lint

import "strings"

// Text is what was read of one file.
type Text struct {
	File        string
	Assignments []Assignment
	Problems    []Problem
}

// ParseConf reads the format of sysctl.conf and sysctl.d: "key = value" lines,
// and comments after # or ; at the beginning of a line. "-key = value"
// tolerates a failure, and "-key" alone keeps glob patterns off the key. A "#"
// after a value is part of the value, which is what both programs do.
func ParseConf(file string, data []byte) Text {
	lines, problems := split(file, data)
	t := Text{File: file, Problems: problems}
	var above []string // comment lines directly above
	for _, l := range lines {
		text := strings.TrimSpace(l.text)
		switch {
		case text == "":
			above = nil
			continue
		case text[0] == '#' || text[0] == ';':
			above = append(above, strings.TrimSpace(strings.TrimLeft(text, "#;")))
			continue
		}
		a, ok := confLine(text)
		if !ok {
			t.Problems = append(t.Problems, Problem{
				Place: Place{file, l.no},
				What:  sayf("not an assignment, so it sets nothing: %s", "不是赋值语句，因此什么也不设置：%s", excerpt(text)),
			})
			above = nil
			continue
		}
		a.Place, a.By = Place{file, l.no}, ByConf
		a.Comment = strings.Join(above, " ")
		t.Assignments = append(t.Assignments, a)
		above = nil
	}
	return t
}

// confLine reads one line that is neither empty nor a comment.
func confLine(text string) (a Assignment, ok bool) {
	key, value, assigned := strings.Cut(text, "=")
	key, minus := strings.CutPrefix(key, "-")
	if !assigned && !minus {
		return Assignment{}, false
	}
	key = strings.TrimSpace(key)
	if key == "" {
		return Assignment{}, false
	}
	return Assignment{
		Key: Canonical(key), Value: strings.TrimSpace(value),
		Exclude: !assigned, Tolerant: minus && assigned,
	}, true
}
