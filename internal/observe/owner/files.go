package owner

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// parseUID returns the effective user id of /proc/PID/status, as ps shows it.
// The owner of the directory /proc/PID would do less well: it is root for
// every process that may not be dumped.
func parseUID(status []byte) (uint32, error) {
	for line := range bytes.Lines(status) {
		rest, ok := bytes.CutPrefix(line, []byte("Uid:"))
		if !ok {
			continue
		}
		ids := bytes.Fields(rest)
		if len(ids) != 4 { // real, effective, saved, file system
			return 0, fmt.Errorf("%d user ids, want 4", len(ids))
		}
		uid, err := strconv.ParseUint(string(ids[1]), 10, 32)
		return uint32(uid), err
	}
	return 0, errors.New("no user ids")
}

const (
	maxCmdline = 4 << 10 // bytes of a command line that are kept
	cutMark    = "…"     // last element of a command line that was longer
)

// splitCmdline splits /proc/PID/cmdline at its NULs. Programs that set their
// title pad what is left of their arguments with NULs, so all of those at the
// end are dropped. Of more than maxCmdline bytes the rest is cut, and cutMark
// added.
func splitCmdline(data []byte) []string {
	cut := len(data) > maxCmdline
	if cut {
		data = wholeRunes(data[:maxCmdline])
	}
	data = bytes.TrimRight(data, "\x00")
	if len(data) == 0 {
		return nil
	}
	var args []string
	for arg := range bytes.SplitSeq(data, []byte{0}) {
		args = append(args, string(arg))
	}
	if cut {
		args = append(args, cutMark)
	}
	return args
}

// wholeRunes drops a rune from the end that was cut in the middle.
func wholeRunes(data []byte) []byte {
	for i := len(data) - 1; i >= max(0, len(data)-utf8.UTFMax); i-- {
		if utf8.RuneStart(data[i]) {
			if !utf8.FullRune(data[i:]) {
				return data[:i]
			}
			break
		}
	}
	return data
}

// parseSocket returns N of "socket:[N]".
func parseSocket(link []byte) (inode uint64, ok bool) {
	const prefix = "socket:["
	if len(link) < len(prefix)+2 || string(link[:len(prefix)]) != prefix || link[len(link)-1] != ']' {
		return 0, false
	}
	return parseNumber(link[len(prefix) : len(link)-1])
}

// parseNumber reads decimal digits without an allocation.
func parseNumber(digits []byte) (n uint64, ok bool) {
	if len(digits) == 0 || len(digits) > 19 { // 19 digits cannot overflow
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
