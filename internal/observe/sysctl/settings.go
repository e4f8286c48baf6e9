package sysctl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// kind is how the text of a setting is read.
type kind uint8

const (
	number kind = iota // one integer
	ports              // two port numbers: a range
	list               // ports as evidence.ParsePorts reads them
)

// setting binds a file to where its value goes: into, for a range the two
// ends, or for a list the set.
type setting struct {
	path string // under sys/net
	kind kind
	into func(*evidence.Settings) []*evidence.Int
}

// table is every setting that linger reads, in the order of evidence.Settings.
func table() []setting {
	type (
		s = evidence.Settings
		i = []*evidence.Int
	)
	return []setting{
		{"ipv4/ip_local_port_range", ports, func(v *s) i { return i{&v.PortLow, &v.PortHigh} }},
		{"ipv4/ip_local_reserved_ports", list, nil},
		{"ipv4/ip_unprivileged_port_start", number, func(v *s) i { return i{&v.UnprivilegedStart} }},
		{"ipv4/ip_autobind_reuse", number, func(v *s) i { return i{&v.AutobindReuse} }},
		{"ipv4/tcp_tw_reuse", number, func(v *s) i { return i{&v.TWReuse} }},
		{"ipv4/tcp_tw_reuse_delay", number, func(v *s) i { return i{&v.TWReuseDelay} }},
		{"ipv4/tcp_tw_recycle", number, func(v *s) i { return i{&v.TWRecycle} }},
		{"ipv4/tcp_max_tw_buckets", number, func(v *s) i { return i{&v.MaxTWBuckets} }},
		{"ipv4/tcp_fin_timeout", number, func(v *s) i { return i{&v.FinTimeout} }},
		{"ipv4/tcp_timestamps", number, func(v *s) i { return i{&v.Timestamps} }},
		{"ipv4/tcp_rfc1337", number, func(v *s) i { return i{&v.RFC1337} }},
		{"ipv4/tcp_syncookies", number, func(v *s) i { return i{&v.Syncookies} }},
		{"ipv4/tcp_max_syn_backlog", number, func(v *s) i { return i{&v.MaxSynBacklog} }},
		{"core/somaxconn", number, func(v *s) i { return i{&v.Somaxconn} }},
		{"ipv4/tcp_abort_on_overflow", number, func(v *s) i { return i{&v.AbortOnOverflow} }},
		{"ipv4/tcp_max_orphans", number, func(v *s) i { return i{&v.MaxOrphans} }},
		{"ipv4/tcp_orphan_retries", number, func(v *s) i { return i{&v.OrphanRetries} }},
		{"ipv4/tcp_keepalive_time", number, func(v *s) i { return i{&v.KeepaliveTime} }},
		{"ipv4/tcp_keepalive_intvl", number, func(v *s) i { return i{&v.KeepaliveIntvl} }},
		{"ipv4/tcp_keepalive_probes", number, func(v *s) i { return i{&v.KeepaliveProbes} }},
		{"ipv4/tcp_migrate_req", number, func(v *s) i { return i{&v.MigrateReq} }},
		{"ipv4/tcp_invalid_ratelimit", number, func(v *s) i { return i{&v.InvalidRatelimit} }},
		{"ipv4/tcp_ehash_entries", number, func(v *s) i { return i{&v.EhashEntries} }},
		{"ipv4/tcp_child_ehash_entries", number, func(v *s) i { return i{&v.ChildEhash} }},
		{"netfilter/nf_conntrack_tcp_timeout_time_wait", number, func(v *s) i { return i{&v.ConntrackTW} }},
	}
}

// Paths returns, for each key of evidence.Settings in JSON, the path of its
// file under /proc/sys. The two ends of a range share one file.
func Paths() map[string]string {
	paths := make(map[string]string)
	for _, s := range table() {
		key, file := path.Base(s.path), path.Join("net", s.path)
		if s.kind == ports {
			paths[key+"_low"], paths[key+"_high"] = file, file
			continue
		}
		paths[key] = file
	}
	return paths
}

// Read returns the settings of the calling thread's network namespace. root
// is where proc is mounted: "/proc", or a test's own tree. A file that is not
// there is Absent and no gap; one that is there but cannot be read or
// understood is Unreadable and a gap. Where there is no sys/net at all, which
// says nothing about the kernel, everything is Unreadable.
func Read(root string) (evidence.Settings, []evidence.Gap) {
	var s evidence.Settings
	base := filepath.Join(root, "sys/net")
	_, err := os.Stat(filepath.Join(base, "ipv4"))
	refused := make(map[reason][]string) // to names
	for _, e := range table() {
		state, why := evidence.Unreadable, err
		if err == nil {
			state, why = e.read(base, &s)
		}
		if why != nil {
			r := reason{bare(why).Error(), errors.Is(why, fs.ErrPermission)}
			refused[r] = append(refused[r], "net."+strings.ReplaceAll(e.path, "/", "."))
		}
		if state != evidence.Present && e.into != nil {
			for _, v := range e.into(&s) {
				*v = evidence.Int{State: state}
			}
		}
	}
	return s, gaps(refused, err != nil)
}

// read reads one setting. The error is nil if it is present or absent.
func (e setting) read(base string, s *evidence.Settings) (evidence.Presence, error) {
	most := numberMax
	if e.kind == list {
		most = listMax
	}
	text, err := slurp(filepath.Join(base, e.path), most)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return evidence.Absent, nil
	case err != nil:
		return evidence.Unreadable, err
	}
	if e.kind == list {
		s.Reserved, err = evidence.ParsePorts(text)
	} else {
		err = e.numbers(text, s)
	}
	if err != nil {
		return evidence.Unreadable, err
	}
	return evidence.Present, nil
}

// numbers stores the one or two integers of text.
func (e setting) numbers(text string, s *evidence.Settings) error {
	into := e.into(s)
	values, err := parseNumbers(text, len(into))
	if err != nil {
		return err
	}
	for i, v := range values {
		if e.kind == ports && (v < 0 || v > 65535) {
			return fmt.Errorf("%d is not a port", v)
		}
		*into[i] = evidence.IntOf(v)
	}
	return nil
}

// reason is why settings could not be read.
type reason struct {
	text   string
	denied bool
}

// gaps makes one gap of all settings that share a reason, in a stable order.
func gaps(refused map[reason][]string, noTree bool) []evidence.Gap {
	var out []evidence.Gap
	for why, names := range refused {
		gap := evidence.Gap{
			What:  fmt.Sprintf("could not read %s (%s)", strings.Join(names, ", "), why.text),
			Loses: "findings that depend on such settings are left out",
		}
		if why.denied {
			gap.Hint = "sudo linger"
		}
		if noTree {
			gap.What = fmt.Sprintf("could not read any setting: proc shows no sys/net/ipv4 (%s)", why.text)
			gap.Hint = "mount -t proc proc /proc"
		}
		out = append(out, gap)
	}
	slices.SortFunc(out, func(a, b evidence.Gap) int { return strings.Compare(a.What, b.What) })
	return out
}
