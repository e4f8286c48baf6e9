package twin

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// Errno is the name of an error that a system call returns.
type Errno string

// The errors of the twin.
const (
	EADDRNOTAVAIL Errno = "EADDRNOTAVAIL"
	EADDRINUSE    Errno = "EADDRINUSE"
	EINVAL        Errno = "EINVAL"
	ENOENT        Errno = "ENOENT"
	ENOTCONN      Errno = "ENOTCONN"
)

// Error returns the name.
func (e Errno) Error() string { return string(e) }

const (
	defaultLow  = 32768
	hashEntries = 262144 // of the table of connections: by the memory of a common host
)

// defaults returns what a new namespace of the kernel has.
func (h *Host) defaults() evidence.Settings {
	s := evidence.Settings{
		PortLow: evidence.IntOf(defaultLow), PortHigh: evidence.IntOf(int64(h.kernel.LastPort)),
		Reserved: new(evidence.PortSet), TWReuse: evidence.IntOf(0), MaxTWBuckets: evidence.IntOf(hashEntries / 2),
		FinTimeout: evidence.IntOf(60), Timestamps: evidence.IntOf(1), RFC1337: evidence.IntOf(0),
		Syncookies: evidence.IntOf(1), MaxSynBacklog: evidence.IntOf(2048), Somaxconn: evidence.IntOf(128),
		AbortOnOverflow: evidence.IntOf(0), OrphanRetries: evidence.IntOf(0),
		KeepaliveTime: evidence.IntOf(7200), KeepaliveIntvl: evidence.IntOf(75), KeepaliveProbes: evidence.IntOf(9),
	}
	absent := evidence.Int{State: evidence.Absent}
	s.MaxOrphans, s.ConntrackTW = absent, absent
	r := h.kernel.Release
	for _, c := range []struct {
		key          *evidence.Int
		major, minor int
		value        int64
	}{
		{&s.InvalidRatelimit, 4, 0, 500},
		{&s.UnprivilegedStart, 4, 11, 1024},
		{&s.AutobindReuse, 5, 7, 0},
		{&s.MigrateReq, 5, 14, 0},
		{&s.EhashEntries, 6, 1, hashEntries},
		{&s.ChildEhash, 6, 1, 0},
		{&s.TWReuseDelay, 6, 14, 1000},
	} {
		*c.key = absent
		if r.AtLeast(c.major, c.minor) {
			*c.key = evidence.IntOf(c.value)
		}
	}
	if r.AtLeast(4, 19) {
		s.TWReuse = evidence.IntOf(2)
	}
	if r.AtLeast(5, 4) {
		s.Somaxconn = evidence.IntOf(4096)
	}
	s.TWRecycle = evidence.IntOf(0)
	if r.AtLeast(4, 12) {
		s.TWRecycle = absent
	}
	return s
}

// key is a setting: where its value is, and what the kernel takes.
type key struct {
	value     *evidence.Int
	low, high int64
}

// keys are the settings that are one number, by name.
func (k *Kernel) keys(s *evidence.Settings) map[string]key {
	top := int64(math.MaxInt32)
	reuse := int64(2)
	if !k.Release.AtLeast(4, 19) {
		reuse = top
	}
	return map[string]key{
		"net.ipv4.tcp_tw_reuse":               {&s.TWReuse, 0, reuse},
		"net.ipv4.tcp_tw_reuse_delay":         {&s.TWReuseDelay, 1, 60000},
		"net.ipv4.tcp_tw_recycle":             {&s.TWRecycle, 0, top},
		"net.ipv4.tcp_max_tw_buckets":         {&s.MaxTWBuckets, -top - 1, top},
		"net.ipv4.tcp_fin_timeout":            {&s.FinTimeout, -top - 1, top},
		"net.ipv4.tcp_timestamps":             {&s.Timestamps, 0, 255},
		"net.ipv4.tcp_rfc1337":                {&s.RFC1337, 0, 255},
		"net.ipv4.ip_autobind_reuse":          {&s.AutobindReuse, 0, 1},
		"net.ipv4.tcp_syncookies":             {&s.Syncookies, 0, 255},
		"net.ipv4.tcp_max_syn_backlog":        {&s.MaxSynBacklog, -top - 1, top},
		"net.core.somaxconn":                  {&s.Somaxconn, 0, top},
		"net.ipv4.tcp_abort_on_overflow":      {&s.AbortOnOverflow, 0, 255},
		"net.ipv4.tcp_orphan_retries":         {&s.OrphanRetries, 0, 255},
		"net.ipv4.tcp_keepalive_time":         {&s.KeepaliveTime, -top - 1, top},
		"net.ipv4.tcp_keepalive_intvl":        {&s.KeepaliveIntvl, -top - 1, top},
		"net.ipv4.tcp_keepalive_probes":       {&s.KeepaliveProbes, 0, 255},
		"net.ipv4.tcp_migrate_req":            {&s.MigrateReq, 0, 1},
		"net.ipv4.tcp_invalid_ratelimit":      {&s.InvalidRatelimit, 0, top},
		"net.ipv4.ip_unprivileged_port_start": {&s.UnprivilegedStart, 0, 65535},
	}
}

