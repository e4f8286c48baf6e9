package scenario

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// dayLong bounds durations: no scenario lasts longer.
const dayLong = 24 * time.Hour

func (d *decoder) bool(n *node) bool {
	switch text := d.text(n); text {
	case "yes", "on", "true":
		return true
	case "no", "off", "false", "":
		return false
	default:
		d.wrong(n, "%q is neither yes nor no", text)
		return false
	}
}

// integer reads a whole number within bounds.
func (d *decoder) integer(n *node, low, high int64) int64 {
	text := d.text(n)
	v, err := strconv.ParseInt(text, 10, 64)
	switch {
	case text == "" && n.kind != scalar:
		return low
	case err != nil:
		d.wrong(n, "%q is no whole number", text)
		return low
	case v < low || v > high:
		d.wrong(n, "%d is not between %d and %d", v, low, high)
		return low
	}
	return v
}

func (d *decoder) duration(n *node) time.Duration {
	v, ok := parseDuration(d.text(n))
	if !ok && n.kind == scalar {
		d.wrong(n, `%q is no duration, such as "2s", "500ms" or "1m30s"`, n.text)
	}
	return v
}

func parseDuration(text string) (time.Duration, bool) {
	v, err := time.ParseDuration(text)
	return v, err == nil && v >= 0 && v <= dayLong
}

// bounds splits "3..7", "5", ">= 3" and "<= 3"; an open end is empty.
func bounds(text string) (low, high string) {
	if l, h, ok := strings.Cut(text, ".."); ok {
		return strings.TrimSpace(l), strings.TrimSpace(h)
	}
	if rest, ok := strings.CutPrefix(text, ">="); ok {
		return strings.TrimSpace(rest), ""
	}
	if rest, ok := strings.CutPrefix(text, "<="); ok {
		return "", strings.TrimSpace(rest)
	}
	return text, text
}

// interval reads a range of any kind of value.
func interval[T int64 | float64 | time.Duration](d *decoder, n *node, what string, lowest, highest T, parse func(string) (T, bool)) (low, high T) {
	text := d.text(n)
	l, h := bounds(text)
	low, high = lowest, highest
	okLow, okHigh := l == "", h == ""
	if l != "" {
		low, okLow = parse(l)
	}
	if h != "" {
		high, okHigh = parse(h)
	}
	switch {
	case n.kind != scalar:
	case !okLow || !okHigh || text == "":
		d.wrong(n, "%q is no %s", text, what)
	case low > high:
		d.wrong(n, "%q ends before it begins", text)
	}
	return low, high
}

func (d *decoder) numbers(n *node) Range {
	low, high := interval(d, n, `number, nor a range such as "3..7" or ">= 3"`, 0, math.MaxInt64, func(s string) (int64, bool) {
		v, err := strconv.ParseInt(s, 10, 64)
		return v, err == nil && v >= 0
	})
	return Range{low, high}
}

func (d *decoder) floats(n *node) *FloatRange {
	low, high := interval(d, n, `number, nor a range such as "1.5..3" or ">= 3"`, 0, math.MaxFloat64, func(s string) (float64, bool) {
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil && v >= 0 && v <= math.MaxFloat64
	})
	return &FloatRange{low, high}
}

func (d *decoder) durations(n *node) *DurationRange {
	low, high := interval(d, n, `duration, nor a range such as "60s..65s"`, 0, dayLong, parseDuration)
	return &DurationRange{low, high}
}

// rate reads "100/s" or a number.
func (d *decoder) rate(n *node) float64 {
	text := d.text(n)
	v, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if (err != nil || v < 0 || v > 1e6) && n.kind == scalar {
		d.wrong(n, `%q is no rate, such as "100/s"`, text)
	}
	return v
}

// size reads a number of bytes, such as "10MB".
func (d *decoder) size(n *node) int64 {
	text := d.text(n)
	factor := int64(1)
	for _, unit := range []struct {
		suffix string
		factor int64
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(text, unit.suffix); ok {
			text, factor = strings.TrimSpace(rest), unit.factor
			break
		}
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if (err != nil || v < 0 || v > 1e12/factor) && n.kind == scalar {
		d.wrong(n, `%q is no number of bytes, such as "1000" or "10MB"`, n.text)
		return 0
	}
	return v * factor
}

func (d *decoder) endpoint(n *node) netip.AddrPort {
	text := d.text(n)
	a, err := netip.ParseAddrPort(text)
	if err != nil && n.kind == scalar {
		d.wrong(n, `%q is no address and port, such as "10.0.0.1:80" or "[fd00::1]:80"`, text)
	}
	return a
}

// source reads an address with or without a port.
func (d *decoder) source(n *node) netip.AddrPort {
	text := d.text(n)
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(a, 0)
	}
	a, err := netip.ParseAddrPort(text)
	if err != nil && n.kind == scalar {
		d.wrong(n, `%q is no address, such as "10.0.0.1" or "10.0.0.1:4000"`, text)
	}
	return a
}

