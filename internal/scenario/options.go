package scenario

import (
	"math"
	"strings"
	"time"
)

// optionNames are the socket options as they are written.
func optionNames() []string {
	return []string{"reuse_addr", "reuse_port", "no_port", "v6_only", "keep_alive", "port_range", "linger2", "uid"}
}

// options reads a list such as [reuse_addr, port_range 40000-40009].
func (d *decoder) options(n *node) (o SocketOptions) {
	switches := map[string]*bool{
		"reuse_addr": &o.ReuseAddr, "reuse_port": &o.ReusePort, "no_port": &o.NoPort, "v6_only": &o.V6Only, "keep_alive": &o.KeepAlive,
	}
	for _, item := range d.values(n) {
		word, value, _ := strings.Cut(item.text, " ")
		value = strings.TrimSpace(value)
		if on := switches[word]; on != nil {
			if *on = true; value != "" {
				d.wrong(item, "the option %s takes no value", word)
			}
			continue
		}
		switch word {
		case "port_range":
			o.PortRange = d.portRange(item, value)
		case "linger2":
			o.Linger2, o.Negative = d.linger2(item, value)
		case "uid":
			uid, ok := parseInteger(value)
			if !ok || uid < 0 || uid >= math.MaxUint32 {
				d.wrong(item, `"uid" needs the number of a user, such as "uid 1000"`)
			}
			o.UID = uint32(uid)
		default:
			d.wrong(item, "%q is no socket option: %s", word, instead(word, optionNames()))
		}
	}
	return o
}

func (d *decoder) portRange(n *node, value string) [2]uint16 {
	l, h, _ := strings.Cut(value, "-")
	low, ok1 := parseInteger(l)
	high, ok2 := parseInteger(h)
	if !ok1 || !ok2 || low > high || low < 1 || high > math.MaxUint16 {
		d.wrong(n, `"port_range" needs two ports, such as "port_range 40000-40009"`)
	}
	return [2]uint16{uint16(low), uint16(high)}
}

func (d *decoder) linger2(n *node, value string) (time.Duration, bool) {
	if value == "negative" {
		return 0, true
	}
	v, problem := parseDuration(value)
	if problem != "" || v == 0 || v%time.Second != 0 {
		d.wrong(n, `"linger2" needs whole seconds, such as "linger2 5s", or "linger2 negative"`)
	}
	return v, false
}
