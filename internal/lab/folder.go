package lab

import (
	"path/filepath"
	"strings"

	"github.com/linger-dev/linger/internal/scenario"
)

// Folder returns where a play's files are kept under a folder: its scenario's
// name, and the case made fit for a file's name.
func Folder(keep string, f *scenario.File, playCase string) string {
	if playCase == "" {
		return filepath.Join(keep, f.Name)
	}
	fit := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("=._-", r):
			return r
		case r == ',':
			return '+'
		case r == ' ':
			return -1
		}
		return '_'
	}, playCase)
	return filepath.Join(keep, f.Name, fit)
}
