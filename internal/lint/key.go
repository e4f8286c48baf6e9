package lint

import (
	"path"
	"strings"
)

// Canonical returns a key in its dotted form. In a key whose first separator is
// a slash, slashes separate and dots belong to names; in the dotted form it is
// the other way round, as sysctl.d(5) has it: "net/ipv4/conf/eth0.1/x" is
// "net.ipv4.conf.eth0/1.x". A leading /proc/sys/ is taken off.
func Canonical(key string) string {
	key = strings.TrimPrefix(key, "/proc/sys/")
	i := strings.IndexAny(key, "/.")
	if i < 0 || key[i] == '.' {
		return key
	}
	return swap(key)
}

// ProcPath returns where a key lies below /proc/sys, such as
// "net/ipv4/tcp_tw_reuse".
func ProcPath(key string) string { return swap(key) }

func swap(key string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, key)
}

// isPattern reports what systemd-sysctl and procps take for a glob.
func isPattern(key string) bool { return strings.ContainsAny(key, "*?[") }

// matches reports whether a glob pattern means the key. As in glob(3) a
// wildcard does not match a separator. A broken pattern matches nothing.
func matches(pattern, key string) bool {
	pattern = strings.ReplaceAll(ProcPath(pattern), "[!", "[^")
	ok, err := path.Match(pattern, ProcPath(key))
	return ok && err == nil
}

// leaf returns the last name of a key.
func leaf(key string) string { return key[strings.LastIndex(key, ".")+1:] }