func (d *decoder) prefixes(n *node) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range d.texts(n) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			d.wrong(n, `%q is no address with its network, such as "10.0.0.1/24"`, text)
			continue
		}
		out = append(out, p)
	}
	return out
}

// states are the names of the states that sockets can be counted in.
func states() map[string]tcp.State {
	return map[string]tcp.State{
		"established": tcp.Established, "syn_sent": tcp.SynSent, "syn_recv": tcp.SynRecv, "fin_wait1": tcp.FinWait1,
		"fin_wait2": tcp.FinWait2, "time_wait": tcp.TimeWait, "close_wait": tcp.CloseWait, "last_ack": tcp.LastAck,
		"listen": tcp.Listen, "closing": tcp.Closing,
	}
}

// state reads a state by the kernel's name or the RFC's.
func (d *decoder) state(n *node) tcp.State {
	text := d.text(n)
	word := strings.ReplaceAll(strings.ToLower(text), "-", "_")
	known := states()
	known["closed"], known["close"] = tcp.Close, tcp.Close
	known["fin_wait_1"], known["fin_wait_2"], known["syn_received"] = tcp.FinWait1, tcp.FinWait2, tcp.SynRecv
	s, ok := known[word]
	if !ok && n.kind == scalar {
		var words []string
		for w := range known {
			words = append(words, strings.ToUpper(w))
		}
		d.wrong(n, "%q is no state of TCP: %s", text, instead(strings.ToUpper(word), words))
	}
	return s
}

// flagNames are the control bits by name.
func flagNames() map[string]tcp.Flags {
	return map[string]tcp.Flags{
		"FIN": tcp.FIN, "SYN": tcp.SYN, "RST": tcp.RST, "PSH": tcp.PSH, "ACK": tcp.ACK, "URG": tcp.URG, "ECE": tcp.ECE, "CWR": tcp.CWR,
	}
}

func (d *decoder) flags(n *node, text string) tcp.Flags {
	var out tcp.Flags
	for word := range strings.SplitSeq(text, "+") {
		f, ok := flagNames()[strings.TrimSpace(word)]
		if !ok && text != "none" && n.kind == scalar {
			var words []string
			for w := range flagNames() {
				words = append(words, w)
			}
			d.wrong(n, "%q is no flag of a segment: %s", word, instead(word, words))
		}
		out |= f
	}
	return out
}

// match reads which segments are meant: "any", "data", or flags, which may be
// followed by "with data" or "without data".
func (d *decoder) match(n *node) Match {
	text := d.text(n)
	yes, no := true, false
	switch text {
	case "any":
		return Match{Any: true}
	case "data":
		return Match{Flags: tcp.ACK, Data: &yes}
	}
	if flags, ok := strings.CutSuffix(text, " with data"); ok {
		return Match{Flags: d.flags(n, flags), Data: &yes}
	}
	if flags, ok := strings.CutSuffix(text, " without data"); ok {
		return Match{Flags: d.flags(n, flags), Data: &no}
	}
	return Match{Flags: d.flags(n, text)}
}

// errnos are the errors that socket calls can give.
func errnos() []string {
	return []string{
		"EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EAGAIN", "EALREADY", "EBADF", "ECONNABORTED", "ECONNREFUSED",
		"ECONNRESET", "EDESTADDRREQ", "EHOSTUNREACH", "EINPROGRESS", "EINVAL", "EISCONN", "EMFILE", "ENETDOWN", "ENETUNREACH",
		"ENFILE", "ENOBUFS", "ENOMEM", "ENOPROTOOPT", "ENOTCONN", "EPERM", "EPIPE", "EPROTO", "ETIMEDOUT", "EOPNOTSUPP",
	}
}

// errno reads an error's name; "none" is success, "timeout" that the call did
// not end in its time.
func (d *decoder) errno(n *node) string {
	text := d.text(n)
	if text == "none" {
		return ""
	}
	if text != "timeout" && !slices.Contains(errnos(), text) && n.kind == scalar {
		d.wrong(n, "%q is no error of a call: %s", text, instead(text, append(errnos(), "none", "timeout")))
	}
	return text
}
