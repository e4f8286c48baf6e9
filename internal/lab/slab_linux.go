package lab

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// readSlab returns how much memory the kernel's caches of TIME_WAIT sockets
// hold, of the whole machine, in bytes. The buckets of their ports are not told
// apart: most kernels merge that cache with others of its size.
func readSlab() (use int64, err error) {
	text, err := os.ReadFile("/proc/slabinfo")
	if err == nil {
		use, err = parseSlab(text)
	}
	if err != nil {
		return 0, &untestable{why: fmt.Sprintf("the kernel's memory caches cannot be read (%v)", err), hint: "run it as root of the host"}
	}
	return use, nil
}

// settledSlab reads it when it no longer shrinks: sockets in TIME_WAIT of a
// network that is gone, which may be the last play's, are freed a little later.
func settledSlab() (int64, error) {
	const pause, quiet = 100 * time.Millisecond, 10
	use, err := readSlab()
	for still, rounds := 0, 0; err == nil && still < quiet && rounds < 10*quiet; rounds++ {
		time.Sleep(pause)
		var now int64
		now, err = readSlab()
		if still++; now != use {
			still = 0
		}
		use = now
	}
	return use, err
}

// parseSlab adds active objects times object size (slabinfo(5)).
func parseSlab(text []byte) (use int64, err error) {
	found := false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), " ")
		if name != "tw_sock_TCP" && name != "tw_sock_TCPv6" {
			continue
		}
		var active, all, size int64
		if _, err := fmt.Sscan(rest, &active, &all, &size); err != nil {
			return 0, fmt.Errorf("read slabinfo of %s: %w", name, err)
		}
		use += active * size
		found = true
	}
	if !found {
		return 0, errors.New("this kernel keeps no cache of its own for TIME_WAIT sockets")
	}
	return use, nil
}
