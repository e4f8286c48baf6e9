package observe_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// socketRow is what linger, ss and /proc/net/tcp all say of a socket.
type socketRow struct {
	V6       bool
	State    tcp.State // the socket's own: bound ones are in CLOSE
	Src, Dst netip.AddrPort
	Device   string
	RQueue   uint32
	WQueue   uint32
	UID      uint32
	Inode    uint64
	Cookie   uint64 // 0 in /proc
	Timer    evidence.Timer
	Retrans  uint32
}

// span is how many ms a timer may have left, as far as a printed number tells.
type span struct{ low, high uint32 }

// ssStates are the names of ss in the order of the states' numbers (state_name
// in misc/ss.c of iproute2).
var ssStates = []string{"", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING"}

// ssTimers are tmr_name of the same source. The last is what it calls newer ones.
var ssTimers = []string{"off", "on", "keepalive", "timewait", "persist", "unknown"}

func indexOf(names []string, name string) (int, error) {
	for i, n := range names {
		if n == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown name %q", name)
}

// parseSS reads a line of `ss -tanoeH`.
func parseSS(line string) (row socketRow, left span, err error) {
	f := strings.Fields(line)
	if len(f) < 5 {
		return row, left, fmt.Errorf("short line %q", line)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("ss says %q: %w", line, err)
		}
	}()
	state, err := indexOf(ssStates, f[0])
	if err != nil {
		return row, left, err
	}
	row.State = tcp.State(state)
	if _, err := fmt.Sscan(f[1]+" "+f[2], &row.RQueue, &row.WQueue); err != nil {
		return row, left, err
	}
	if row.Src, row.Device, err = ssAddr(f[3]); err != nil {
		return row, left, err
	}
	if row.Dst, _, err = ssAddr(f[4]); err != nil {
		return row, left, err
	}
	row.V6 = row.Src.Addr().Is6()
	for _, word := range f[5:] {
		key, value, _ := strings.Cut(word, ":")
		switch key {
		case "uid":
			_, err = fmt.Sscan(value, &row.UID)
		case "ino":
			_, err = fmt.Sscan(value, &row.Inode)
		case "sk":
			row.Cookie, err = strconv.ParseUint(value, 16, 64)
		case "timer":
			left, err = ssTimer(value, &row)
		}
		if err != nil {
			return row, left, err
		}
	}
	return row, left, nil
}

// ssAddr reads ADDR[%DEVICE]:PORT. "*" is the wildcard of an AF_INET6 socket
// that takes IPv4 too.
func ssAddr(s string) (netip.AddrPort, string, error) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return netip.AddrPort{}, "", fmt.Errorf("no port in %q", s)
	}
	host, device, _ := strings.Cut(s[:i], "%")
	host = strings.Trim(host, "[]")
	if host == "*" {
		host = "::"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, "", err
	}
	port := uint64(0)
	if s[i+1:] != "*" {
		if port, err = strconv.ParseUint(s[i+1:], 10, 16); err != nil {
			return netip.AddrPort{}, "", err
		}
	}
	return netip.AddrPortFrom(addr, uint16(port)), device, nil
}

// ssTimer reads "(NAME,TIME,RETRANS)".
func ssTimer(s string, row *socketRow) (span, error) {
	f := strings.Split(strings.Trim(s, "()"), ",")
	if len(f) != 3 {
		return span{}, fmt.Errorf("timer %q", s)
	}
	timer, err := indexOf(ssTimers, f[0])
	if err != nil {
		return span{}, err
	}
	row.Timer = evidence.Timer(timer)
	if _, err := fmt.Sscan(f[2], &row.Retrans); err != nil {
		return span{}, err
	}
	return ssTime(f[1])
}

