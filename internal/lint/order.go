package lint

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Program is one that applies files of sysctl.
type Program string

// The programs, and their orders. Both take *.conf of the same directories,
// sort them by file name whatever the directory, let a name in an earlier
// directory hide the same name in a later one, and let a later line win.
const (
	// Systemd is systemd-sysctl(8), which runs at boot: sysctl.d(5). It reads
	// /etc/sysctl.conf only where a link in sysctl.d leads there.
	Systemd Program = "systemd-sysctl"
	// Procps is `sysctl --system` of procps: the same, then /etc/sysctl.conf
	// last. Before 3.3.17 it looked into /run before /etc.
	Procps Program = "sysctl --system"
)

// Programs returns both.
func Programs() []Program { return []Program{Systemd, Procps} }

// directories are where files of sysctl lie, the strongest first.
func directories() []string {
	return []string{"etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d"}
}

const mainFile = "etc/sysctl.conf"

// Masked is a file that is not read, because of one with the same name.
type Masked struct {
	File string `json:"file"`
	By   string `json:"by"`
}

// System is what the files of a system say, and in which order.
type System struct {
	Texts  map[string]Text      // by name, "/etc/sysctl.d/10-x.conf"
	Order  map[Program][]string // the files that each program reads, in that order
	Masked []Masked
	// Boot is the program that applies the files at boot, as far as the files of
	// the system tell: Systemd where it is installed.
	Boot     Program
	Problems []Problem // what could not be read
}

// found is a file of sysctl in a directory.
type found struct {
	name string // its name in the directory
	file string // "/etc/sysctl.d/name"
	mask bool   // empty, or a link to /dev/null: it hides others and sets nothing
}

// ReadSystem reads the files of sysctl of a system whose root is fsys. Links
// are followed as they would be on that system, so an absolute one stays below
// the root, if fsys is an fs.ReadLinkFS.
func ReadSystem(fsys fs.FS) System {
	s := System{Texts: make(map[string]Text), Order: make(map[Program][]string), Boot: Procps}
	if isThere(fsys, "usr/lib/systemd/systemd-sysctl") || isThere(fsys, "lib/systemd/systemd-sysctl") {
		s.Boot = Systemd
	}
	var chosen []found
	seen := make(map[string]string)    // directory after links, to the directory that is it
	winners := make(map[string]string) // name to file
	for _, dir := range directories() {
		real, err := resolve(fsys, dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			s.unreadable("/"+dir, err)
			continue
		}
		if _, twice := seen[real]; twice { // /lib is a link to /usr/lib
			continue
		}
		seen[real] = dir
		for _, f := range s.list(fsys, dir, real) {
			if by, hidden := winners[f.name]; hidden {
				s.Masked = append(s.Masked, Masked{f.file, by})
				continue
			}
			winners[f.name] = f.file
			chosen = append(chosen, f)
		}
	}
	slices.SortFunc(chosen, func(a, b found) int { return strings.Compare(a.name, b.name) })
	for _, f := range chosen {
		if f.mask || !s.read(fsys, f.file) {
			continue
		}
		s.Order[Procps] = append(s.Order[Procps], f.file)
		if !strings.HasPrefix(f.name, ".") { // systemd skips hidden files
			s.Order[Systemd] = append(s.Order[Systemd], f.file)
		}
	}
	if isThere(fsys, mainFile) && s.read(fsys, "/"+mainFile) {
		s.Order[Procps] = append(s.Order[Procps], "/"+mainFile)
	}
	return s
}

// list returns the files of a directory, real being where its name leads.
func (s *System) list(fsys fs.FS, dir, real string) (files []found) {
	entries, err := fs.ReadDir(fsys, real)
	if err != nil {
		s.unreadable("/"+dir, err)
	}
	for _, e := range entries {
		if path.Ext(e.Name()) != ".conf" || e.IsDir() {
			continue
		}
		f := found{name: e.Name(), file: "/" + path.Join(dir, e.Name())}
		f.mask = isMask(fsys, path.Join(dir, e.Name()))
		files = append(files, f)
	}
	return files
}

// isMask reports whether a file is empty or a link to /dev/null, which need not
// be there in an image.
func isMask(fsys fs.FS, name string) bool {
	real, err := resolve(fsys, name)
	if real == "dev/null" {
		return true
	}
	if err != nil {
		return false
	}
	info, err := fs.Lstat(fsys, real)
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

func isThere(fsys fs.FS, name string) bool {
	_, err := resolve(fsys, name)
	return err == nil
}

// read reads a file once; false if it could not be read.
func (s *System) read(fsys fs.FS, file string) bool {
	if _, done := s.Texts[file]; done {
		return true
	}
	data, err := ReadFile(fsys, strings.TrimPrefix(file, "/"))
	if err != nil {
		s.unreadable(file, err)
		return false
	}
	s.Texts[file] = ParseConf(file, data)
	return true
}

func (s *System) unreadable(file string, err error) {
	s.Problems = append(s.Problems, Unreadable(file, err))
}

// Unreadable is the problem of a file that could not be read.
func Unreadable(file string, err error) Problem {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err // the file is said once
	}
	return Problem{Place: Place{File: file}, What: sayf("cannot be read: %v", "无法读取：%v", err), Fatal: true}
}
