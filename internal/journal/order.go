package journal

import (
	"path/filepath"
	"strings"
)

// after reports whether a file is read after, or in place of, a drop-in at
// boot. Files of all folders are read in the order of their names, whatever
// their folder, and sysctl.conf(5) last, by those who read it. Of the same name
// the one in /etc wins, then that in /run (sysctl.d(5)).
func after(file, dropIn string) bool {
	a, b := filepath.Base(file), filepath.Base(dropIn)
	switch {
	case a == "sysctl.conf" && filepath.Base(filepath.Dir(file)) != "sysctl.d":
		return true
	case a != b:
		return a > b
	}
	return rank(file) < rank(dropIn)
}

// rank is the place of a file's folder in the order of precedence.
func rank(path string) int {
	folders := []string{"/etc/", "/run/", "/usr/local/"}
	for i, folder := range folders {
		if strings.HasPrefix(path, folder) {
			return i
		}
	}
	return len(folders)
}
