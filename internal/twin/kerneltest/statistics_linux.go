package kerneltest

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// statistics are a namespace's files in /proc/net, held open: reading them again
// is much cheaper than opening them.
type statistics struct {
	sockstat, netstat *os.File
	buf               [16 << 10]byte
}

// openStatistics opens those of the calling thread's namespace.
func openStatistics() (*statistics, error) {
	const dir = "/proc/thread-self/net/"
	var s statistics
	var err1, err2 error
	s.sockstat, err1 = os.Open(dir + "sockstat")
	s.netstat, err2 = os.Open(dir + "netstat")
	if err := errors.Join(err1, err2); err != nil {
		s.close()
		return nil, err
	}
	return &s, nil
}

func (s *statistics) close() {
	for _, f := range []*os.File{s.sockstat, s.netstat} {
		if f != nil {
			_ = f.Close()
		}
	}
}

func (s *statistics) read(f *os.File) (string, error) {
	n, err := f.ReadAt(s.buf[:], 0)
	if n == 0 {
		return "", fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return string(s.buf[:n]), nil
}

// minis returns the number of mini-sockets.
func (s *statistics) minis() (int, error) {
	text, err := s.read(s.sockstat)
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(text, "\nTCP: ")
	fields := strings.Fields(rest)
	for i := 0; ok && i+1 < len(fields); i += 2 {
		if fields[i] == "tw" {
			return strconv.Atoi(fields[i+1])
		}
	}
	return 0, errors.New("sockstat does not tell of tw")
}

func (s *statistics) counters() (Counters, error) {
	text, err := s.read(s.netstat)
	if err != nil {
		return Counters{}, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 2 {
		return Counters{}, errors.New("netstat has no lines")
	}
	var c Counters
	want := map[string]*uint64{
		"TW": &c.TW, "TWKilled": &c.TWKilled, "TWRecycled": &c.TWRecycled, "TCPTimeWaitOverflow": &c.TCPTimeWaitOverflow,
	}
	names, values := strings.Fields(lines[0]), strings.Fields(lines[1])
	for i, name := range names {
		if at := want[name]; at != nil && i < len(values) {
			if *at, err = strconv.ParseUint(values[i], 10, 64); err != nil {
				return c, fmt.Errorf("netstat: %w", err)
			}
		}
	}
	return c, nil
}
