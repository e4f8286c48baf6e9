package journal

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

const (
	// listMax is more than the longest ip_local_reserved_ports there is: 21845
	// ranges of two ports, each of at most twelve bytes.
	listMax = 1 << 19
	// chunkMax is less than a page, of which the kernel takes one byte less
	// from a single write to a list of ports (proc_do_large_bitmap).
	chunkMax = 4000
	// portList is the path of the one setting that is a list of ports.
	portList = "net/ipv4/ip_local_reserved_ports"
)

// pathOf returns where below /proc/sys a key is, by the rule of sysctl.d(5):
// the first separator decides which of "." and "/" is the separator, and the
// other one then stands for it in names. Only keys below net are taken.
func pathOf(key string) (string, bool) {
	rel := key
	if i := strings.IndexAny(key, "./"); i >= 0 && key[i] == '.' {
		rel = strings.Map(func(r rune) rune {
			switch r {
			case '.':
				return '/'
			case '/':
				return '.'
			}
			return r
		}, key)
	}
	ok := filepath.IsLocal(rel) && filepath.Clean(rel) == rel && strings.HasPrefix(rel, "net/") && !strings.ContainsAny(rel, "\n\x00 \t=#;")
	return rel, ok
}

// same reports whether two texts are the same value to the kernel: it
// separates numbers by tabs however they were written, reads 0x1 as 1, and
// joins neighbours in a list of ports.
func same(key, a, b string) bool {
	if rel, _ := pathOf(key); rel == portList {
		x, okX := ports(a)
		y, okY := ports(b)
		if okX && okY {
			return x.String() == y.String()
		}
	}
	return slices.EqualFunc(strings.Fields(a), strings.Fields(b), func(x, y string) bool {
		if x == y {
			return true
		}
		m, errM := strconv.ParseInt(x, 0, 64)
		n, errN := strconv.ParseInt(y, 0, 64)
		return errM == nil && errN == nil && m == n
	})
}

func ports(text string) (*evidence.PortSet, bool) {
	set := new(evidence.PortSet)
	err := set.UnmarshalText([]byte(strings.TrimSpace(text)))
	return set, err == nil
}

// writes returns the texts to write one after the other for a value. Only a
// long list of ports takes more than one: the first replaces the list, and
// those at a later offset are added. The newline matters: a write of nothing
// is not seen by the kernel, so that a lone one is how a list is emptied.
func writes(key, value string) []string {
	if rel, _ := pathOf(key); rel != portList || len(value) < chunkMax {
		return []string{value + "\n"}
	}
	var chunks []string
	for value != "" {
		end := len(value)
		if end > chunkMax {
			end = strings.LastIndexByte(value[:chunkMax], ',')
			if end < 0 {
				end = len(value) // no list: the kernel will say so
			}
		}
		chunks = append(chunks, value[:end]+"\n")
		value = strings.TrimPrefix(value[end:], ",")
	}
	return chunks
}

// halfway reports whether got is what the kernel has if the writer of value
// died between two of its writes.
func halfway(key, value, got string) bool {
	chunks := writes(key, value)
	var sum strings.Builder
	for _, c := range chunks[:len(chunks)-1] {
		if sum.Len() > 0 {
			sum.WriteByte(',')
		}
		sum.WriteString(strings.TrimSuffix(c, "\n"))
		if same(key, sum.String(), got) {
			return true
		}
	}
	return false
}

// excerpt returns the beginning of a value, for a sentence.
func excerpt(value string) string {
	const most = 60
	if len(value) > most {
		return value[:most] + "…"
	}
	return value
}