// ssTime reads what print_ms_timer of iproute2 writes. It leaves out what is
// zero, seconds from ten minutes on, and milliseconds from ten seconds on;
// nothing at all is left of 0 ms.
func ssTime(s string) (span, error) {
	if s == "" {
		return span{}, nil
	}
	var ms, cut uint32
	if minutes, rest, ok := strings.Cut(s, "min"); ok {
		n, err := strconv.ParseUint(minutes, 10, 26)
		if err != nil {
			return span{}, err
		}
		ms, cut, s = uint32(n)*60_000, 999, rest
		if n > 9 {
			cut = 59_999
		}
	}
	if seconds, ok := strings.CutSuffix(s, "sec"); ok {
		n, err := strconv.ParseUint(seconds, 10, 32)
		if err != nil {
			return span{}, err
		}
		ms, s = ms+uint32(n)*1000, ""
		if n > 9 {
			cut = max(cut, 999)
		}
	}
	if rest, ok := strings.CutSuffix(s, "ms"); ok {
		seconds, millis, ok := strings.Cut(rest, ".")
		if !ok {
			seconds, millis = "0", rest
		}
		a, err1 := strconv.ParseUint(seconds, 10, 32)
		b, err2 := strconv.ParseUint(millis, 10, 32)
		if err1 != nil || err2 != nil {
			return span{}, fmt.Errorf("time %q", s)
		}
		ms, s = ms+uint32(a*1000+b), ""
	}
	if s != "" {
		return span{}, fmt.Errorf("time %q", s)
	}
	return span{ms, ms + cut}, nil
}

// parseProc reads a line of /proc/net/tcp or tcp6 (get_tcp4_sock in
// net/ipv4/tcp_ipv4.c). The eighth column, headed "timeout", is the number of
// unanswered probes.
func parseProc(line string) (row socketRow, left span, err error) {
	f := strings.Fields(line)
	if len(f) < 10 {
		return row, left, fmt.Errorf("short line %q", line)
	}
	var state, timer, when, retrans, probes uint32
	cells := []struct {
		text, format string
		to           []any
	}{
		{f[3], "%x", []any{&state}},
		{f[4], "%x:%x", []any{&row.WQueue, &row.RQueue}},
		{f[5], "%x:%x", []any{&timer, &when}},
		{f[6], "%x", []any{&retrans}},
		{f[7], "%d", []any{&row.UID}},
		{f[8], "%d", []any{&probes}},
		{f[9], "%d", []any{&row.Inode}},
	}
	for _, c := range cells {
		if _, err := fmt.Sscanf(c.text, c.format, c.to...); err != nil {
			return row, left, fmt.Errorf("%q in %q: %w", c.text, line, err)
		}
	}
	if row.Src, err = procAddr(f[1]); err != nil {
		return row, left, err
	}
	if row.Dst, err = procAddr(f[2]); err != nil {
		return row, left, err
	}
	row.V6 = row.Src.Addr().Is6()
	row.State, row.Timer, row.Retrans = tcp.State(state), evidence.Timer(timer), retrans
	if row.Timer == evidence.TimerKeepalive || row.Timer == evidence.TimerProbe {
		row.Retrans = probes // what idiag_retrans is then (inet_sk_diag_fill)
	}
	return row, span{when * 10, when*10 + 10}, nil // USER_HZ is 100
}

// procAddr reads words of an address in host byte order, and a port.
func procAddr(s string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(s, ":")
	raw, err := hex.DecodeString(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for i := 0; i+4 <= len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	addr, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("address %q", s)
	}
	p, err := strconv.ParseUint(port, 16, 16)
	return netip.AddrPortFrom(addr, uint16(p)), err
}

func TestTimesOfSsAreReadWithWhatTheyLeaveOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]span{
		"": {}, "028ms": {28, 28}, "216ms": {216, 216}, "5.028ms": {5028, 5028}, "5sec": {5000, 5000},
		"58sec": {58_000, 58_999}, "1min": {60_000, 60_999}, "1min2sec": {62_000, 62_999}, "119min": {7_140_000, 7_199_999},
	} {
		if got, err := ssTime(text); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	// A socket in the rounding tail of the timer wheel.
	row, left, err := parseSS("TIME-WAIT 0 0 [::ffff:10.0.0.1]:80 [::ffff:10.0.0.2]:4242 timer:(timewait,,0) ino:0 sk:efdf")
	if err != nil || row.Timer != evidence.TimerTimeWait || left != (span{}) || !row.Src.Addr().Is4In6() || row.Cookie != 0xefdf {
		t.Errorf("%+v, %v, %v", row, left, err)
	}
}
