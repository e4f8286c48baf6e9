package cli

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// traceFilter lets through what is asked for; the zero value everything.
type traceFilter struct {
	Process   string `placeholder:"NAME|PID" help:"Only what this process opened, closed or asked for."`
	Port      uint16 `placeholder:"N" help:"Only connections with this port at either end."`
	Address   string `placeholder:"PREFIX" help:"Only connections with such an address at either end, as 10.0.0.0/8 or one address."`
	Container string `placeholder:"TEXT" help:"Only processes whose container, pod or unit contains this text."`
	State     string `placeholder:"STATE" enum:",time-wait,fin-wait2,last-ack,reset,timeout,other" default:"" help:"Only connections that ended so: time-wait, fin-wait2, last-ack, reset, timeout or other."`
	Lingering bool   `help:"Only connections that left a TIME_WAIT, or a FIN_WAIT2 mini-socket."`
}

// prefix reads --address; invalid if it was not given.
func (f *traceFilter) prefix() (netip.Prefix, error) {
	if f.Address == "" {
		return netip.Prefix{}, nil
	}
	if addr, err := netip.ParseAddr(f.Address); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(f.Address)
	if err != nil {
		return prefix, fmt.Errorf("--address takes an address or a prefix such as 10.0.0.0/8, not %q", f.Address)
	}
	return prefix, nil
}

func (f *traceFilter) any() bool { return *f != traceFilter{} }

func (f *traceFilter) closed(c *evidence.Closed) bool {
	return (!f.Lingering || c.Lingers()) && (f.State == "" || f.State == endOf(c)) && f.ends(c.Src, c.Dst) && f.processes(c.Opener, c.Closer)
}

// endOf is the word of --state for an end.
func endOf(c *evidence.Closed) string {
	switch c.End {
	case evidence.LeftTimeWait:
		return "time-wait"
	case evidence.LeftFinWait2:
		return "fin-wait2"
	case "LAST_ACK":
		return "last-ack"
	case "reset sent", "reset received":
		return "reset"
	case "timeout":
		return "timeout"
	}
	return "other"
}

func (f *traceFilter) failed(c *evidence.FailedCall) bool {
	return f.ends(c.Addr) && f.processes(c.Owner)
}

// ends reports whether one of the ends has the port, and one the address.
func (f *traceFilter) ends(ends ...netip.AddrPort) bool {
	prefix, _ := f.prefix() // Validate has read it
	port, address := f.Port == 0, !prefix.IsValid()
	for _, e := range ends {
		port = port || e.Port() == f.Port
		address = address || prefix.Contains(e.Addr().Unmap())
	}
	return port && address
}

// processes reports whether one of the processes is meant.
func (f *traceFilter) processes(all ...*evidence.Owner) bool {
	if f.Process == "" && f.Container == "" {
		return true
	}
	for _, o := range all {
		if o != nil && f.named(o) && f.placed(o) {
			return true
		}
	}
	return false
}

// maxName is the length of the kernel's name of a process.
const maxName = 15

func (f *traceFilter) named(o *evidence.Owner) bool {
	return f.Process == "" || o.Name == f.Process[:min(len(f.Process), maxName)] || strconv.Itoa(o.PID) == f.Process
}

func (f *traceFilter) placed(o *evidence.Owner) bool {
	return f.Container == "" || strings.Contains(o.Container, f.Container) || strings.Contains(o.Pod, f.Container) || strings.Contains(o.Unit, f.Container)
}
