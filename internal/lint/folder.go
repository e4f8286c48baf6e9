package lint

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// foldersMost bounds how many files of a folder are looked at.
const foldersMost = 20000

// ReadFolder reads the files below the root of fsys that make settings, name
// being put before theirs. Files of sysctl come first, by their base names, as
// sysctl.d(5) has it. Links to folders are not followed, so nothing is read for
// ever; files that make no settings are skipped silently.
func ReadFolder(fsys fs.FS, name string) []Text {
	var texts []Text
	seen := 0
	err := fs.WalkDir(fsys, ".", func(at string, d fs.DirEntry, err error) error {
		file := path.Join(name, at)
		switch {
		case err != nil:
			texts = append(texts, Text{File: file, Problems: []Problem{Unreadable(file, err)}})
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() && at != "." && (strings.HasPrefix(d.Name(), ".git") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || formOf(at) == unknownForm:
			return nil
		}
		if seen++; seen > foldersMost {
			return fs.SkipAll
		}
		if t, ok := readOne(fsys, at, file); ok {
			texts = append(texts, t)
		}
		return nil
	})
	if err != nil {
		texts = append(texts, Text{File: name, Problems: []Problem{Unreadable(name, err)}})
	}
	if seen > foldersMost {
		texts = append(texts, Text{File: name, Problems: []Problem{{
			Place: Place{File: name}, Fatal: true,
			What: sayf("only the first %d files were looked at", "只查看了前 %d 个文件", foldersMost),
		}}})
	}
	slices.SortStableFunc(texts, func(a, b Text) int {
		return cmp.Or(cmp.Compare(formOf(a.File), formOf(b.File)), cmp.Compare(path.Base(a.File), path.Base(b.File)))
	})
	return texts
}

// readOne reads a file of a folder; false if it makes no settings.
func readOne(fsys fs.FS, at, file string) (Text, bool) {
	data, err := ReadFile(fsys, at)
	if errors.Is(err, ErrNoFile) || errors.Is(err, fs.ErrNotExist) {
		return Text{}, false // a pipe, a folder behind a link, a link that leads nowhere
	}
	if err != nil {
		return Text{File: file, Problems: []Problem{Unreadable(file, err)}}, true
	}
	t := Parse(file, data)
	if formOf(at) == confForm && !isConf(t) {
		return Text{}, false
	}
	return t, len(t.Assignments) > 0 || slices.ContainsFunc(t.Problems, func(p Problem) bool { return p.Fatal })
}

// isConf tells files of sysctl from the other files that end in ".conf".
func isConf(t Text) bool {
	return slices.ContainsFunc(t.Assignments, func(a Assignment) bool {
		root, _, _ := strings.Cut(a.Key, ".")
		return slices.Contains([]string{"net", "fs", "vm", "kernel", "dev", "user", "abi"}, root) && strings.Contains(a.Key, ".")
	})
}
