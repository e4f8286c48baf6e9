package lint

import (
	"bytes"
	"path"
	"regexp"
	"strings"
)

// form is a format that settings are written in.
type form uint8

const (
	unknownForm form = iota
	confForm
	shellForm
	dockerForm
	yamlForm
)

// Parse reads a file in the format that its name says, or else its content. A
// text that is none of them is a fatal problem.
func Parse(file string, data []byte) Text {
	f := formOf(file)
	if f == unknownForm {
		f = formIn(data)
	}
	var t Text
	switch f {
	case confForm:
		t = ParseConf(file, data)
	case shellForm:
		t = ParseShell(file, data)
	case dockerForm:
		t = ParseDockerfile(file, data)
	case yamlForm:
		t = ParseYAML(file, data)
	default:
		if _, problems := split(file, data); len(problems) > 0 {
			return Text{File: file, Problems: problems}
		}
		return Text{File: file, Problems: []Problem{{
			Place: Place{file, 1}, Fatal: true,
			What: sayf("neither settings nor a shell script, Dockerfile or YAML that makes some", "既不是 sysctl 设置，也不是含有设置的 shell 脚本、Dockerfile 或 YAML"),
		}}}
	}
	t.limit()
	return t
}

// problemsMost is how many lines of a file are complained of.
const problemsMost = 10

func (t *Text) limit() {
	more := len(t.Problems) - problemsMost
	if more <= 1 {
		return
	}
	last := t.Problems[problemsMost]
	for _, p := range t.Problems[problemsMost:] {
		last.Fatal = last.Fatal || p.Fatal
	}
	last.What = sayf("and %d more lines like those above", "还有 %d 行与上面类似", more)
	t.Problems = append(t.Problems[:problemsMost:problemsMost], last)
}

// formOf tells the format by the name.
func formOf(file string) form {
	base := path.Base(file)
	switch ext := path.Ext(base); {
	case strings.HasPrefix(base, "Dockerfile") || strings.HasPrefix(base, "Containerfile") || strings.EqualFold(ext, ".dockerfile"):
		return dockerForm
	case ext == ".yaml" || ext == ".yml":
		return yamlForm
	case ext == ".sh" || ext == ".bash" || ext == ".service":
		return shellForm
	case ext == ".conf":
		return confForm
	}
	return unknownForm
}

// formIn tells the format by the content.
func formIn(data []byte) form {
	setting := regexp.MustCompile(`(?m)^\s*-?(net|fs|vm|kernel)[./][\w./*-]+\s*=`)
	switch {
	case bytes.IndexByte(data, 0) >= 0:
		return unknownForm
	case len(bytes.TrimSpace(data)) == 0:
		return confForm
	case bytes.HasPrefix(data, []byte("#!")):
		return shellForm
	case regexp.MustCompile(`(?m)\A(#.*\n|\s*\n)*(FROM|ARG) `).Match(data):
		return dockerForm
	case regexp.MustCompile(`(?m)^[\w\s"-]*sysctls:|^\s*kind:\s`).Match(data):
		return yamlForm
	case setting.Match(data):
		return confForm
	case speaks(string(data)):
		return shellForm
	}
	return unknownForm
}
