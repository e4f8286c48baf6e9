package netlab

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/tcp"
)

// Population counts the host's TCP sockets by /proc/net/tcp and
// /proc/net/tcp6, which know nothing of netlink. It is for small worlds: the
// kernel walks its whole hash table. A listener on the IPv6 wildcard counts
// as IPv6.
func (h *Host) Population() (Population, error) {
	pop := Population{IPv4: {}, IPv6: {}, Mapped: {}}
	err := h.Do(func() error {
		for _, name := range []string{"tcp", "tcp6"} {
			if err := pop.read("/proc/thread-self/net/" + name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count sockets of %s: %w", h.name, err)
	}
	return pop, nil
}

func (pop Population) read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Scan() // the heading
	for lines.Scan() {
		if err := pop.add(lines.Text()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return lines.Err()
}

// add counts a line: "sl local_address rem_address st ..." (get_tcp4_sock in
// net/ipv4/tcp_ipv4.c). An IPv6 address is four words in host byte order.
func (pop Population) add(line string) error {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return fmt.Errorf("short line %q", line)
	}
	addr, _, _ := strings.Cut(fields[1], ":")
	state, err := strconv.ParseUint(fields[3], 16, 8)
	if err != nil {
		return fmt.Errorf("state %q: %w", fields[3], err)
	}
	raw, err := hex.DecodeString(addr)
	if err != nil {
		return fmt.Errorf("address %q: %w", addr, err)
	}
	family := IPv6
	switch {
	case len(raw) == 4:
		family = IPv4
	case strings.HasPrefix(addr, "0000000000000000FFFF0000"), strings.HasPrefix(addr, "00000000000000000000FFFF"):
		family = Mapped // the word 0x0000ffff of the network, as little-endian and big-endian machines print it
	}
	pop[family][tcp.State(state)]++
	return nil
}
