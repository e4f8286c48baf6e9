package sysctl

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

const (
	numberMax = 4 << 10 // more than any number or range takes
	// listMax is more than the longest ip_local_reserved_ports there is: 21845
	// ranges of two ports, each of at most twelve bytes.
	listMax = 1 << 19
)

// slurp reads a file of under most bytes below /proc/sys with a single read. A list of ports is
// written only at offset 0: a reader with a small buffer, such as os.ReadFile,
// gets the beginning, then end of file, and never knows that the list went on
// (proc_do_large_bitmap, kernel/sysctl.c).
func slurp(path string, most int) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	buf := make([]byte, most)
	n, err := file.Read(buf)
	if err != nil && err != io.EOF {
		return "", err
	}
	if n == len(buf) {
		return "", errors.New("too long")
	}
	return string(buf[:n]), nil
}

// parseNumbers reads exactly want integers.
func parseNumbers(text string, want int) ([]int64, error) {
	fields := strings.Fields(text)
	if len(fields) != want {
		return nil, fmt.Errorf("%s is not %d numbers", excerpt(text), want)
	}
	values := make([]int64, want)
	for i, f := range fields {
		v, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is not a number", excerpt(f))
		}
		values[i] = v
	}
	return values, nil
}

// excerpt quotes the beginning of text.
func excerpt(text string) string {
	const most = 40
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}

// bare strips the path that os wraps around an errno.
func bare(err error) error {
	var wrapped *os.PathError
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
