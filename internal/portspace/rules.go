package portspace

import (
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// Rules are the differences between kernels in who may bind a port, and the
// settings of the namespace that decide with them.
type Rules struct {
	// AddressTable: a bind() to one address looks into a table of ports and
	// addresses, not at all users of the port (28044fc1d495, Linux 6.1).
	AddressTable bool
	// ForgetsTimeWait: mini-sockets are missing in that table (6.1.0 to
	// 6.1.4; 936a192f9740 in 6.2 and 6.1.5).
	ForgetsTimeWait bool
	// MissesMapped: an AF_INET6 socket that binds an IPv4-mapped address does
	// not meet an AF_INET6 one at ::ffff:0.0.0.0. 5e07e672412b came to 6.1.168
	// and 6.6.131 without the changes that go before it in 6.8. (Seen on
	// 6.1.192.)
	MissesMapped bool
	// OrphansAreRoots: a socket that no descriptor holds counts as one of
	// uid 0 (sock_i_uid, up to 6.16; sk_uid since).
	OrphansAreRoots bool
	// Forgives: when the last program that bound a port leaves, connect() may
	// share it again ("tcp: Update bind bucket state on port release", 6.18).
	Forgives bool
	// Unprivileged is the first port that needs no CAP_NET_BIND_SERVICE; 1024
	// if ip_unprivileged_port_start could not be read.
	Unprivileged int
}

// change is a difference that came with a kernel and went with another.
type change struct {
	from, until release // until is the first without; zero: it stays
	set         func(*Rules)
}

type release [3]int

// changes is the history of the rules.
func changes() []change {
	return []change{
		{from: release{6, 1, 0}, set: func(r *Rules) { r.AddressTable = true }},
		{from: release{6, 1, 0}, until: release{6, 1, 5}, set: func(r *Rules) { r.ForgetsTimeWait = true }},
		{from: release{6, 1, 168}, until: release{6, 2, 0}, set: func(r *Rules) { r.MissesMapped = true }},
		{from: release{6, 6, 131}, until: release{6, 7, 0}, set: func(r *Rules) { r.MissesMapped = true }},
		{until: release{6, 17, 0}, set: func(r *Rules) { r.OrphansAreRoots = true }},
		{from: release{6, 18, 0}, set: func(r *Rules) { r.Forgives = true }},
	}
}

// RulesOf returns the rules of a kernel. Of a kernel whose release cannot be
// read the newest rules are taken.
func RulesOf(kernel evidence.Kernel, settings *evidence.Settings) Rules {
	r := Rules{Unprivileged: 1024}
	if start, ok := settings.UnprivilegedStart.Get(); ok {
		r.Unprivileged = int(start)
	}
	at := releaseOf(kernel)
	for _, c := range changes() {
		if !at.before(c.from) && (c.until == release{} || at.before(c.until)) {
			c.set(&r)
		}
	}
	return r
}

// releaseOf reads "6.12.3-arch1-1". Distributors keep the third number at 0
// while they take in fixes ("6.1.0-50-amd64" is 6.1.176), so a 0 that is
// followed by their own number stands for the last of its line.
func releaseOf(kernel evidence.Kernel) release {
	newest := release{1 << 20}
	numbers, own, _ := strings.Cut(string(kernel), "-")
	var r release
	for i, part := range strings.SplitN(numbers, ".", 4) {
		n, err := strconv.Atoi(strings.TrimRight(part, "+~abcdefghijklmnopqrstuvwxyz"))
		if err != nil && i < 2 {
			return newest
		}
		if err != nil || i == len(r) {
			break
		}
		r[i] = n
	}
	if r[2] == 0 && own != "" {
		r[2] = 1 << 20
	}
	return r
}

func (r release) before(o release) bool {
	for i := range r {
		if r[i] != o[i] {
			return r[i] < o[i]
		}
	}
	return false
}