// Set writes a setting by its full name, such as "net.ipv4.tcp_tw_reuse", as
// writing to the file in /proc/sys would. Its error wraps EINVAL for a value
// that the kernel refuses, and ENOENT for a setting that this kernel does not
// have or the twin does not know.
func (h *Host) Set(name, value string) error {
	if err := h.write(name, strings.TrimSpace(value)); err != nil {
		return fmt.Errorf("set %s to %q: %w", name, value, err)
	}
	h.apply()
	return nil
}

func (h *Host) write(name, value string) error {
	switch name {
	case "net.ipv4.ip_local_port_range":
		return h.writeRange(strings.Fields(value))
	case "net.ipv4.ip_local_reserved_ports":
		set, err := evidence.ParsePorts(value)
		if err != nil {
			return EINVAL
		}
		h.settings.Reserved = set
		return nil
	}
	k, ok := h.kernel.keys(&h.settings)[name]
	if !ok || k.value.State != evidence.Present {
		return ENOENT
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < k.low || n > k.high {
		return EINVAL
	}
	if k.value == &h.settings.UnprivilegedStart && n > h.settings.PortLow.Value {
		return EINVAL
	}
	*k.value = evidence.IntOf(n)
	return nil
}

func (h *Host) writeRange(fields []string) error {
	if len(fields) != 2 {
		return EINVAL
	}
	low, err1 := strconv.ParseUint(fields[0], 10, 16)
	high, err2 := strconv.ParseUint(fields[1], 10, 16)
	start, _ := h.settings.UnprivilegedStart.Get()
	if err1 != nil || err2 != nil || low < 1 || low > high || int64(low) < start {
		return EINVAL
	}
	h.settings.PortLow, h.settings.PortHigh = evidence.IntOf(int64(low)), evidence.IntOf(int64(high))
	return nil
}

// adopt takes over the settings that are present, if the kernel would take them.
func (h *Host) adopt(from *evidence.Settings) error {
	was := h.settings
	if err := h.adoptAll(from); err != nil {
		h.settings = was
		return err
	}
	h.apply()
	return nil
}

func (h *Host) adoptAll(from *evidence.Settings) error {
	write := func(name, value string) error {
		err := h.write(name, value)
		if err == nil || err == ENOENT { // this kernel has no such setting
			return nil
		}
		return fmt.Errorf("set %s to %q: %w", name, value, err)
	}
	theirs := h.kernel.keys(from)
	first, second := "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_port_range"
	if start, ok := from.UnprivilegedStart.Get(); ok && start > h.settings.PortLow.Value {
		first, second = second, first
	}
	for _, name := range append([]string{first, second}, slices.Sorted(maps.Keys(theirs))...) {
		value, present := theirs[name].value, false
		text := ""
		if value != nil {
			text, present = fmt.Sprint(value.Value), value.State == evidence.Present
		} else if span, ok := from.PortRange(); ok {
			text, present = fmt.Sprintf("%d %d", span.Low, span.High), true
		}
		if !present {
			continue
		}
		if err := write(name, text); err != nil {
			return err
		}
	}
	if from.Reserved != nil {
		h.settings.Reserved = from.Reserved
	}
	return nil
}

// apply makes the settings take effect.
func (h *Host) apply() {
	s := &h.settings
	h.mode, h.stamping = s.TWReuse.Value, s.Timestamps.Value != 0
	if h.mode > 0 && !h.kernel.Release.AtLeast(4, 19) {
		h.mode = 1 // it was a switch
	}
	h.limit = uint64(s.MaxTWBuckets.Value) // a negative one is no limit
	h.delay = int64(s.ReuseDelay() / 1e6)
	h.recycling = s.TWRecycle.Is(1)
	h.brisk = !h.recycling && h.kernel.Timer != Slots && !h.kernel.CountsEnds
	reserved := newReserved(s.Reserved)
	h.span = h.kernel.span(uint16(s.PortLow.Value), uint16(s.PortHigh.Value), false, reserved)
	h.bar()
	for _, g := range h.groups {
		if g.key.Direction == evidence.Outbound {
			g.reach(uint16(s.PortLow.Value), uint16(s.PortHigh.Value))
		}
	}
	h.reconsider()
}

// Settings returns the settings as they are now.
func (h *Host) Settings() evidence.Settings { return h.settings }
