package binders

import (
	"bufio"
	"errors"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// Here says whether bind() takes addr for an address of the namespace of the
// calling thread: what fib_trie calls local (or a broadcast address), and what
// if_inet6 lists, but an address whose uniqueness is still being checked. The
// settings ip_nonlocal_bind let every address be bound. proc is the directory
// that is mounted at /proc.
func Here(proc string, addr netip.Addr) evidence.Tri {
	if addr.IsUnspecified() {
		return evidence.Yes
	}
	family, list := "ipv4", "fib_trie"
	if addr.Is6() {
		family, list = "ipv6", "if_inet6"
	}
	free, _ := os.ReadFile(proc + "/sys/net/" + family + "/ip_nonlocal_bind")
	if strings.TrimSpace(string(free)) == "1" {
		return evidence.Yes
	}
	file, err := os.Open(proc + "/thread-self/net/" + list)
	if errors.Is(err, os.ErrNotExist) && addr.Is6() {
		return evidence.No // no IPv6 at all
	}
	if err != nil {
		return evidence.Unsure
	}
	defer file.Close() //nolint:errcheck // only read
	if addr.Is6() {
		return interfaces6(file, addr.WithZone(""))
	}
	return routes4(file, addr)
}

// routes4 reads /proc/net/fib_trie: a leaf "|-- 10.0.0.1", then its routes
// "/32 host LOCAL".
func routes4(r io.Reader, addr netip.Addr) evidence.Tri {
	var leaf netip.Addr
	for lines := bufio.NewScanner(r); ; {
		if !lines.Scan() {
			if lines.Err() != nil {
				return evidence.Unsure
			}
			return evidence.No
		}
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && fields[0] == "|--" {
			leaf, _ = netip.ParseAddr(fields[1])
			continue
		}
		if len(fields) < 3 || !strings.HasPrefix(fields[0], "/") || !leaf.IsValid() {
			continue
		}
		bits, err := strconv.Atoi(fields[0][1:])
		kind := fields[2]
		if err == nil && (kind == "LOCAL" || kind == "BROADCAST" || kind == "MULTICAST") && netip.PrefixFrom(leaf, bits).Contains(addr) {
			return evidence.Yes
		}
	}
}

// interfaces6 reads /proc/net/if_inet6: address, index, prefix length, scope,
// flags, name.
func interfaces6(r io.Reader, addr netip.Addr) evidence.Tri {
	const tentative = 0x40 // IFA_F_TENTATIVE
	raw := addr.As16()
	for lines := bufio.NewScanner(r); ; {
		if !lines.Scan() {
			if lines.Err() != nil {
				return evidence.Unsure
			}
			return evidence.No
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || len(fields[0]) != 32 {
			continue
		}
		same := true
		for i := range raw {
			b, err := strconv.ParseUint(fields[0][2*i:2*i+2], 16, 8)
			same = same && err == nil && byte(b) == raw[i]
		}
		flags, err := strconv.ParseUint(fields[4], 16, 32)
		if same && err == nil && flags&tentative == 0 {
			return evidence.Yes
		}
	}
}
