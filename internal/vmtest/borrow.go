package vmtest

import (
	"context"
	"fmt"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
)

// library finds the files in what ldd writes: "libmnl.so.0 => /lib/… (0x…)" and
// "/lib64/ld-linux-x86-64.so.2 (0x…)".
var library = regexp.MustCompile(`(?m)(?:=> |^\s*)(/\S+) \(0x`)

// Borrow returns the files of those of the programs that this host has, with the
// libraries that they are linked with: for Machine.Borrowed. Missing programs
// are left out: the tests that need them say so.
func Borrow(ctx context.Context, programs ...string) ([]string, error) {
	var files []string
	for _, name := range programs {
		file, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, "ldd", file).CombinedOutput()
		if err != nil && !strings.Contains(string(out), "not a dynamic executable") {
			return nil, fmt.Errorf("list the libraries of %s: %w: %s", file, err, out)
		}
		files = append(files, file)
		for _, found := range library.FindAllStringSubmatch(string(out), -1) {
			files = append(files, found[1])
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// inGuest returns where a guest has a borrowed file: as where /bin is /usr/bin,
// but without /usr.
func inGuest(file string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path.Clean(file), "/"), "usr/")
}

// borrow adds borrowed files with the folders above them.
func borrow(w *cpioWriter, files []string) {
	made := map[string]bool{".": true}
	var folder func(dir string)
	folder = func(dir string) {
		if !made[dir] {
			made[dir] = true
			folder(path.Dir(dir))
			w.folder(dir)
		}
	}
	for _, file := range files {
		name := inGuest(file)
		folder(path.Dir(name))
		add(w, name, 0o755, file)
	}
}
