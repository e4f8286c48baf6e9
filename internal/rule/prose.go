package rule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// N writes a count for a sentence: "28,232". Not for commands.
func N[T int | int64 | uint64 | uint32](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Count writes a number with its noun: "1 socket", "2 sockets". The Chinese
// noun has its measure word: "个套接字".
func Count[T int | int64 | uint64 | uint32](n T, noun, zh string) say.Text {
	t := say.Text{EN: N(n) + " " + noun + "s", ZH: N(n) + " " + zh}
	if n == 1 {
		t.EN = "1 " + noun
	}
	return t
}

// PerSecond writes a rate: "0.4/s", "463/s".
func PerSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return N(int64(rate+0.5)) + "/s"
}

// About writes a duration in the one or two units that matter: "700 ms",
// "42 s", "5 min 10 s", "3 h", "2 d".
func About(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()+0.5))
	case d < 10*time.Minute:
		if s := int(d.Seconds()) % 60; s != 0 {
			return fmt.Sprintf("%d min %d s", int(d.Minutes()), s)
		}
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// Bytes writes an amount of memory: "640 B", "25 KiB", "1.2 MiB", "48 MiB".
func Bytes(n uint64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	case n < 10<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return N(n>>20) + " MiB"
}

// And joins parts as a sentence does: "a", "a and b", "a, b and c".
func And(parts []say.Text) say.Text {
	var all say.Text
	for i, p := range parts {
		switch {
		case i == 0:
		case i == len(parts)-1:
			all = all.Join(say.Text{EN: " and ", ZH: " 和 "})
		default:
			all = all.Join(say.Text{EN: ", ", ZH: "、"})
		}
		all = all.Join(p)
	}
	return all
}

// Sysctl returns the command that sets a key of net.ipv4 in ns.
func Sysctl(ns *evidence.Namespace, key string, value any) string {
	text := fmt.Sprint(value)
	if strings.ContainsAny(text, " \t") {
		text = `"` + text + `"`
	}
	return In(ns, fmt.Sprintf("sysctl -w net.ipv4.%s=%s", key, text))
}

// In returns command as it must be run to act on ns. linger's own namespace
// needs nothing.
func In(ns *evidence.Namespace, command string) string {
	if ns.Name == "" || ns.Name == "host" {
		return command
	}
	if pid, ok := strings.CutPrefix(ns.Name, "pid:"); ok {
		return "nsenter -t " + quote(pid) + " -n " + command
	}
	return "ip netns exec " + quote(ns.Name) + " " + command
}

// quote protects a word from the shell: names under /run/netns may hold
// anything but a slash.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-:@", r)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
