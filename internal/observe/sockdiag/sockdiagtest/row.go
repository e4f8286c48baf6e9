package sockdiagtest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Row is a socket of the fake kernel.
type Row struct {
	evidence.Socket
	Explicit bool // its port was chosen by the program (SOCK_BINDPORT_LOCK)
}

// ParseRow reads a row such as
//
//	10.0.0.1:40000 -> 10.0.0.9:443 time-wait expires=41s cookie=9
//	[::]:443 listen v6only inode=7 uid=33 wqueue=128
//	[::ffff:10.0.0.1]:443 -> 10.0.0.9:40000 close-wait last-ack=5m
//
// The second end may be missing. The state is the kernel's name in any case,
// with dashes anywhere. Words that may follow: v6only, explicit, mini (which
// time-wait implies), and with a number rqueue=, wqueue=, uid=, inode=,
// cookie=, ifindex=, retrans=; timer= with retransmit, keepalive, timewait or
// probe; expires= and last-ack= with a duration. An address in IPv6 or
// IPv4-mapped form at the first end makes an AF_INET6 socket.
func ParseRow(text string) (Row, error) {
	var r Row
	fail := func(err error) (Row, error) { return Row{}, fmt.Errorf("row %q: %w", text, err) }
	words := strings.Fields(text)
	if len(words) < 2 {
		return fail(fmt.Errorf("want at least an address and a state"))
	}
	src, err := netip.ParseAddrPort(words[0])
	if err != nil {
		return fail(err)
	}
	dst := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	if r.V6 = src.Addr().Is6(); r.V6 && !src.Addr().Is4In6() {
		dst = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	words = words[1:]
	if words[0] == "->" && len(words) > 2 {
		if dst, err = netip.ParseAddrPort(words[1]); err != nil {
			return fail(err)
		}
		words = words[2:]
	}
	r.Src, r.SrcPort = evidence.AddrOf(src.Addr()), src.Port()
	r.Dst, r.DstPort = evidence.AddrOf(dst.Addr()), dst.Port()
	if r.State, err = parseState(words[0]); err != nil {
		return fail(err)
	}
	if r.State == tcp.TimeWait {
		r.Timer = evidence.TimerTimeWait
	}
	for _, word := range words[1:] {
		if err := r.word(word); err != nil {
			return fail(err)
		}
	}
	return r, nil
}

func parseState(name string) (tcp.State, error) {
	plain := strings.NewReplacer("-", "", "_", "")
	for s := tcp.State(1); int(s) < tcp.NumStates; s++ {
		if strings.EqualFold(plain.Replace(s.String()), plain.Replace(name)) {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown state %q", name)
}

func parseTimer(name string) (evidence.Timer, error) {
	switch name {
	case "retransmit":
		return evidence.TimerRetransmit, nil
	case "keepalive":
		return evidence.TimerKeepalive, nil
	case "timewait":
		return evidence.TimerTimeWait, nil
	case "probe":
		return evidence.TimerProbe, nil
	}
	return 0, fmt.Errorf("unknown timer %q", name)
}

func (r *Row) word(word string) error {
	name, value, _ := strings.Cut(word, "=")
	var err error
	switch name {
	case "v6only":
		r.V6Only = true
	case "explicit":
		r.Explicit = true
	case "mini":
		r.Timer = evidence.TimerTimeWait
	case "timer":
		r.Timer, err = parseTimer(value)
	case "expires":
		r.Expires, err = milliseconds(value)
	case "last-ack":
		r.Info = new(evidence.TCPInfo)
		r.Info.LastAckRecv, err = milliseconds(value)
	default:
		err = r.number(name, value)
	}
	return err
}

func (r *Row) number(name, value string) error {
	n, err := strconv.ParseUint(value, 0, 64)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch name {
	case "rqueue":
		r.RQueue = uint32(n)
	case "wqueue":
		r.WQueue = uint32(n)
	case "uid":
		r.UID = uint32(n)
	case "ifindex":
		r.Ifindex = uint32(n)
	case "retrans":
		r.Retrans = uint8(n)
	case "inode":
		r.Inode = n
	case "cookie":
		r.Cookie = n
	default:
		return fmt.Errorf("unknown word %q", name)
	}
	return nil
}

func milliseconds(text string) (uint32, error) {
	d, err := time.ParseDuration(text)
	return uint32(d.Milliseconds()), err
}
