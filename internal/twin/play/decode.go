package play

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is a key that a mapping may have, and what its value does.
type field struct {
	name string
	set  func(n *node)
}

// fields reads a mapping; what names it in errors. needed keys must be there.
func (p *problems) fields(n *node, what string, known []field, needed ...string) {
	if n.pairs == nil {
		p.add(n, "%s is a mapping of keys to values", what)
		return
	}
	var names []string
	for _, f := range known {
		names = append(names, f.name)
	}
	for _, kv := range n.pairs {
		i := slices.Index(names, kv.key.text)
		if i < 0 {
			p.add(kv.key, "%s has no key %q: there are %s", what, kv.key.text, strings.Join(names, ", "))
			continue
		}
		known[i].set(kv.value)
	}
	for _, key := range needed {
		if n.get(key) == nil {
			p.add(n, "%s needs %q", what, key)
		}
	}
}

// value returns a value as it stands.
func (p *problems) value(n *node) string {
	if n.items != nil || n.pairs != nil || n.text == "" {
		p.add(n, "a value is needed here")
		n.broken = true
	}
	return n.text
}

// values returns the values of a list, or one value as a list.
func (p *problems) values(n *node) []*node {
	if n.items == nil {
		return []*node{n}
	}
	if len(n.items) == 0 {
		p.add(n, "the list is empty")
	}
	return n.items
}

func (p *problems) name(n *node) string {
	text := p.value(n)
	if len(text) > 64 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		p.add(n, "%q is no name: letters, digits, _ and - only, at most 64", text)
	}
	return text
}

func (p *problems) choice(n *node, words ...string) string {
	text := p.value(n)
	if !slices.Contains(words, text) {
		p.add(n, "%q is not possible here: there are %s", text, strings.Join(words, ", "))
	}
	return text
}

func (p *problems) integer(n *node, low, high int64) int64 {
	text := p.value(n)
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < low || v > high {
		p.add(n, "%q is no whole number between %d and %d", text, low, high)
		return low
	}
	return v
}

// dayLong bounds durations.
const dayLong = 24 * time.Hour

func (p *problems) duration(n *node, least time.Duration) time.Duration {
	v, err := parseDuration(p.value(n), least)
	if err != nil {
		p.add(n, "%v", err)
	}
	return v
}

func parseDuration(text string, least time.Duration) (time.Duration, error) {
	v, err := time.ParseDuration(text)
	if err != nil || v < least || v > dayLong {
		return least, fmt.Errorf("%q is no duration from %v to a day, such as \"20ms\", \"2s\" or \"1m30s\"", text, least)
	}
	return v, nil
}

// rateMost bounds the connections of a stream in a second.
const rateMost = 1_000_000

func (p *problems) rate(n *node) int64 {
	v, err := parseRate(p.value(n))
	if err != nil {
		p.add(n, "%v", err)
	}
	return v
}

// parseRate reads "100/s", "90/min", "0.5/s" or a number, in connections; it
// returns thousandths of one in a second.
func parseRate(text string) (int64, error) {
	number, factor := strings.TrimSuffix(text, "/s"), int64(60)
	if rest, ok := strings.CutSuffix(text, "/min"); ok {
		number, factor = rest, 1
	}
	v, err := parseThousandths(number)
	v = v * factor / 60
	if err != nil || v <= 0 || v > rateMost*1000 {
		return 1, fmt.Errorf("%q is no rate from 0.001/s to a million, such as \"500/s\" or \"90/min\"", text)
	}
	return v, nil
}

// parseThousandths reads a number with up to three digits behind its point.
func parseThousandths(text string) (int64, error) {
	whole, part, _ := strings.Cut(text, ".")
	if whole == "" || len(whole) > 9 || len(part) > 3 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, fmt.Errorf("%q is no number with up to three digits behind its point", text)
	}
	v, err := strconv.ParseInt(whole+(part + "000")[:3], 10, 64)
	return v, err
}

func (p *problems) thousandths(n *node) int64 {
	v, err := parseThousandths(p.value(n))
	if err != nil {
		p.add(n, "%v", err)
	}
	return v
}

func (p *problems) service(n *node) netip.AddrPort {
	text := p.value(n)
	a, err := netip.ParseAddrPort(text)
	if err != nil || a.Port() == 0 || a.Addr().Zone() != "" {
		p.add(n, "%q is no address and port, such as \"10.0.0.1:80\" or \"[fd00::1]:80\"", text)
	}
	return a
}

func (p *problems) address(n *node) netip.Addr {
	text := p.value(n)
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" || a.IsUnspecified() {
		p.add(n, "%q is no address, such as \"10.0.0.1\"", text)
	}
	return a
}
