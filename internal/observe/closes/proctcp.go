package closes

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

// listening is a socket in LISTEN.
type listening struct {
	netns uint64
	addr  netip.AddrPort
	v6    bool
	inode uint64
}

// listenersIn reads the listeners of a namespace.
func listenersIn(space *netns.Namespace) (all []listening, err error) {
	err = space.Do(func() error {
		cookie, err := tracer.NamespaceCookie()
		if err != nil {
			return err
		}
		for name, v6 := range map[string]bool{"tcp": false, "tcp6": true} {
			file, err := os.Open(proc + "/thread-self/net/" + name)
			if os.IsNotExist(err) && v6 {
				continue // a kernel without IPv6
			}
			if err != nil {
				return fmt.Errorf("read listeners: %w", err)
			}
			found, err := parseListeners(file, v6)
			_ = file.Close()
			if err != nil {
				return err
			}
			for i := range found {
				found[i].netns = cookie
			}
			all = append(all, found...)
		}
		return nil
	})
	return all, err
}

// parseListeners reads /proc/net/tcp or tcp6 up to the first socket that does
// not listen: the kernel lists listeners first (tcp_seq_start), and there may be
// a million others.
func parseListeners(r io.Reader, v6 bool) (all []listening, err error) {
	lines := bufio.NewScanner(r)
	lines.Scan() // titles
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 10 {
			return all, fmt.Errorf("read listeners: %d columns in %q", len(f), lines.Text())
		}
		if f[3] != "0A" {
			return all, nil
		}
		addr, err := parseAddr(f[1])
		if err != nil {
			return all, fmt.Errorf("read listeners: %w", err)
		}
		inode, err := strconv.ParseUint(f[9], 10, 64)
		if err != nil {
			return all, fmt.Errorf("read listeners: inode: %w", err)
		}
		all = append(all, listening{addr: addr, v6: v6, inode: inode})
	}
	if err := lines.Err(); err != nil {
		return all, fmt.Errorf("read listeners: %w", err)
	}
	return all, nil
}

// parseAddr reads "0100007F:1F90": words of 32 bits in the machine's order,
// then the port.
func parseAddr(text string) (netip.AddrPort, error) {
	words, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(words)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q: %w", text, err)
	}
	for i := 0; i+4 <= len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	addr, ok := netip.AddrFromSlice(b)
	n, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q cannot be read", text)
	}
	return netip.AddrPortFrom(addr, uint16(n)), nil
}
