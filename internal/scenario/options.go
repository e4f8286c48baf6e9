package scenario

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// optionNames are the socket options as they are written.
func optionNames() []string {
	return []string{"reuse_addr", "reuse_port", "no_port", "v6_only", "keep_alive", "port_range", "linger2", "uid"}
}

// options reads a list such as [reuse_addr, port_range 40000-40009].
func (d *decoder) options(n *node) (o SocketOptions) {
	for _, text := range d.texts(n) {
		word, value, _ := strings.Cut(text, " ")
		switch word {
		case "reuse_addr":
			o.ReuseAddr = true
		case "reuse_port":
			o.ReusePort = true
		case "no_port":
			o.NoPort = true
		case "v6_only":
			o.V6Only = true
		case "keep_alive":
			o.KeepAlive = true
		case "port_range":
			o.PortRange = d.portRange(n, value)
		case "linger2":
			o.Linger2, o.Negative = d.linger2(n, value)
		case "uid":
			uid, err := strconv.ParseUint(value, 10, 32)
			if err != nil || uid == math.MaxUint32 {
				d.wrong(n, `"uid" needs the number of a user, such as "uid 1000"`)
			}
			o.UID = uint32(uid)
		default:
			d.wrong(n, "%q is no socket option: %s", word, instead(word, optionNames()))
			continue
		}
		if value != "" && (word == "reuse_addr" || word == "reuse_port" || word == "no_port" || word == "v6_only" || word == "keep_alive") {
			d.wrong(n, "the option %s takes no value", word)
		}
	}
	return o
}

func (d *decoder) portRange(n *node, value string) [2]uint16 {
	l, h, _ := strings.Cut(value, "-")
	low, err1 := strconv.ParseUint(l, 10, 16)
	high, err2 := strconv.ParseUint(h, 10, 16)
	if err1 != nil || err2 != nil || low > high || low == 0 {
		d.wrong(n, `"port_range" needs two ports, such as "port_range 40000-40009"`)
	}
	return [2]uint16{uint16(low), uint16(high)}
}

func (d *decoder) linger2(n *node, value string) (time.Duration, bool) {
	if value == "negative" {
		return 0, true
	}
	v, ok := parseDuration(value)
	if !ok || v == 0 || v%time.Second != 0 {
		d.wrong(n, `"linger2" needs whole seconds, such as "linger2 5s", or "linger2 negative"`)
	}
	return v, false
}
