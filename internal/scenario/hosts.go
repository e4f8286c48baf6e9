package scenario

import (
	"math"
	"slices"
	"strings"
	"time"
)

// settingLetters are what a sysctl's name is made of.
const settingLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/"

func (d *decoder) hosts(n *node) {
	if n.kind != mapping || len(n.pairs) == 0 {
		d.wrong(n, "hosts are a mapping of names to what they are, at least one")
		return
	}
	for _, kv := range n.pairs {
		h := Host{Name: d.name(kv.key, "a host"), Line: kv.key.line}
		if h.Name == "segment" {
			d.wrong(kv.key, `no host may be called "segment": expectations use the word`)
		}
		if kv.value.kind == scalar {
			d.choice(kv.value, "raw")
			h.Raw = defaultRaw()
		} else {
			d.fields(kv.value, "a host", d.hostFields(&h))
		}
		if h.Raw != nil && kv.value.get("settings") != nil {
			d.wrong(kv.value.key("settings"), "a raw host has no kernel, and so no settings")
		}
		d.places[h.Name] = kv.key
		d.play.Hosts = append(d.play.Hosts, h)
	}
}

func (d *decoder) hostFields(h *Host) []field {
	return []field{
		{"settings", func(n *node) { h.Settings = d.settings(n) }},
		{"raw", func(n *node) { h.Raw = d.raw(n) }},
	}
}

func (d *decoder) settings(n *node) (out []Setting) {
	if n.kind != mapping {
		d.wrong(n, "settings are a mapping of sysctls to values")
		return nil
	}
	for _, kv := range n.pairs {
		d.settingKey(kv.key)
		out = append(out, Setting{Key: kv.key.text, Value: d.text(kv.value), Line: kv.key.line})
	}
	return out
}

// settingKey checks that a sysctl is one that a host has of its own.
func (d *decoder) settingKey(n *node) {
	if strings.Trim(n.text, settingLetters) != "" || strings.Contains(n.text, "..") || len(n.text) > 256 ||
		!strings.HasPrefix(n.text, "net.") && !strings.HasPrefix(n.text, "net/") {
		d.wrong(n, `%q is no sysctl of a host, such as "net.ipv4.tcp_tw_reuse": these begin with "net."`, n.text)
	}
}

// defaultRaw is a raw host of which nothing is said: like Linux.
func defaultRaw() *Raw {
	return &Raw{TimeWait: time.Minute, Timestamps: true, Linux: true, FinTimeout: time.Minute}
}

func (d *decoder) raw(n *node) *Raw {
	r := defaultRaw()
	d.fields(n, "a raw host", d.rawFields(r))
	return r
}

func (d *decoder) rawFields(r *Raw) []field {
	return []field{
		{"time_wait", func(n *node) { r.TimeWait = d.duration(n) }},
		{"timestamps", func(n *node) { r.Timestamps = d.bool(n) }},
		{"rfc1337", func(n *node) { r.RFC1337 = d.bool(n) }},
		{"linux", func(n *node) { r.Linux = d.bool(n) }},
		{"mss", func(n *node) { r.MSS = uint16(d.integer(n, 64, 65495)) }},
		{"window", func(n *node) { r.Window = uint32(d.integer(n, 1, 1<<30)) }},
		{"fin_timeout", func(n *node) { r.FinTimeout = d.duration(n) }},
		{"iss", func(n *node) { v := uint32(d.integer(n, 0, math.MaxUint32)); r.ISS = &v }},
	}
}

func (d *decoder) readLinks(n *node) {
	if n.kind != list {
		d.wrong(n, "links are a list of mappings, each of two hosts to their addresses")
		return
	}
	for _, item := range n.items {
		if item.kind != mapping || len(item.pairs) != 2 {
			d.wrong(item, "a link joins two hosts, such as {client: 10.0.0.1/24, server: 10.0.0.2/24}")
			continue
		}
		a, b := item.pairs[0], item.pairs[1]
		l := Link{
			A: d.host(a.key), B: d.host(b.key),
			AAddrs: d.prefixes(a.value), BAddrs: d.prefixes(b.value), Line: item.line,
		}
		here := map[string]bool{}
		for _, p := range slices.Concat(l.AAddrs, l.BAddrs) {
			if d.owner(p.Addr()) != "" || here[p.Addr().String()] {
				d.wrong(item, "%s is an address already", p.Addr())
			}
			here[p.Addr().String()] = true
		}
		d.play.Links = append(d.play.Links, l)
		d.links = append(d.links, item)
	}
}

// host checks that there is a host of this name.
func (d *decoder) host(n *node) string {
	text := d.text(n)
	if n.kind == scalar && d.hostNamed(text) == nil {
		d.wrong(n, "there is no host %q: %s", text, instead(text, d.hostNames()))
	}
	return text
}

func (d *decoder) hostNamed(name string) *Host {
	for i := range d.play.Hosts {
		if d.play.Hosts[i].Name == name {
			return &d.play.Hosts[i]
		}
	}
	return nil
}

// isRaw reports whether there is a raw host of this name.
func (d *decoder) isRaw(name string) bool {
	h := d.hostNamed(name)
	return h != nil && h.Raw != nil
}

func (d *decoder) hostNames() (out []string) {
	for _, h := range d.play.Hosts {
		out = append(out, h.Name)
	}
	return out
}

// checkHosts checks how raw hosts are joined.
func (d *decoder) checkHosts() {
	for i, l := range d.play.Links {
		if d.isRaw(l.A) && d.isRaw(l.B) {
			d.wrong(d.links[i], "a link of two raw hosts has no kernel at all")
		}
	}
	for _, h := range d.play.Hosts {
		links := 0
		for _, l := range d.play.Links {
			if l.A == h.Name || l.B == h.Name {
				links++
			}
		}
		if h.Raw != nil && links != 1 {
			d.wrong(d.places[h.Name], "the raw host %s needs one link, and has %d", h.Name, links)
		}
	}
}
