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

// slabUse is how much memory the kernel's caches of TIME_WAIT sockets hold, of
// the whole machine, in bytes. The buckets of their ports are not told apart:
// most kernels merge that cache with others of its size.
type slabUse struct {
	bytes int64
	err   error // why it could not be read
}

func readSlab() slabUse {
	text, err := os.ReadFile("/proc/slabinfo")
	if err != nil {
		return slabUse{err: err}
	}
	return parseSlab(text)
}

// settledSlab reads it when it no longer shrinks: sockets in TIME_WAIT of a
// network that is gone, which may be the last play's, are freed a little later.
func settledSlab() slabUse {
	const pause, quiet = 100 * time.Millisecond, 10
	use := readSlab()
	for still, rounds := 0, 0; use.err == nil && still < quiet && rounds < 10*quiet; rounds++ {
		time.Sleep(pause)
		now := readSlab()
		if still++; now.bytes != use.bytes {
			still = 0
		}
		use = now
	}
	return use
}

// parseSlab adds active objects times object size (slabinfo(5)).
func parseSlab(text []byte) slabUse {
	var use slabUse
	found := false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), " ")
		if name != "tw_sock_TCP" && name != "tw_sock_TCPv6" {
			continue
		}
		var active, all, size int64
		if _, err := fmt.Sscan(rest, &active, &all, &size); err != nil {
			return slabUse{err: fmt.Errorf("read slabinfo of %s: %w", name, err)}
		}
		use.bytes += active * size
		found = true
	}
	if !found {
		return slabUse{err: errors.New("this kernel keeps no cache of its own for TIME_WAIT sockets")}
	}
	return use
}
